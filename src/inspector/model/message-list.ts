// The messages that are known, each with the states that its deliveries are in: those that still wait for something first,
// the latest first among equals.

import type {Flow, MessageFacts, World} from './world.ts';

/** One message: of a publication as many deliveries as it has clients, of a client one. */
export interface Message extends MessageFacts {
  readonly id: string;
  readonly chart: string;
  readonly begunAt: number;
  /** Of its client, where it concerns a single one. */
  readonly identity: string | undefined;
  /** By state, in the order in which they were met; with `?` behind it where that is no longer sure. */
  readonly states: ReadonlyMap<string, number>;
  /** Deliveries that have not ended. */
  readonly open: number;
}

/** As much of the list as is asked for, and how many fit. */
export interface MessageList {
  readonly messages: readonly Message[];
  readonly total: number;
}

interface Gathered {
  readonly id: string;
  readonly chart: string;
  begunAt: number;
  readonly identities: Set<string>;
  readonly states: Map<string, number>;
  open: number;
}

/** The first `max` of those that have `search` in their id, channel, type, one of their clients or of their states. */
export function listMessages(world: World, max: number, search = ''): MessageList {
  const found = new Map<string, Gathered>();
  const add = (flow: Flow, open: 0 | 1): void => {
    const {message: id, chart, begunAt, identity} = flow;
    const state = flow.isUnknown ? `${flow.state}?` : flow.state;
    if (id === undefined) return;
    let message = found.get(id);
    if (message === undefined) {
      message = {id, chart, begunAt, identities: new Set(), states: new Map(), open: 0};
      found.set(id, message);
    }
    message.begunAt = Math.min(message.begunAt, begunAt);
    message.identities.add(identity);
    message.states.set(state, (message.states.get(state) ?? 0) + 1);
    message.open += open;
  };
  for (const flow of world.flows.values()) add(flow, 1);
  for (const flow of world.ended.values()) add(flow, 0);
  const wanted = search.trim().toLowerCase();
  const fitting = [...found.values()].filter((message) => wanted === '' || fits(message, world, wanted));
  fitting.sort((left, right) => Number(right.open > 0) - Number(left.open > 0) || right.begunAt - left.begunAt);
  const messages = fitting.slice(0, max).map(({identities, ...message}): Message => {
    const [identity] = identities;
    return {...world.messages.get(message.id), ...message, identity: identities.size === 1 ? identity : undefined};
  });
  return {messages, total: fitting.length};
}

function fits({id, identities, states}: Gathered, {messages}: World, wanted: string): boolean {
  const {channel, type} = messages.get(id) ?? {};
  return (
    id.toLowerCase().includes(wanted) ||
    channel?.toLowerCase().includes(wanted) === true ||
    (type !== undefined && String(type) === wanted) ||
    [...identities, ...states.keys()].some((name) => name.toLowerCase().includes(wanted))
  );
}
