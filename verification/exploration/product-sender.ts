// The sending half of a connection (actors/outbound.ts) as the sender of a walk: with the ids, the retries and the timeouts
// that the walk chooses, where the product has a counter and a clock.

import {Delivery} from '../../src/actors/delivery.ts';
import {Outbound} from '../../src/actors/outbound.ts';
import {Publication} from '../../src/actors/publication.ts';
import {Sequences} from '../../src/actors/sequences.ts';
import type {ShardContext} from '../../src/actors/shard-context.ts';
import {RainbowConnection} from '../../src/fronts/rainbow/connection.ts';
import {messageIdMax, parsePacket} from '../../src/protocol/packet.ts';
import {packet} from '../../test/support/packets.ts';
import {RecordingLink, simulateGateway} from '../../test/support/simulated-gateway.ts';
import type {Entry} from './journal.ts';
import {wasConfirmed} from './ledger.ts';
import {decodePacket} from './packet-code.ts';
import {type Product, spellPacket} from './walk.ts';
import type {World} from './world.ts';

class ChosenSequences extends Sequences {
  next = 1;

  override nextMessageId(): number {
    return this.next;
  }
}

/** Answered when the walk says so. */
class WalkedPublication extends Publication {
  isOut = false;

  override get isAnswered(): boolean {
    return this.isOut;
  }
}

export class ProductSender implements Product {
  readonly #sequences = new ChosenSequences('walk');
  readonly #kit = simulateGateway();
  readonly #recipient = this.#kit.connect().actor;
  readonly #context: ShardContext;
  readonly #link = new RecordingLink();
  #outbound: Outbound;
  /** By message. */
  readonly #deliveries = new Map<number, Delivery>();

  constructor() {
    const {context} = this.#kit;
    // A retry is due when the walk says so. The walk also says when an id may be taken again: at this window the product
    // holds none back for late answers (actors/quarantined-ids.ts), which have tests of their own.
    this.#context = {
      ...context,
      sequences: this.#sequences,
      settings: {...context.settings, retryIntervalMs: 0, window: messageIdMax},
    };
    this.#outbound = this.#connect();
  }

  follow(world: World, entries: readonly Entry[]): readonly string[] {
    const [first] = entries;
    if (first === undefined) return [];
    if (first.kind === 'packet') this.#follow(world, first);
    else if (first.text.startsWith('the connection ends')) this.#reconnect();
    else if (first.text.endsWith('times out')) this.#timeOut(first.text.charCodeAt('publication of '.length) - 97);
    return this.#link.take();
  }

  compare(world: World): string | undefined {
    for (const [message, {isConfirmed}] of this.#deliveries) {
      const expected = wasConfirmed(world, message);
      if (isConfirmed !== expected)
        return `expected message ${message} to be confirmed: ${expected}, got ${isConfirmed}`;
    }
    return undefined;
  }

  #follow(world: World, entry: Extract<Entry, {readonly kind: 'packet'}>): void {
    if (entry.direction === 'backward' && entry.fate === 'arrives') this.#receive(world, entry.code);
    if (entry.direction === 'forward' && entry.fate === 'sent') this.#send(world, entry.code);
  }

  // A packet that answers none: a first transmission, or a retry.
  #send(world: World, code: number): void {
    const {kind, id, isDup, message} = decodePacket(code);
    if (kind === 'send' && !isDup) {
      this.#transmit(world, message, id);
      return;
    }
    const delivery = [...this.#deliveries.values()].find((one) => one.id === id && !one.isEnded);
    if (delivery !== undefined) this.#outbound.retry(delivery);
  }

  #transmit(world: World, message: number, id: number): void {
    const qos = world.spec.messages[message] ?? 1;
    this.#sequences.next = id;
    const payload = Uint8Array.of(97 + message);
    const request = {channel: 'room', identity: undefined, type: 1, qos, timeoutMs: 1e6, payload, wantsReplies: false};
    const delivery = new Delivery(new WalkedPublication(this.#context, request, 'walked', () => {}), this.#recipient);
    this.#deliveries.set(message, delivery);
    this.#outbound.accept(delivery);
  }

  #receive(world: World, code: number): void {
    const received = parsePacket(packet(spellPacket(world, code)));
    if (received.kind === 'ack' || received.kind === 'rec')
      this.#outbound.acknowledge(received.kind, received.id, received.reply);
    else if (received.kind === 'com') this.#outbound.complete(received.id);
  }

  #timeOut(message: number): void {
    const delivery = this.#deliveries.get(message);
    // One that the model never transmitted does not exist here yet.
    if (delivery === undefined || !(delivery.publication instanceof WalkedPublication)) return;
    delivery.publication.isOut = true;
    this.#outbound.timeOut(delivery);
  }

  #reconnect(): void {
    this.#outbound.close();
    this.#deliveries.clear();
    this.#outbound = this.#connect();
  }

  #connect(): Outbound {
    const subject = {number: 1, identity: 'walker', traced: undefined};
    return new Outbound(this.#context, subject, {front: new RainbowConnection(this.#kit.connections, this.#link)});
  }
}
