// The entries of the gateway's lists, as its HTTP API writes them.

/** One connected client, or one whose session waits for it. */
export interface Connection {
  readonly identity: string;
  /** The person whose connection it is, where the connect answer named one. */
  readonly user?: string;
  /** What the client sent as `X-DEVICEID` and `X-CLIENT-OS`. */
  readonly device?: string;
  readonly platform?: string;
  /** IP address. */
  readonly address?: string;
  /** Of the chart of connections; `detached` for a session without a connection. */
  readonly state: string;
  /** When it was let in, and when it last gave a sign of life: Unix time in ms. */
  readonly since: number;
  readonly heardAt?: number;
  readonly channelCount: number;
  /** Names; only where the list is of one identity. */
  readonly channels?: readonly string[];
  /** Messages of QoS 1 and 2 to it that are not acknowledged, and those that wait behind them, with their bytes. */
  readonly inFlight: number;
  readonly queued: number;
  readonly queuedBytes: number;
  /** Since when it owes an acknowledgement and has sent none: Unix time in ms. */
  readonly owesSince?: number;
  /** Messages of its own whose call waits or runs. */
  readonly inbound: number;
  /** Bytes written to it that the network has not taken. */
  readonly bufferedBytes: number;
  /** The thread that has it, by its number. */
  readonly thread: number;
  /** The node that has it, as `host:port`; absent for the node that answered. */
  readonly node?: string;
}

/** One channel that has members. */
export interface Channel {
  readonly name: string;
  readonly connections: number;
}

/** One member of a channel. */
export interface Member {
  readonly identity: string;
  readonly user?: string;
  /** More than one where several nodes have a client of this identity. */
  readonly connections: number;
  /** When the first of them was let in: Unix time in ms. */
  readonly since: number;
  /** Its session goes on without a connection. */
  readonly detached?: true;
}

/** A row that has its name, else `undefined`. */
export function readRow<Row>(value: unknown, name: keyof Row & string): Row | undefined {
  const isRow =
    typeof value === 'object' && value !== null && typeof (value as Record<string, unknown>)[name] === 'string';
  return isRow ? (value as Row) : undefined;
}
