// Parts that can be enumerated, as a transport: the shards of a node, and the nodes of a LAN.

import type {RecipientOutcome} from '../protocol/api.ts';
import type {Gathering, PartProgress} from './gathering.ts';
import type {Answers, Question} from './part.ts';
import type {PublishOutcome} from './router.ts';
import type {Gathered, InOrder, PartAnswer, Reach, Transport} from './transport.ts';

/** Why there is no answer: the other part has ended or cannot be reached, or it did not answer in time. */
export type Silence = 'gone' | 'late';

/** Another part as this one reaches it. Once it is known to be gone it is no peer any more. [RB-66] */
export interface Peer {
  readonly name: string;
  /** Whether `question` may concern clients there. */
  mayConcern(question: Question): boolean;
  /** Rejects with the `RainbowError` by which the other part refused. */
  ask<Asked extends Question>(question: Asked, progress?: PartProgress): Promise<Answers[Asked['kind']] | Silence>;
}

/** `peers` is called for each question, since they come and go. `inOrder`: they share an order with this part. */
export function createPeerTransport(peers: () => readonly Peer[], inOrder?: InOrder): Transport {
  return {
    reach(question) {
      let concerned: Peer[] | undefined;
      for (const peer of peers()) {
        if (isExcepted(question, peer) || !peer.mayConcern(question)) continue;
        concerned ??= [];
        concerned.push(peer);
      }
      return concerned && reachOf(concerned, inOrder);
    },
  };
}

function isExcepted({kind, request}: Question, {name}: Peer): boolean {
  return kind === 'evict' && request.except.includes(name);
}

/** Of a part that falls silent, what it reported until then counts: its clients did confirm. */
async function ask<Asked extends Question>(peer: Peer, question: Asked, progress: PartProgress | undefined) {
  if (progress === undefined) return peer.ask(question);
  let rest: RecipientOutcome = 'gone';
  try {
    const answer = await peer.ask(question, progress);
    if (answer === 'late') rest = 'timeout';
    else if (answer !== 'gone') rest = (answer as PublishOutcome).isTimedOut ? 'timeout' : 'open';
    return answer;
  } finally {
    progress.done(rest);
  }
}

function reachOf(peers: readonly Peer[], inOrder: InOrder | undefined): Reach {
  return {
    inOrder,
    async gather<Asked extends Question>(question: Asked, gathering?: Gathering): Promise<Gathered<Asked['kind']>> {
      const followed = peers.map(() => gathering?.addPart());
      const settled = await Promise.allSettled(peers.map((peer, place) => ask(peer, question, followed[place])));
      const answers: PartAnswer<Asked['kind']>[] = [];
      const refusals: Error[] = [];
      const missing: string[] = [];
      let isLate = false;
      for (const [place, {name}] of peers.entries()) {
        const one = settled[place];
        if (one === undefined) continue;
        if (one.status === 'rejected') {
          refusals.push(one.reason);
        } else if (one.value === 'gone' || one.value === 'late') {
          missing.push(name);
          isLate ||= one.value === 'late';
          const known: PublishOutcome | undefined = followed[place]?.outcome('', one.value);
          if (known !== undefined && followed[place]?.isBegun) {
            answers.push({part: name, answer: known as Answers[Asked['kind']]});
          }
        } else {
          answers.push({part: name, answer: one.value});
        }
      }
      return {answers, refusals, silent: missing.length, isLate, missing};
    },
  };
}
