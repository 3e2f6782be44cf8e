// What is in a state of a chart: the connections or the messages, as far as the page knows them.

import {isFinalState} from './chart-graph.ts';
import {isEmpty, type Selection} from './selection.ts';
import type {Flow, World} from './world.ts';

/** A connection, or a message on its way to or from one. */
export interface Member {
  readonly key: string;
  readonly identity: string;
  readonly connection: string;
  /** Absent of a connection. */
  readonly flow: Flow | undefined;
  /** Since when the message is in the state, or the connection is silent. */
  readonly since: number;
}

/** Messages of the selection, or all where nothing is selected; the latest first. */
export function flowsOf(world: World, {connection, message}: Selection): readonly Flow[] {
  const found: Flow[] = [];
  for (const flows of [world.flows, world.ended]) {
    for (const flow of flows.values()) {
      const isOurs = connection === undefined || flow.connection === connection;
      if (isOurs && (message === undefined || flow.message === message)) found.push(flow);
    }
  }
  return found.sort((left, right) => right.at - left.at);
}

/** How many of them are in each state of `chart`. */
export function countStates(flows: readonly Flow[], chart: string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const flow of flows) if (flow.chart === chart) counts[flow.state] = (counts[flow.state] ?? 0) + 1;
  return counts;
}

/** How many are in `state` or in one inside it. */
export function countIn(counts: Readonly<Record<string, number>>, state: string): number {
  return Object.entries(counts).reduce((sum, [one, count]) => (isWithin(one, state) ? sum + count : sum), 0);
}

/** Those of the selection that are in `state`: the longest there first, or the latest first where it is an end. */
export function membersOf(world: World, selection: Selection, chart: string, state: string): readonly Member[] {
  const found =
    chart === 'connection' ? connectionsIn(world, selection, state) : flowsIn(world, selection, chart, state);
  const sign = isFinalState(chart, state) ? -1 : 1;
  return found.sort((left, right) => sign * (left.since - right.since));
}

function connectionsIn(world: World, selection: Selection, state: string): Member[] {
  const isOurs = (key: string): boolean => isEmpty(selection) || selection.connection === key;
  return [...world.connections.values()]
    .filter((connection) => isOurs(connection.key) && isWithin(connection.state, state))
    .map(({key, identity, heardAt}) => ({
      key,
      identity,
      connection: key,
      flow: undefined,
      since: Number.isNaN(heardAt) ? Number.NEGATIVE_INFINITY : heardAt,
    }));
}

function flowsIn(world: World, selection: Selection, chart: string, state: string): Member[] {
  return flowsOf(world, selection)
    .filter((flow) => flow.chart === chart && flow.isUnknown !== true && isWithin(flow.state, state))
    .map((flow) => ({
      key: flow.key,
      identity: flow.identity,
      connection: flow.connection,
      flow,
      since: flow.at,
    }));
}

function isWithin(state: string, outer: string): boolean {
  return state === outer || state.startsWith(`${outer}.`);
}
