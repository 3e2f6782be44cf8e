// Writes the watched events of one thread into its ring. Called from the hot path for every event while there is at
// least one watcher: numbers go into flat arrays, nothing is allocated.

import type {Clock} from '../core/clock.ts';
import {type Chart, chartSteps} from '../machines/gateway-charts.ts';
import {describeAudience} from '../protocol/audience.ts';
import {emptyBytes, type PacketFault, type SendPacket} from '../protocol/packet.ts';
import {type DeliveryEvent, type MembershipEvent, payloadShownMax} from '../story/trace.ts';
import type {Answer, ClientCall} from '../upstream/call.ts';
import type {
  AnswerKind,
  Observer,
  PublicationFacts,
  PublicationResult,
  Subject,
  TracedMessage,
  TracedPublication,
} from './observer.ts';
import {
  callKinds,
  changes,
  fates,
  faultReasons,
  firstSteps,
  longBytesMin,
  outcomes,
  packetCode,
  recordCode,
  recordKind,
  sendFlags,
  sendValue,
} from './record-code.ts';
import type {RecordRing} from './record-ring.ts';
import {RunLengthEncoder} from './run-length.ts';
import {clientOf, markOf, noSendValue, TraceMark} from './trace-mark.ts';
import type {WatchList} from './watch-list.ts';

export class Recorder implements Observer {
  readonly ring: RecordRing;
  /** By number, as `chartSteps`: steps taken while the recorder was attached, watched or not. */
  readonly steps = new Float64Array(chartSteps.length);
  readonly #runs: RunLengthEncoder;
  readonly #watches: WatchList;
  readonly #clock: Clock;

  constructor(ring: RecordRing, watches: WatchList, clock: Clock) {
    this.ring = ring;
    this.#runs = new RunLengthEncoder(ring);
    this.#watches = watches;
    this.#clock = clock;
  }

  transition(table: Chart, cell: number, subject: Subject, message: TracedMessage | undefined, flow: number): void {
    const step = table.steps[cell] as number;
    // An event that means nothing in a state, such as a sign of life from a client that is known to live, is no step.
    if (step === 0) return;
    this.#count(step);
    this.#add(recordCode(recordKind.step, step, flow), subject, message, 0);
  }

