// Records of a ring as events that a person, or a program elsewhere, can read. Only for whoever asks: it allocates freely.

import {describeCharts} from '../machines/chart-document.ts';
import type {Qos} from '../protocol/packet.ts';
import {payloadShownMax, type TraceEvent, type TracePacket} from '../protocol/trace.ts';
import {
  callKinds,
  changes,
  charts,
  commandSend,
  fates,
  faultReasons,
  outcomes,
  packetKinds,
  recordKind,
} from './record-kind.ts';
import type {TraceRing} from './trace-ring.ts';

/** The event of record `number`, which is still in `ring`. `mayShowPayload`: whether the reader asked for payloads. */
export function decodeRecord(ring: TraceRing, thread: number, number: number, mayShowPayload: boolean): TraceEvent {
  const place = ring.placeOf(number);
  const code = ring.codeAt(place);
  const kind = code & 0xff;
  const [sub, flag] = [(code >> 8) & 0x7f, code >>> 16];
  const detail = (index: number): number => ring.detailAt(place, index);
  const head = {seq: number + 1, at: ring.momentOf(number), thread};
  const message = ring.messageAt(place);
  const client = {connection: ring.connectionAt(place), identity: ring.identityAt(place)};
  const about = {...client, ...(message !== '' && {message})};
  const onWire = {...about, ...(flag !== 0 && {flow: flag})};
  switch (kind) {
    case recordKind.transition:
      return {kind: 'transition', ...head, ...onWire, ...describeStep(sub, ring.valueAt(place))};
    case recordKind.packetIn:
    case recordKind.packetOut:
    case recordKind.longIn:
    case recordKind.longOut: {
      const direction = kind === recordKind.packetIn || kind === recordKind.longIn ? 'in' : 'out';
      const isLong = kind === recordKind.longIn || kind === recordKind.longOut;
      const value = ring.valueAt(place);
      const packet = isLong
        ? describeSend(sub >> 4, flag, detail(0), detail(1))
        : (sub & 0xf) === commandSend
          ? describeSend(sub >> 4, flag, value & 0xffff, value >>> 16)
          : describePacket(sub, flag, value);
      const bytes = 'bytes' in packet ? packet.bytes : 0;
      const payload = mayShowPayload ? ring.keptAt(place, Math.min(bytes, payloadShownMax)) : undefined;
      const shown = payload !== undefined && {payload: Buffer.from(payload).toString('base64')};
      return {kind: 'packet', ...head, ...onWire, direction, packet, ...shown};
    }
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
