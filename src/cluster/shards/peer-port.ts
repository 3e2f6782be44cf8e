// A shard as another shard of the same node reaches it: questions over a message port, answered by the part at the other
// end. Both directions run over one port, so this file is both the asking and the answering side.

import type {Clock} from '../../core/clock.ts';
import {type ErrorCode, errorTable, RainbowError} from '../../core/errors.ts';
import {unreachable} from '../../core/invariant.ts';
import type {Part, Peer, Unreachable} from '../../router/peer.ts';
import type {Query, QueryResult} from '../../router/query.ts';
import type {
  Joined,
  PartInfo,
  PublishOutcome,
  PublishRequest,
  SubscribeOutcome,
  Subscription,
} from '../../router/router.ts';
import type {EnvelopeExchange, EnvelopePort, ThreadPort} from '../../runtime/envelope-exchange.ts';
import {compact, compactOutcome} from './compact-outcome.ts';
import type {Presence} from './presence.ts';
import {
  type BroadcastField,
  packBroadcast,
  type ShardAnswer,
  type ShardMessage,
  unpackBroadcasts,
} from './shard-message.ts';

/** Beyond the time in which the other shard must have begun, or answered: the way back takes a moment. */
const answerGraceMs = 400;
/** Who waits for this has a deadline of its own, the handshake's; this one only lets go of what nobody waits for. */
const takeOverDeadlineMs = 3_600_000;

/** Why there is no answer: the other shard has ended, or it did not answer in time. */
type Silence = 'gone' | 'late';

interface Waiting {
  readonly settle: (answer: ShardAnswer) => void;
  /** Nobody will answer. */
  readonly giveUp: (why: Silence) => void;
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
  readonly local: Part;
  /** Called once, when the other shard has ended; its unanswered questions are settled by then. */
  readonly onGone: () => void;
}

/** See the head of this file. */
export class PortPeer implements Peer {
  readonly name: string;
  readonly sharesOrder = true;
  readonly #clock: Clock;
  readonly #exchange: EnvelopeExchange;
  readonly #local: Part;
  readonly #peerTimeoutMs: number;
  readonly #port: EnvelopePort<ShardMessage, ShardMessage>;
  readonly #presence: Presence;
  readonly #waiting = new Map<number, Waiting>();
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

  mayConcern({channel}: PublishRequest): boolean {
    return channel === undefined || this.#presence.mayHave(channel);
  }

