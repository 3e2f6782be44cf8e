// Which nodes the cluster has, as this node finds out: by their announcements, by the configuration, and by asking each
// for /hello/ before it counts. One for each node, in its main thread; the threads are told of each change.
//
//   datagram --> announcement? signed? in time? new? --> node at (source address, announced port) --> /hello/ --> up
//
// Everything from the network is bounded: datagrams read a second, addresses remembered, questions under way. A datagram
// makes this node ask its source and nobody else, at a port of `udp_ports`, one question at a time.

import type {Clock, Timer} from '../core/clock.ts';
import type {Counters} from '../core/counters.ts';
import type {Random} from '../core/random.ts';
import {type AnnouncementReading, readAnnouncement, writeAnnouncement} from '../protocol/announcement.ts';
import {type HelloAnswer, judgeHello} from './hello.ts';
import {type HelloFinding, type LanEvent, LanNode, type LanNodeParts} from './lan-node.ts';
import type {NodeList} from './node-transport.ts';
import {NonceMemory} from './nonce-memory.ts';
import {Refusals} from './refusals.ts';

/** As the original. */
const announceEveryMs = 10_000;
/** A node that has just joined should not wait so long to hear of us; all of us at once would be a storm. */
const greetMsMin = 50;
const greetMsMax = 500;
const greetGapMs = 1_000;
/** An address that did not answer is not asked again sooner, however often it announces itself. */
const probeGapMs = 1_000;
/** Addresses known at a time, and questions under way to those that are not up. */
export const nodesMax = 256;
export const probesMax = 16;

/** The configuration that concerns it. */
export interface DiscoverySettings {
  readonly securityToken: string;
  readonly udpPorts: readonly number[];
  readonly peers: readonly string[];
  readonly clusterOpen: boolean;
  readonly peerTimeoutMs: number;
}

/** What the discovery is made of. */
export interface DiscoveryParts {
  readonly settings: DiscoverySettings;
  /** The id of this node. */
  readonly self: string;
  /** Of this node's HTTP API. */
  readonly port: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  /** Sends a datagram to every port of `udp_ports`. */
  announce(datagram: Uint8Array): void;
  /** Asks for /hello/ once; `settle` gets the answer, not after it was given up by what this returns. */
  ask(origin: string, nonce: string, settle: (answer: HelloAnswer | undefined) => void): () => void;
  /** Told of each change, with all nodes that are called from now on. */
  changed(list: NodeList): void;
  /** For the log: an event and its fields. */
  report(event: string, fields: Readonly<Record<string, unknown>>): void;
}

/** See the head of this file. */
export class Discovery {
  readonly #parts: DiscoveryParts;
  readonly #nodes = new Map<string, LanNode>();
  readonly #nonces: NonceMemory;
  readonly #refusals: Refusals;
  readonly #nodeParts: LanNodeParts;
  #announcedAt = Number.NEGATIVE_INFINITY;
  #announceTimer: Timer | undefined;
  #isStopped = false;

