// The clients of one group and what they have received, all together. The clients of a fan-out are sent the same bytes,
// so that what one read meant, and what is to be answered to it, is remembered for the next client: see `Reading`.

import type {Socket} from 'node:net';
import {Histogram} from '../statistics.ts';

/** What one read of a socket meant, if it held whole packets only. */
export interface Reading {
  readonly bytes: Buffer;
  readonly answer: Buffer | undefined;
  readonly deliveries: number;
  readonly duplicates: number;
  readonly releases: number;
  /** When the first message in it was published; 0 without one. */
  readonly stamp: number;
}

/** A client of a group. */
export interface GroupClient {
  readonly socket: Socket;
}

export class Group {
  readonly clients: GroupClient[] = [];
  deliveries = 0;
  duplicates = 0;
  /** QoS 2: flows that went on to their second half. */
  releases = 0;
  closed = 0;
  /** Where latencies of deliveries go. */
  latencies = new Histogram();
  /** Called after each read that brought deliveries. */
  onProgress: () => void = ignore;
  #latest: Reading | undefined;

  /** What `bytes` meant when another client read the same. */
  recall(bytes: Buffer): Reading | undefined {
    return this.#latest?.bytes.equals(bytes) === true ? this.#latest : undefined;
  }

  /** Remembers a read; its bytes are copied. */
  remember(reading: Reading): void {
    this.#latest = {...reading, bytes: Buffer.from(reading.bytes)};
  }

  /** Counts a read. */
  count({deliveries, duplicates, releases, stamp}: Reading): void {
    this.deliveries += deliveries;
    this.duplicates += duplicates;
    this.releases += releases;
    if (stamp > 0) this.latencies.add(performance.now() - stamp);
    if (deliveries > 0 || releases > 0) this.onProgress();
  }

  /** Resets every connection: nothing lingers in TIME_WAIT. */
  close(): void {
    this.onProgress = ignore;
    for (const {socket} of this.clients) socket.resetAndDestroy();
    this.clients.length = 0;
  }
}

function ignore(): void {}
