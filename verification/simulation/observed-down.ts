// Messages to one client as they pass its end of the gateway: every SEND, ACK, REC, REL and COM of the direction down,
// against the sender's rules.

import type {ReplyPacket, SendPacket} from '../../src/protocol/packet.ts';
import type {ObservedConnection} from './observed-connection.ts';
import type {ObservedPublication} from './observed-publication.ts';
import type {Observer} from './observer.ts';
import {readSerial} from './serial.ts';

interface Flow {
  readonly publication: ObservedPublication;
  readonly qos: number;
  /** `released`: its REC has come, so that its SEND is never sent again. */
  state: 'sent' | 'released';
  readonly begunAt: number;
  changedAt: number;
  /** When its latest packet went out, and when one went out as an answer. */
  sentAt: number;
  repliedAt: number;
  isRepeated: boolean;
}

/** The longest pause between two RELs, but for a longer interval. */
const releasePauseMaxMs = 60_000;

export class ObservedDown {
  readonly #observer: Observer;
  readonly #connection: ObservedConnection;
  readonly #flows = new Map<number, Flow>();
  // Ended in the latest instant in which one ended: a repeat may cross the acknowledgement within a turn.
  readonly #crossing = new Map<number, Flow>();
  #crossingAt = 0;
  /** By line: the serial of the latest first transmission. */
  readonly #latest = new Map<string, number>();
  /** Ids of RECs that have come, each to be answered with REL. [RB-15] [RB-19] */
  readonly #owedRels: number[] = [];

  constructor(observer: Observer, connection: ObservedConnection) {
    this.#observer = observer;
    this.#connection = connection;
  }

  /** What is owed and not sent. */
  get debt(): string | undefined {
    return this.#owedRels.length === 0 ? undefined : `REL for ${this.#owedRels.join(', ')} [RB-15]`;
  }

  forgive(): void {
    this.#owedRels.length = 0;
  }

  /** A SEND leaves. */
  sends(packet: SendPacket): void {
    const publication = this.#observer.publications[readSerial(packet.payload)];
    if (publication === undefined) {
      this.#note('RB-45', 'a message that was never published');
      return;
    }
    const {request} = publication;
    const isSame = packet.type === request.type && Buffer.compare(packet.payload, request.payload) === 0;
    if (!isSame || packet.qos !== request.qos) this.#note('wire', `${publication.name} was changed on its way`);
    if (packet.qos === 0 || !packet.isDup) this.#isFirst(packet, publication);
    else this.#isRepeat(packet, publication);
  }

  /** A REL leaves. */
  releases(id: number): void {
    const flow = this.#flows.get(id) ?? this.#crossed(id);
    const place = this.#owedRels.indexOf(id);
    if (place >= 0) {
      this.#owedRels.splice(place, 1);
      if (flow !== undefined) flow.repliedAt = this.#observer.clock.now();
    } else if (flow?.state === 'released') this.#isTimely(flow);
    else this.#note('RB-15', `a REL for ${id}, which had no REC`);
    if (flow !== undefined) flow.sentAt = this.#observer.clock.now();
  }

  /** An ACK or REC has come. */
  acknowledged(packet: ReplyPacket): void {
    const now = this.#observer.clock.now();
    const flow = this.#flows.get(packet.id);
    if (packet.kind === 'rec') this.#owe(packet.id);
    if (flow === undefined || flow.state === 'released') return;
    this.#checkRepeated(flow);
    flow.publication.confirmed(this.#connection.number, now, packet.reply);
    if (packet.kind === 'ack' || flow.qos === 1) {
      this.#end(packet.id, flow);
    } else {
      flow.state = 'released';
      flow.changedAt = now;
      flow.sentAt = now;
    }
  }

  /** A COM has come. */
  completed(id: number): void {
    const flow = this.#flows.get(id);
    if (flow?.state !== 'released') return;
    this.#checkRepeated(flow);
    this.#end(id, flow);
  }

  #owe(id: number): void {
    this.#owedRels.push(id);
    this.#observer.watch(this.#connection);
  }

