// One QoS 1 or 2 message to many clients. It lives until the last of its deliveries has ended, holds what all clients are
// sent, in one form for each codec, and the one timer; it counts who confirmed and answers the caller. [RB-61] [RB-62]
//
// Not an actor but a ledger: connections of this thread enter their deliveries' progress by plain calls, one number each.
// A message each would cost more than all else that an acknowledgement does; docs/decisions/0011-publication-ledger.md.

import type {Timer} from '../core/clock.ts';
import {messageOverheadBytes} from '../core/memory-bound.ts';
import {ownBytes} from '../core/own-bytes.ts';
import {emptyBytes, type Qos} from '../protocol/packet.ts';
import {
  type ClientReply,
  type PublishOutcome,
  type PublishRequest,
  repliesBytesMax,
  replyBytes,
} from '../router/router.ts';
import type {Reply} from '../runtime/ask.ts';
import type {TraceMark} from '../trace/trace-mark.ts';
import type {EncodedForm} from './content.ts';
import {type DeliveredPublication, Delivery, heldFor} from './delivery.ts';
import {deliveryDepthMax, type Recipients, strangerAt} from './recipients.ts';
import type {ShardContext} from './shard-context.ts';

/** What a delivery is taken to cost in the node's memory: the object, and its places in two lists. */
const deliveryBytes = 160;
export class Publication implements DeliveredPublication {
  readonly qos: Qos;
  /** The publication's id. */
  readonly message: string;
  traced: TraceMark | undefined = undefined;
  readonly payloadBytes: number;
  readonly startedAt: number;
  readonly messageId: number;
  readonly type: number;
  readonly channel: string | undefined;
  readonly expiresAt: number | undefined;
  form: EncodedForm | undefined = undefined;
  readonly #context: ShardContext;
  readonly #wantsReplies: boolean;
  readonly #reply: Reply<PublishOutcome>;
  #deliveries: Delivery[] = [];
  #replies: ClientReply[] = [];
  /** Until the first form of it holds it. */
  #payload: Uint8Array;
  #lastReply: Uint8Array | undefined;
  #lastReplyAt = 0;
  #timer: Timer | undefined;
  #deadlineAt: number;
  #retryAt: number;
  /** Deliveries neither confirmed nor ended. */
  #open = 0;
  /** Deliveries not ended, but for those that are held for their sessions. */
  #running = 0;
  /** Deliveries held for their sessions that have not ended. */
  #held = 0;
  #failed = 0;
  #confirmed = 0;
  #refused = 0;
  #recipients = 0;
  #isAnswered = false;
  #repliesBytes = 0;
  #isTruncated = false;
  /** What it is held to take in the node's memory. */
  #heldBytes = 0;

  constructor(context: ShardContext, request: PublishRequest, message: string, reply: Reply<PublishOutcome>) {
    this.#context = context;
    this.qos = request.qos;
    this.type = request.type;
    this.channel = request.channel;
    this.payloadBytes = request.payload.length;
    this.#wantsReplies = request.wantsReplies;
    this.#reply = reply;
    this.message = message;
    this.messageId = context.sequences.nextMessageId();
    this.#payload = request.payload;
    const now = context.clock.now();
    this.startedAt = now;
    this.expiresAt = request.ttlMs === undefined ? undefined : now + request.ttlMs;
    this.#deadlineAt = now + request.timeoutMs;
    this.#retryAt = now + context.settings.retryIntervalMs;
  }

  /** Hands one delivery to each recipient. Called once. */
  start(recipients: Recipients): void {
    this.#recipients = recipients.size;
    this.hold(messageOverheadBytes + this.payloadBytes + recipients.size * deliveryBytes);
    this.#deliveries = new Array<Delivery>(recipients.size);
    const untold: Delivery[] = [];
    let place = 0;
    for (const recipient of recipients.keys()) {
      const delivery = new Delivery(this, recipient);
      this.#deliveries[place++] = delivery;
      this.#open++;
      this.#running++;
      if (recipient.depth >= deliveryDepthMax || !recipient.tell(delivery)) untold.push(delivery);
    }
    // Not before all are counted: the end of the first would look like the end of all.
    for (const delivery of untold) {
      const {recipient} = delivery;
      this.#context.observation.observer?.delivery(
        recipient.isStopped ? 'gone' : 'refused',
        strangerAt(recipient),
        this,
      );
      // A full mailbox counts as a full queue: the answer reports it. [RB-52] A stopped recipient has disconnected.
      if (recipient.isStopped) this.end(delivery);
      else this.refuse(delivery);
    }
    this.#context.counters.deliveries += this.#deliveries.length;
    if (this.#running > 0) this.#arm();
  }

