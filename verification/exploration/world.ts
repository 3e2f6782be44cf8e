// One state of the delivery models: what both ends hold, what is on the link, and what an observer outside knows. All of
// it is small numbers, so that a state's key is a short string.

import type {Qos} from '../../src/protocol/packet.ts';
import type {Entry, Journaled} from './journal.ts';
import type {PropertyName} from './properties.ts';

/** A link between the two ends. Both directions are alike. */
export interface LinkSpec {
  /**
   * `ordered`: as TCP. `perId`: packets of one id keep their order, those of different ids do not. `free`: any packet may
   * overtake any other.
   */
  readonly order: 'ordered' | 'perId' | 'free';
  readonly isLossy: boolean;
  readonly isDuplicating: boolean;
}

/** What is explored. */
export interface WorldSpec {
  /** The QoS of each message, in the order in which they are sent. */
  readonly messages: readonly (1 | 2)[];
  readonly ids: number;
  readonly link: LinkSpec;
  /** Packets on both directions of the link at which nothing is sent but answers. */
  readonly packetsMax: number;
  /** Whether a sender sends again what is not acknowledged. */
  readonly isRetrying: boolean;
  /**
   * When an id may be taken again: as soon as its flow has ended, or once it is also quiet: no packet with it is on the
   * link, and nothing of it is under way at the receiver.
   */
  readonly reuse: 'atOnce' | 'quiet';
  /** Whether a sender takes a REC only once no copy of the SEND is on the link any more. */
  readonly isRelPatient: boolean;
  /** Whether publications time out. Only the gateway's own do. */
  readonly isTimed: boolean;
  /** Whether calls to the business server may fail, having been processed or not. */
  readonly isFailing: boolean;
  /** Connections that follow the first, each a clean start. */
  readonly reconnects: 0 | 1;
  /** Whether a client may give a QoS 2 message up, by a REL before its REC. */
  readonly mayGiveUp?: boolean;
  /** Properties not looked at, so that a mutant shows what it leads to, and not the packet that began it. */
  readonly ignored?: readonly PropertyName[];
}

/** Takes one move: calls `change` with a copy of the state. */
export type Step = (change: (next: World) => void) => void;

/** Whether a flow may be left waiting for the connection's end: an answer was lost, and its message has timed out. */
export function mayStayOverdue(spec: WorldSpec): boolean {
  return spec.isTimed && (spec.link.isLossy || spec.isFailing);
}

export class World implements Journaled {
  readonly spec: WorldSpec;
  /** Connections ended so far. */
  epoch = 0;
  /** 1 + the place of the broken property in the ledger's list; 0 where all hold. */
  fault = 0;
  /** The observer's notes, one number a message; see ledger.ts. */
  ledger: number[];
  sender: number[];
  receiver: number[];
  /** Packets from sender to receiver, and back. */
  forward: number[];
  backward: number[];
  /** Where a trace is being written. */
  journal: Entry[] | undefined;

  constructor(spec: WorldSpec, sender: number[], receiver: number[]) {
    this.spec = spec;
    this.ledger = spec.messages.map(() => 0);
    this.sender = sender;
    this.receiver = receiver;
    this.forward = [];
    this.backward = [];
  }

  clone(): World {
    const copy = new World(this.spec, this.sender.slice(), this.receiver.slice());
    copy.epoch = this.epoch;
    copy.fault = this.fault;
    copy.ledger = this.ledger.slice();
    copy.forward = this.forward.slice();
    copy.backward = this.backward.slice();
    copy.journal = this.journal;
    return copy;
  }

  /** Packets on the link. */
  get packets(): number {
    return this.forward.length + this.backward.length;
  }

  /** Whether a packet that answers none may be sent. */
  get hasRoom(): boolean {
    return this.packets < this.spec.packetsMax;
  }

  qosOf(message: number): Qos {
    return this.spec.messages[message] as Qos;
  }
}

/** The key of a state. */
export function encodeWorld(world: World): string {
  const {ledger, sender, receiver, forward} = world;
  return String.fromCharCode(
    world.epoch | (world.fault << 1),
    ...ledger,
    ...sender,
    receiver.length,
    ...receiver,
    forward.length,
    ...forward,
    ...world.backward,
  );
}

/** The state of a key. */
export function decodeWorld(spec: WorldSpec, key: string, senderLength: number): World {
  let at = 0;
  const take = (count: number): number[] => {
    const numbers = new Array<number>(count);
    for (let index = 0; index < count; index++) numbers[index] = key.charCodeAt(at + index);
    at += count;
    return numbers;
  };
  const head = key.charCodeAt(at++);
  const ledger = take(spec.messages.length);
  const world = new World(spec, take(senderLength), []);
  world.epoch = head & 1;
  world.fault = head >> 1;
  world.ledger = ledger;
  world.receiver = take(key.charCodeAt(at++));
  world.forward = take(key.charCodeAt(at++));
  world.backward = take(key.length - at);
  return world;
}
