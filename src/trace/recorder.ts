// Writes down what happens in one thread, as far as somebody watches it, into the thread's ring. Called from the hot path
// for everything that happens while anybody watches anything: numbers go into flat arrays, nothing is allocated.

import type {Clock} from '../core/clock.ts';
import type {Packet, PacketFault} from '../protocol/packet.ts';
import {type MembershipEvent, payloadShownMax} from '../protocol/trace.ts';
import type {Answer, Call} from '../upstream/call.ts';
import type {DeliveryFate, Observer, PublicationFacts, PublicationResult, Story, Subject} from './observer.ts';
import {
  callKinds,
  changes,
  chartNumber,
  charts,
  fates,
  faultReasons,
  outcomes,
  packetKinds,
  recordKind,
} from './record-kind.ts';
import type {TraceRing} from './trace-ring.ts';
import type {WatchList} from './watch-list.ts';

/** Time as the turns of a thread know it: cheaper than to ask the clock. */
export interface TurnTime {
  readonly now: number;
}

export class Recorder implements Observer {
  readonly ring: TraceRing;
  /** By chart, by cell: steps taken while the recorder was attached, watched or not. */
  readonly steps: readonly Float64Array[] = charts.map(({next}) => new Float64Array(next.length));
  readonly #eventCounts = charts.map(({vocabulary}) => vocabulary.events.length);
  readonly #watches: WatchList;
  readonly #clock: Clock;
  readonly #turn: TurnTime;
  #lastAt = 0;

  constructor(ring: TraceRing, watches: WatchList, clock: Clock, turn: TurnTime) {
    this.ring = ring;
    this.#watches = watches;
    this.#clock = clock;
    this.#turn = turn;
  }

