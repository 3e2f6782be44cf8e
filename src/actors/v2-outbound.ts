// The sending half of one session of `rainbow.v2`: which messages are on their way to the client, under which ids, which are
// to be sent again on this connection, and which wait. It outlives connections. Runs the chart of each delivery
// (machines/v2-outbound-delivery.ts) and carries its effects out. Part of the session actor; made with its first delivery.

import {IdTable} from '../core/id-table.ts';
import {v2OutboundChart, v2OutboundQos2} from '../machines/v2-outbound-delivery.ts';
import {emptyBytes, messageIdMax} from '../protocol/packet.ts';
import type {AnswerKind, Subject} from '../trace/observer.ts';
import {type Delivery, inOrder} from './delivery.ts';
import type {FrontV2} from './front-v2.ts';
import type {ShardContext} from './shard-context.ts';
import type {OutboundLoad, StatsQuery} from './stats-query.ts';
import {V2Queue} from './v2-queue.ts';
import type {V2Terms} from './v2-terms.ts';

// Both charts have the same codes for events and effects.
const {event, effect} = v2OutboundQos2;

/** The session, as its halves see it. */
export interface V2Owner {
  readonly front: FrontV2 | undefined;
  /** What client and gateway have agreed on. */
  readonly terms: V2Terms;
}

export class V2Outbound {
  readonly #context: ShardContext;
  readonly #subject: Subject;
  readonly #owner: V2Owner;
  /** By id: transmitted once, and not ended. */
  readonly #inFlight = new IdTable<Delivery>();
  /** Of those, the ones whose place in the window of this connection is taken. [RB-47] [RB-50] */
  #outstanding = 0;
  /** Of those, the ones that this connection has not been sent, in the order of their first transmission. */
  #resends: Delivery[] = [];
  /** Not transmitted, in the order accepted. [RB-45] */
  readonly #queued = new V2Queue();
  #confirmations = 0;
  /** Whether the client is on its way from one connection to another. */
  #isMoving = false;

  constructor(context: ShardContext, subject: Subject, owner: V2Owner) {
    this.#context = context;
    this.#subject = subject;
    this.#owner = owner;
  }

