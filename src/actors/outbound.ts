// The sending half of one session: which messages are on their way to the client, under which ids, and which wait.
// Runs the chart of each delivery and carries its effects out. Part of the session actor; made with its first delivery.

import {IdTable} from '../core/id-table.ts';
import {outboundChart, outboundQos2} from '../machines/outbound-delivery.ts';
import {emptyBytes, messageIdMax} from '../protocol/packet.ts';
import type {AnswerKind, Observation, Observer, Subject} from '../trace/observer.ts';
import {type DeliveredPublication, type Delivery, pauseBeforeRepeat} from './delivery.ts';
import type {Attachable} from './front.ts';
import {QuarantinedIds} from './quarantined-ids.ts';
import type {ShardContext} from './shard-context.ts';
import type {OutboundLoad, StatsQuery} from './stats-query.ts';

// Both charts have the same codes for events and effects.
const {event, effect} = outboundQos2;

export class Outbound {
  readonly #context: ShardContext;
  readonly #observation: Observation;
  readonly #subject: Subject;
  readonly #owner: Attachable;
  /** By id: transmitted, and not ended. At most `window`. [RB-47] */
  readonly #inFlight = new IdTable<Delivery>();
  /** Not transmitted yet, in the order accepted. At most `queue`. [RB-45] */
  readonly #queued: Delivery[] = [];
  #queuedBytes = 0;
  /** When the latest acknowledgement came; since when some are owed without any; whether that was counted. */
  #acknowledgedAt = -1;
  #owingSince = 0;
  #isCountedOwing = false;
  /** Deliveries that were confirmed. */
  #confirmations = 0;
  /** Ids that are free but for late answers; only repeated SENDs leave any. */
  #owed: QuarantinedIds | undefined;

  constructor(context: ShardContext, subject: Subject, owner: Attachable) {
    this.#context = context;
    this.#observation = context.observation;
    this.#subject = subject;
    this.#owner = owner;
  }