  transition(
    chart: string,
    subject: Subject,
    story: Story | undefined,
    flow: number,
    from: number,
    event: number,
    to: number,
  ): void {
    const number = chartNumber(chart);
    const cell = from * (this.#eventCounts[number] as number) + event;
    const steps = this.steps[number] as Float64Array;
    // An event that means nothing in a state, such as a sign of life from a client that is known to live, is no step.
    if (charts[number]?.isHandled[cell] !== 1) return;
    steps[cell] = (steps[cell] as number) + 1;
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    const place = this.#add(recordKind.transition | (number << 8), mask, subject, story);
    this.ring.fill(place, flow, from, event, to, 0);
  }

  received(subject: Subject, story: Story | undefined, packet: Packet | PacketFault | {readonly kind: 'heard'}): void {
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    const place = this.#add(recordKind.packetIn | (packetKinds.indexOf(packet.kind) << 8), mask, subject, story);
    switch (packet.kind) {
      case 'send': {
        const {qos, isDup, type, id, payload} = packet;
        this.ring.fill(place, id, payload.length, type, qos | (isDup ? 4 : 0), 0);
        this.#keep(place, mask, payload);
        return;
      }
      case 'ack':
      case 'rec':
        this.ring.fill(place, packet.id, packet.reply.length, 0, 0, 0);
        this.#keep(place, mask, packet.reply);
        return;
      case 'rel':
      case 'com':
        this.ring.fill(place, packet.id, 0, 0, 0, 0);
        return;
      case 'fault':
        this.ring.fill(place, 0, 0, faultReasons.indexOf(packet.reason), 0, 0);
        return;
      default:
        this.ring.fill(place, 0, 0, 0, 0, 0);
    }
  }

  sent(subject: Subject, story: Story | undefined, frame: Uint8Array): void {
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    // What is on the wire is told, not what was meant: the head is read back from the frame.
    const marker = frame[1] as number;
    const start = marker < 126 ? 2 : marker === 126 ? 4 : 10;
    const first = frame[start] as number;
    const command = first >> 4;
    const isSend = command === 1;
    const qos = (first >> 1) & 3;
    const idAt = isSend ? start + 3 : start + 1;
    const id = isSend && qos === 0 ? 0 : ((frame[idAt] as number) << 8) | (frame[idAt + 1] as number);
    const type = isSend ? ((frame[start + 1] as number) << 8) | (frame[start + 2] as number) : 0;
    const bodyAt = isSend && qos === 0 ? start + 3 : idAt + 2;
    const place = this.#add(recordKind.packetOut | (command << 8), mask, subject, story);
    this.ring.fill(place, id, frame.length - bodyAt, type, isSend ? qos | ((first & 8) >> 1) : 0, 0);
    if ((mask & this.#watches.payloadMask) !== 0) this.#keep(place, mask, frame.subarray(bodyAt));
  }

  signalled(subject: Subject, code: number): void {
    const mask = this.#maskOf(subject, undefined);
    if (mask === 0) return;
    const kind = packetKinds.indexOf(code === 0 ? 'ping' : 'close');
    const place = this.#add(recordKind.packetOut | (kind << 8), mask, subject, undefined);
    this.ring.fill(place, 0, 0, code, 0, 0);
  }

  published(publication: PublicationFacts): void {
    const {message, type, channel, to, qos, bytes, recipients, timeoutMs} = publication;
    const mask = this.#watches.ofMessage(message, type, channel, to);
    publication.watchMask = mask;
    if (mask === 0) return;
    const code = recordKind.published | (qos << 8) | (channel === undefined ? 1 << 16 : 0);
    const place = this.ring.add(code, mask, this.#tick(), 0, '', message);
    this.ring.fill(place, 0, bytes, type, recipients, timeoutMs);
    this.ring.words[place] = channel ?? to ?? '';
  }

  answered({watchMask, message}: Story, result: PublicationResult): void {
    if (watchMask === 0) return;
    const code = recordKind.answered | (result.isTimedOut ? 1 << 8 : 0);
    const place = this.ring.add(code, watchMask, this.#tick(), 0, '', message);
    this.ring.fill(place, 0, result.recipients, result.confirmed, result.refused, result.open);
  }

  accepted(story: Story, type: number): void {
    story.watchMask = this.#watches.ofMessage(story.message, type, undefined, undefined);
  }

  delivery(fate: DeliveryFate, subject: Subject, story: Story | undefined): void {
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    const place = this.#add(recordKind.delivery | (fates.indexOf(fate) << 8), mask, subject, story);
    this.ring.fill(place, 0, 0, 0, 0, 0);
  }

  called(subject: Subject, story: Story | undefined, call: Call): void {
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    const place = this.#add(recordKind.call | (callKinds.indexOf(call.kind) << 8), mask, subject, story);
    if (call.kind === 'message') this.ring.fill(place, 0, call.call, call.type, call.payload.length, 0);
    else this.ring.fill(place, 0, call.call, -1, 0, 0);
  }

  callAnswered(subject: Subject, story: Story | undefined, kind: Call['kind'], answer: Answer): void {
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    const code = recordKind.callAnswered | (callKinds.indexOf(kind) << 8) | (outcomes.indexOf(answer.kind) << 16);
    const place = this.#add(code, mask, subject, story);
    const status = answer.kind === 'failed' ? (answer.status ?? 0) : 0;
    this.ring.fill(place, 0, answer.call, answer.kind === 'accepted' ? answer.body.length : 0, status, 0);
    this.ring.words[place] = answer.kind === 'failed' ? answer.reason : '';
  }

  membership(subject: Subject, change: MembershipEvent['change'], channel: string): void {
    const mask = this.#maskOf(subject, undefined);
    if (mask === 0) return;
    const place = this.#add(recordKind.membership | (changes.indexOf(change) << 8), mask, subject, undefined);
    this.ring.words[place] = channel;
  }

  apiRefused(path: string, code: string): void {
    const place = this.ring.add(recordKind.apiRefused, this.#watches.all, this.#tick(), 0, path, '');
    this.ring.words[place] = code;
  }

  #maskOf(subject: Subject, story: Story | undefined): number {
    if (subject.watchEpoch !== this.#watches.epoch) {
      subject.watchEpoch = this.#watches.epoch;
      subject.watchMask = this.#watches.ofConnection(subject.number, subject.identity);
    }
    return story === undefined ? subject.watchMask : subject.watchMask | story.watchMask;
  }

  // In a turn all has the turn's time; what happens between turns asks the clock, and time does not go back for it.
  #add(code: number, mask: number, subject: Subject, story: Story | undefined): number {
    const {now} = this.#turn;
    if (now > this.#lastAt) this.#lastAt = now;
    return this.ring.add(
      code,
      mask,
      this.#lastAt,
      subject.number,
      subject.identity,
      story === undefined ? '' : story.message,
    );
  }

  #tick(): number {
    this.#lastAt = Math.max(this.#lastAt, this.#clock.now());
    return this.#lastAt;
  }

  #keep(place: number, mask: number, payload: Uint8Array): void {
    if ((mask & this.#watches.payloadMask) === 0 || payload.length === 0) return;
    this.ring.keep(place, payload.length > payloadShownMax ? payload.subarray(0, payloadShownMax) : payload);
  }
}
