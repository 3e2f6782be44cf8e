// Decodes records of a ring into readable events. Runs only on request, not on the hot path: it allocates freely.

import {invariant} from '../core/invariant.ts';
import {describeCharts} from '../machines/chart-document.ts';
import {type ChartStep, chartSteps, nameStep} from '../machines/gateway-charts.ts';
import type {Qos} from '../protocol/packet.ts';
import {payloadShownMax, type TraceEvent, type TracePacket, type TracePlace} from '../story/trace.ts';
import {
  answerOfStep,
  callKinds,
  changes,
  eventsPerMessage,
  fates,
  faultReasons,
  firstSteps,
  flowOf,
  kindOf,
  outcomes,
  type PacketKind,
  packetKinds,
  packetOfStep,
  recordKind,
  whatOf,
} from './record-code.ts';
import type {RecordRing} from './record-ring.ts';

/**
 * The events of record `number`, which is still in `ring`, in order. `mayShowPayload`: whether the reader
 * asked for payloads.
 */
export function decodeRecord(ring: RecordRing, thread: number, number: number, mayShowPayload: boolean): TraceEvent[] {
  const place = ring.placeOf(number);
  const code = ring.codeAt(place);
  const head: TracePlace = {seq: ring.seqOf(number), at: ring.momentOf(number), thread};
  if (kindOf(code) >= recordKind.published) return [decodeOther(ring, place, head, mayShowPayload)];
  const count = ring.eventsOf(number);
  const events: TraceEvent[] = [];
  for (let index = 0; events.length < count; index++) {
    for (const event of decodeMessage(ring, place, index, head, mayShowPayload)) {
      // The latest message of a run may not have got its answer yet.
      if (events.length < count) events.push({...event, seq: head.seq + events.length});
    }
  }
  return events;
}

/** How many messages record `number` is about: one, or those of a run; 0 if it is about no message. */
export function countMessages(ring: RecordRing, number: number): number {
  const place = ring.placeOf(number);
  if (ring.messageNumberAt(place) === 0) return 0;
  return Math.max(1, Math.ceil(ring.eventsOf(number) / eventsPerMessage(kindOf(ring.codeAt(place)))));
}

/** Step and packets of the message with this index in the record at `place`. */
function decodeMessage(
  ring: RecordRing,
  place: number,
  index: number,
  head: TracePlace,
  mayShowPayload: boolean,
): TraceEvent[] {
  const code = ring.codeAt(place);
  const [kind, what, firstFlow] = [kindOf(code), whatOf(code), flowOf(code)];
  const flow = firstFlow === 0 ? 0 : firstFlow + index;
  const message = ring.messageAt(place, index);
  const client = {connection: ring.connectionAt(place), identity: ring.identityAt(place)};
  const about = {...head, ...client, ...(message !== '' && {message}), ...(flow !== 0 && {flow})};
  const tell = (direction: 'in' | 'out', packet: TracePacket): TraceEvent => ({
    ...{kind: 'packet', ...about, direction, packet},
    ...keptAt(ring, place, 'bytes' in packet ? packet.bytes : 0, mayShowPayload),
  });
  const send = (flags: number): TracePacket => describeSend(ring, place, index, flags, flow);
  const packet = (name: PacketKind | undefined): TracePacket => describePacket(name, flow, ring.valueAt(place));
  const step = (): TraceEvent => ({kind: 'transition', ...about, ...describeStep(chartSteps[what])});
  switch (kind) {
    case recordKind.step:
      return [step()];
    case recordKind.reaction:
      return [tell('in', packet(packetOfStep[what])), step()];
    case recordKind.exchange:
      return [tell('in', packet(packetOfStep[what])), step(), tell('out', packet(answerOfStep[what]))];
    case recordKind.firstSend:
      return [step(), tell('out', send(firstSteps.indexOf(what)))];
    case recordKind.sendIn:
    case recordKind.longIn:
      return [tell('in', send(what))];
    case recordKind.sendOut:
    case recordKind.longOut:
      return [tell('out', send(what))];
    default:
      return [tell(kind === recordKind.packetIn ? 'in' : 'out', packet(packetKinds[what]))];
  }
}

