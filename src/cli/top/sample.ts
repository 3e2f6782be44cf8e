// One reading of a gateway for `rainbow top`: the facts of the node that answers, and the clients of its cluster that have
// something waiting.

import type {Connection} from '../../business/api-rows.ts';
import type {RainbowApi} from '../../business/rainbow-api.ts';
import {systemClock} from '../../core/clock.ts';

/** What one reading found. */
export interface Sample {
  /** Monotonic ms. */
  readonly at: number;
  readonly wallMs: number;
  readonly facts: Readonly<Record<string, unknown>>;
  /** Clients to which something is on its way or waiting, or whose calls run; of the first {@link rowsReadMax}. */
  readonly busy: readonly Connection[];
  readonly read: number;
  readonly total: number;
  readonly isPartial: boolean;
}

/** A larger gateway is read in part: every page costs it some time. */
export const rowsReadMax = 10_000;

export async function readSample(api: RainbowApi, signal: AbortSignal): Promise<Sample> {
  const facts = await api.serverInfo({signal});
  const at = systemClock.now();
  const list = api.connections({}, {pageSize: 1_000, signal});
  const busy: Connection[] = [];
  let read = 0;
  for await (const row of list) {
    if (row.inFlight + row.queued + row.bufferedBytes + row.inbound > 0) busy.push(row);
    if (++read === rowsReadMax) break;
  }
  return {at, wallMs: systemClock.wallNow(), facts, busy, read, total: list.total ?? read, isPartial: list.isPartial};
}
