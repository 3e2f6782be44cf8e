// A shard as another shard of the same node reaches it: questions over a message port, answered by the part at the other
// end. Both directions run over one port, so this file is both the asking and the answering side.

import type {Clock} from '../../core/clock.ts';
import {type ErrorCode, errorTable, RainbowError} from '../../core/errors.ts';
import {unreachable} from '../../core/invariant.ts';
import {nobody} from '../../router/add-up.ts';
import type {PartProgress} from '../../router/gathering.ts';
import {type Answers, askPart, type LocalPart, type Part, type Question} from '../../router/part.ts';
import type {Peer, Silence} from '../../router/peers.ts';
import type {PublishOutcome, PublishRequest} from '../../router/router.ts';
import type {EnvelopeExchange, EnvelopePort, ThreadPort} from '../../runtime/envelope-exchange.ts';
import {compact, compactOutcome} from './compact-outcome.ts';
import {PortFollower} from './port-follower.ts';
import type {Presence} from './presence.ts';
import {
  type BroadcastField,
  packBroadcast,
  type ShardAnswer,
  type ShardMessage,
  type TaggedAnswer,
  unpackBroadcasts,
  unpackReports,
} from './shard-message.ts';

/** Beyond the time in which the other shard must have begun, or answered: the way back takes a moment. */
const answerGraceMs = 400;
/** The handshake that waits for this has a deadline of its own; this one only releases questions that no caller waits for. */
const takeOverDeadlineMs = 3_600_000;

/** Questions that must begin in time, because the asker reports that their result is unknown. The others are never too late. */
function mustBegin({kind, request}: Question): boolean {
  switch (kind) {
    case 'publish':
    case 'subscribe':
    case 'unsubscribe':
    case 'disconnect':
    case 'claim':
    case 'permit':
      return true;
    case 'key':
      return request.kind === 'claim';
    default:
      return false;
  }
}

interface Waiting {
  readonly settle: (answer: ShardAnswer) => void;
  /** There will be no answer. */
  readonly giveUp: (why: Silence) => void;
  /** Of a publication that is followed. */
  readonly progress: PartProgress | undefined;
}

/** What a peer is made of. */
export interface PortPeerParts {
  readonly name: string;
  readonly port: ThreadPort<ShardMessage, ShardMessage>;
  /** The other shard's channels. */
  readonly presence: Presence;
  readonly exchange: EnvelopeExchange;
  readonly clock: Clock;
  /** What a shard that does not answer may cost a call, unless the call has a time of its own. */
  readonly peerTimeoutMs: number;
  /** This shard, for what the other one asks. */
  readonly local: Part & Pick<LocalPart, 'publish'>;
  /** Called once, when the other shard has ended; its unanswered questions are settled by then. */
  readonly onGone: () => void;
}

/** A shard as another shard of the same node reaches it, over a message port. */
export class PortPeer implements Peer {
  readonly name: string;
  readonly #clock: Clock;
  readonly #exchange: EnvelopeExchange;
  readonly #local: PortPeerParts['local'];
  readonly #peerTimeoutMs: number;
  readonly #port: EnvelopePort<ShardMessage, ShardMessage>;
  readonly #presence: Presence;
  readonly #waiting = new Map<number, Waiting>();
  /** Publications of this thread that the other one follows, by the number of its question. */
  readonly #followers = new Map<number, PortFollower>();
  #question = 0;
  #isGone = false;

  constructor({name, port, presence, exchange, clock, peerTimeoutMs, local, onGone}: PortPeerParts) {
    this.name = name;
    this.#local = local;
    this.#presence = presence;
    this.#clock = clock;
    this.#exchange = exchange;
    this.#peerTimeoutMs = peerTimeoutMs;
    this.#port = exchange.open(
      port,
      (message: ShardMessage) => this.#receive(message),
      () => {
        this.#isGone = true;
        for (const {giveUp} of [...this.#waiting.values()]) giveUp('gone');
        onGone();
      },
    );
  }

  mayConcern({kind, request}: Question): boolean {
    if (kind === 'disconnect') return request.target !== 'channel' || this.#presence.mayHave(request.name);
    if (kind === 'changes') return request.owner === this.name;
    if (kind === 'connections') return request.channel === undefined || this.#presence.mayHave(request.channel);
    if (kind !== 'publish') return true;
    const {channel, audience} = request;
    if (audience !== undefined) return mayMeet(audience, this.#presence);
    return channel === undefined || this.#presence.mayHave(channel);
  }

  async ask<Asked extends Question>(
    question: Asked,
    progress?: PartProgress,
  ): Promise<Answers[Asked['kind']] | Silence> {
    const answered = await this.#put(question, progress);
    // The number of the question says to which the answer is.
    return isSilence(answered) ? answered : (answered.answer as Answers[Asked['kind']]);
  }

  close(): void {
    this.#port.close();
  }

  #put(question: Question, progress: PartProgress | undefined): Promise<TaggedAnswer | Silence> {
    if (question.kind !== 'publish') return this.#ask(question, this.#timeoutOf(question));
    const {request} = question;
    if (request.qos === 0) return this.#broadcast(request);
    // A view of a larger buffer would be copied with all of it.
    const message = {kind: 'publish', request: {...request, payload: compact(request.payload)}} as const;
    return this.#ask(message, request.timeoutMs, progress);
  }

  #timeoutOf({kind}: Question): number {
    return kind === 'takeOver' ? takeOverDeadlineMs : this.#peerTimeoutMs;
  }

