// One QoS 1 or 2 message to many clients. It lives until the last of its deliveries has ended, holds the frames, which all
// clients share, and the one timer; it counts who confirmed and answers the caller. [RB-61] [RB-62]
//
// Not an actor but a ledger: connections of this thread enter their deliveries' progress by plain calls, one number each.
// A message each would cost more than all else that an acknowledgement does; docs/decisions/0011-publication-ledger.md.

import type {ClientReply, PublishOutcome, PublishRequest} from '../cluster/switchboard.ts';
import type {Timer} from '../core/clock.ts';
import {framePacket} from '../protocol/frame.ts';
import {emptyBytes, type Qos} from '../protocol/packet.ts';
import type {Reply} from '../runtime/ask.ts';
import type {PublicationResult, SharedStory} from '../trace/observer.ts';
import {Delivery} from './delivery.ts';
import {type Recipients, strangerAt} from './recipients.ts';
import type {Thread} from './thread.ts';

export class Publication implements SharedStory {
  readonly qos: Qos;
  /** The publication's id. */
  readonly message: string;
  watchMask = 0;
  storyPlace = 0;
  sentFrame: Uint8Array | undefined = undefined;
  sentCode = 0;
  sentValue = 0;
  /** Of the payload, as a client's queue counts them; also after the payload has been let go. */
  readonly payloadBytes: number;
  /** The id on the wire for every client on which it is free; the others take one of their own. */
  readonly messageId: number;
  readonly #thread: Thread;
  readonly #type: number;
  readonly #wantsReplies: boolean;
  readonly #reply: Reply<PublishOutcome>;
  #deliveries: Delivery[] = [];
  readonly #replies: ClientReply[] = [];
  #payload: Uint8Array;
  // SEND and REL with the shared id, framed once for all.
  #frame: Uint8Array;
  #repeatFrame: Uint8Array | undefined;
  #releaseFrame: Uint8Array | undefined;
  #lastReply: Uint8Array | undefined;
  #lastReplyAt = 0;
  #timer: Timer | undefined;
  #deadlineAt: number;
  #retryAt: number;
  /** Deliveries neither confirmed nor ended. */
  #open = 0;
  /** Deliveries not ended. */
  #running = 0;
  #confirmed = 0;
  #refused = 0;
  #recipients = 0;
  #isAnswered = false;

  constructor(thread: Thread, request: PublishRequest, message: string, reply: Reply<PublishOutcome>) {
    this.#thread = thread;
    this.qos = request.qos;
    this.#type = request.type;
    this.#payload = request.payload;
    this.payloadBytes = request.payload.length;
    this.#wantsReplies = request.wantsReplies;
    this.#reply = reply;
    this.message = message;
    this.messageId = thread.sequences.nextMessageId();
    this.#frame = this.#frameSend(this.messageId, false);
    const now = thread.clock.now();
    this.#deadlineAt = now + request.timeoutMs;
    this.#retryAt = now + thread.settings.retryIntervalMs;
  }

  /** Hands one delivery to each recipient. Called once. */
  start(recipients: Recipients): void {
    this.#recipients = recipients.size;
    this.#deliveries = new Array<Delivery>(recipients.size);
    const untold: Delivery[] = [];
    let place = 0;
    for (const recipient of recipients.keys()) {
      const delivery = new Delivery(this, recipient);
      this.#deliveries[place++] = delivery;
      this.#open++;
      this.#running++;
      if (!recipient.tell(delivery)) untold.push(delivery);
    }
    // Not before all are counted: the end of the first would look like the end of all.
    for (const delivery of untold) {
      const {recipient} = delivery;
      this.#thread.observation.observer?.delivery(
        recipient.isStopped ? 'gone' : 'refused',
        strangerAt(recipient),
        this,
      );
      // A full mailbox is a full queue: told in the answer. [RB-52] One that ended meanwhile is a client that went away.
      if (recipient.isStopped) this.end(delivery);
      else this.refuse(delivery);
    }
    this.#thread.counters.deliveries += this.#deliveries.length;
    if (this.#running > 0) this.#arm();
  }

