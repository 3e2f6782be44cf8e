// A connection as the page knows it, from the roster and from its packets. Never changed but replaced.

import {isStray} from '../../story/stray-packet.ts';
import type {PacketEvent, RosterRow} from '../../story/trace.ts';

/** A connection as far as it is known. */
export interface Connection {
  /** `thread:number`. */
  readonly key: string;
  readonly identity: string;
  readonly state: string;
  readonly channels: readonly string[];
  readonly channelCount: number;
  readonly inFlight: number;
  readonly queued: number;
  readonly inbound: number;
  readonly bufferedBytes: number;
  /** When it was last heard of. */
  readonly heardAt: number;
  /** Packets of the running second, when that began, and the rate of the second before. */
  readonly packets: number;
  readonly packetsSince: number;
  readonly packetsPerSecond: number;
  /** Packets of the client that no message has, as far as they were traced. */
  readonly strays: number;
}

/** `thread:number`. */
export function keyOf({thread, connection}: {readonly thread: number; readonly connection: number}): string {
  return `${thread}:${connection}`;
}

/** One of which nothing is known but its name. */
export function unknown(key: string, {identity}: {readonly identity: string}): Connection {
  return {
    key,
    identity,
    state: '',
    channels: [],
    channelCount: 0,
    inFlight: 0,
    queued: 0,
    inbound: 0,
    bufferedBytes: 0,
    heardAt: Number.NaN,
    packets: 0,
    packetsSince: Number.NEGATIVE_INFINITY,
    packetsPerSecond: 0,
    strays: 0,
  };
}

/** As a row of the roster has it. */
export function listed(known: Connection, row: RosterRow, at: number): Connection {
  const {identity, state, channels, channelCount, inFlight, queued, inbound, bufferedBytes, silentMs} = row;
  const isStill = at - known.packetsSince >= 2_000;
  return {
    ...known,
    identity,
    state,
    channels,
    channelCount,
    inFlight,
    queued,
    inbound,
    bufferedBytes,
    heardAt: at - silentMs,
    packetsPerSecond: isStill ? 0 : known.packetsPerSecond,
  };
}

/** After one more packet. */
export function passed(known: Connection, event: PacketEvent): Connection {
  const isNewSecond = event.at - known.packetsSince >= 1_000;
  return {
    ...known,
    heardAt: event.direction === 'in' ? event.at : known.heardAt,
    packets: isNewSecond ? 1 : known.packets + 1,
    packetsSince: isNewSecond ? event.at : known.packetsSince,
    packetsPerSecond: isNewSecond
      ? Math.round((known.packets * 1_000) / Math.max(1_000, event.at - known.packetsSince))
      : known.packetsPerSecond,
    strays: known.strays + (isStray(event) ? 1 : 0),
  };
}
