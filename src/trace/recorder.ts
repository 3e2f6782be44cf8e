// Writes down what happens in one thread, as far as somebody watches it, into the thread's ring. Called from the hot path
// for everything that happens while anybody watches anything: numbers go into flat arrays, nothing is allocated.

import type {Clock} from '../core/clock.ts';
import {outboundQos1, outboundQos2} from '../machines/outbound-delivery.ts';
import type {PacketFault, SendPacket} from '../protocol/packet.ts';
import {type MembershipEvent, payloadShownMax} from '../story/trace.ts';
import type {Answer, Call} from '../upstream/call.ts';
import {FrameHead, sendCode} from './frame-head.ts';
import type {
  AnswerKind,
  DeliveryFate,
  Observer,
  PublicationFacts,
  PublicationResult,
  SharedStory,
  Story,
  Subject,
} from './observer.ts';
import {
  callKinds,
  changes,
  chartSteps,
  fates,
  faultReasons,
  longBytesMin,
  numberOfStep,
  outcomes,
  packetNumber,
  recordKind,
  stepIn,
  stepNumbers,
} from './record-kind.ts';
import {noKey, type TraceRing} from './trace-ring.ts';
import type {WatchList} from './watch-list.ts';

/** The step that sends a delivery's SEND. */
const firstStepQos1 = numberOfStep(outboundQos1, 'queued', 'window.opened');
const firstStepQos2 = numberOfStep(outboundQos2, 'queued', 'window.opened');

/** The code of the packet that answers the one with this code: of the next number, with the same id. */
function answerTo(code: number): number {
  return ((code & 0xff_ff_00_f0) + 0x10) | recordKind.packetOut;
}

export class Recorder implements Observer {
  readonly ring: TraceRing;
  /** By number, as `chartSteps`: steps taken while the recorder was attached, watched or not. */
  readonly steps = new Float64Array(chartSteps.length);
  readonly #watches: WatchList;
  readonly #clock: Clock;
  readonly #head = new FrameHead();

  constructor(ring: TraceRing, watches: WatchList, clock: Clock) {
    this.ring = ring;
    this.#watches = watches;
    this.#clock = clock;
  }

  transition(chart: number, subject: Subject, story: Story | undefined, flow: number, cell: number): void {
    const step = (stepNumbers[chart] as Uint8Array)[cell] as number;
    // An event that means nothing in a state, such as a sign of life from a client that is known to live, is no step.
    if (step === 0) return;
    this.steps[step] = (this.steps[step] as number) + 1;
    const mask = this.#maskOf(subject, story);
    if (mask !== 0) this.ring.add(recordKind.transition | (step << 8) | (flow << 16), mask, subject, story, 0);
  }

