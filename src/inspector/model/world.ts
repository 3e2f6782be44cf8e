// What is so at one moment: every connection and every message of the trace, folded from its lines. Entries are
// never changed but replaced, so that a copy of the whole is a copy of a few maps.

import type {
  CoverageLine,
  PacketEvent,
  RosterLine,
  SnapshotLine,
  TraceEvent,
  TraceHeader,
  TraceLine,
  TransitionEvent,
} from '../../story/trace.ts';
import {isFinalState} from './chart-graph.ts';
import {type Connection, keyOf, listed, passed, unknown} from './connection.ts';
import {isSameRun} from './feed-join.ts';
import {makeSeries, type Series} from './series.ts';

/** What a message is, as far as the trace says. */
export interface MessageFacts {
  readonly channel?: string;
  readonly type?: number;
}

/** A message on its way to or from one client. */
export interface Flow {
  readonly key: string;
  readonly chart: string;
  readonly connection: string;
  readonly identity: string;
  readonly message: string | undefined;
  /** Id on the wire, once it has one. */
  readonly id: number | undefined;
  readonly state: string;
  /** The step that led there. */
  readonly from: string;
  readonly event: string;
  readonly at: number;
  readonly begunAt: number;
  /** Whether there was a gap since: it may have continued or ended. */
  readonly isUnknown?: true;
}

/** Messages that have ended and are still shown; the oldest goes first. */
const endedMax = 500;

/** Messages of which it is known what they are; the oldest goes first. */
const messagesMax = 2_000;

export class World {
  at = 0;
  connections: Map<string, Connection>;
  /** Those under way. */
  flows: Map<string, Flow>;
  ended: Map<string, Flow>;
  /** By id. */
  messages: Map<string, MessageFacts>;
  /** By `chart from event`: how often it was taken. */
  steps: Map<string, number>;
  /** The latest counts of the whole gateway; absent where the trace has none. */
  snapshot: SnapshotLine | undefined;
  series: Series;
  /** Of the feed or recording. */
  header: TraceHeader | undefined;
  /** Which threads and nodes are in here; absent where the trace does not say. */
  coverage: CoverageLine | undefined;
  /** Events that did not reach the trace. */
  lost = 0;
  /** The latest step. */
  last: TransitionEvent | undefined;

  constructor(from?: World) {
    this.connections = new Map(from?.connections);
    this.flows = new Map(from?.flows);
    this.ended = new Map(from?.ended);
    this.messages = new Map(from?.messages);
    this.steps = new Map(from?.steps);
    this.series = from?.series ?? makeSeries();
    if (from === undefined) return;
    this.at = from.at;
    this.snapshot = from.snapshot;
    this.coverage = from.coverage;
    this.header = from.header;
    this.lost = from.lost;
    this.last = from.last;
  }

  apply(line: TraceLine): void {
    this.at = Math.max(this.at, line.at);
    switch (line.kind) {
      case 'header':
        this.#begin(line);
        return;
      case 'snapshot':
        this.#count(line);
        return;
      case 'roster':
        this.#list(line);
        return;
      case 'lost':
        this.lost += line.count;
        return;
      case 'coverage':
        this.coverage = line;
        return;
      default:
        this.#happen(line);
    }
  }

