// Which nodes the cluster has, as this node finds out: by their announcements, by the configuration, and by asking each
// for /hello/ before it counts. One for each node, in its main thread; the threads are notified of each change.
//
//   datagram --> hearing.ts --> node at (source address, announced port) --> /hello/ --> up: it is called
//                                                                                  \--> missing: answers are partial
//
// Everything from the network is bounded: datagrams read a second, addresses remembered, questions under way. A datagram
// makes this node ask only its source, at a port of `udp_ports`, one question at a time.

import type {Counters} from '../../core/counters.ts';
import {AbsentNodes} from './absent-nodes.ts';
import {Announcer, type AnnouncerParts} from './announcer.ts';
import {type DatagramSource, type Heard, Hearing} from './hearing.ts';
import {askingHello, type HelloAnswer, type HelloFailure, type HelloQuestion, judgeHello} from './hello.ts';
import {type HelloFinding, type LanEvent, LanNode, type LanNodeParts, silenceMs} from './lan-node.ts';
import {NodeListing} from './node-listing.ts';
import {NodeNotices} from './node-notices.ts';
import type {NodeList} from './node-transport.ts';

/** An address that did not answer is not asked again sooner, however often it announces itself. */
const probeGapMs = 1_000;
/** Addresses known at a time, and questions under way to those that are not up. */
export const nodesMax = 256;
export const probesMax = 16;
/**
 * How far the clock of an announcement may be from ours for the node to be missed if it does not answer. A captured one can
 * be sent again, with a forged source, long after its node has gone: this bounds for how long that makes answers partial.
 * A node that answers is taken in whatever its clock says.
 */
export const plausibleSkewMs = 300_000;
/** An announcement this far from the measured clock has the node asked, which measures it again. */
const driftMs = 3_000;

/** The configuration that concerns it. */
export interface DiscoverySettings {
  readonly udpPorts: readonly number[];
  readonly peers: readonly string[];
  readonly clusterOpen: boolean;
  readonly clusterAddress: string;
  readonly peerTimeoutMs: number;
}