  reacted(
    chart: number,
    subject: Subject,
    story: Story,
    cell: number,
    kind: AnswerKind,
    id: number,
    reply: Uint8Array,
  ): void {
    // Asked before anything else is found out: under load most go on with a run. The cell tells the packet as well.
    const key = (chart << 16) | cell;
    if (this.ring.addNextReaction(key, subject, story, id, reply.length)) {
      const next = stepIn(this.ring.latestReaction);
      this.steps[next] = (this.steps[next] as number) + 1;
      return;
    }
    const step = (stepNumbers[chart] as Uint8Array)[cell] as number;
    if (step !== 0) this.steps[step] = (this.steps[step] as number) + 1;
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    const code = recordKind.packetIn | (packetNumber(kind) << 4) | (step << 8) | (id << 16);
    const events = step === 0 ? 1 : 2;
    if ((mask & this.#watches.payloadMask) === 0) {
      const isRun = step !== 0 && mask === this.#watches.everythingMask;
      this.ring.addReaction(isRun ? key : noKey, code, mask, subject, story, reply.length, events);
    } else {
      this.#keep(this.ring.add(code, mask, subject, story, reply.length, events), mask, reply);
    }
  }

  strayed(subject: Subject, kind: AnswerKind, id: number, reply: Uint8Array): void {
    const mask = this.#maskOf(subject, undefined);
    if (mask === 0) return;
    const code = recordKind.packetIn | (packetNumber(kind) << 4) | (id << 16);
    this.#keep(this.ring.add(code, mask, subject, undefined, reply.length), mask, reply);
  }

  received(
    subject: Subject,
    story: Story | undefined,
    packet: SendPacket | PacketFault | {readonly kind: 'heard'},
  ): void {
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    if (packet.kind !== 'send') {
      const reason = packet.kind === 'fault' ? faultReasons.indexOf(packet.reason) : 0;
      this.ring.add(recordKind.packetIn | (packetNumber(packet.kind) << 4), mask, subject, story, reason);
      return;
    }
    const {qos, isDup, type, id, payload} = packet;
    const code = sendCode(qos | (isDup ? 4 : 0), id);
    const isLong = payload.length >= longBytesMin;
    const kind = isLong ? recordKind.longIn : recordKind.sendIn;
    const value = isLong ? this.ring.detail(payload.length, type, 0, 0, '') : (type << 16) | payload.length;
    this.#keep(this.ring.add(kind | code, mask, subject, story, value), mask, payload);
  }

  transmitted(subject: Subject, story: SharedStory, frame: Uint8Array): void {
    const step = story.qos === 1 ? firstStepQos1 : firstStepQos2;
    this.steps[step] = (this.steps[step] as number) + 1;
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    if (this.#isKnown(story, frame, mask)) {
      this.ring.addSend(story.sentCode | (step << 8), mask, subject, story, story.sentValue, 2);
    } else {
      this.ring.add(recordKind.transition | (step << 8), mask, subject, story, 0);
      this.sent(subject, story, frame);
    }
  }

  sent(subject: Subject, story: Story | undefined, frame: Uint8Array): void {
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    const head = this.#head;
    head.read(frame);
    const value = head.isLong ? this.ring.detail(head.bytes, head.value, 0, 0, '') : head.value;
    if (story !== undefined && this.#addAnswer(head.code, mask, subject, story)) return;
    const place = this.ring.add(head.code, mask, subject, story, value);
    if ((mask & this.#watches.payloadMask) !== 0) this.#keep(place, mask, frame.subarray(head.bodyAt));
  }

  sentShared(subject: Subject, story: SharedStory, frame: Uint8Array): void {
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    if (this.#isKnown(story, frame, mask)) this.ring.addSend(story.sentCode, mask, subject, story, story.sentValue, 1);
    else this.sent(subject, story, frame);
  }

  released(subject: Subject, story: SharedStory, frame: Uint8Array): void {
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    const isTold = this.#isKnown(story, frame, mask) && this.#addAnswer(story.sentCode, mask, subject, story);
    if (!isTold) this.sent(subject, story, frame);
  }

  signalled(subject: Subject, code: number): void {
    const mask = this.#maskOf(subject, undefined);
    if (mask === 0) return;
    const kind = packetNumber(code === 0 ? 'ping' : 'close');
    this.ring.add(recordKind.packetOut | (kind << 4), mask, subject, undefined, code);
  }

  published(publication: PublicationFacts): void {
    const {message, type, channel, to, qos, bytes, recipients, timeoutMs} = publication;
    const mask = this.#watches.ofMessage(message, type, channel, to);
    publication.watchMask = mask;
    if (mask === 0) return;
    const code = recordKind.published | (qos << 4) | (channel === undefined ? 1 << 16 : 0);
    const detail = this.ring.detail(bytes, type, recipients, timeoutMs, channel ?? to ?? '');
    this.#addAt(this.#clock.now(), code, mask, undefined, publication, detail);
  }

  answered(story: Story, {recipients, confirmed, refused, open, isTimedOut}: PublicationResult): void {
    if (story.watchMask === 0) return;
    const detail = this.ring.detail(recipients, confirmed, refused, open, '');
    this.#addAt(
      this.#clock.now(),
      recordKind.answered | (isTimedOut ? 1 << 4 : 0),
      story.watchMask,
      undefined,
      story,
      detail,
    );
  }

  accepted(story: Story, type: number): void {
    story.watchMask = this.#watches.ofMessage(story.message, type, undefined, undefined);
  }

  delivery(fate: DeliveryFate, subject: Subject, story: Story | undefined): void {
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    this.ring.add(recordKind.delivery | (fates.indexOf(fate) << 4), mask, subject, story, 0);
  }

  called(subject: Subject, story: Story | undefined, call: Call): void {
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    const [type, bytes] = call.kind === 'message' ? [call.type, call.payload.length] : [-1, 0];
    const detail = this.ring.detail(call.call, type, bytes, 0, '');
    const place = this.ring.add(recordKind.call | (callKinds.indexOf(call.kind) << 4), mask, subject, story, detail);
    if (call.kind === 'message') this.#keep(place, mask, call.payload);
  }

  callAnswered(subject: Subject, story: Story | undefined, kind: Call['kind'], answer: Answer): void {
    const mask = this.#maskOf(subject, story);
    if (mask === 0) return;
    const code = recordKind.callAnswered | (callKinds.indexOf(kind) << 4) | (outcomes.indexOf(answer.kind) << 16);
    const [bytes, body] = answer.kind === 'accepted' ? [answer.body.length, answer.body] : [0, answer.excerpt];
    const [status = 0, reason = ''] = answer.kind === 'failed' ? [answer.status, answer.reason] : [];
    const shown = Math.min(body?.length ?? 0, payloadShownMax);
    const detail = this.ring.detail(answer.call, bytes, status, shown, reason);
    const place = this.ring.add(code, mask, subject, story, detail);
    if (body !== undefined) this.#keep(place, mask, body);
  }

  membership(subject: Subject, change: MembershipEvent['change'], channel: string): void {
    const mask = this.#maskOf(subject, undefined);
    if (mask === 0) return;
    const detail = this.ring.detail(0, 0, 0, 0, channel);
    this.ring.add(recordKind.membership | (changes.indexOf(change) << 4), mask, subject, undefined, detail);
  }

  apiRefused(path: string, code: string): void {
    // A path stands where others have an identity.
    const subject = {number: 0, identity: path, watchMask: 0, watchEpoch: 0, subjectPlace: 0};
    this.#addAt(
      this.#clock.now(),
      recordKind.apiRefused,
      this.#watches.all,
      subject,
      undefined,
      this.ring.detail(0, 0, 0, 0, code),
    );
  }

  /** Whether the story has what there is to tell of the frame, and nobody wants its payload. */
  #isKnown(story: SharedStory, frame: Uint8Array, mask: number): boolean {
    return (story.sentFrame === frame || this.#readShared(story, frame)) && (mask & this.#watches.payloadMask) === 0;
  }

  // To look into each of many frames costs more than all else that a record does: they are far from each other in memory.
  #readShared(story: SharedStory, frame: Uint8Array): boolean {
    const head = this.#head;
    head.read(frame);
    story.sentFrame = head.isLong ? undefined : frame;
    story.sentCode = head.code;
    story.sentValue = head.value;
    return !head.isLong;
  }

  // The answer to a packet is told by the record of that. `false` where that is not the latest.
  #addAnswer(code: number, mask: number, subject: Subject, story: Story): boolean {
    const {ring} = this;
    return code === answerTo(ring.latestReaction) && ring.addAnswer(recordKind.exchange, mask, subject, story);
  }

  #maskOf(subject: Subject, story: Story | undefined): number {
    const {everythingMask} = this.#watches;
    return everythingMask === 0 ? this.#maskOfWatched(subject, story) : everythingMask;
  }

  // Apart, so that the compiler has less to put into each place that asks while everything is watched.
  #maskOfWatched(subject: Subject, story: Story | undefined): number {
    const watches = this.#watches;
    if (subject.watchEpoch !== watches.epoch) {
      subject.watchEpoch = watches.epoch;
      subject.watchMask = watches.ofConnection(subject.number, subject.identity);
    }
    return story === undefined ? subject.watchMask : subject.watchMask | story.watchMask;
  }

  // For what also happens between turns, which have no time of their own then.
  #addAt(
    now: number,
    code: number,
    mask: number,
    subject: Subject | undefined,
    story: Story | undefined,
    value: number,
  ): void {
    this.ring.moveTo(now);
    this.ring.add(code, mask, subject, story, value);
    this.ring.endTurn();
  }

  #keep(place: number, mask: number, payload: Uint8Array): void {
    if ((mask & this.#watches.payloadMask) === 0 || payload.length === 0) return;
    this.ring.keep(place, payload.length > payloadShownMax ? payload.subarray(0, payloadShownMax) : payload);
  }
}
