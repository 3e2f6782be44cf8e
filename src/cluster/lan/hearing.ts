// What a node hears: from a datagram of anybody to an announcement that counts. Everything else is counted and ends here.
//
//   datagram --> could it be one? --> budget of its source --> signed? from its own address? not our own? new? --> heard

import type {Clock} from '../../core/clock.ts';
import type {Counters} from '../../core/counters.ts';
import {type AnnouncementReading, mayBeAnnouncement, readAnnouncement} from '../../protocol/announcement.ts';
import type {NodeKeys} from '../../protocol/node-proof.ts';
import {AnnouncementMemory} from './announcement-memory.ts';
import {DatagramBudget} from './datagram-budget.ts';
import {RateLimitedLog} from './rate-limited-log.ts';

/** An announcement that counts. */
export type Heard = Exclude<AnnouncementReading, {readonly kind: 'refused'}>;

/** Where a datagram came from. */
export interface DatagramSource {
  readonly address: string;
  readonly port: number;
}

/** What it is made of. */
export interface HearingParts {
  readonly keys: NodeKeys;
  /** The id of this node. */
  readonly self: string;
  readonly clusterOpen: boolean;
  readonly clock: Clock;
  readonly counters: Counters;
  /** Whether announcements of a node that is up come from there. */
  isNode(source: DatagramSource): boolean;
  report(event: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Turns datagrams into announcements that count, and refuses the rest. */
export class Hearing {
  readonly #parts: HearingParts;
  readonly #budget: DatagramBudget;
  readonly #memory: AnnouncementMemory;
  readonly #refusals: RateLimitedLog;

  constructor(parts: HearingParts) {
    this.#parts = parts;
    this.#budget = new DatagramBudget(parts.clock);
    this.#memory = new AnnouncementMemory(parts.clock);
    this.#refusals = new RateLimitedLog(parts);
  }

  /** The announcement in a datagram, where there is one that counts. */
  hear(datagram: Uint8Array, source: DatagramSource): Heard | undefined {
    const reading = this.#read(datagram, source, this.#parts.keys);
    const fault = this.#faultOf(reading);
    if (fault === 'own') return undefined;
    if (fault !== undefined || reading.kind === 'refused') {
      this.refuse(fault ?? 'garbage', source);
      return undefined;
    }
    return reading;
  }

  /** Counts a datagram that is refused. */
  refuse(reason: string, {address, port}: DatagramSource): void {
    this.#refusals.note(reason, `${address}:${port}`);
  }

  stop(): void {
    this.#refusals.stop();
  }

  #read(datagram: Uint8Array, source: DatagramSource, keys: NodeKeys): AnnouncementReading | typeof tooMany {
    if (!mayBeAnnouncement(datagram)) return garbage;
    if (!this.#budget.mayRead(source.address, source.port, this.#parts.isNode(source))) return tooMany;
    return readAnnouncement(keys, datagram, source.address);
  }

  #faultOf(reading: AnnouncementReading | typeof tooMany): string | undefined {
    switch (reading.kind) {
      case 'refused':
        return reading.reason;
      case 'unsigned':
        return this.#parts.clusterOpen ? undefined : 'unsigned';
      case 'otherVersion':
        return undefined;
      case 'signed':
        if (reading.node === this.#parts.self) return 'own';
        if (!this.#memory.isNews(reading.node, reading.sequence)) return 'repeated';
        if (reading.msgtype === 'offline') this.#memory.depart(reading.node);
        return undefined;
    }
  }
}

const garbage = {kind: 'refused', reason: 'garbage'} as const;
const tooMany = {kind: 'refused', reason: 'tooMany'} as const;