  confirm(delivery: Delivery): void {
    const {reply} = delivery;
    // It is a view of what the socket delivered, of which nothing is to live longer than this turn.
    delivery.reply = emptyBytes;
    if (this.#isAnswered) {
      this.#context.counters.deliveriesLate++;
      return;
    }
    this.#context.counters.deliveriesConfirmed++;
    this.#confirmed++;
    if (reply.length > 0) this.#keepLast(reply);
    if (this.#wantsReplies) this.#gather(delivery.recipient.name, reply);
    if (delivery.isHeld) this.#settle(delivery);
    else this.#open--;
    if (this.#open === 0) this.#answer(false);
  }

  #keepLast(reply: Uint8Array): void {
    this.#lastReplyAt = this.#context.scheduler.now;
    if (this.#lastReply?.length === reply.length) {
      this.#lastReply.set(reply);
      return;
    }
    this.hold(reply.length - (this.#lastReply?.length ?? 0));
    this.#lastReply = new Uint8Array(reply);
  }

  #gather(identity: string, reply: Uint8Array): void {
    if (this.#isTruncated) return;
    const kept = {identity, data: ownBytes(reply), at: this.#context.scheduler.now};
    const bytes = replyBytes(kept);
    this.#isTruncated ||= this.#repliesBytes + bytes > repliesBytesMax || !this.#context.memory.hasRoomFor(bytes);
    if (this.#isTruncated) return;
    this.#repliesBytes += bytes;
    this.hold(bytes);
    this.#replies.push(kept);
  }

  hold(bytes: number): void {
    this.#heldBytes += bytes;
    this.#context.memory.hold(bytes);
  }

  #release(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#context.memory.release(bytes);
  }

  end(delivery: Delivery): void {
    delivery.isEnded = true;
    if (delivery.isHeld) {
      this.#endHeld(delivery);
      return;
    }
    if (--this.#running === 0 && this.#isAnswered) this.#finish();
    if (!delivery.isConfirmed && --this.#open === 0 && !this.#isAnswered) this.#answer(false);
  }

  holdFor(delivery: Delivery): void {
    delivery.answersDue = heldFor.awaited;
    this.#running--;
    this.#held++;
  }

  shelve(delivery: Delivery): void {
    if (delivery.answersDue !== heldFor.awaited) return;
    delivery.answersDue = heldFor.shelved;
    if (--this.#open === 0 && !this.#isAnswered) this.#answer(false);
  }

  fail(delivery: Delivery): void {
    if (delivery.answersDue === heldFor.settled) return;
    this.#failed++;
    this.#settle(delivery);
    if (this.#open === 0 && !this.#isAnswered) this.#answer(false);
  }

  #settle(delivery: Delivery): void {
    if (delivery.answersDue === heldFor.awaited) this.#open--;
    delivery.answersDue = heldFor.settled;
  }

  #endHeld(delivery: Delivery): void {
    this.#settle(delivery);
    this.#held--;
    if (this.#open === 0 && !this.#isAnswered) this.#answer(false);
    else if (this.#isAnswered && this.#held === 0) this.#finish();
  }

  #finish(): void {
    if (this.#running === 0) this.#timer?.cancel();
    // Those that are held may be sent yet. Overdue ones may live until their connections end, and are not.
    if (this.#held > 0) return;
    this.#payload = emptyBytes;
    for (let {form} = this; form !== undefined; form = form.next) form.letGo();
    this.#release(this.#heldBytes - this.#running * deliveryBytes);
  }

  refuse(delivery: Delivery): void {
    this.#refused++;
    this.end(delivery);
  }

  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  get payload(): Uint8Array {
    return this.form?.payload ?? this.#payload;
  }

  adopt(form: EncodedForm): void {
    if (this.form !== undefined) this.hold(this.payloadBytes);
    this.form = form;
    this.#payload = emptyBytes;
  }

  keep(): void {
    this.#payload = ownBytes(this.#payload);
  }

  #due(): void {
    const now = this.#context.clock.now();
    if (!this.#isAnswered && now >= this.#deadlineAt) this.#timeOut();
    if (now >= this.#retryAt) this.#retry(now);
    if (this.#running > 0 || !this.#isAnswered) this.#arm();
  }

  #answer(isTimedOut: boolean): void {
    const queued = this.#held > 0 ? this.#shelveAll() : 0;
    this.#isAnswered = true;
    const [recipients, confirmed, refused, open] = [this.#recipients, this.#confirmed, this.#refused, this.#open];
    this.#context.observation.observer?.answered(this, {recipients, confirmed, refused, open, isTimedOut});
    this.#reply({
      message: this.message,
      connections: confirmed,
      isTimedOut,
      refused,
      gone: recipients - confirmed - refused - this.#failed - open - queued,
      late: isTimedOut ? open : 0,
      open: 0,
      failed: this.#failed,
      queued,
      lastReply: this.#lastReply,
      lastReplyAt: this.#lastReplyAt,
      replies: this.#replies,
      ...(this.#isTruncated && {isTruncated: true}),
    });
    // What is left are the deliveries that have not ended. The caller's answer is the caller's.
    this.#replies = [];
    this.#lastReply = undefined;
    if (this.#running === 0) this.#timer?.cancel();
    if (this.#held === 0) this.#finish();
  }

  #shelveAll(): number {
    const unsettled = this.#deliveries.filter(({isHeld, answersDue}) => isHeld && answersDue !== heldFor.settled);
    for (const delivery of unsettled) {
      if (delivery.answersDue === heldFor.awaited) this.#open--;
      delivery.answersDue = heldFor.shelved;
    }
    return unsettled.length;
  }

  #timeOut(): void {
    this.#context.counters.publicationsTimedOut++;
    this.#answer(true);
    for (const delivery of this.#deliveries) {
      const {isConfirmed, isEnded, isHeld, recipient} = delivery;
      if (!isConfirmed && !isEnded && !isHeld) recipient.tell({kind: 'timedOut', delivery});
    }
  }

  #retry(now: number): void {
    this.#retryAt = now + this.#context.settings.retryIntervalMs;
    this.#deliveries = this.#deliveries.filter(({isEnded}) => !isEnded);
    for (const one of this.#deliveries) if (!one.isHeld) one.recipient.tell({kind: 'retryDue', delivery: one});
  }

  /** Called where no timer is pending: at the start, and when the last one has fired. */
  #arm(): void {
    const now = this.#context.clock.now();
    const dueAt = this.#isAnswered ? this.#retryAt : Math.min(this.#retryAt, this.#deadlineAt);
    this.#timer = this.#context.clock.startTimer(Math.max(0, dueAt - now), () => this.#due());
  }
}
