// A shard as another shard of the same node reaches it: questions over a message port, answered by the part at the other
// end. Both directions run over one port, so this file is both the asking and the answering side.

import type {Clock} from '../core/clock.ts';
import {type ErrorCode, errorTable, RainbowError} from '../core/errors.ts';
import {unreachable} from '../core/invariant.ts';
import {EnvelopePort, type ThreadPort} from '../runtime/envelope-port.ts';
import type {Scheduler} from '../runtime/scheduler.ts';
import type {Findings, Inspection} from './inspection.ts';
import type {Part, Peer} from './peer.ts';
import type {Presence} from './presence.ts';
import {
  type BroadcastField,
  packBroadcast,
  type ShardAnswer,
  type ShardMessage,
  unpackBroadcasts,
} from './shard-message.ts';
import type {PartInfo, PublishOutcome, PublishRequest, SubscribeOutcome, Subscription} from './switchboard.ts';

/** Beyond the time in which a part answers by itself: the other thread is stuck, or very busy. */
const answerGraceMs = 1_000;
const answerDeadlineMs = 5_000;

interface Waiting {
  readonly settle: (answer: ShardAnswer) => void;
  /** Nobody will answer. */
  readonly giveUp: () => void;
}

/** What a peer is made of. */
export interface PortPeerParts {
  readonly name: string;
  readonly port: ThreadPort<ShardMessage, ShardMessage>;
  /** The other shard's channels. */
  readonly presence: Presence;
  readonly scheduler: Scheduler;
  /** This shard, for what the other one asks. */
  readonly local: Part;
  /** Called once, when the other shard has ended; its unanswered questions are settled by then. */
  readonly onGone: () => void;
}

/** See the head of this file. */
export class PortPeer implements Peer {
  readonly name: string;
  readonly #clock: Clock;
  readonly #local: Part;
  readonly #port: EnvelopePort<ShardMessage, ShardMessage>;
  readonly #presence: Presence;
  readonly #waiting = new Map<number, Waiting>();
  #question = 0;
  #isGone = false;
  constructor({name, port, presence, scheduler, local, onGone}: PortPeerParts) {
    this.name = name;
    this.#local = local;
    this.#presence = presence;
    this.#clock = scheduler.clock;
    this.#port = new EnvelopePort(
      port,
      scheduler,
      (message: ShardMessage) => this.#receive(message),
      () => {
        this.#isGone = true;
        for (const {giveUp} of [...this.#waiting.values()]) giveUp();
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
    const deadlineMs = request.timeoutMs + answerGraceMs;
    const answer = await this.#ask((question) => ({kind: 'publish', question, request: message}), deadlineMs);
    return answer?.kind === 'published' ? answer.outcome : nobody(request);
  }

  async subscribe(subscription: Subscription, occupy: boolean): Promise<SubscribeOutcome> {
    const answer = await this.#ask((question) => ({kind: 'subscribe', question, subscription, occupy}));
    return answer?.kind === 'subscribed' ? answer.outcome : 'noSuchConnection';
  }

  async unsubscribe(subscription: Subscription): Promise<SubscribeOutcome> {
    const answer = await this.#ask((question) => ({kind: 'unsubscribe', question, subscription}));
    return answer?.kind === 'subscribed' ? answer.outcome : 'done';
  }

  async evict(channel: string): Promise<'done'> {
    await this.#ask((question) => ({kind: 'evict', question, channel}));
    return 'done';
  }

  /** See {@link Part.supersede}. */
  supersede(identity: string, claim: number): void {
    this.#port.send({kind: 'supersede', identity, claim});
  }

  async info(): Promise<PartInfo> {
    const answer = await this.#ask((question) => ({kind: 'info', question}));
    return answer?.kind === 'described' ? answer.info : {connections: 0, channels: []};
  }

  async inspect(inspection: Inspection): Promise<Findings> {
    const answer = await this.#ask((question) => ({kind: 'inspect', question, inspection}));
    return answer?.kind === 'inspected' ? answer.findings : {kind: 'nothing'};
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
    await this.#port.posted();
    return nobody(request);
  }

  // `undefined` where the other shard has ended, ends before it answers, or does not answer in time.
  #ask(
    message: (question: number) => ShardMessage,
    deadlineMs: number = answerDeadlineMs,
  ): Promise<ShardAnswer | undefined> {
    if (this.#isGone) return Promise.resolve(undefined);
    const question = ++this.#question;
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        timer.cancel();
        this.#waiting.delete(question);
        resolve(undefined);
      };
      const settle = (answer: ShardAnswer): void => {
        timer.cancel();
        if (answer.kind === 'failed') reject(new RainbowError(answer.code));
        else resolve(answer);
      };
      const timer = this.#clock.startTimer(deadlineMs, giveUp);
      this.#waiting.set(question, {settle, giveUp});
      this.#port.send(message(question));
    });
  }

  #receive(message: ShardMessage): void {
    switch (message.kind) {
      case 'broadcast':
        // Nobody waits; what it fails with was counted where it failed.
        for (const request of unpackBroadcasts(message.fields)) this.#local.publish(request).catch(ignoreFailure);
        return;
      case 'supersede':
        this.#local.supersede(message.identity, message.claim);
        return;
      case 'published':
      case 'subscribed':
      case 'evicted':
      case 'described':
      case 'inspected':
      case 'failed':
        this.#settle(message);
        return;
      case 'publish':
      case 'subscribe':
      case 'unsubscribe':
      case 'evict':
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
    const waiting = this.#waiting.get(answer.question);
    this.#waiting.delete(answer.question);
    waiting?.settle(answer);
  }

  #answer(question: number, answered: Promise<ShardAnswer>): void {
    answered.then(
      (answer) => this.#port.send(answer),
      (error: unknown) => this.#port.send({kind: 'failed', question, code: codeOf(error)}),
    );
  }

  async #carryOut(message: Extract<ShardMessage, {question: number}>): Promise<ShardAnswer> {
    const {question} = message;
    switch (message.kind) {
      case 'publish':
        return {kind: 'published', question, outcome: compactOutcome(await this.#local.publish(message.request))};
      case 'subscribe': {
        const outcome = await this.#local.subscribe(message.subscription, message.occupy);
        return {kind: 'subscribed', question, outcome};
      }
      case 'unsubscribe':
        return {kind: 'subscribed', question, outcome: await this.#local.unsubscribe(message.subscription)};
      case 'evict':
        await this.#local.evict(message.channel);
        return {kind: 'evicted', question};
      case 'info':
        return {kind: 'described', question, info: await this.#local.info()};
      case 'inspect':
        return {kind: 'inspected', question, findings: await this.#local.inspect(message.inspection)};
      default:
        return {kind: 'failed', question, code: 'RB_INTERNAL'};
    }
  }
}

function ignoreFailure(): void {}

function nobody({message}: PublishRequest): PublishOutcome {
  return {message: message ?? '', connections: 0, isTimedOut: false, refused: 0, lastReply: undefined, replies: []};
}

function compact(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes);
}

function compactOutcome(outcome: PublishOutcome): PublishOutcome {
  const {lastReply, replies} = outcome;
  return {
    ...outcome,
    lastReply: lastReply === undefined ? undefined : compact(lastReply),
    replies: replies.map((reply) => ({...reply, data: compact(reply.data)})),
  };
}

function codeOf(error: unknown): ErrorCode {
  if (typeof error !== 'object' || error === null || !('code' in error)) return 'RB_INTERNAL';
  const {code} = error;
  return typeof code === 'string' && Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'RB_INTERNAL';
}