/** What the discovery is made of. */
export interface DiscoveryParts extends AnnouncerParts {
  readonly settings: DiscoverySettings;
  readonly counters: Counters;
  /** Asks for /hello/ once. `settle` gets the outcome, unless the returned function has cancelled the question. */
  ask(origin: string, question: HelloQuestion, settle: (answer: HelloAnswer | HelloFailure) => void): () => void;
  /** Called on each change, with all nodes that are called from now on. */
  changed(list: NodeList): void;
  /** For the log: an event and its fields; `warn` where an operator should look. */
  report(event: string, fields: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Finds the other nodes of the cluster and reports each change. */
export class Discovery {
  readonly #parts: DiscoveryParts;
  readonly #nodes = new Map<string, LanNode>();
  /** From which address and port the announcements of a node come. */
  readonly #sources = new Map<string, LanNode>();
  readonly #absent: AbsentNodes;
  readonly #hearing: Hearing;
  readonly #notices: NodeNotices;
  readonly #listing: NodeListing;
  readonly #nodeParts: LanNodeParts;
  /** Undefined where there is no port to announce this node at. */
  readonly #announcer: Announcer | undefined;
  #isStopped = false;

  constructor(parts: DiscoveryParts) {
    const {clock, settings} = parts;
    this.#parts = parts;
    this.#absent = new AbsentNodes(clock, () => this.#publish());
    this.#notices = new NodeNotices(parts);
    this.#listing = new NodeListing((list) => parts.changed(list));
    this.#announcer = settings.udpPorts.length > 0 ? new Announcer(parts) : undefined;
    this.#hearing = new Hearing({
      ...parts,
      clusterOpen: settings.clusterOpen,
      isNode: (source) => this.#sources.get(keyOf(source))?.isUp === true,
    });
    this.#nodeParts = {
      clock,
      peerTimeoutMs: settings.peerTimeoutMs,
      mayProbe: () => this.#mayProbe(),
      ask: (node, settle) => this.#ask(node, settle),
      joined: (node) => {
        this.#notices.joined(node);
        this.#announcer?.greet();
      },
      left: (node, cause, isLost) => this.#left(node, cause, isLost),
      updated: (node) => {
        this.#notices.look(node);
        this.#publish();
      },
      // One of the configuration stays: it is this very node, and need not be asked again.
      gone: (node) => {
        if (!node.isConfigured) this.#forget(node.origin, node);
      },
    };
  }

  /** Announces this node, and asks those that stand in the configuration. */
  start(): void {
    this.#announcer?.start();
    for (const place of this.#parts.settings.peers) {
      const node = new LanNode(`http://${place}`, true, this.#nodeParts);
      this.#nodes.set(`configured ${node.origin}`, node);
      node.tell('clock.probeDue');
    }
  }

  /** Says goodbye, and forgets everybody. */
  stop(): void {
    this.#isStopped = true;
    for (const node of this.#nodes.values()) node.stop();
    this.#nodes.clear();
    this.#sources.clear();
    this.#absent.stop();
    this.#hearing.stop();
    this.#announcer?.stop();
  }

  /** Takes a datagram from there, whatever it is. */
  hear(datagram: Uint8Array, source: DatagramSource): void {
    if (this.#isStopped) return;
    const heard = this.#hearing.hear(datagram, source);
    if (heard === undefined) return;
    const origin = `http://${source.address}:${heard.port}`;
    switch (heard.kind) {
      case 'signed':
        this.#heardSigned(heard, origin, source);
        return;
      case 'unsigned':
        this.#heardUnsigned(heard, origin, source);
        return;
      case 'otherVersion':
        this.#heardAbsent(heard, origin, 'it speaks the node protocol of version 0.1.0: update it');
        return;
    }
  }

  /** A call to the node failed, or waits for long. */
  doubt(id: string): void {
    for (const node of this.#nodes.values()) if (node.isUp && node.place.node === id) node.tell('call.doubted');
  }

  #heardSigned(said: Extract<Heard, {kind: 'signed'}>, origin: string, source: DatagramSource): void {
    const {settings, clock, counters} = this.#parts;
    const id = said.node;
    const isListed = settings.udpPorts.includes(said.port);
    if (isListed) counters.announcements++;
    if (said.msgtype === 'offline') {
      this.#absent.remove(id);
      for (const node of [...this.#nodes.values()]) {
        if (node.isUp ? node.id === id : node.announcedId === id) node.tell('announcement.offline');
      }
      return;
    }
    if (!isListed) {
      this.#hearing.refuse('port', source);
      this.#heardAbsent(said, origin, `its port ${said.port} is not in udp_ports`);
      return;
    }
    const node = this.#nodes.get(origin) ?? this.#makeRoomFor(origin);
    if (node === undefined) {
      this.#hearing.refuse('tooMany', source);
      this.#heardAbsent(said, origin, `there is no room for more than ${nodesMax} nodes`);
      return;
    }
    this.#absent.remove(id);
    this.#comesFrom(node, source);
    const skewMs = said.wallMs - clock.wallNow() - node.clockOffsetMs;
    const isOther = (node.isUp ? node.id : node.announcedId) !== id;
    node.announcedId = id;
    // Another node seems to live there now; whether it does, the answer says.
    if (node.isUp && isOther) {
      node.tell('clock.probeDue');
      return;
    }
    node.heard(Math.abs(skewMs) < plausibleSkewMs);
    if (!node.isUp) this.#askAgain(node, isOther);
    else if (Math.abs(skewMs) > driftMs) node.tell('clock.probeDue');
    this.#publish();
  }

  /** An unsigned announcement is no evidence about a node that signs. */
  #heardUnsigned(said: Extract<Heard, {kind: 'unsigned'}>, origin: string, source: DatagramSource): void {
    const known = this.#nodes.get(origin);
    if (known !== undefined && (known.id !== undefined || known.announcedId !== undefined)) {
      this.#hearing.refuse('unsigned', source);
      return;
    }
    const isListed = this.#parts.settings.udpPorts.includes(said.port);
    if (isListed) this.#parts.counters.announcements++;
    if (said.msgtype === 'offline') {
      known?.tell('announcement.offline');
      return;
    }
    const node = isListed ? (known ?? this.#makeRoomFor(origin)) : undefined;
    if (node === undefined) {
      this.#hearing.refuse(isListed ? 'tooMany' : 'port', source);
      return;
    }
    this.#comesFrom(node, source);
    node.heard(false);
    if (!node.isUp) this.#askAgain(node, false);
  }

  /** A node that holds the token, and cannot be called. */
  #heardAbsent(said: Exclude<Heard, {kind: 'unsigned'}>, origin: string, cause: string): void {
    if (said.msgtype === 'offline') {
      this.#absent.remove(said.node);
      return;
    }
    if (Math.abs(said.wallMs - this.#parts.clock.wallNow()) >= plausibleSkewMs) return;
    const server = origin.slice('http://'.length);
    const isNew = this.#absent.heard(said.node, {server, cause}, silenceMs);
    if (isNew) this.#parts.warn('cluster.nodeRefused', {server, node: said.node, cause});
  }

  #askAgain(node: LanNode, isOther: boolean): void {
    if (!isOther && node.sinceAskedMs < probeGapMs) return;
    if (!node.isProbing && this.#mayProbe()) node.tell('announcement.online');
  }

  #mayProbe(): boolean {
    return [...this.#nodes.values()].filter(({isProbing}) => isProbing).length < probesMax;
  }

  /** A node of that address; where there is no room, in the place of one with which nothing is lost. */
  #makeRoomFor(origin: string): LanNode | undefined {
    if (this.#nodes.size >= nodesMax) {
      const [idle] = [...this.#nodes].filter(([, {isIdle}]) => isIdle);
      if (idle === undefined) return undefined;
      idle[1].stop();
      this.#forget(...idle);
    }
    const node = new LanNode(origin, false, this.#nodeParts);
    this.#nodes.set(origin, node);
    return node;
  }

  #forget(key: string, node: LanNode): void {
    this.#nodes.delete(key);
    if (node.source !== undefined) this.#sources.delete(node.source);
  }

  #comesFrom(node: LanNode, source: DatagramSource): void {
    if (node.source !== undefined) this.#sources.delete(node.source);
    node.source = keyOf(source);
    this.#sources.set(node.source, node);
  }

  #ask(node: LanNode, settle: (finding: HelloFinding | HelloFailure) => void): () => void {
    const {random, settings, self, keys, clock} = this.#parts;
    const question = askingHello(keys, self, random.hex(16));
    const askedAt = clock.wallNow();
    return this.#parts.ask(node.origin, question, (answer) => {
      if ('failure' in answer) {
        settle(answer);
        return;
      }
      const mayBeOriginal = settings.clusterOpen && node.announcedId === undefined && node.id === undefined;
      const verdict = judgeHello(answer, {...settings, keys, question, mayBeOriginal});
      if (verdict.kind === 'refused') this.#parts.counters.nodesRefused++;
      if (verdict.kind !== 'node') settle(verdict);
      else if (this.#isUpElsewhere(verdict.node, node)) settle({kind: 'known'});
      // What it said was true somewhere between question and answer.
      else settle({...verdict, clockOffsetMs: Math.round(verdict.wallMs - (askedAt + clock.wallNow()) / 2)});
    });
  }

  #isUpElsewhere(id: string, node: LanNode): boolean {
    return [...this.#nodes.values()].some((other) => other !== node && other.isUp && other.id === id);
  }

  #left(node: LanNode, cause: LanEvent, isLost: boolean): void {
    this.#notices.left(node, cause, isLost);
    if (isLost) this.#listing.lose(node.place.node);
    // Another node may answer at this address next.
    if (node.isConfigured) node.id = undefined;
  }

  #publish(): void {
    if (!this.#isStopped) this.#listing.publish([...this.#nodes.values()], this.#absent.all);
  }
}

function keyOf({address, port}: DatagramSource): string {
  return `${address}:${port}`;
}
