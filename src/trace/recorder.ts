// Writes down what happens in one thread, as far as somebody watches it, into the thread's ring. Called from the hot path
// for everything that happens while anybody watches anything: numbers go into flat arrays, nothing is allocated.

import type {Clock} from '../core/clock.ts';
import type {PacketFault, SendPacket} from '../protocol/packet.ts';
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
  packetNumber,
  recordKind,
} from './record-kind.ts';
import type {TraceRing} from './trace-ring.ts';
import type {WatchList} from './watch-list.ts';

/** Of a SEND on the wire; the packets' kinds stand in their list by their commands. */
const commandSend = 1;

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
    const place = this.#add(recordKind.transition | (number << 8) | (flow << 16), mask, subject, story);
    this.ring.numbers[place * 8 + 4] = from | (event << 8) | (to << 16);
  }

  received(
    subject: Subject,
    story: Story | undefined,
    packet: SendPacket | PacketFault | {readonly kind: 'heard'},
  ): void {
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    if (packet.kind !== 'send') {
      const place = this.#add(recordKind.packetIn | (packetNumber(packet.kind) << 8), mask, subject, story);
      this.#fill(place, 0, packet.kind === 'fault' ? faultReasons.indexOf(packet.reason) : 0, 0, 0);
      return;
    }
    const {qos, isDup, type, id, payload} = packet;
    const place = this.#add(recordKind.packetIn | (commandSend << 8) | (id << 16), mask, subject, story);
    this.#fill(place, payload.length, type, qos | (isDup ? 4 : 0), 0);
    this.#keep(place, mask, payload);
  }

  answerReceived(
    subject: Subject,
    story: Story | undefined,
    kind: 'ack' | 'rec' | 'rel' | 'com',
    id: number,
    reply: Uint8Array | undefined,
  ): void {
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    const place = this.#add(recordKind.packetIn | (packetNumber(kind) << 8) | (id << 16), mask, subject, story);
    this.ring.numbers[place * 8 + 4] = reply === undefined ? 0 : reply.length;
    if (reply !== undefined) this.#keep(place, mask, reply);
  }

  sent(subject: Subject, story: Story | undefined, frame: Uint8Array): void {
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    // What is on the wire is told, not what was meant: the head is read back from the frame.
    const marker = frame[1] as number;
    const start = marker < 126 ? 2 : marker === 126 ? 4 : 10;
    const first = frame[start] as number;
    const command = first >> 4;
    const isSend = command === commandSend;
    const hasId = !isSend || (first & 6) !== 0;
    const idAt = isSend ? start + 3 : start + 1;
    const id = hasId ? ((frame[idAt] as number) << 8) | (frame[idAt + 1] as number) : 0;
    const bodyAt = hasId ? idAt + 2 : idAt;
    const place = this.#add(recordKind.packetOut | (command << 8) | (id << 16), mask, subject, story);
    const base = place * 8;
    this.ring.numbers[base + 4] = frame.length - bodyAt;
    if (isSend) {
      this.ring.numbers[base + 5] = ((frame[start + 1] as number) << 8) | (frame[start + 2] as number);
      this.ring.numbers[base + 6] = ((first >> 1) & 3) | ((first & 8) >> 1);
    }
    if ((mask & this.#watches.payloadMask) !== 0) this.#keep(place, mask, frame.subarray(bodyAt));
  }

  signalled(subject: Subject, code: number): void {
    const mask = this.#maskOf(subject, undefined);
    if (mask === 0) return;
    const kind = packetNumber(code === 0 ? 'ping' : 'close');
    const place = this.#add(recordKind.packetOut | (kind << 8), mask, subject, undefined);
    this.#fill(place, 0, code, 0, 0);
  }

  published(publication: PublicationFacts): void {
    const {message, type, channel, to, qos, bytes, recipients, timeoutMs} = publication;
    const mask = this.#watches.ofMessage(message, type, channel, to);
    publication.watchMask = mask;
    if (mask === 0) return;
    const code = recordKind.published | (qos << 8) | (channel === undefined ? 1 << 16 : 0);
    this.#tick();
    const place = this.ring.add(code, mask, 0, '', publication);
    this.#fill(place, bytes, type, recipients, timeoutMs);
    this.ring.words[place] = channel ?? to ?? '';
  }

  answered(story: Story, {recipients, confirmed, refused, open, isTimedOut}: PublicationResult): void {
    if (story.watchMask === 0) return;
    this.#tick();
    const place = this.ring.add(recordKind.answered | (isTimedOut ? 1 << 8 : 0), story.watchMask, 0, '', story);
    this.#fill(place, recipients, confirmed, refused, open);
  }

  accepted(story: Story, type: number): void {
    story.watchMask = this.#watches.ofMessage(story.message, type, undefined, undefined);
  }

  delivery(fate: DeliveryFate, subject: Subject, story: Story | undefined): void {
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    this.#add(recordKind.delivery | (fates.indexOf(fate) << 8), mask, subject, story);
  }

  called(subject: Subject, story: Story | undefined, call: Call): void {
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    const place = this.#add(recordKind.call | (callKinds.indexOf(call.kind) << 8), mask, subject, story);
    if (call.kind === 'message') this.#fill(place, call.call, call.type, call.payload.length, 0);
    else this.#fill(place, call.call, -1, 0, 0);
  }

  callAnswered(subject: Subject, story: Story | undefined, kind: Call['kind'], answer: Answer): void {
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    const code = recordKind.callAnswered | (callKinds.indexOf(kind) << 8) | (outcomes.indexOf(answer.kind) << 16);
    const place = this.#add(code, mask, subject, story);
    const status = answer.kind === 'failed' ? (answer.status ?? 0) : 0;
    this.#fill(place, answer.call, answer.kind === 'accepted' ? answer.body.length : 0, status, 0);
    this.ring.words[place] = answer.kind === 'failed' ? answer.reason : '';
  }

  membership(subject: Subject, change: MembershipEvent['change'], channel: string): void {
    const mask = this.#maskOf(subject, undefined);
    if (mask === 0) return;
    const place = this.#add(recordKind.membership | (changes.indexOf(change) << 8), mask, subject, undefined);
    this.ring.words[place] = channel;
  }

  apiRefused(path: string, code: string): void {
    this.#tick();
    const place = this.ring.add(recordKind.apiRefused, this.#watches.all, 0, path, undefined);
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
    const {ring} = this;
    const {now} = this.#turn;
    if (now > (ring.now[0] as number)) ring.now[0] = now;
    return ring.add(code, mask, subject.number, subject.identity, story);
  }

  #tick(): void {
    this.ring.now[0] = Math.max(this.ring.now[0] as number, this.#clock.now());
  }

  #fill(place: number, a: number, b: number, c: number, d: number): void {
    const {numbers} = this.ring;
    const base = place * 8 + 4;
    numbers[base] = a;
    numbers[base + 1] = b;
    numbers[base + 2] = c;
    numbers[base + 3] = d;
  }

  #keep(place: number, mask: number, payload: Uint8Array): void {
    if ((mask & this.#watches.payloadMask) === 0 || payload.length === 0) return;
    this.ring.keep(place, payload.length > payloadShownMax ? payload.subarray(0, payloadShownMax) : payload);
  }
}
