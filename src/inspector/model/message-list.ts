// The messages that are known, each with the states that its deliveries are in: those that still wait for something first,
// the latest first among equals.

import type {Flow, World} from './world.ts';

/** One message: of a publication as many deliveries as it has clients, of a client one. */
export interface Message {
  readonly id: string;
  readonly chart: string;
  readonly begunAt: number;
  /** By state, in the order in which they were met; with `?` behind it where that is no longer sure. */
  readonly states: ReadonlyMap<string, number>;
  /** Deliveries that have not ended. */
  readonly open: number;
}

/** The first `max` of the list. */
export function listMessages({flows, ended}: World, max: number): readonly Message[] {
  const found = new Map<
    string,
    {id: string; chart: string; begunAt: number; states: Map<string, number>; open: number}
  >();
  const add = (flow: Flow, open: 0 | 1): void => {
    const {message: id, chart, begunAt} = flow;
    const state = flow.isUnknown ? `${flow.state}?` : flow.state;
    if (id === undefined) return;
    const message = found.get(id) ?? {id, chart, begunAt, states: new Map<string, number>(), open: 0};
    found.set(id, message);
    message.begunAt = Math.min(message.begunAt, begunAt);
    message.states.set(state, (message.states.get(state) ?? 0) + 1);
    message.open += open;
  };
  for (const flow of flows.values()) add(flow, 1);
  for (const flow of ended.values()) add(flow, 0);
  return [...found.values()]
    .sort((left, right) => Number(right.open > 0) - Number(left.open > 0) || right.begunAt - left.begunAt)
    .slice(0, max);
}
