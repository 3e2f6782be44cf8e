// Records of a ring as events that a person, or a program elsewhere, can read. Only for whoever asks: it allocates freely.

import {describeCharts} from '../machines/chart-document.ts';
import type {Qos} from '../protocol/packet.ts';
import {payloadShownMax, type TraceEvent, type TracePacket, type TracePlace} from '../protocol/trace.ts';
import {
  type ChartStep,
  callKinds,
  changes,
  chartSteps,
  fates,
  faultReasons,
  outcomes,
  packetKinds,
  recordKind,
} from './record-kind.ts';
import type {TraceRing} from './trace-ring.ts';

/**
 * The events of record `number`, which is still in `ring`, in order. `mayShowPayload`: whether the reader
 * asked for payloads.
 */
export function decodeRecord(ring: TraceRing, thread: number, number: number, mayShowPayload: boolean): TraceEvent[] {
  const place = ring.placeOf(number);
  const code = ring.codeAt(place);
  const kind = code & 0xf;
  const step = chartSteps[(code >> 8) & 0x7f];
  const [seq, at] = [ring.seqOf(number), ring.momentOf(number)];
  const message = ring.messageAt(place);
  const flow = code >>> 16;
  const client = {connection: ring.connectionAt(place), identity: ring.identityAt(place)};
  const about = {...client, ...(message !== '' && {message}), ...(flow !== 0 && {flow})};
  const steps: TraceEvent[] =
    step === undefined ? [] : [{kind: 'transition', seq, at, thread, ...about, ...describeStep(step)}];
  const packet = (direction: 'in' | 'out', told: TracePacket, payload?: Payload): TraceEvent => ({
    ...{kind: 'packet', seq, at, thread, ...about, direction, packet: told},
    ...payload,
  });
  switch (kind) {
    case recordKind.transition:
      return steps;
    case recordKind.packetIn:
    case recordKind.sendIn:
    case recordKind.longIn:
    case recordKind.exchange: {
      const told = packetAt(ring, place);
      const came = packet('in', told, payloadAt(ring, place, told, mayShowPayload));
      if (kind !== recordKind.exchange) return inOrder([came, ...steps]);
      return inOrder([came, ...steps, packet('out', describePacket(((code >> 4) & 0xf) + 1, flow, 0))]);
    }
    case recordKind.packetOut:
    case recordKind.sendOut:
    case recordKind.longOut: {
      const told = packetAt(ring, place);
      return inOrder([...steps, packet('out', told, payloadAt(ring, place, told, mayShowPayload))]);
    }
    case recordKind.run:
      return Array.from({length: ring.valueAt(place)}, (_, index) => {
        const value = ring.runValueAt(place, index);
        const told = describeSend(0, 0, value & 0xffff, value >>> 16);
        return {...packet('out', told), seq: seq + index, message: ring.messageAt(place, index)};
      });
    default:
      return [decodeOther(ring, place, {seq, at, thread})];
  }
}

/** Events of one record: each is one further than the one before. */
function inOrder(events: readonly TraceEvent[]): TraceEvent[] {
  return events.map((event, place) => ({...event, seq: event.seq + place}));
}

interface Payload {
  readonly payload: string;
}

/** The packet of the record at `place`, which has one; of an exchange the one that came. */
function packetAt(ring: TraceRing, place: number): TracePacket {
  const code = ring.codeAt(place);
  const [kind, sub, flow] = [code & 0xf, (code >> 4) & 0xf, code >>> 16];
  const value = ring.valueAt(place);
  if (kind === recordKind.longIn || kind === recordKind.longOut) {
    return describeSend(sub, flow, ring.detailAt(place, 0), ring.detailAt(place, 1));
  }
  const isSend = kind === recordKind.sendIn || kind === recordKind.sendOut;
  return isSend ? describeSend(sub, flow, value & 0xffff, value >>> 16) : describePacket(sub, flow, value);
}

function payloadAt(ring: TraceRing, place: number, packet: TracePacket, mayShow: boolean): Payload | undefined {
  const bytes = 'bytes' in packet ? packet.bytes : 0;
  const payload = mayShow ? ring.keptAt(place, Math.min(bytes, payloadShownMax)) : undefined;
  return payload && {payload: Buffer.from(payload).toString('base64')};
}

/** The event of a record that is neither a step nor a packet. */
function decodeOther(ring: TraceRing, place: number, head: TracePlace): TraceEvent {
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
      };
    }
    case recordKind.callAnswered: {
      const reason = ring.wordAt(place);
      const failure = {...(reason !== '' && {reason}), ...(detail(2) !== 0 && {status: detail(2)})};
      const outcome = named(outcomes, flag);
      const call = {call: named(callKinds, sub), number: detail(0), outcome, ...failure, bytes: detail(1)};
      return {kind: 'callAnswered', ...head, ...about, ...call};
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
