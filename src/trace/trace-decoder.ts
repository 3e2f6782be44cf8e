// Records of a ring as events that a person, or a program elsewhere, can read. Only for whoever asks: it allocates freely.

import {describeCharts} from '../machines/chart-document.ts';
import type {Qos} from '../protocol/packet.ts';
import {payloadShownMax, type TraceEvent, type TracePacket} from '../protocol/trace.ts';
import {callKinds, changes, charts, fates, faultReasons, outcomes, packetKinds, recordKind} from './record-kind.ts';
import type {TraceRing} from './trace-ring.ts';

/** The event of record `number`, which is still in `ring`. `mayShowPayload`: whether the reader asked for payloads. */
export function decodeRecord(ring: TraceRing, thread: number, number: number, mayShowPayload: boolean): TraceEvent {
  const place = ring.placeOf(number);
  const base = place * 8;
  const value = (index: number): number => ring.numbers[base + index] as number;
  const code = value(0);
  const [sub, flag] = [(code >> 8) & 0x7f, code >>> 16];
  const head = {seq: number + 1, at: ring.moments[place] as number, thread};
  const text = (list: readonly string[]): string => list[place] as string;
  const message = ring.messageAt(place);
  const client = {connection: value(2), identity: text(ring.identities)};
  const about = {...client, ...(message !== '' && {message})};
  const onWire = {...about, ...(flag !== 0 && {flow: flag})};
  switch (code & 0xff) {
    case recordKind.transition:
      return {kind: 'transition', ...head, ...onWire, ...describeStep(sub, value(4))};
    case recordKind.packetIn:
    case recordKind.packetOut: {
      const direction = (code & 0xff) === recordKind.packetIn ? 'in' : 'out';
      const packet = describePacket(sub, flag, value(4), value(5), value(6));
      const payload = mayShowPayload ? ring.keptAt(place, Math.min(value(4), payloadShownMax)) : undefined;
      const shown = payload !== undefined && {payload: Buffer.from(payload).toString('base64')};
      return {kind: 'packet', ...head, ...onWire, direction, packet, ...shown};
    }
    case recordKind.published: {
      const word = text(ring.words);
      const address = flag === 1 ? {to: word} : {channel: word};
      const [bytes, type, recipients, timeoutMs] = [value(4), value(5), value(6), value(7)];
      return {kind: 'published', ...head, message, ...address, qos: sub as Qos, type, bytes, timeoutMs, recipients};
    }
    case recordKind.answered: {
      const [recipients, confirmed, refused, open] = [value(4), value(5), value(6), value(7)];
      return {kind: 'answered', ...head, message, recipients, confirmed, refused, open, isTimedOut: sub === 1};
    }
    case recordKind.delivery:
      return {kind: 'delivery', ...head, ...about, fate: named(fates, sub)};
    case recordKind.call: {
      const type = value(5) >= 0 && {type: value(5)};
      return {kind: 'call', ...head, ...about, call: named(callKinds, sub), number: value(4), ...type, bytes: value(6)};
    }
    case recordKind.callAnswered: {
      const reason = text(ring.words);
      const failure = {...(reason !== '' && {reason}), ...(value(6) !== 0 && {status: value(6)})};
      const outcome = named(outcomes, flag);
      const call = {call: named(callKinds, sub), number: value(4), outcome, ...failure, bytes: value(5)};
      return {kind: 'callAnswered', ...head, ...about, ...call};
    }
    case recordKind.membership:
      return {kind: 'membership', ...head, ...client, change: named(changes, sub), channel: text(ring.words)};
    default:
      return {kind: 'apiRefused', ...head, path: client.identity, code: text(ring.words)};
  }
}

function describeStep(chart: number, step: number) {
  const [from, event, to] = [step & 0xff, (step >> 8) & 0xff, (step >> 16) & 0xff];
  const table = named(charts, chart);
  const {states, events, effects} = table.vocabulary;
  // Not `step()`: with the interpreter behind the tables that takes the step.
  const codes = table.effects[from * events.length + event] ?? [];
  const rule = rules().get(`${table.machine.id} ${named(states, from)} ${named(events, event)}`);
  return {
    chart: table.machine.id,
    from: named(states, from),
    event: named(events, event),
    to: named(states, to),
    effects: codes.map((effect) => named(effects, effect)),
    ...(rule !== undefined && {rule}),
  };
}

function describePacket(kind: number, id: number, bytes: number, detail: number, flags: number): TracePacket {
  const name = named(packetKinds, kind);
  switch (name) {
    case 'send':
      return {kind: name, qos: (flags & 3) as Qos, isDup: (flags & 4) !== 0, type: detail, id, bytes};
    case 'ack':
    case 'rec':
      return {kind: name, id, bytes};
    case 'rel':
    case 'com':
      return {kind: name, id};
    case 'fault':
      return {kind: name, reason: named(faultReasons, detail)};
    case 'close':
      return {kind: name, code: detail};
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