  async publish(request: PublishRequest): Promise<PublishOutcome> {
    if (request.qos === 0) return this.#broadcast(request);
    // A view of a larger buffer would be copied with all of it.
    const message = {...request, payload: compact(request.payload)};
    const {timeoutMs} = request;
    const answer = await this.#ask(timeoutMs, (question, expiresAt) => ({
      kind: 'publish',
      question,
      request: message,
      expiresAt,
    }));
    if (isAnswer(answer, 'published')) return answer.outcome;
    // What its clients did is not known. [RB-66]
    return {...nobody(request), isPartial: true, isTimedOut: answer !== 'gone'};
  }

  async subscribe(subscription: Subscription, occupy: boolean): Promise<Joined | Unreachable> {
    const answer = await this.#ask(this.#peerTimeoutMs, (question, expiresAt) => ({
      kind: 'subscribe',
      question,
      subscription,
      occupy,
      expiresAt,
    }));
    return isAnswer(answer, 'subscribed') ? answer.joined : 'unreachable';
  }

  async unsubscribe(subscription: Subscription): Promise<SubscribeOutcome | Unreachable> {
    const answer = await this.#ask(this.#peerTimeoutMs, (question, expiresAt) => ({
      kind: 'unsubscribe',
      question,
      subscription,
      expiresAt,
    }));
    return isAnswer(answer, 'unsubscribed') ? answer.outcome : 'unreachable';
  }

  async evict(channel: string, before: number): Promise<'done' | Unreachable> {
    const answer = await this.#ask(this.#peerTimeoutMs, (question) => ({kind: 'evict', question, channel, before}));
    return isAnswer(answer, 'evicted') ? 'done' : 'unreachable';
  }

  /** See {@link Part.takeOver}; `gone` where the other shard ended before it was done. */
  async takeOver(identity: string, fencingToken: number): Promise<'settled' | 'gone'> {
    const answer = await this.#ask(takeOverDeadlineMs, (question) => ({
      kind: 'takeOver',
      question,
      identity,
      fencingToken,
    }));
    return answer === 'gone' ? 'gone' : 'settled';
  }

  async info(): Promise<PartInfo | Unreachable> {
    const answer = await this.#ask(this.#peerTimeoutMs, (question) => ({kind: 'info', question}));
    return isAnswer(answer, 'described') ? answer.info : 'unreachable';
  }

  async inspect(inspection: Query): Promise<QueryResult> {
    const answer = await this.#ask(this.#peerTimeoutMs, (question) => ({kind: 'inspect', question, inspection}));
    return isAnswer(answer, 'inspected') ? answer.findings : {kind: 'nothing'};
  }

  close(): void {
    this.#port.close();
  }

  async #broadcast(request: PublishRequest): Promise<PublishOutcome> {
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
    return isPosted ? nobody(request) : {...nobody(request), isPartial: true};
  }

  #ask(
    timeoutMs: number,
    message: (question: number, expiresAt: number) => ShardMessage,
  ): Promise<ShardAnswer | Silence> {
    if (this.#isGone) return Promise.resolve('gone');
    const question = ++this.#question;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        timer.cancel();
        this.#waiting.delete(question);
      };
      const giveUp = (why: Silence): void => {
        end();
        resolve(why);
      };
      const settle = (answer: ShardAnswer): void => {
        end();
        if (answer.kind === 'failed') reject(new RainbowError(answer.code));
        else resolve(answer);
      };
      const timer = this.#clock.startTimer(timeoutMs + answerGraceMs, () => {
        // A thread that was held up finds its timers due before it has read what came meanwhile.
        this.#exchange.receive();
        if (this.#waiting.has(question)) giveUp('late');
      });
      this.#waiting.set(question, {settle, giveUp});
      this.#port.send(message(question, this.#clock.now() + timeoutMs));
    });
  }

  #receive(message: ShardMessage): void {
    switch (message.kind) {
      case 'broadcast':
        // Nobody waits; what it fails with was counted where it failed.
        for (const request of unpackBroadcasts(message.fields)) this.#local.publish(request).catch(ignoreFailure);
        return;
      case 'published':
      case 'subscribed':
      case 'unsubscribed':
      case 'evicted':
      case 'tookOver':
      case 'described':
      case 'inspected':
      case 'expired':
      case 'failed':
        this.#settle(message);
        return;
      case 'publish':
      case 'subscribe':
      case 'unsubscribe':
      case 'evict':
      case 'takeOver':
      case 'info':
      case 'inspect':
        this.#answer(message.question, this.#carryOut(message));
        return;
      default:
        unreachable(message);
    }
  }

  #settle(answer: ShardAnswer): void {
    // Absent where the question has been given up meanwhile.
    this.#waiting.get(answer.question)?.settle(answer);
  }

  #answer(question: number, answered: Promise<ShardAnswer>): void {
    answered.then(
      (answer) => this.#port.send(answer),
      (error: unknown) => this.#port.send({kind: 'failed', question, code: codeOf(error)}),
    );
  }

  async #carryOut(message: Extract<ShardMessage, {question: number}>): Promise<ShardAnswer> {
    const {question} = message;
    const leftMs = 'expiresAt' in message ? message.expiresAt - this.#clock.now() : 1;
    // The caller was told that nothing is known of it; it must not happen now. [RB-66]
    if (leftMs <= 0) return {kind: 'expired', question};
    switch (message.kind) {
      case 'publish': {
        const timeoutMs = Math.min(message.request.timeoutMs, leftMs);
        const outcome = await this.#local.publish({...message.request, timeoutMs});
        return {kind: 'published', question, outcome: compactOutcome(outcome)};
      }
      case 'subscribe':
        return {
          kind: 'subscribed',
          question,
          joined: await this.#local.subscribe(message.subscription, message.occupy),
        };
      case 'unsubscribe':
        return {kind: 'unsubscribed', question, outcome: await this.#local.unsubscribe(message.subscription)};
      case 'evict':
        await this.#local.evict(message.channel, message.before);
        return {kind: 'evicted', question};
      case 'takeOver':
        await this.#local.takeOver(message.identity, message.fencingToken);
        return {kind: 'tookOver', question};
      case 'info':
        return {kind: 'described', question, info: await this.#local.info()};
      case 'inspect':
        return {kind: 'inspected', question, findings: await this.#local.inspect(message.inspection)};
      default:
        return {kind: 'failed', question, code: 'RB_INTERNAL'};
    }
  }
}

function isAnswer<Kind extends ShardAnswer['kind']>(
  answer: ShardAnswer | Silence,
  kind: Kind,
): answer is Extract<ShardAnswer, {kind: Kind}> {
  return answer !== 'gone' && answer !== 'late' && answer.kind === kind;
}

function ignoreFailure(): void {}

function nobody({message}: PublishRequest): PublishOutcome {
  return {message: message ?? '', connections: 0, isTimedOut: false, refused: 0, lastReply: undefined, replies: []};
}

function codeOf(error: unknown): ErrorCode {
  if (typeof error !== 'object' || error === null || !('code' in error)) return 'RB_INTERNAL';
  const {code} = error;
  return typeof code === 'string' && Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'RB_INTERNAL';
}