  get load(): OutboundLoad {
    const inFlight = this.#inFlight.size;
    const owesSince = inFlight === 0 ? undefined : this.#owingSince;
    return {inFlight, queued: this.#queued.length, queuedBytes: this.#queuedBytes, owesSince};
  }

  /** Counts each delivery's state. */
  countInto(stats: StatsQuery): void {
    for (const {publication, state} of this.#inFlight.values()) stats.count(outboundChart(publication.qos), state);
    for (const {publication, state} of this.#queued) stats.count(outboundChart(publication.qos), state);
  }

  /** Takes a new delivery: transmits it, queues it, or refuses it where the queue is full. [RB-52] */
  accept(delivery: Delivery): void {
    if (this.#queued.length === 0 && this.#isWindowOpen()) {
      this.#step(delivery, event['window.opened']);
      return;
    }
    const {queue, queueBytesMax} = this.#context.settings;
    const bytes = this.#queuedBytes + delivery.publication.payloadBytes;
    if (this.#queued.length < queue && bytes <= queueBytesMax) {
      this.#queued.push(delivery);
      delivery.publication.keep();
      this.#queuedBytes = bytes;
      this.#observation.observer?.delivery('queued', this.#subject, delivery.publication);
      return;
    }
    this.#context.counters.deliveriesRefused++;
    this.#observation.observer?.delivery('refused', this.#subject, delivery.publication);
    delivery.publication.refuse(delivery);
  }

  /** An ACK or REC came. A REC is answered at once, so RELs go out in the order of the RECs. [RB-44] */
  acknowledge(kind: 'ack' | 'rec', id: number, reply: Uint8Array): void {
    const delivery = this.#inFlight.find(id);
    this.#acknowledgedAt = this.#context.scheduler.now;
    this.#owingSince = this.#acknowledgedAt;
    this.#isCountedOwing = false;
    if (delivery === undefined) {
      this.#stray(kind, id, reply);
      this.#owed?.answered(id);
      // The peer holds an id that we have forgotten; a REL lets it go. [RB-19]
      if (kind === 'rec') this.#release(id, undefined);
      return;
    }
    if ((delivery.publication.qos === 1) !== (kind === 'ack')) this.#context.counters.packetsMismatched++;
    if (delivery.answersDue > 0) delivery.answersDue--;
    if (!delivery.isConfirmed) delivery.reply = reply;
    this.#step(delivery, event[kind === 'ack' ? 'wire.ack' : 'wire.rec'], kind, reply);
  }

  /** A COM came. */
  complete(id: number): void {
    const delivery = this.#inFlight.find(id);
    if (delivery === undefined) this.#stray('com', id, emptyBytes);
    else this.#step(delivery, event['wire.com'], 'com');
  }

  /** The publication's retry interval has passed. */
  retry(delivery: Delivery): void {
    if (this.#isOwing(delivery)) {
      this.#owner.front?.end('unacknowledging');
      return;
    }
    if (this.#isOverdue(delivery)) {
      this.timeOut(delivery);
      return;
    }
    const {retryIntervalMs} = this.#context.settings;
    // One that waited for the window went out later than the publication's first: its time has not come yet.
    const elapsedMs = Math.trunc(this.#context.scheduler.now) - delivery.sentAt;
    const isDue = elapsedMs + retryIntervalMs / 2 >= pauseBeforeRepeat(delivery, retryIntervalMs);
    // A second copy behind the first gives no new information to a client that does not read.
    if (isDue && this.#owner.front?.isCongested === false) this.#step(delivery, event['clock.retryDue']);
  }

  /** The publication has been answered without `delivery`. */
  timeOut(delivery: Delivery): void {
    const place = delivery.id === 0 ? this.#queued.indexOf(delivery) : -1;
    if (place >= 0) {
      this.#queued.splice(place, 1);
      this.#queuedBytes -= delivery.publication.payloadBytes;
    }
    this.#step(delivery, event['publication.timedOut']);
  }

  /** Transmits what waits, as far as the window and the reader's pace allow. */
  pump(): void {
    while (this.#queued.length > 0 && this.#isWindowOpen()) {
      const delivery = this.#queued.shift() as Delivery;
      this.#queuedBytes -= delivery.publication.payloadBytes;
      this.#step(delivery, event[this.#isOverdue(delivery) ? 'publication.timedOut' : 'window.opened']);
    }
  }

  /** The session has ended: every delivery is settled. */
  close(): void {
    for (const delivery of this.#inFlight.clear()) {
      this.#step(delivery, event['socket.closed']);
      // One whose last step was cut short by the failure that ends the connection has an end to report still.
      if (!delivery.isEnded) delivery.publication.end(delivery);
    }
    for (const delivery of this.#queued) this.#step(delivery, event['socket.closed']);
    this.#queued.length = 0;
    this.#queuedBytes = 0;
  }

  /** Whether the client owes an acknowledgement for `delivery`, and has sent none at all for too long. */
  #isOwing({id, answersDue}: Delivery): boolean {
    const {ackTimeoutMs} = this.#context.settings;
    if (ackTimeoutMs === 0 || id === 0 || answersDue === 0) return false;
    return this.#context.scheduler.now - this.#owingSince >= ackTimeoutMs;
  }

  // Only SENDs at QoS 1 and 2 ask: acknowledgements, pings and QoS 0 pass a full window by. [RB-48]
  #isWindowOpen(): boolean {
    return this.#inFlight.size < this.#context.settings.window && this.#owner.front?.isCongested === false;
  }

  // The publication answers and frees its bytes before its word reaches here; nothing of it may be sent any more.
  #isOverdue(delivery: Delivery): boolean {
    return delivery.publication.isAnswered && !delivery.isConfirmed;
  }

  /** `cause`: the packet that came, if one did, and its reply. */
  #step(delivery: Delivery, eventCode: number, cause?: AnswerKind, reply: Uint8Array = emptyBytes): void {
    const table = outboundChart(delivery.publication.qos);
    const cell = table.step(delivery.state, eventCode);
    delivery.state = table.next[cell] as number;
    const {observer} = this.#observation;
    // The first step is reported together with its SEND.
    if (observer !== undefined && eventCode !== event['window.opened']) {
      this.#tell(observer, delivery, cell, cause, reply);
    }
    const effects = table.effects[cell] as readonly number[];
    for (let index = 0; index < effects.length; index++) this.#carryOut(effects[index] as number, delivery);
  }

  #tell(observer: Observer, delivery: Delivery, cell: number, cause: AnswerKind | undefined, reply: Uint8Array): void {
    const {publication, id} = delivery;
    const table = outboundChart(publication.qos);
    if (cause === undefined) observer.transition(table, cell, this.#subject, publication, id);
    else observer.reacted(table, cell, this.#subject, publication, cause, id, reply);
  }

  #carryOut(effectCode: number, delivery: Delivery): void {
    const {publication} = delivery;
    switch (effectCode) {
      case effect.transmit:
        delivery.id = this.#freeId(publication.messageId);
        if (this.#inFlight.size === 0) this.#owingSince = this.#context.scheduler.now;
        this.#inFlight.add(delivery);
        delivery.answersDue = 1;
        this.#send(delivery, false);
        return;
      case effect.retransmit:
        this.#context.counters.retransmissions++;
        delivery.answersDue++;
        this.#send(delivery, true);
        return;
      case effect.sendRel:
      case effect.resendRel:
        if (effectCode === effect.resendRel) this.#context.counters.retransmissions++;
        this.#sendRel(delivery);
        return;
      case effect.confirm:
        delivery.confirmation = ++this.#confirmations;
        publication.confirm(delivery);
        return;
      case effect.release:
        this.#inFlight.remove(delivery);
        if (delivery.answersDue > 0) this.#expectAnswers(delivery);
        publication.end(delivery);
        if (this.#queued.length > 0) this.pump();
        return;
      case effect.lose:
        if (!delivery.isConfirmed) this.#context.counters.deliveriesLost++;
        publication.end(delivery);
        return;
      case effect.expire:
        this.#context.counters.deliveriesExpired++;
        publication.end(delivery);
        return;
      case effect.probe:
        this.#countOwing(delivery);
        this.#owner.front?.probe();
    }
  }

  // No fault of itself: old clients may never acknowledge. Once, until one comes.
  #countOwing(delivery: Delivery): void {
    if (this.#isCountedOwing || this.#acknowledgedAt >= delivery.publication.startedAt) return;
    this.#isCountedOwing = true;
    this.#context.counters.clientsUnacknowledging++;
  }

  #expectAnswers({id, answersDue}: Delivery): void {
    this.#owed ??= new QuarantinedIds(this.#context.settings.window);
    this.#owed.expect(id, answersDue);
  }

  #send(delivery: Delivery, isRepeat: boolean): void {
    delivery.sentAt = Math.trunc(this.#context.scheduler.now);
    const {front} = this.#owner;
    if (front === undefined) return;
    const {observer} = this.#observation;
    if (isRepeat) observer?.sent(this.#subject, delivery.publication, delivery.id, true);
    else observer?.transmitted(this.#subject, delivery.publication, delivery.id);
    front.deliver(delivery, isRepeat);
  }

  #sendRel(delivery: Delivery): void {
    delivery.sentAt = Math.trunc(this.#context.scheduler.now);
    this.#release(delivery.id, delivery.publication);
  }

  #release(id: number, publication: DeliveredPublication | undefined): void {
    const {front} = this.#owner;
    if (front === undefined) return;
    this.#observation.observer?.replied(this.#subject, publication, 'rel', id, emptyBytes);
    front.release(id, publication);
  }

  #stray(kind: AnswerKind, id: number, reply: Uint8Array): void {
    this.#context.counters.packetsUnknownId++;
    this.#observation.observer?.strayed(this.#subject, kind, id, reply);
  }

  // The publication's id where it is free here, so that the frame is shared; else the next free one. The window is below
  // the number of ids, so there always is one. [RB-03] [RB-04]
  #freeId(preferred: number): number {
    let id = preferred;
    while (this.#inFlight.find(id) !== undefined || this.#owed?.has(id) === true) id = id === messageIdMax ? 1 : id + 1;
    return id;
  }
}