  async #broadcast(request: PublishRequest): Promise<TaggedAnswer | Silence> {
    const {last} = this.#port;
    if (last?.kind === 'broadcast') {
      packBroadcast(last.fields, request);
    } else {
      const fields: BroadcastField[] = [];
      packBroadcast(fields, request);
      this.#port.send({kind: 'broadcast', fields});
    }
    // The caller's next publication, through whichever shard, must find this one before it. [RB-45]
    const isPosted = await this.#port.posted();
    return isPosted ? {to: 'publish', answer: nobody(request.message ?? '')} : 'gone';
  }

  #ask(question: Question, timeoutMs: number, progress?: PartProgress): Promise<TaggedAnswer | Silence> {
    if (this.#isGone) return Promise.resolve('gone');
    const number = ++this.#question;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        timer.cancel();
        this.#waiting.delete(number);
      };
      const giveUp = (why: Silence): void => {
        end();
        resolve(why);
      };
      const settle = (answer: ShardAnswer): void => {
        end();
        if (answer.kind === 'failed') reject(new RainbowError(answer.code));
        else resolve(answer.kind === 'expired' ? 'late' : answer);
      };
      const timer = this.#clock.startTimer(timeoutMs + answerGraceMs, () => {
        // A thread that was held up finds its timers due before it has read what came meanwhile.
        this.#exchange.receive();
        if (this.#waiting.has(number)) giveUp('late');
      });
      this.#waiting.set(number, {settle, giveUp, progress});
      if (progress !== undefined) {
        progress.onStop = () => {
          end();
          this.#port.send({kind: 'enough', number});
          resolve({to: 'publish', answer: progress.outcome('', 'open')});
        };
      }
      const expiresAt = mustBegin(question) ? this.#clock.now() + timeoutMs : undefined;
      this.#port.send({kind: 'ask', number, question, expiresAt});
    });
  }

  #receive(message: ShardMessage): void {
    switch (message.kind) {
      case 'broadcast':
        // No caller waits; a failure was counted where it happened.
        for (const request of unpackBroadcasts(message.fields)) this.#local.publish(request).catch(ignoreFailure);
        return;
      case 'ask':
        this.#carryOut(message).then(
          (answer) => this.#port.send(answer),
          (error: unknown) => this.#port.send({kind: 'failed', number: message.number, code: codeOf(error)}),
        );
        return;
      case 'begun':
        this.#waiting.get(message.number)?.progress?.begun(message.recipients, message.names);
        return;
      case 'settled': {
        const progress = this.#waiting.get(message.number)?.progress;
        if (progress !== undefined) for (const report of unpackReports(message.fields)) progress.settled(report);
        return;
      }
      case 'enough':
        this.#followers.get(message.number)?.stop();
        return;
      case 'answer':
      case 'expired':
      case 'failed':
        // Absent where the question has been given up meanwhile.
        this.#waiting.get(message.number)?.settle(message);
        return;
      default:
        unreachable(message);
    }
  }

  async #carryOut({number, question, expiresAt}: Extract<ShardMessage, {kind: 'ask'}>): Promise<ShardAnswer> {
    const leftMs = expiresAt === undefined ? undefined : expiresAt - this.#clock.now();
    // The caller knows it as unanswered; it must not happen now. [RB-66]
    if (leftMs !== undefined && leftMs <= 0) return {kind: 'expired', number};
    if (question.kind === 'publish') {
      const {request} = question;
      const timeoutMs = Math.min(request.timeoutMs, leftMs ?? request.timeoutMs);
      const outcome = await this.#publish(number, {...request, timeoutMs});
      return {kind: 'answer', number, to: 'publish', answer: compactOutcome(outcome)};
    }
    const answer = await askPart(this.#local, question);
    return {kind: 'answer', number, to: question.kind, answer} as ShardAnswer;
  }

  async #publish(number: number, request: PublishRequest): Promise<PublishOutcome> {
    if (request.follow === undefined) return this.#local.publish(request);
    const follower = new PortFollower(number, request.follow === 'names', this.#port);
    this.#followers.set(number, follower);
    try {
      return await this.#local.publish(request, follower);
    } finally {
      this.#followers.delete(number);
    }
  }
}

type Audience = NonNullable<PublishRequest['audience']>;

/** Where users and single clients are is not known in advance. */
function mayMeet({isEverybody, identities, users, channels}: Audience, presence: Presence): boolean {
  if (isEverybody || identities.length + users.length > 0) return true;
  return channels.some((channel) => presence.mayHave(channel));
}

function isSilence(answered: TaggedAnswer | Silence): answered is Silence {
  return answered === 'gone' || answered === 'late';
}

function ignoreFailure(): void {}

function codeOf(error: unknown): ErrorCode {
  if (typeof error !== 'object' || error === null || !('code' in error)) return 'RB_INTERNAL';
  const {code} = error;
  return typeof code === 'string' && Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'RB_INTERNAL';
}
