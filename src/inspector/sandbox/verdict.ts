// The fate of a message, and the rule that decided it: read from the journal, which knows what neither end knows.

import type {Qos} from '../../protocol/packet.ts';
import type {Sandbox} from './sandbox.ts';

export type Outcome = 'once' | 'twice' | 'lost' | 'open';

export interface Verdict {
  readonly outcome: Outcome;
  readonly deliveries: number;
  readonly isConfirmed: boolean;
  /** The rule that decided it, as `RB-21`. */
  readonly rule: string;
  readonly why: string;
}

/** What the journal says of one message. */
interface Story {
  deliveries: number;
  isConfirmed: boolean;
  isForeignReply: boolean;
  failedCalls: number;
  isOverdue: boolean;
  /** Repeats that the receiver met with the same REC. */
  absorbed: number;
  /** RECs that the sender met with another REL. */
  repeatedRecs: number;
  repeatedRels: number;
  isGone: boolean;
}

/** The verdict on message `number`. */
export function judge(sandbox: Sandbox, number: number): Verdict {
  const story = readStory(sandbox, number);
  const [outcome, rule, why] = decide(sandbox, number, story);
  return {outcome, rule, why, deliveries: story.deliveries, isConfirmed: story.isConfirmed};
}

function readStory({entries}: Sandbox, number: number): Story {
  const story: Story = {
    deliveries: 0,
    isConfirmed: false,
    isForeignReply: false,
    failedCalls: 0,
    isOverdue: false,
    absorbed: 0,
    repeatedRecs: 0,
    repeatedRels: 0,
    isGone: false,
  };
  for (const entry of entries) {
    if (entry.kind === 'cut' || entry.kind === 'crashed') story.isGone = true;
    if (!('message' in entry) || entry.message !== number) continue;
    if (entry.kind === 'delivered') story.deliveries++;
    if (entry.kind === 'callFailed') story.failedCalls++;
    if (entry.kind === 'confirmed') {
      story.isConfirmed = true;
      story.isForeignReply ||= entry.replyTo !== number;
    }
    if (entry.kind !== 'transition') continue;
    if (entry.to === 'overdue') story.isOverdue = true;
    if (entry.from === 'awaitingRel' && entry.event === 'wire.repeat') story.absorbed++;
    if (entry.from === 'awaitingCom' && entry.event === 'wire.rec') story.repeatedRecs++;
    if (entry.from === 'awaitingCom' && entry.event === 'clock.retryDue') story.repeatedRels++;
  }
  return story;
}

function decide(sandbox: Sandbox, number: number, story: Story): [Outcome, string, string] {
  const {mutant} = sandbox.options;
  const message = sandbox.sender.messages[number];
  const qos = message?.qos ?? 0;
  if (story.deliveries > 1) {
    if (mutant !== undefined) return ['twice', mutant.breaks, `This party is built wrongly: ${mutant.name}.`];
    return ['twice', 'RB-13', 'After its ACK the receiver has forgotten the id, so the repeat is a new message to it.'];
  }
  if (qos === 0) return decideQos0(sandbox, number, story);
  if (story.deliveries === 1) return decideOnce(qos, story, message?.state === 'lost');
  if (story.isConfirmed) {
    return story.isForeignReply
      ? ['lost', 'RB-03', 'An ACK names an id and no message: this one answered the message that had the id before.']
      : ['lost', 'RB-12', 'It was confirmed before anybody owned it.'];
  }
  if (message?.state === 'expired') return ['lost', 'RB-18', 'It was never transmitted, and so could expire.'];
  if (message?.state === 'lost')
    return ['lost', 'RB-35', 'The flow ended with its connection; only a session would resume it.'];
  if (story.failedCalls > 0)
    return ['open', 'RB-12', 'The call failed, so nothing was answered; the sender sends again.'];
  return qos === 1
    ? ['open', 'RB-11', 'The sender keeps the SEND until its ACK.']
    : ['open', 'RB-14', 'The SEND is unacknowledged until its REC.'];
}

function decideQos0({wire, receiver}: Sandbox, number: number, story: Story): [Outcome, string, string] {
  if (story.deliveries === 1) return ['once', 'RB-01', 'It arrived, without an acknowledgement.'];
  const isUnderWay = wire.flights.some(({message}) => message === number) || receiver.calling === number;
  if (isUnderWay) return ['open', 'RB-01', 'It has no id, so nothing can answer it.'];
  return ['lost', 'RB-01', 'It has no id: the sender does not wait for an answer, and does not send it again.'];
}

function decideOnce(qos: Qos, story: Story, isLost: boolean): [Outcome, string, string] {
  if (!story.isConfirmed && (isLost || story.isGone)) {
    return [
      'once',
      'RB-35',
      'It was delivered, and the sender will not know: the answer was lost with the connection.',
    ];
  }
  if (!story.isConfirmed) {
    return qos === 1
      ? ['open', 'RB-11', 'It was delivered, and the sender does not know yet: it will send again.']
      : [
          'open',
          'RB-14',
          'It was delivered, and the sender does not know yet: a repeat will meet a receiver that remembers.',
        ];
  }
  if (story.isOverdue) return ['once', 'RB-18', 'What was transmitted does not expire: its late answer still counted.'];
  if (story.absorbed > 0)
    return ['once', 'RB-21', 'The repeat was answered with the same REC, and not forwarded again.'];
  if (story.failedCalls > 0) return ['once', 'RB-63', 'The failed call was made again under the same message id.'];
  if (story.repeatedRecs > 0) return ['once', 'RB-15', 'Each REC got its REL, and the second REL its COM.'];
  if (story.repeatedRels > 0) return ['once', 'RB-16', 'The REL was sent again until its COM, and the SEND was not.'];
  return qos === 1
    ? ['once', 'RB-11', 'The first ACK came in time.']
    : ['once', 'RB-16', 'Four packets, and both ends have forgotten the id.'];
}
