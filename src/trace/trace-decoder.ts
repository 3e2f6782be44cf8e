// Records of a ring as events that a person, or a program elsewhere, can read. Only for whoever asks: it allocates freely.

import {describeCharts} from '../machines/chart-document.ts';
import type {Qos} from '../protocol/packet.ts';
import {payloadShownMax, type TraceEvent, type TracePacket, type TracePlace} from '../story/trace.ts';
import {
  type ChartStep,
  callKinds,
  changes,
  chartSteps,
  eventsPerStory,
  fates,
  faultReasons,
  outcomes,
  packetKinds,
  recordKind,
  stepIn,
} from './record-kind.ts';
import type {RecordRing} from './record-ring.ts';

/**
 * The events of record `number`, which is still in `ring`, in order. `mayShowPayload`: whether the reader
 * asked for payloads.
 */
export function decodeRecord(ring: RecordRing, thread: number, number: number, mayShowPayload: boolean): TraceEvent[] {
  const place = ring.placeOf(number);
  const code = ring.codeAt(place);
  const head: TracePlace = {seq: ring.seqOf(number), at: ring.momentOf(number), thread};
  if ((code & 0xf) >= recordKind.published) return [decodeOther(ring, place, head, mayShowPayload)];
  const count = ring.eventsOf(number);
  const events: TraceEvent[] = [];
  for (let index = 0; events.length < count; index++) {
    for (const event of decodeStory(ring, place, index, head, mayShowPayload)) {
      // The latest story of a run may not have got its answer yet.
      if (events.length < count) events.push({...event, seq: head.seq + events.length});
    }
  }
  return events;
}

/** How many stories record `number` tells of: one, or those of a run; 0 where it is about none. */
export function countStories(ring: RecordRing, number: number): number {
  const place = ring.placeOf(number);
  if (ring.storyAt(place) === 0) return 0;
  return Math.max(1, Math.ceil(ring.eventsOf(number) / eventsPerStory(ring.codeAt(place))));
}

/** Step and packets of the story with this index in the record at `place`. */
function decodeStory(
  ring: RecordRing,
  place: number,
  index: number,
  head: TracePlace,
  mayShowPayload: boolean,
): TraceEvent[] {
  const code = ring.codeAt(place);
  const kind = code & 0xf;
  const firstFlow = code >>> 16;
  const flow = firstFlow === 0 ? 0 : firstFlow + index;
  const message = ring.messageAt(place, index);
  const client = {connection: ring.connectionAt(place), identity: ring.identityAt(place)};
  const about = {...head, ...client, ...(message !== '' && {message}), ...(flow !== 0 && {flow})};
  const step = chartSteps[stepIn(code)];
  const steps: TraceEvent[] = step === undefined ? [] : [{kind: 'transition', ...about, ...describeStep(step)}];
  if (kind === recordKind.transition) return steps;
  const told = packetAt(ring, place, index, flow);
  const payload = payloadAt(ring, place, told, mayShowPayload);
  const tell = (direction: 'in' | 'out', packet: TracePacket): TraceEvent => ({
    ...{kind: 'packet', ...about, direction, packet},
    ...payload,
  });
  switch (kind) {
    case recordKind.packetOut:
    case recordKind.sendOut:
    case recordKind.longOut:
      return [...steps, tell('out', told)];
    case recordKind.exchange:
      // A reaction whose payload is kept has no answer in its record.
      return [tell('in', told), ...steps, tell('out', describePacket(((code >> 4) & 0xf) + 1, flow, 0))];
    default:
      return [tell('in', told), ...steps];
  }
}

interface Payload {
  readonly payload: string;
}

/** The packet of the story with this index in the record at `place`, which has one; of an exchange the one that came. */
function packetAt(ring: RecordRing, place: number, index: number, flow: number): TracePacket {
  const code = ring.codeAt(place);
  const [kind, sub] = [code & 0xf, (code >> 4) & 0xf];
  switch (kind) {
    case recordKind.longIn:
    case recordKind.longOut:
      return describeSend(sub, flow, ring.detailAt(place, 0), ring.detailAt(place, 1));
    case recordKind.sendIn:
    case recordKind.sendOut: {
      const value = index === 0 ? ring.valueAt(place) : ring.valueOf(ring.storyAt(place) + index);
      return describeSend(sub, flow, value & 0xffff, value >>> 16);
    }
    default:
      return describePacket(sub, flow, ring.valueAt(place));
  }
}

function payloadAt(ring: RecordRing, place: number, packet: TracePacket, mayShow: boolean): Payload | undefined {
  return keptAt(ring, place, 'bytes' in packet ? packet.bytes : 0, mayShow);
}

