// Puts the parts of a gateway together, and is the only file that does.

import type {GatewayOptions} from './options.ts';

/** A running gateway. */
export interface Gateway {
  /** `http://host:port` it listens on, with the real port where `port` was 0. */
  readonly url: string;
  /** The same port for `ws://`. */
  readonly port: number;
  /** Stops listening, closes every client with 1001, makes the close calls; settles within `shutdownGraceMs` + 1 s. */
  close(): Promise<void>;
}

/** Starts a gateway and settles once it listens; rejects where the port cannot be had. */
export async function startGateway(_options: GatewayOptions): Promise<Gateway> {
  throw new Error('not yet wired');
}
