// One connection of a legacy client. The scenario takes each of its steps, or the client acknowledges by itself once
// that is switched on. Whatever it sends and gets is entered in the ledger.

import type {Lifetime} from '../../../test/support/lifetime.ts';
import {type Parsed, parse} from '../../../test/support/packets.ts';
import {handshake, type RawClient} from '../../../test/support/raw-client.ts';
import type {Ledger} from './ledger.ts';

/** Which client connects, and where. */
export interface MemberOptions {
  /** Of the gateway, or of a proxy before it. */
  readonly port: number;
  readonly device: string;
  readonly ledger: Ledger;
}

/** A message of its own. */
export interface Sending {
  readonly qos: 0 | 1 | 2;
  readonly id: number;
  readonly text: string;
}

export class Member {
  readonly raw: RawClient;
  /** As the ledger counts them. */
  readonly number: number;
  /** Called for each ACK and REC to a message of its own. */
  onConfirmed: ((sending: Sending) => void) | undefined;
  readonly #ledger: Ledger;
  /** By id, the oldest first: an id may be taken again before it was answered. */
  readonly #sendings = new Map<number, Sending[]>();
  /** By id: the latest message of the gateway. */
  readonly #received = new Map<number, string>();
  #isAcknowledging = false;
  #lastId = 0;
  #sent = 0;

  private constructor(raw: RawClient, number: number, ledger: Ledger) {
    this.raw = raw;
    this.number = number;
    this.#ledger = ledger;
    // What came right behind the answer to the handshake is here already.
    const early = raw.packets.drain();
    raw.onPacket = (bytes) => this.#take(bytes);
    for (const bytes of early) this.#take(bytes);
    raw.onPing = (payload) => raw.sendPong(payload);
  }

  /** Connects; rejects where the gateway refuses. */
  static async join(lifetime: Lifetime, {port, device, ledger}: MemberOptions): Promise<Member> {
    const number = ledger.connecting();
    const {client, answer} = await handshake(lifetime, port, {headers: {'X-DEVICEID': device}});
    if (answer.status !== 101) throw new Error(`Expected 101, got ${answer.status}`);
    return new Member(client, number, ledger);
  }

  /** Sends a new message, with a text that no other has; `id` where it is to be a certain one. */
  send(qos: 0 | 1 | 2, id = ++this.#lastId): Sending {
    const text = `message ${++this.#sent} of connection ${this.number}`;
    const sending = {qos, text, id};
    this.#ledger.sent(text, qos, this.number);
    this.#sendings.set(id, [...(this.#sendings.get(id) ?? []), sending]);
    this.raw.sendMessage({qos, id, payload: text});
    return sending;
  }

  /** Sends it again, with DUP. */
  repeat({qos, id, text}: Sending): void {
    this.raw.sendMessage({qos, id, payload: text, dup: true});
  }

  /** The next answer to its id is meant for a later message. */
  giveUp({id}: Sending): void {
    this.#sendings.get(id)?.shift();
  }

  /** Answers a SEND of the gateway. */
  answer(kind: 'ack' | 'rec', id: number): void {
    this.#ledger.acknowledges(this.#received.get(id) ?? '', this.number);
    this.raw.sendAnswer(kind, id, 'got it');
  }

  /** The next packet of this kind; others are passed over. */
  async next(command: Parsed['command']): Promise<Parsed> {
    return await this.#find((packet) => packet.command === command);
  }

  /** The next SEND of the gateway that comes for the first time, or with `dup` again. */
  async nextSend(dup = false): Promise<Parsed> {
    return await this.#find((packet) => packet.command === 'send' && packet.dup === dup);
  }

  /** From here on it acknowledges by itself, also what has come already. */
  acknowledge(): void {
    this.#isAcknowledging = true;
    for (const bytes of this.raw.packets.drain()) this.#acknowledge(parse(bytes));
  }

  /** It is gone without a word. */
  vanish(): void {
    this.raw.reset();
  }

  async #find(isWanted: (packet: Parsed) => boolean): Promise<Parsed> {
    for (;;) {
      const packet = await this.raw.parsed();
      if (isWanted(packet)) return packet;
    }
  }

  #take(bytes: Buffer): void {
    const packet = parse(bytes);
    this.#enter(packet);
    if (this.#isAcknowledging) this.#acknowledge(packet);
    else this.raw.packets.push(bytes);
  }

  #enter(packet: Parsed): void {
    const {command, id, payload} = packet;
    if (command === 'send') {
      this.#ledger.got(packet, this.number);
      if (packet.qos > 0) this.#received.set(id, payload.toString());
    } else if (command === 'rel') {
      this.#ledger.released(this.#received.get(id) ?? '', this.number);
    } else if (command === 'ack' || command === 'rec') {
      const [sending, ...later] = this.#sendings.get(id) ?? [];
      if (sending === undefined) return;
      // The last one is kept: its answer may come again.
      if (later.length > 0) this.#sendings.set(id, later);
      this.#ledger.confirmed(sending.text);
      this.onConfirmed?.(sending);
    }
  }

  #acknowledge({command, qos, id}: Parsed): void {
    if (command === 'send' && qos > 0) this.answer(qos === 1 ? 'ack' : 'rec', id);
    else if (command === 'rel') this.raw.sendAnswer('com', id);
    else if (command === 'rec') this.raw.sendAnswer('rel', id);
  }
}