  /** A feed that was lost and found again: it is not known what happened to the messages in flight. */
  #begin(header: TraceHeader): void {
    const before = this.header;
    this.header = header;
    this.coverage = undefined;
    if (before === undefined) return;
    for (const flow of this.flows.values()) this.#end({...flow, isUnknown: true});
    if (isSameRun(before, header)) return;
    this.connections.clear();
    this.snapshot = undefined;
  }

  #happen(event: TraceEvent): void {
    switch (event.kind) {
      case 'transition':
        this.#step(event);
        break;
      case 'packet':
        this.#pass(event);
        break;
      case 'published':
        this.#know(event.message, {type: event.type, ...(event.channel !== undefined && {channel: event.channel})});
        break;
      case 'membership': {
        const known = this.connections.get(keyOf(event));
        if (known === undefined || event.change === 'refused') break;
        const others = known.channels.filter((channel) => channel !== event.channel);
        const channels = event.change === 'joined' ? [...others, event.channel] : others;
        this.connections.set(known.key, {...known, channels, channelCount: channels.length});
        break;
      }
      default:
    }
    this.series = this.series.event(event, this.snapshot !== undefined);
  }

  #step(event: TransitionEvent): void {
    this.last = event;
    if (this.snapshot === undefined) this.#addSteps(`${event.chart} ${event.from} ${event.event}`, 1);
    const key = keyOf(event);
    if (event.chart === 'connection') {
      if (isFinalState(event.chart, event.to)) this.connections.delete(key);
      else
        this.connections.set(key, {
          ...(this.connections.get(key) ?? unknown(key, event)),
          identity: event.identity,
          state: event.to,
        });
      return;
    }
    const flowKey = flowKeyOf(event);
    const ended = this.ended.get(flowKey);
    const known = this.flows.get(flowKey) ?? (ended?.isUnknown ? ended : undefined);
    const flow: Flow = {
      key: flowKey,
      chart: event.chart,
      connection: key,
      identity: event.identity,
      message: event.message,
      id: event.flow ?? known?.id,
      state: event.to,
      from: event.from,
      event: event.event,
      at: event.at,
      begunAt: known?.begunAt ?? event.at,
    };
    if (event.effects.includes('confirm')) this.series = this.series.confirmed(event.at - flow.begunAt);
    if (isFinalState(event.chart, event.to)) this.#end(flow);
    else {
      this.ended.delete(flowKey);
      this.flows.set(flowKey, flow);
    }
  }

  #end(flow: Flow): void {
    this.flows.delete(flow.key);
    this.ended.delete(flow.key);
    this.ended.set(flow.key, flow);
    const [oldest] = this.ended.keys();
    if (this.ended.size > endedMax && oldest !== undefined) this.ended.delete(oldest);
  }

  #know(message: string, facts: MessageFacts): void {
    this.messages.set(message, facts);
    const [oldest] = this.messages.keys();
    if (this.messages.size > messagesMax && oldest !== undefined) this.messages.delete(oldest);
  }

  #pass(event: PacketEvent): void {
    const {packet, message} = event;
    if (packet.kind === 'send' && message !== undefined && !this.messages.has(message)) {
      this.#know(message, {type: packet.type});
    }
    const key = keyOf(event);
    const known = this.connections.get(key) ?? {...unknown(key, event), state: 'open.fresh'};
    this.connections.set(key, passed(known, event));
  }

  #count(line: SnapshotLine): void {
    // From here on they are counted by the gateway, whatever is traced.
    if (this.snapshot === undefined) this.steps.clear();
    for (const [chart, counts] of Object.entries(line.steps)) {
      for (const [step, count] of Object.entries(counts)) this.#addSteps(`${chart} ${step}`, count);
    }
    const isShare = this.snapshot === undefined && (this.header?.selection.rate ?? 1) < 1;
    this.series = (isShare ? this.series.forget() : this.series).snapshot(line, this.snapshot);
    this.snapshot = line;
  }

  // Complete where it has as many rows as there are connections: who is not in it has gone.
  #list({at, total, rows}: RosterLine): void {
    const before = this.connections;
    const after = rows.length >= total ? new Map<string, Connection>() : before;
    for (const row of rows) {
      const key = keyOf(row);
      after.set(key, listed(before.get(key) ?? unknown(key, row), row, at));
    }
    this.connections = after;
  }

  #addSteps(key: string, count: number): void {
    this.steps.set(key, (this.steps.get(key) ?? 0) + count);
  }

  /** How many are in each state of `chart`. */
  statesOf(chart: string): Readonly<Record<string, number>> {
    if (this.snapshot !== undefined) return this.snapshot.states[chart] ?? {};
    const counts: Record<string, number> = {};
    const add = (state: string): void => {
      counts[state] = (counts[state] ?? 0) + 1;
    };
    if (chart === 'connection') for (const {state} of this.connections.values()) add(state);
    else for (const flow of this.flows.values()) if (flow.chart === chart) add(flow.state);
    return counts;
  }
}

/** One message at one connection, in one chart. */
export function flowKeyOf(event: TransitionEvent): string {
  return `${keyOf(event)} ${event.chart} ${event.message ?? `#${event.flow ?? 0}`}`;
}
