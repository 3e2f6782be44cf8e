// The connections of a benchmark: opened some at a time, used in turn, closed together.

import {isIPv4} from 'node:net';
import type {Clock} from '../../core/clock.ts';
import {headerDevice, headerPlatform} from '../../protocol/header-name.ts';
import {BenchClient} from './bench-client.ts';
import type {Tally} from './tally.ts';

/** Whom to connect. */
export interface CrowdOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly count: number;
}

/** Handshakes at a time. */
const openingMax = 50;
const openTimeoutMs = 15_000;
// An address has some 28,000 ports; a closed connection keeps its own for a while.
const connectionsPerAddress = 4_000;

export class Crowd {
  readonly clients: BenchClient[] = [];
  /** How many were refused, by why. */
  readonly refusals = new Map<string, number>();
  openedInMs = 0;
  #turn = 0;

  /** Opens all, until `signal`; those that are refused are counted. `onProgress` is called after each. */
  static async open(
    options: CrowdOptions,
    clock: Clock,
    tally: Tally,
    signal: AbortSignal,
    onProgress: () => void,
  ): Promise<Crowd> {
    const crowd = new Crowd();
    const startedAt = clock.now();
    let next = 0;
    const openSome = async (): Promise<void> => {
      while (next < options.count && !signal.aborted) {
        const client = await crowd.#open(options, next++, clock, tally, signal);
        if (client !== undefined) crowd.clients.push(client);
        onProgress();
      }
    };
    await Promise.all(Array.from({length: Math.min(openingMax, options.count)}, openSome));
    crowd.openedInMs = clock.now() - startedAt;
    return crowd;
  }

  /** One after the other. */
  next(): BenchClient {
    this.#turn = (this.#turn + 1) % this.clients.length;
    return this.clients[this.#turn] as BenchClient;
  }

  close(): void {
    for (const client of this.clients) client.close();
  }

  async #open(
    {url, headers, count}: CrowdOptions,
    index: number,
    clock: Clock,
    tally: Tally,
    signal: AbortSignal,
  ): Promise<BenchClient | undefined> {
    const localAddress = count > connectionsPerAddress ? sourceAddress(url, index) : undefined;
    try {
      return await BenchClient.open(
        url,
        {
          headers: {[headerDevice]: `bench-${index}`, [headerPlatform]: 'bench', ...headers},
          ...(localAddress !== undefined && {localAddress}),
          timeoutMs: openTimeoutMs,
          signal,
        },
        clock,
        tally,
      );
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
      return undefined;
    }
  }
}

/** An address of 127/8, where that is where we go. */
export function sourceAddress(url: string, index: number): string | undefined {
  const {hostname} = new URL(url);
  if (!isIPv4(hostname) || !hostname.startsWith('127.')) return undefined;
  return `127.0.0.${2 + Math.floor(index / connectionsPerAddress)}`;
}