interface Payload {
  readonly payload: string;
}

function keptAt(ring: RecordRing, place: number, bytes: number, mayShow: boolean): Payload | undefined {
  const payload = mayShow ? ring.keptAt(place, Math.min(bytes, payloadShownMax)) : undefined;
  return payload && {payload: Buffer.from(payload).toString('base64')};
}

/** The event of a record that is neither a step nor a packet. */
function decodeOther(ring: RecordRing, place: number, head: TracePlace, mayShowPayload: boolean): TraceEvent {
  const code = ring.codeAt(place);
  const [kind, what, flag] = [kindOf(code), whatOf(code), flowOf(code)];
  const detail = (index: number): number => ring.detailAt(place, index);
  const message = ring.messageAt(place);
  const client = {connection: ring.connectionAt(place), identity: ring.identityAt(place)};
  const about = {...client, ...(message !== '' && {message})};
  switch (kind) {
    case recordKind.published: {
      const word = ring.wordAt(place);
      const address = flag === 1 ? {to: word} : {channel: word};
      const [bytes, type, recipients, timeoutMs] = [detail(0), detail(1), detail(2), detail(3)];
      return {kind: 'published', ...head, message, ...address, qos: what as Qos, type, bytes, timeoutMs, recipients};
    }
    case recordKind.answered: {
      const [recipients, confirmed, refused, open] = [detail(0), detail(1), detail(2), detail(3)];
      return {kind: 'answered', ...head, message, recipients, confirmed, refused, open, isTimedOut: what === 1};
    }
    case recordKind.delivery:
      return {kind: 'delivery', ...head, ...about, fate: named(fates, what)};
    case recordKind.call: {
      const type = detail(1) >= 0 && {type: detail(1)};
      return {
        kind: 'call',
        ...head,
        ...about,
        call: named(callKinds, what),
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
      const call = {call: named(callKinds, what), number: detail(0), outcome, ...failure, bytes: detail(1)};
      return {kind: 'callAnswered', ...head, ...about, ...call, ...keptAt(ring, place, detail(3), mayShowPayload)};
    }
    case recordKind.membership:
      return {kind: 'membership', ...head, ...client, change: named(changes, what), channel: ring.wordAt(place)};
    default:
      return {kind: 'apiRefused', ...head, path: client.identity, code: ring.wordAt(place)};
  }
}

function describeStep(step: ChartStep | undefined) {
  invariant(step !== undefined, 'Expected the number of a step');
  const {table, cell} = step;
  const {states, effects} = table.vocabulary;
  const {from, event} = nameStep(step);
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

/** The SEND of the message with this index in the record at `place`. */
function describeSend(ring: RecordRing, place: number, index: number, flags: number, id: number): TracePacket {
  const kind = kindOf(ring.codeAt(place));
  const isLong = kind === recordKind.longIn || kind === recordKind.longOut;
  const value = index === 0 ? ring.valueAt(place) : ring.sendValueOf(ring.messageNumberAt(place) + index);
  const [bytes, type] = isLong ? [ring.detailAt(place, 0), ring.detailAt(place, 1)] : [value & 0xffff, value >>> 16];
  return {kind: 'send', qos: (flags & 3) as Qos, isDup: (flags & 4) !== 0, type, id, bytes};
}

function describePacket(kind: PacketKind | undefined, id: number, value: number): TracePacket {
  invariant(kind !== undefined, 'Expected the number of a packet');
  switch (kind) {
    case 'ack':
    case 'rec':
      return {kind, id, bytes: value};
    case 'rel':
    case 'com':
      return {kind, id};
    case 'fault':
      return {kind, reason: named(faultReasons, value)};
    case 'close':
      return {kind, code: value};
    default:
      return {kind};
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