  reacted(
    table: Chart,
    cell: number,
    subject: Subject,
    message: TracedMessage,
    kind: AnswerKind,
    id: number,
    reply: Uint8Array,
  ): void {
    const step = table.steps[cell] as number;
    if (step === 0) {
      this.#add(packetCode(recordKind.packetIn, kind, id), subject, message, reply.length, reply);
      return;
    }
    this.#count(step);
    const client = clientOf(subject);
    const about = markOf(message);
    const mask = this.#maskOf(client, about);
    if (mask === 0) return;
    const code = recordCode(recordKind.reaction, step, id);
    if ((mask & this.#watches.payloadMask) === 0) this.#runs.addReaction(code, mask, client, about, reply.length);
    else this.#keep(this.ring.add(code, mask, client, about, reply.length, 2), mask, reply);
  }

  strayed(subject: Subject, kind: AnswerKind, id: number, reply: Uint8Array): void {
    this.#add(packetCode(recordKind.packetIn, kind, id), subject, undefined, reply.length, reply);
  }

  received(
    subject: Subject,
    message: TracedMessage | undefined,
    packet: SendPacket | PacketFault | {readonly kind: 'heard'},
  ): void {
    if (packet.kind === 'send') {
      const {qos, isDup, type, id, payload} = packet;
      this.#addSendAlone(false, sendFlags(qos, isDup), id, subject, message, type, payload);
    } else {
      const reason = packet.kind === 'fault' ? faultReasons.indexOf(packet.reason) : 0;
      this.#add(packetCode(recordKind.packetIn, packet.kind, 0), subject, message, reason);
    }
  }

  transmitted(subject: Subject, publication: TracedPublication, id: number): void {
    const step = firstSteps[publication.qos];
    this.#count(step);
    if (this.#addSend(recordCode(recordKind.firstSend, step, id), subject, publication, 2)) return;
    this.#add(recordCode(recordKind.step, step, id), subject, publication, 0);
    this.#sentAlone(subject, publication, id, false);
  }

  sent(subject: Subject, publication: TracedPublication, id: number, isDup: boolean): void {
    const code = recordCode(recordKind.sendOut, sendFlags(publication.qos, isDup), id);
    if (!this.#addSend(code, subject, publication, 1)) this.#sentAlone(subject, publication, id, isDup);
  }

  replied(subject: Subject, message: TracedMessage | undefined, kind: AnswerKind, id: number, reply: Uint8Array): void {
    if (message !== undefined) {
      const client = clientOf(subject);
      const about = markOf(message);
      const mask = this.#maskOf(client, about);
      if (mask === 0 || this.#runs.addAnswer(kind, id, mask, client, about)) return;
    }
    this.#add(packetCode(recordKind.packetOut, kind, id), subject, message, reply.length, reply);
  }

  signalled(subject: Subject, code: number): void {
    this.#add(packetCode(recordKind.packetOut, code === 0 ? 'ping' : 'close', 0), subject, undefined, code);
  }

  published(message: string, publication: PublicationFacts, recipients: number): TraceMark {
    const {channel, identity, audience, qos, type, payload, timeoutMs} = publication;
    const mark = new TraceMark(message, 0, sendValue(type, payload.length));
    mark.mask = this.#watches.ofMessage(message, type, channel, identity);
    for (const one of audience?.channels ?? []) mark.mask |= this.#watches.ofMessage(message, type, one, undefined);
    for (const one of audience?.identities ?? []) mark.mask |= this.#watches.ofMessage(message, type, undefined, one);
    if (mark.mask === 0) return mark;
    const code = recordCode(recordKind.published, qos, identity === undefined ? 0 : 1);
    const target = audience === undefined ? (channel ?? identity ?? '') : describeAudience(audience);
    const detail = this.ring.detail(payload.length, type, recipients, timeoutMs, target);
    this.#addNow(code, mark.mask, undefined, mark, detail);
    return mark;
  }

  answered(message: TracedMessage, {recipients, confirmed, refused, open, isTimedOut}: PublicationResult): void {
    const mark = markOf(message);
    if (mark.mask === 0) return;
    const code = recordCode(recordKind.answered, isTimedOut ? 1 : 0, 0);
    this.#addNow(code, mark.mask, undefined, mark, this.ring.detail(recipients, confirmed, refused, open, ''));
  }

  accepted(message: string, type: number): TraceMark {
    const mark = new TraceMark(message);
    mark.mask = this.#watches.ofMessage(message, type, undefined, undefined);
    return mark;
  }

  delivery(fate: DeliveryEvent['fate'], subject: Subject, message: TracedMessage | undefined): void {
    this.#add(recordCode(recordKind.delivery, fates.indexOf(fate), 0), subject, message, 0);
  }

  called(subject: Subject, message: TracedMessage | undefined, call: ClientCall): void {
    const [type, payload] = call.kind === 'message' ? [call.type, call.payload] : [-1, emptyBytes];
    const code = recordCode(recordKind.call, callKinds.indexOf(call.kind), 0);
    this.#addDetailed(code, subject, message, call.call, type, payload.length, 0, '', payload);
  }

  callAnswered(subject: Subject, message: TracedMessage | undefined, kind: ClientCall['kind'], answer: Answer): void {
    const code = recordCode(recordKind.callAnswered, callKinds.indexOf(kind), outcomes.indexOf(answer.kind));
    const [bytes, body] = answer.kind === 'accepted' ? [answer.body.length, answer.body] : [0, answer.excerpt];
    const [status = 0, reason = ''] = answer.kind === 'failed' ? [answer.status, answer.reason] : [];
    const shown = Math.min(body?.length ?? 0, payloadShownMax);
    this.#addDetailed(code, subject, message, answer.call, bytes, status, shown, reason, body);
  }

  membership(subject: Subject, change: MembershipEvent['change'], channel: string): void {
    const code = recordCode(recordKind.membership, changes.indexOf(change), 0);
    this.#addDetailed(code, subject, undefined, 0, 0, 0, 0, channel);
  }

  apiRefused(path: string, code: string): void {
    const detail = this.ring.detail(0, 0, 0, 0, code);
    // A path stands where others have an identity.
    this.#addNow(recordCode(recordKind.apiRefused, 0, 0), this.#watches.all, new TraceMark(path), undefined, detail);
  }

  #count(step: number): void {
    this.steps[step] = (this.steps[step] as number) + 1;
  }

  /** What is never part of a run. */
  #add(
    code: number,
    subject: Subject,
    message: TracedMessage | undefined,
    value: number,
    payload: Uint8Array = emptyBytes,
  ): void {
    const client = clientOf(subject);
    const about = message && markOf(message);
    const mask = this.#maskOf(client, about);
    if (mask !== 0) this.#keep(this.ring.add(code, mask, client, about, value), mask, payload);
  }

  /** Adds a record that needs more than one number. */
  #addDetailed(
    code: number,
    subject: Subject,
    message: TracedMessage | undefined,
    a: number,
    b: number,
    c: number,
    d: number,
    word: string,
    payload: Uint8Array = emptyBytes,
  ): void {
    const client = clientOf(subject);
    const about = message && markOf(message);
    const mask = this.#maskOf(client, about);
    if (mask === 0) return;
    const detail = this.ring.detail(a, b, c, d, word);
    this.#keep(this.ring.add(code, mask, client, about, detail), mask, payload);
  }

  /** Adds a SEND as one of a run; `false` where it cannot be, because it is long, or to be kept with its payload. */
  #addSend(code: number, subject: Subject, message: TracedMessage, events: number): boolean {
    const client = clientOf(subject);
    const about = markOf(message);
    const mask = this.#maskOf(client, about);
    if (mask === 0) return true;
    if (about.sendValue === noSendValue || (mask & this.#watches.payloadMask) !== 0) return false;
    this.#runs.addSend(code, mask, client, about, events);
    return true;
  }

  #sentAlone(subject: Subject, publication: TracedPublication, id: number, isDup: boolean): void {
    const {qos, type, payload} = publication;
    this.#addSendAlone(true, sendFlags(qos, isDup), id, subject, publication, type, payload);
  }

  /** A SEND by itself, with its payload if a watcher wants payloads. */
  #addSendAlone(
    isOut: boolean,
    flags: number,
    id: number,
    subject: Subject,
    message: TracedMessage | undefined,
    type: number,
    payload: Uint8Array,
  ): void {
    const bytes = payload.length;
    if (bytes < longBytesMin) {
      const code = recordCode(isOut ? recordKind.sendOut : recordKind.sendIn, flags, id);
      this.#add(code, subject, message, sendValue(type, bytes), payload);
    } else {
      const code = recordCode(isOut ? recordKind.longOut : recordKind.longIn, flags, id);
      this.#addDetailed(code, subject, message, bytes, type, 0, 0, '', payload);
    }
  }

  // For what also happens between turns, which have no time of their own then.
  #addNow(
    code: number,
    mask: number,
    client: TraceMark | undefined,
    message: TraceMark | undefined,
    value: number,
  ): void {
    this.ring.moveTo(this.#clock.now());
    this.ring.add(code, mask, client, message, value);
    this.ring.endTurn();
  }

  #maskOf(client: TraceMark, message: TraceMark | undefined): number {
    const {everythingMask} = this.#watches;
    return everythingMask === 0 ? this.#maskOfWatched(client, message) : everythingMask;
  }

  // Apart, so that the compiler has less to put into each place that asks while everything is watched.
  #maskOfWatched(client: TraceMark, message: TraceMark | undefined): number {
    const watches = this.#watches;
    if (client.epoch !== watches.epoch) {
      client.epoch = watches.epoch;
      client.mask = watches.ofConnection(client.number, client.name);
    }
    return message === undefined ? client.mask : client.mask | message.mask;
  }

  #keep(place: number, mask: number, payload: Uint8Array): void {
    if ((mask & this.#watches.payloadMask) === 0 || payload.length === 0) return;
    this.ring.keep(place, payload.length > payloadShownMax ? payload.subarray(0, payloadShownMax) : payload);
  }
}