function keptAt(ring: RecordRing, place: number, bytes: number, mayShow: boolean): Payload | undefined {
  const payload = mayShow ? ring.keptAt(place, Math.min(bytes, payloadShownMax)) : undefined;
  return payload && {payload: Buffer.from(payload).toString('base64')};
}

/** The event of a record that is neither a step nor a packet. */
function decodeOther(ring: RecordRing, place: number, head: TracePlace, mayShowPayload: boolean): TraceEvent {
  const code = ring.codeAt(place);
  const [kind, sub, flag] = [code & 0xf, (code >> 4) & 0xf, code >>> 16];
  const detail = (index: number): number => ring.detailAt(place, index);
  const message = ring.messageAt(place);
  const client = {connection: ring.connectionAt(place), identity: ring.identityAt(place)};
  const about = {...client, ...(message !== '' && {message})};
  switch (kind) {
    case recordKind.published: {
      const word = ring.wordAt(place);
      const address = flag === 1 ? {to: word} : {channel: word};
      const [bytes, type, recipients, timeoutMs] = [detail(0), detail(1), detail(2), detail(3)];
      return {kind: 'published', ...head, message, ...address, qos: sub as Qos, type, bytes, timeoutMs, recipients};
    }
    case recordKind.answered: {
      const [recipients, confirmed, refused, open] = [detail(0), detail(1), detail(2), detail(3)];
      return {kind: 'answered', ...head, message, recipients, confirmed, refused, open, isTimedOut: sub === 1};
    }
    case recordKind.delivery:
      return {kind: 'delivery', ...head, ...about, fate: named(fates, sub)};
    case recordKind.call: {
      const type = detail(1) >= 0 && {type: detail(1)};
      return {
        kind: 'call',
        ...head,
        ...about,
        call: named(callKinds, sub),
        number: detail(0),
        ...type,
        bytes: detail(2),
        ...keptAt(ring, place, detail(2), mayShowPayload),
      };
    }
    case recordKind.callAnswered: {
      const reason = ring.wordAt(place);
      const failure = {...(reason !== '' && {reason}), ...(detail(2) !== 0 && {status: detail(2)})};
      const outcome = named(outcomes, flag);
      const call = {call: named(callKinds, sub), number: detail(0), outcome, ...failure, bytes: detail(1)};
      return {kind: 'callAnswered', ...head, ...about, ...call, ...keptAt(ring, place, detail(3), mayShowPayload)};
    }
    case recordKind.membership:
      return {kind: 'membership', ...head, ...client, change: named(changes, sub), channel: ring.wordAt(place)};
    default:
      return {kind: 'apiRefused', ...head, path: client.identity, code: ring.wordAt(place)};
  }
}

function describeStep({table, cell}: ChartStep) {
  const {states, events, effects} = table.vocabulary;
  const [from, event] = [named(states, Math.floor(cell / events.length)), named(events, cell % events.length)];
  const rule = rules().get(`${table.machine.id} ${from} ${event}`);
  return {
    chart: table.machine.id,
    from,
    event,
    to: named(states, table.next[cell] as number),
    effects: (table.effects[cell] ?? []).map((effect) => named(effects, effect)),
    ...(rule !== undefined && {rule}),
  };
}

function describeSend(flags: number, id: number, bytes: number, type: number): TracePacket {
  return {kind: 'send', qos: (flags & 3) as Qos, isDup: (flags & 4) !== 0, type, id, bytes};
}

function describePacket(kind: number, id: number, value: number): TracePacket {
  const name = named(packetKinds, kind) as Exclude<TracePacket['kind'], 'send'>;
  switch (name) {
    case 'ack':
    case 'rec':
      return {kind: name, id, bytes: value};
    case 'rel':
    case 'com':
      return {kind: name, id};
    case 'fault':
      return {kind: name, reason: named(faultReasons, value)};
    case 'close':
      return {kind: name, code: value};
    default:
      return {kind: name};
  }
}

let rulesFound: ReadonlyMap<string, string> | undefined;

/** The rules of the transitions, by chart, state and event. */
function rules(): ReadonlyMap<string, string> {
  rulesFound ??= new Map(
    describeCharts().flatMap(({id, transitions}) =>
      transitions.flatMap(({from, event, rule}) => (rule === undefined ? [] : [[`${id} ${from} ${event}`, rule]])),
    ),
  );
  return rulesFound;
}

/** What a recorder has put there by its place in the same list. */
function named<Name>(list: readonly Name[], place: number): Name {
  return list[place] as Name;
}
