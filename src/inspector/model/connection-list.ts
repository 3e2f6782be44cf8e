// The list of connections as it is shown: searched, and sorted by one column.

import type {Connection} from './connection.ts';

export type SortColumn =
  | 'identity'
  | 'state'
  | 'channels'
  | 'heard'
  | 'inFlight'
  | 'queued'
  | 'inbound'
  | 'rate'
  | 'strays';

export interface ListWish {
  /** Found in the identity, the state or a channel. */
  readonly search: string;
  readonly column: SortColumn;
  readonly isDescending: boolean;
}

/** The list after the head of `column` was pressed: the most of a number first, names from A; pressed again, turned round. */
export function sortBy(wish: ListWish, column: SortColumn): ListWish {
  const isName = column === 'identity' || column === 'state';
  return {...wish, column, isDescending: wish.column === column ? !wish.isDescending : !isName};
}

/** Those that fit, in order; equal ones by identity. */
export function listConnections(connections: Iterable<Connection>, wish: ListWish): Connection[] {
  const search = wish.search.trim().toLowerCase();
  const found: Connection[] = [];
  for (const connection of connections) if (search === '' || fits(connection, search)) found.push(connection);
  const sign = wish.isDescending ? -1 : 1;
  const value = values[wish.column];
  return found.sort(
    (left, right) => sign * compare(value(left), value(right)) || compare(left.identity, right.identity),
  );
}

function fits({identity, state, channels}: Connection, search: string): boolean {
  return (
    identity.toLowerCase().includes(search) ||
    state.toLowerCase().includes(search) ||
    channels.some((channel) => channel.toLowerCase().includes(search))
  );
}

const values: Readonly<Record<SortColumn, (connection: Connection) => string | number>> = {
  identity: ({identity}) => identity,
  state: ({state}) => state,
  channels: ({channelCount}) => channelCount,
  // The longest silence is the greatest age.
  heard: ({heardAt}) => (Number.isNaN(heardAt) ? Number.POSITIVE_INFINITY : -heardAt),
  inFlight: ({inFlight}) => inFlight,
  queued: ({queued}) => queued,
  inbound: ({inbound}) => inbound,
  rate: ({packetsPerSecond}) => packetsPerSecond,
  strays: ({strays}) => strays,
};

function compare(left: string | number, right: string | number): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
