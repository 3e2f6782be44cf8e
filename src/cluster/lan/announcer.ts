// When a node announces itself: at its start, each 10 s, soon after another one has joined, and once to say goodbye.

import type {Clock, Timer} from '../../core/clock.ts';
import type {Random} from '../../core/random.ts';
import {writeAnnouncement} from '../../protocol/announcement.ts';
import type {NodeKeys} from '../../protocol/node-proof.ts';

/** As the original. */
const announceEveryMs = 10_000;
/** A node that has just joined should not wait so long to hear of us; all of us at once would be a storm. */
const greetMsMin = 50;
const greetMsMax = 500;
const greetGapMs = 1_000;

/** What it is made of. */
export interface AnnouncerParts {
  readonly keys: NodeKeys;
  /** The id of this node. */
  readonly self: string;
  /** Of this node's HTTP API. */
  readonly port: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Sends a datagram to every port of `udp_ports`; `write` gets the address that it leaves from. */
  announce(write: (address: string) => Uint8Array): void;
}

/** Sends the announcements of this node. */
export class Announcer {
  readonly #parts: AnnouncerParts;
  #sequence = 0;
  #announcedAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(parts: AnnouncerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#announcedAt = this.#parts.clock.now();
    this.#send('online');
    this.#startIn(announceEveryMs);
  }

  /** Announces this node soon, for one that has just joined. */
  greet(): void {
    const {clock, random} = this.#parts;
    const waitedMs = clock.now() - this.#announcedAt;
    const delayMs = Math.max(greetGapMs - waitedMs, random.integer(greetMsMin, greetMsMax));
    if (waitedMs + delayMs < announceEveryMs) this.#startIn(delayMs);
  }

  /** Says goodbye. */
  stop(): void {
    this.#timer?.cancel();
    this.#send('offline');
  }

  #startIn(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.startTimer(delayMs, () => this.start());
  }

  #send(msgtype: 'online' | 'offline'): void {
    const {keys, self: node, port, clock} = this.#parts;
    const sequence = ++this.#sequence;
    const wallMs = clock.wallNow();
    this.#parts.announce((address) => writeAnnouncement(keys, {msgtype, port}, {node, address, sequence, wallMs}));
  }
}