  /** The client has acknowledged `delivery`; its reply stands in it. */
  confirm(delivery: Delivery): void {
    delivery.isConfirmed = true;
    if (this.#isAnswered) {
      this.#thread.counters.deliveriesLate++;
      return;
    }
    this.#thread.counters.deliveriesConfirmed++;
    this.#confirmed++;
    const at = this.#thread.scheduler.now;
    if (delivery.reply.length > 0) {
      this.#lastReply = delivery.reply;
      this.#lastReplyAt = at;
    }
    if (this.#wantsReplies) this.#replies.push({identity: delivery.recipient.name, data: delivery.reply, at});
    if (--this.#open === 0) this.#answer(false);
  }

  /** The flow of `delivery` has ended, confirmed or not. Called once for each. */
  end(delivery: Delivery): void {
    delivery.isEnded = true;
    if (--this.#running === 0) this.#timer?.cancel();
    if (!delivery.isConfirmed && --this.#open === 0 && !this.#isAnswered) this.#answer(false);
  }

  /** The client's queue is full: `delivery` has ended before it began. [RB-52] */
  refuse(delivery: Delivery): void {
    this.#refused++;
    this.end(delivery);
  }

  /** Whether the caller has its answer: then no SEND of it may go out any more, and its bytes are gone. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** The SEND for `id`; not to be called once answered. DUP says that we sent it before, and nothing else. [RB-10] */
  frameFor(id: number, isDup: boolean): Uint8Array {
    if (id !== this.messageId) return this.#frameSend(id, isDup);
    if (!isDup) return this.#frame;
    this.#repeatFrame ??= this.#frameSend(id, true);
    return this.#repeatFrame;
  }

  /** The REL for `id`. */
  releaseFrameFor(id: number): Uint8Array {
    if (id !== this.messageId) return framePacket({kind: 'rel', id});
    this.#releaseFrame ??= framePacket({kind: 'rel', id});
    return this.#releaseFrame;
  }

  #frameSend(id: number, isDup: boolean): Uint8Array {
    return framePacket({kind: 'send', qos: this.qos, isDup, type: this.#type, id, payload: this.#payload});
  }

  #due(): void {
    const now = this.#thread.clock.now();
    if (!this.#isAnswered && now >= this.#deadlineAt) this.#timeOut();
    if (now >= this.#retryAt) this.#retry(now);
    if (this.#running > 0) this.#arm();
  }

  #answer(isTimedOut: boolean): void {
    this.#isAnswered = true;
    // Overdue deliveries may live as long as their connections; the payload need not be held for them.
    this.#payload = emptyBytes;
    this.#frame = emptyBytes;
    this.sentFrame = undefined;
    this.#repeatFrame = undefined;
    const {observer} = this.#thread.observation;
    if (observer !== undefined) observer.answered(this, this.#result(isTimedOut));
    this.#reply({
      message: this.message,
      connections: this.#confirmed,
      isTimedOut,
      refused: this.#refused,
      lastReply: this.#lastReply,
      lastReplyAt: this.#lastReplyAt,
      replies: this.#replies,
    });
  }

  #result(isTimedOut: boolean): PublicationResult {
    const [recipients, confirmed, refused, open] = [this.#recipients, this.#confirmed, this.#refused, this.#open];
    return {recipients, confirmed, refused, open, isTimedOut};
  }

  #timeOut(): void {
    this.#thread.counters.publicationsTimedOut++;
    this.#answer(true);
    for (const delivery of this.#deliveries) {
      if (!delivery.isConfirmed && !delivery.isEnded) delivery.recipient.tell({kind: 'timedOut', delivery});
    }
  }

  #retry(now: number): void {
    this.#retryAt = now + this.#thread.settings.retryIntervalMs;
    this.#deliveries = this.#deliveries.filter(({isEnded}) => !isEnded);
    for (const delivery of this.#deliveries) delivery.recipient.tell({kind: 'retryDue', delivery});
  }

  #arm(): void {
    this.#timer?.cancel();
    const now = this.#thread.clock.now();
    const dueAt = this.#isAnswered ? this.#retryAt : Math.min(this.#retryAt, this.#deadlineAt);
    this.#timer = this.#thread.clock.startTimer(Math.max(0, dueAt - now), () => this.#due());
  }
}
