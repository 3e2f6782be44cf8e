// A client of a simulated node: acknowledges what it is sent, sooner or later, and sees to it that no message comes twice.

import type {Link, LinkMailbox} from '../../../src/fronts/rainbow/link.ts';
import {emptyBytes, type Packet, parsePacket} from '../../../src/protocol/packet.ts';
import {unframeAll} from '../../../test/support/unframe.ts';
import type {ClusterHarness} from './harness.ts';
import type {NodeClock} from './node-clock.ts';

/** The client, and its connection as the node has it. */
export class SimulatedClient implements Link {
  readonly bufferedBytes = 0;
  readonly isHeldUp = false;
  readonly identity: string;
  readonly channel: string;
  isOpen = false;
  /** When it was let in. */
  openedAt = Number.POSITIVE_INFINITY;
  /** Payloads that it has acknowledged. */
  readonly acknowledged = new Set<string>();
  /** Payloads that came, each with the id that it came under. */
  readonly received = new Map<string, number>();
  readonly #harness: ClusterHarness;
  readonly #clock: NodeClock;
  readonly #onGone: (client: SimulatedClient) => void;
  #mailbox: LinkMailbox | undefined;

  constructor(
    harness: ClusterHarness,
    clock: NodeClock,
    terms: {readonly identity: string; readonly channel: string},
    onGone: (client: SimulatedClient) => void,
  ) {
    this.#harness = harness;
    this.#clock = clock;
    this.identity = terms.identity;
    this.channel = terms.channel;
    this.#onGone = onGone;
  }

  reportTo(mailbox: LinkMailbox): void {
    this.#mailbox = mailbox;
  }

  admit(): void {
    this.isOpen = true;
    this.openedAt = this.#harness.clock.now();
  }

  refuse(): void {
    this.#end();
  }

  holdUp(): void {}

  send(frame: Uint8Array): void {
    const packets = unframeAll(Uint8Array.from(frame)).map((bytes) => parsePacket(bytes));
    this.#harness.later(this.#harness.latencyMs(), () => {
      for (const packet of packets) if (this.isOpen) this.#take(packet);
    });
  }

  ping(): void {
    this.#say({kind: 'heard'});
  }

  close(): void {
    this.leave();
  }

  terminate(): void {
    this.#end();
  }

  /** Goes, by its own will or by order. */
  leave(): void {
    this.#end();
    this.#clock.happen(() => {
      this.#mailbox?.tell({kind: 'closing'});
      this.#mailbox?.tell({kind: 'socketClosed'});
    });
  }

  /** Its node is no more. */
  lose(): void {
    this.#end();
  }

  #end(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#onGone(this);
  }

  #take(packet: ReturnType<typeof parsePacket>): void {
    if (packet.kind === 'rel') this.#say({kind: 'com', id: packet.id});
    if (packet.kind !== 'send') return;
    const payload = Buffer.from(packet.payload).toString();
    const known = this.received.get(payload);
    const isRepeat = packet.isDup && known === packet.id;
    if (known !== undefined && !isRepeat) this.#harness.note(`${payload} came twice to ${this.identity}`);
    this.received.set(payload, packet.id);
    if (packet.qos === 0) return;
    // Now and then only when asked again.
    if (known === undefined && this.#harness.networkModel.callsBroken > 0 && this.#harness.rng.chance(0.05)) return;
    const kind = packet.qos === 1 ? 'ack' : 'rec';
    this.#harness.later(this.#harness.rng.integer(0, 50), () => {
      if (!this.isOpen) return;
      this.acknowledged.add(payload);
      this.#say({kind, id: packet.id, reply: emptyBytes});
    });
  }

  #say(message: Packet | {readonly kind: 'heard'}): void {
    this.#harness.later(this.#harness.latencyMs(), () => {
      this.#clock.happen(() => {
        if (this.isOpen) this.#mailbox?.tell(message);
      });
    });
  }
}