  constructor(parts: DiscoveryParts) {
    const {clock, settings} = parts;
    this.#parts = parts;
    this.#nonces = new NonceMemory(clock);
    this.#refusals = new Refusals(parts);
    this.#nodeParts = {
      clock,
      peerTimeoutMs: settings.peerTimeoutMs,
      ask: (node, settle) => this.#ask(node, settle),
      joined: (node) => this.#joined(node),
      left: (node, cause, isLost) => this.#left(node, cause, isLost),
      // One of the configuration stays: it is this very node, and need not be asked again.
      gone: ({origin, isConfigured}) => {
        if (!isConfigured) this.#nodes.delete(origin);
      },
    };
  }

  /** Announces this node, and asks those that stand in the configuration. */
  start(): void {
    const {settings} = this.#parts;
    if (settings.udpPorts.length > 0) this.#announce();
    for (const place of settings.peers) {
      const node = new LanNode(`http://${place}`, true, this.#nodeParts);
      this.#nodes.set(`configured ${node.origin}`, node);
      node.watch();
    }
  }

  /** Says goodbye, and forgets everybody. */
  stop(): void {
    this.#isStopped = true;
    this.#announceTimer?.cancel();
    for (const node of this.#nodes.values()) node.stop();
    this.#nodes.clear();
    this.#refusals.stop();
    if (this.#parts.settings.udpPorts.length > 0) this.#send('offline');
  }

  /** Takes a datagram from `address`, whatever it is. */
  hear(datagram: Uint8Array, address: string): void {
    if (this.#isStopped) return;
    const {settings, clock} = this.#parts;
    if (!this.#refusals.mayRead()) {
      this.#refusals.note('tooMany', address);
      return;
    }
    const reading = readAnnouncement(settings.securityToken, datagram, clock.wallNow());
    const fault = this.#faultOf(reading);
    if (fault === 'own') return;
    if (fault !== undefined || reading.kind === 'refused') this.#refusals.note(fault ?? 'garbage', address);
    else this.#heard(reading, `http://${address}:${reading.port}`);
  }

  /** A call to the node failed, or waits for long. */
  doubt(id: string): void {
    for (const node of this.#nodes.values()) if (node.isUp && node.place.node === id) node.tell('call.doubted');
  }

  #faultOf(reading: AnnouncementReading): string | undefined {
    const {settings, self} = this.#parts;
    if (reading.kind === 'refused') return reading.reason;
    if (reading.kind === 'signed' && reading.node === self) return 'own';
    if (!settings.udpPorts.includes(reading.port)) return 'port';
    if (reading.kind === 'unsigned') return settings.clusterOpen ? undefined : 'unsigned';
    return this.#nonces.isNew(reading.nonce) ? undefined : 'repeated';
  }

  #heard(said: Exclude<AnnouncementReading, {kind: 'refused'}>, origin: string): void {
    const id = said.kind === 'signed' ? said.node : undefined;
    const node = this.#nodes.get(origin);
    // What nobody has signed says nothing of a node that signs.
    if (id === undefined && node?.isUp === true && node.id !== undefined) {
      this.#refusals.note('unsigned', origin);
      return;
    }
    this.#parts.counters.announcements++;
    if (said.msgtype === 'offline') {
      for (const [key, other] of this.#nodes) {
        if (id === undefined ? key === origin : other.id === id) other.tell('announcement.offline');
      }
      return;
    }
    const found = node ?? this.#makeRoomFor(origin);
    if (found === undefined) return;
    // Another node lives there now: it was started anew.
    const isNew = found.id !== id;
    if (isNew) found.tell('announcement.offline');
    found.id = id;
    found.heard();
    const {clock} = this.#parts;
    if (!isNew && found.isAway && clock.now() - found.askedAt < probeGapMs) return;
    if (!found.isUp && !found.isProbing && this.#probing() >= probesMax) return;
    found.tell('announcement.online');
  }

  /** A node of that address; where there is no room, in the place of one that does not answer. */
  #makeRoomFor(origin: string): LanNode | undefined {
    if (this.#nodes.size >= nodesMax) {
      const [idle] = [...this.#nodes].filter(([, {isAway, isConfigured}]) => isAway && !isConfigured);
      if (idle === undefined) {
        this.#refusals.note('tooMany', origin);
        return undefined;
      }
      idle[1].stop();
      this.#nodes.delete(idle[0]);
    }
    const node = new LanNode(origin, false, this.#nodeParts);
    this.#nodes.set(origin, node);
    return node;
  }

  #probing(): number {
    return [...this.#nodes.values()].filter(({isProbing}) => isProbing).length;
  }

  #ask(node: LanNode, settle: (finding: HelloFinding | undefined) => void): () => void {
    const {random, settings, self} = this.#parts;
    const nonce = random.hex(16);
    return this.#parts.ask(node.origin, nonce, (answer) => {
      const question = {...settings, self, nonce, expected: node.id};
      const verdict = answer && judgeHello(answer, question);
      if (verdict?.kind === 'refused') {
        this.#parts.counters.nodesRefused++;
        this.#parts.report('cluster.nodeRefused', {origin: node.origin});
      }
      const isKnown = verdict?.kind === 'node' && this.#isUpElsewhere(verdict.node, node);
      settle(isKnown ? {kind: 'known'} : verdict);
    });
  }

  #isUpElsewhere(id: string, node: LanNode): boolean {
    return [...this.#nodes.values()].some((other) => other !== node && other.isUp && other.id === id);
  }

  #joined(node: LanNode): void {
    this.#parts.counters.nodesJoined++;
    this.#parts.report('cluster.nodeJoined', {...node.place});
    this.#tellChange([]);
    if (this.#parts.settings.udpPorts.length > 0) this.#greet();
  }

  #left(node: LanNode, cause: LanEvent, isLost: boolean): void {
    const {place} = node;
    const isGone = cause === 'announcement.offline' || cause === 'clock.silent';
    if (isGone) this.#parts.counters.nodesLeft++;
    else this.#parts.counters.nodesLost++;
    this.#parts.report(isGone ? 'cluster.nodeLeft' : 'cluster.nodeLost', {...place, cause});
    // Whoever answers there next may be another.
    if (node.isConfigured) node.id = undefined;
    this.#tellChange(isLost ? [place.node] : []);
  }

  #tellChange(lost: readonly string[]): void {
    const places = [...this.#nodes.values()].filter(({isUp}) => isUp).map(({place}) => place);
    this.#parts.changed({places, lost});
  }

  /** Announces this node soon, for one that has just joined. */
  #greet(): void {
    const {clock, random} = this.#parts;
    const waitedMs = clock.now() - this.#announcedAt;
    const delayMs = Math.max(greetGapMs - waitedMs, random.integer(greetMsMin, greetMsMax));
    if (waitedMs + delayMs < announceEveryMs) this.#announceIn(delayMs);
  }

  #announce(): void {
    this.#announcedAt = this.#parts.clock.now();
    this.#send('online');
    this.#announceIn(announceEveryMs);
  }

  #announceIn(delayMs: number): void {
    this.#announceTimer?.cancel();
    this.#announceTimer = this.#parts.clock.startTimer(delayMs, () => this.#announce());
  }

  #send(msgtype: 'online' | 'offline'): void {
    const {settings, self, port, clock, random} = this.#parts;
    const announcement = {msgtype, port} as const;
    const datagram = writeAnnouncement(settings.securityToken, announcement, self, clock.wallNow(), random.hex(8));
    this.#parts.announce(datagram);
  }
}
