// One QoS 1 or 2 message to many clients. It lives until the last of its deliveries has ended, holds what all clients are
// sent, in one form for each codec, and the one timer; it counts who confirmed and answers the caller. [RB-61] [RB-62]
//
// Not an actor but a ledger: connections of this thread enter their deliveries' progress by plain calls, one number each.
// A message each would cost more than all else that an acknowledgement does; docs/decisions/0011-publication-ledger.md.

import type {Timer} from '../core/clock.ts';
import {messageOverheadBytes} from '../core/memory-bound.ts';
import {ownBytes} from '../core/own-bytes.ts';
import {emptyBytes, type Qos} from '../protocol/packet.ts';
import type {Follower} from '../router/gathering.ts';
import type {PublishOutcome, PublishRequest} from '../router/router.ts';
import type {Reply} from '../runtime/ask.ts';
import type {TraceMark} from '../trace/trace-mark.ts';
import type {EncodedForm} from './content.ts';
import {type DeliveredPublication, Delivery, heldFor} from './delivery.ts';
import {LastReply} from './last-reply.ts';
import {RecipientReports} from './recipient-reports.ts';
import {deliveryDepthMax, type Recipients, strangerAt} from './recipients.ts';
import type {ShardContext} from './shard-context.ts';

/** What a delivery is taken to cost in the node's memory: the object, and its places in two lists. */
const deliveryBytes = 160;
export class Publication implements DeliveredPublication {
  readonly qos: Qos;
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
  /** Until the caller has its answer, where it asks for more than counts. */
  #reports: RecipientReports | undefined;
  readonly #reply: Reply<PublishOutcome>;
  #deliveries: Delivery[] = [];
  /** Until the first form of it holds it. */
  #payload: Uint8Array;
  readonly #last = new LastReply();
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
  /** Whether the caller has its answer, while deliveries may still go on. */
  #isReplied = false;
  /** What it is held to take in the node's memory. */
  #heldBytes = 0;

  constructor(context: ShardContext, request: PublishRequest, message: string, reply: Reply<PublishOutcome>) {
    this.#context = context;
    this.qos = request.qos;
    this.type = request.type;
    this.channel = request.channel;
    this.payloadBytes = request.payload.length;
    if (request.wantsReplies) this.#reports = new RecipientReports(context, true, undefined);
    this.#reply = reply;
    this.message = message;
    this.messageId = context.sequences.nextMessageId();
    this.#payload = request.payload;
    this.startedAt = context.clock.now();
    this.expiresAt = request.ttlMs === undefined ? undefined : this.startedAt + request.ttlMs;
    this.#deadlineAt = this.startedAt + request.timeoutMs;
    this.#retryAt = this.startedAt + context.settings.retryIntervalMs;
  }

  /** Called before {@link start}. */
  follow(follower: Follower): void {
    this.#reports = new RecipientReports(this.#context, this.#reports !== undefined, follower);
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
    this.#reports?.begin(recipients, () => this.#stop());
    // Not before all are counted: the end of the first would look like the end of all.
    for (const delivery of untold) {
      const {recipient} = delivery;
      // A full mailbox counts as a full queue: the answer reports it. [RB-52] A stopped recipient has disconnected.
      const fate = recipient.isStopped ? 'gone' : 'refused';
      this.#context.observation.observer?.delivery(fate, strangerAt(recipient), this);
      if (fate === 'refused') this.#refused++;
      this.#end(delivery, fate);
    }
    this.#context.counters.deliveries += this.#deliveries.length;
    if (this.#running > 0) this.#arm();
    if (this.#reports?.isStopped === true) this.#stop();
  }

  /** The caller has replies enough, or has left: it is answered, and every recipient gets the message all the same. */
  #stop(): void {
    const shelved = this.#deliveries.filter(({answersDue}) => answersDue === heldFor.shelved);
    if (!this.#isReplied) this.#answerCaller(false, shelved.length);
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
    if (reply.length > 0) this.hold(this.#last.keep(reply, this.#context.scheduler.now));
    if (delivery.isHeld) this.#settle(delivery);
    else this.#open--;
    if (this.#reports !== undefined) this.hold(this.#reports.confirmed(delivery.recipient.name, reply));
    if (this.#open === 0) this.#answer(false);
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
    this.#end(delivery, 'gone');
  }

  refuse(delivery: Delivery): void {
    this.#refused++;
    this.#end(delivery, 'refused');
  }

  #end(delivery: Delivery, outcome: 'gone' | 'refused'): void {
    delivery.isEnded = true;
    if (delivery.isHeld) {
      this.#endHeld(delivery, outcome);
      return;
    }
    if (--this.#running === 0 && this.#isAnswered) this.#finish();
    if (delivery.isConfirmed) return;
    this.#open--;
    if (this.#isAnswered) return;
    this.#reports?.settled(delivery.recipient.name, outcome);
    if (this.#open === 0) this.#answer(false);
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
    if (!this.#isAnswered) this.#reports?.settled(delivery.recipient.name, 'failed');
    if (this.#open === 0 && !this.#isAnswered) this.#answer(false);
  }

  #settle(delivery: Delivery): void {
    if (delivery.answersDue === heldFor.awaited) this.#open--;
    delivery.answersDue = heldFor.settled;
  }

  #endHeld(delivery: Delivery, outcome: 'gone' | 'refused'): void {
    const isNew = delivery.answersDue !== heldFor.settled && !this.#isAnswered;
    this.#settle(delivery);
    this.#held--;
    if (isNew) this.#reports?.settled(delivery.recipient.name, outcome);
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
    if (!this.#isReplied) this.#answerCaller(isTimedOut, queued);
    // What is left are the deliveries that have not ended. The caller's answer is the caller's.
    this.#last.bytes = undefined;
    if (this.#running === 0) this.#timer?.cancel();
    if (this.#held === 0) this.#finish();
  }

  #answerCaller(isTimedOut: boolean, queued: number): void {
    this.#isReplied = true;
    const [recipients, confirmed, refused, open] = [this.#recipients, this.#confirmed, this.#refused, this.#open];
    this.#context.observation.observer?.answered(this, {recipients, confirmed, refused, open, isTimedOut});
    this.#reply({
      message: this.message,
      connections: confirmed,
      isTimedOut,
      refused,
      gone: recipients - confirmed - refused - this.#failed - open - queued,
      late: isTimedOut ? open : 0,
      open: isTimedOut ? 0 : open,
      failed: this.#failed,
      queued,
      lastReply: this.#last.bytes,
      lastReplyAt: this.#last.at,
      replies: this.#reports?.replies ?? [],
      ...(this.#reports?.isTruncated === true && {isTruncated: true}),
    });
    this.#reports = undefined;
  }

  #shelveAll(): number {
    const unsettled = this.#deliveries.filter(({isHeld, answersDue}) => isHeld && answersDue !== heldFor.settled);
    for (const delivery of unsettled) {
      if (delivery.answersDue === heldFor.awaited) this.#open--;
      delivery.answersDue = heldFor.shelved;
      this.#reports?.settled(delivery.recipient.name, 'queued');
    }
    return unsettled.length;
  }

  #timeOut(): void {
    if (!this.#isReplied) this.#context.counters.publicationsTimedOut++;
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
