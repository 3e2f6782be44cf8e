// How a client receives: the receiver's half of the legacy protocol from the other end. It acknowledges each message by
// its QoS, and holds the id of a QoS 2 message until its REL, so that it can recognise a repeat.

import {emptyBytes, generatePacket, type SendPacket} from '../../src/protocol/packet.ts';
import type {Harness} from './harness.ts';
import {readSerial} from './serial.ts';

/** How one connection's client receives. */
export interface ReceiverManners {
  /** Up to this long before it acknowledges. */
  readonly delayMs: number;
  /** Share of the SENDs that it does not notice. */
  readonly deaf: number;
  /** Answers QoS 1 with REC and QoS 2 with ACK, as some old clients did. */
  readonly isMismatching: boolean;
}

export class ClientReceiver {
  readonly #harness: Harness;
  readonly #connection: number;
  readonly #manners: ReceiverManners;
  readonly #write: (bytes: Uint8Array) => void;
  /** Ids that await their REL, with the serial they came with. */
  readonly #held = new Map<number, number>();

  constructor(harness: Harness, connection: number, manners: ReceiverManners, write: (bytes: Uint8Array) => void) {
    this.#harness = harness;
    this.#connection = connection;
    this.#manners = manners;
    this.#write = write;
  }

  /** A SEND came. */
  receive(packet: SendPacket): void {
    const {clock} = this.#harness;
    const rng = this.#harness.rng.clients;
    if (packet.qos > 0 && rng.chance(this.#manners.deaf)) return;
    this.#deliver(packet);
    if (packet.qos === 0) return;
    const delayMs = this.#manners.delayMs > 0 ? rng.integer(0, this.#manners.delayMs) : 0;
    if (delayMs === 0) this.#acknowledge(packet);
    else clock.startTimer(delayMs, () => this.#acknowledge(packet));
  }

  /** A REL came: always answered with COM. */
  release(id: number): void {
    this.#held.delete(id);
    this.#write(generatePacket({kind: 'com', id}));
  }

  #deliver(packet: SendPacket): void {
    const {observer} = this.#harness;
    if (packet.qos !== 2 || this.#manners.isMismatching) {
      observer.delivered(this.#connection, packet);
      return;
    }
    const serial = readSerial(packet.payload);
    const held = this.#held.get(packet.id);
    if (held === undefined) {
      this.#held.set(packet.id, serial);
      observer.delivered(this.#connection, packet);
    } else if (held !== serial) {
      observer.violations.note(
        'RB-03',
        this.#connection,
        `publication ${serial} under the id of ${held}, which is held`,
      );
    }
  }

  #acknowledge({id, qos, payload}: SendPacket): void {
    const kind = (qos === 1) === this.#manners.isMismatching ? 'rec' : 'ack';
    // The same reply at each repeat: it follows from the message.
    const serial = readSerial(payload);
    const reply = serial % 3 === 0 ? emptyBytes : Buffer.from(`${this.#connection}:${serial}`, 'latin1');
    this.#write(generatePacket({kind, id, reply}));
  }
}