  #end(id: number, flow: Flow): void {
    const now = this.#observer.clock.now();
    if (now !== this.#crossingAt) this.#crossing.clear();
    this.#crossingAt = now;
    flow.changedAt = now;
    this.#crossing.set(id, flow);
    if (flow.isRepeated) this.#observer.repeatedId = id;
    this.#flows.delete(id);
  }

  #crossed(id: number): Flow | undefined {
    return this.#crossingAt === this.#observer.clock.now() ? this.#crossing.get(id) : undefined;
  }

  #isFirst(packet: SendPacket, publication: ObservedPublication): void {
    const now = this.#observer.clock.now();
    const {line, members, serial, settledAt, name} = publication;
    if ((this.#latest.get(line) ?? -1) >= serial) this.#note('RB-45', `${name} after a later one, or twice`);
    this.#latest.set(line, serial);
    if (members?.has(this.#connection.number) === false) this.#note('membership', `${name} is not for this client`);
    if (packet.qos === 0) return;
    if (settledAt !== undefined && settledAt < now) this.#note('RB-18', `${name} was answered before it was sent`);
    if (packet.id < 1 || packet.id > 65_534) this.#note('RB-03', `${name} has the id ${packet.id}`);
    if (this.#flows.has(packet.id)) this.#note('RB-03', `${name} has the id ${packet.id}, which is in flight`);
    this.#flows.set(packet.id, {
      publication,
      qos: packet.qos,
      state: 'sent',
      begunAt: now,
      changedAt: now,
      sentAt: now,
      repliedAt: -1,
      isRepeated: false,
    });
    const {window} = this.#observer.plan.settings;
    if (this.#flows.size > window) this.#note('RB-47', `${this.#flows.size} in flight, the window is ${window}`);
  }

  #isRepeat(packet: SendPacket, publication: ObservedPublication): void {
    const now = this.#observer.clock.now();
    const flow = this.#flows.get(packet.id) ?? this.#crossed(packet.id);
    if (flow === undefined || flow.publication !== publication) {
      this.#note('RB-09', `DUP on ${publication.name}, which is not in flight as ${packet.id}`);
      return;
    }
    const isReleased = flow.state === 'released' || !this.#flows.has(packet.id);
    if (isReleased && flow.changedAt < now) this.#note('RB-17', `${publication.name} again after its REC`);
    const {settledAt} = publication;
    if (settledAt !== undefined && settledAt < now) this.#note('RB-62', `${publication.name} again after its answer`);
    this.#isTimely(flow);
    flow.sentAt = now;
    flow.isRepeated = true;
  }

  /** A repeat is at most half an interval before its pause is over. */
  #isTimely(flow: Flow): void {
    const now = this.#observer.clock.now();
    const elapsedMs = now - flow.sentAt;
    const leastMs = this.#pauseMs(flow, flow.begunAt) - this.#observer.plan.settings.retryIntervalMs / 2 - 1;
    // A repeat that was due may meet the answer to a packet in one turn.
    const isSoon = elapsedMs < leastMs && flow.changedAt < now && flow.repliedAt < now;
    if (isSoon) this.#note('RB-09', `${flow.publication.name} was repeated after ${elapsedMs} ms`);
  }

  /** What is unacknowledged was repeated, at the latest half an interval after its pause was over. */
  #checkRepeated(flow: Flow): void {
    const elapsedMs = this.#observer.clock.now() - flow.sentAt;
    const mostMs = this.#pauseMs(flow, flow.publication.requestedAt) + this.#observer.plan.settings.retryIntervalMs / 2;
    const isDue = elapsedMs > mostMs + 1;
    const isSettled = flow.state === 'sent' && flow.publication.settledAt !== undefined;
    if (isDue && !isSettled && !this.#connection.wasCongested)
      this.#note('RB-14', `${flow.publication.name} was not repeated for ${elapsedMs} ms`);
  }

  /** That of a REL grows with the age that the message, begun at `since`, had when the last one went out. */
  #pauseMs({state, sentAt}: Flow, since: number): number {
    const {retryIntervalMs} = this.#observer.plan.settings;
    if (state === 'sent') return retryIntervalMs;
    return Math.max(retryIntervalMs, Math.min(retryIntervalMs + sentAt - since, releasePauseMaxMs));
  }

  #note(rule: string, what: string): void {
    this.#observer.violations.note(rule, this.#connection.number, what);
  }
}