  get load(): OutboundLoad {
    const {size, bytes} = this.#queued;
    return {inFlight: this.#inFlight.size, queued: size, queuedBytes: bytes, owesSince: undefined};
  }

  countInto(stats: StatsQuery): void {
    for (const {publication, state} of [...this.#inFlight.values(), ...this.#queued.deliveries]) {
      stats.count(v2OutboundChart(publication.qos), state);
    }
  }

  /** Takes a new delivery: transmits it, keeps it, or refuses it where there is no room. [RB-41] [RB-52] */
  accept(delivery: Delivery): void {
    const {publication} = delivery;
    const {front, terms} = this.#owner;
    if (publication.isAnswered) {
      // Answered before it came here: its content is gone.
      this.#context.counters.deliveriesExpired++;
      publication.end(delivery);
      return;
    }
    if (front?.takes(publication) === false) {
      this.#refuse(delivery);
      return;
    }
    if (this.#resends.length === 0 && this.#queued.size === 0 && this.#isWindowOpen()) {
      publication.holdFor(delivery);
      this.#step(delivery, event['window.opened']);
      return;
    }
    if (!this.#hasRoomFor(delivery)) {
      terms.lost.bound++;
      this.#refuse(delivery);
      return;
    }
    publication.holdFor(delivery);
    publication.keep();
    this.#queued.add(delivery);
    this.#context.observation.observer?.delivery('queued', this.#subject, publication);
    if (front === undefined && !this.#isMoving) publication.shelve(delivery);
  }

  /** An ACK or REC came. A REC is answered at once, so RELs go out in the order of the RECs. [RB-44] */
  acknowledge(kind: 'ack' | 'rec', id: number, reply: Uint8Array): void {
    const delivery = this.#inFlight.find(id);
    if (delivery === undefined) {
      this.#stray(kind, id, reply);
      // [RB-19]
      if (kind === 'rec') this.#owner.front?.release(id, undefined);
      return;
    }
    if (!delivery.isConfirmed) delivery.reply = reply;
    this.#step(delivery, event[kind === 'ack' ? 'wire.ack' : 'wire.rec'], kind, reply);
  }

  complete(id: number): void {
    const delivery = this.#inFlight.find(id);
    if (delivery === undefined) this.#stray('com', id, emptyBytes);
    else this.#step(delivery, event['wire.com'], 'com');
  }

  /** [RB-26] */
  failed(id: number): void {
    const delivery = this.#inFlight.find(id);
    if (delivery === undefined) this.#context.counters.packetsUnknownId++;
    else this.#step(delivery, event['wire.fail']);
  }

  /** Transmits what is to be sent again, then what waits, as far as the window and the reader's pace allow. [RB-37] */
  pump(): void {
    while (this.#resends.length > 0 && this.#isWindowOpen()) {
      this.#step(this.#resends.shift() as Delivery, event['window.opened']);
    }
    while (this.#queued.size > 0 && this.#isWindowOpen()) {
      const delivery = this.#queued.take() as Delivery;
      this.#step(delivery, event[this.#isDue(delivery) ? 'window.opened' : 'message.dropped']);
    }
  }

  /** The connection has ended, and the session stays. `isMoving`: another one takes its place at once. */
  detached(isMoving: boolean): void {
    this.#outstanding = 0;
    this.#resends = [];
    this.#isMoving = isMoving;
    for (const delivery of [...this.#inFlight.values()]) this.#step(delivery, event['front.detached']);
    if (!isMoving) for (const delivery of this.#queued.deliveries) delivery.publication.shelve(delivery);
  }

  /** The client is away: no caller waits for it any more. */
  shelve(): void {
    this.#isMoving = false;
    for (const delivery of this.#inFlight.values()) delivery.publication.shelve(delivery);
    for (const delivery of this.#queued.deliveries) delivery.publication.shelve(delivery);
  }

  /**
   * Another connection carries the session: RELs go out in the order of their RECs, whatever its window, then what is
   * unacknowledged in the order in which it was transmitted first, then what waits. [RB-35] [RB-37] [RB-50]
   */
  attached(): void {
    const inFlight = [...this.#inFlight.values()].sort(inOrder);
    for (const delivery of inFlight) this.#step(delivery, event['front.attached']);
    this.#isMoving = false;
    this.#resends = inFlight.filter((delivery) => !delivery.isConfirmed);
    this.pump();
  }

  close(): void {
    for (const delivery of this.#inFlight.clear()) this.#step(delivery, event['session.over']);
    for (const delivery of this.#queued.clear()) this.#step(delivery, event['session.over']);
    this.#resends = [];
  }

  // Acknowledgements, pings and QoS 0 pass a full window by. [RB-48]
  #isWindowOpen(): boolean {
    const {front, terms} = this.#owner;
    return front !== undefined && this.#outstanding < terms.window && !front.isCongested;
  }

  /** Whether a message that waited is still to be sent; what is lost is counted. [RB-51] [RB-69] */
  #isDue({publication}: Delivery): boolean {
    const {front, terms} = this.#owner;
    if (publication.expiresAt !== undefined && publication.expiresAt <= this.#context.clock.now()) {
      terms.lost.ttl++;
      return false;
    }
    if (front?.takes(publication) !== false) return true;
    terms.lost.bound++;
    return false;
  }

  /** Those whose time is over make room. */
  #hasRoomFor({publication}: Delivery): boolean {
    const {sessionQueue: countMax, sessionQueueBytesMax: bytesMax} = this.#context.settings;
    if (this.#queued.hasRoomFor(publication.payloadBytes, countMax, bytesMax)) return true;
    this.dropExpired();
    return this.#queued.hasRoomFor(publication.payloadBytes, countMax, bytesMax);
  }

  /** Drops what waited for too long, so that the client is notified of it. [RB-69] */
  dropExpired(): void {
    for (const delivery of this.#queued.takeExpired(this.#context.clock.now())) {
      this.#owner.terms.lost.ttl++;
      this.#step(delivery, event['message.dropped']);
    }
  }

  #refuse(delivery: Delivery): void {
    this.#context.counters.deliveriesRefused++;
    this.#context.observation.observer?.delivery('refused', this.#subject, delivery.publication);
    delivery.publication.refuse(delivery);
  }

  /** `cause`: the packet that came, if one did, and its reply. */
  #step(delivery: Delivery, eventCode: number, cause?: AnswerKind, reply: Uint8Array = emptyBytes): void {
    const {publication, id} = delivery;
    const table = v2OutboundChart(publication.qos);
    const cell = table.step(delivery.state, eventCode);
    delivery.state = table.next[cell] as number;
    const {observer} = this.#context.observation;
    // The first step is reported together with its SEND.
    if (observer !== undefined && (eventCode !== event['window.opened'] || id > 0)) {
      if (cause === undefined) observer.transition(table, cell, this.#subject, publication, id);
      else observer.reacted(table, cell, this.#subject, publication, cause, id, reply);
    }
    for (const effectCode of table.effects[cell] as readonly number[]) this.#carryOut(effectCode, delivery);
  }

  #carryOut(effectCode: number, delivery: Delivery): void {
    const {publication} = delivery;
    const {counters} = this.#context;
    switch (effectCode) {
      case effect.transmit:
        delivery.id = this.#freeId(publication.messageId);
        this.#inFlight.add(delivery);
        this.#outstanding++;
        this.#send(delivery, false);
        return;
      case effect.retransmit:
        counters.retransmissions++;
        this.#outstanding++;
        this.#send(delivery, true);
        return;
      case effect.occupy:
        this.#outstanding++;
        this.#resends = this.#resends.filter((other) => other !== delivery);
        return;
      case effect.sendRel:
      case effect.resendRel:
        if (effectCode === effect.resendRel) counters.retransmissions++;
        this.#release(delivery);
        return;
      case effect.confirm:
        delivery.confirmation = ++this.#confirmations;
        publication.confirm(delivery);
        return;
      case effect.fail:
        publication.fail(delivery);
        return;
      case effect.shelve:
        if (!this.#isMoving) publication.shelve(delivery);
        return;
      case effect.release:
        this.#inFlight.remove(delivery);
        this.#outstanding--;
        publication.end(delivery);
        this.pump();
        return;
      case effect.lose:
        if (!delivery.isConfirmed) counters.deliveriesLost++;
        publication.end(delivery);
        return;
      case effect.drop:
        counters.deliveriesExpired++;
        publication.end(delivery);
        return;
      case effect.violate:
        this.#owner.front?.end('protocolError');
    }
  }

  #send(delivery: Delivery, isRepeat: boolean): void {
    const {publication, id} = delivery;
    const {observer} = this.#context.observation;
    if (isRepeat) observer?.sent(this.#subject, publication, id, true);
    else observer?.transmitted(this.#subject, publication, id);
    this.#owner.front?.deliver(delivery, isRepeat);
  }

  #release({id, publication}: Delivery): void {
    const {front} = this.#owner;
    if (front === undefined) return;
    this.#context.observation.observer?.replied(this.#subject, publication, 'rel', id, emptyBytes);
    front.release(id, publication);
  }

  #stray(kind: AnswerKind, id: number, reply: Uint8Array): void {
    this.#context.counters.packetsUnknownId++;
    this.#context.observation.observer?.strayed(this.#subject, kind, id, reply);
  }

  // The publication's id where it is free here, so that the frame is shared. There are more ids than flows. [RB-03] [RB-04]
  #freeId(preferred: number): number {
    let id = preferred;
    while (this.#inFlight.find(id) !== undefined) id = id === messageIdMax ? 1 : id + 1;
    return id;
  }
}
