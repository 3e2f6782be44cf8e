// One client of the gateway: connects, sends and receives, notices that the gateway does not answer, connects again as
// a clean start. Some keep every rule, some acknowledge late or not always, some break the rules.

import {emptyBytes, parsePacket, type Qos} from '../../src/protocol/packet.ts';
import {ClientReceiver} from './client-receiver.ts';
import {ClientSender} from './client-sender.ts';
import type {ClientEnd, Connection} from './connection.ts';
import {
  controlFrame,
  type Frame,
  frameNumber,
  opcodeBinary,
  opcodeClose,
  opcodePing,
  opcodePong,
  opcodeStatus,
} from './frame-reader.ts';
import type {Harness} from './harness.ts';
import type {ObservedMessage} from './observed-message.ts';
import {framePacketBytes} from './packet-frame.ts';
import {misbehave} from './rudeness.ts';

/** What a client is like, for its whole life; when the storm is over every client is polite and quick. */
interface Character {
  readonly isPolite: boolean;
  readonly isSloppy: boolean;
}

/** What a client of the simulation is to the simulation. */
export interface SimulatedClient {
  /** Whether its connection was answered 101. */
  readonly isOpen: boolean;
  /** Whether it comes back when its connection ends. */
  isStaying: boolean;
  connect(): void;
  /** One step of its application. */
  act(): void;
  /** Sends one message; `undefined` where it cannot, or not at once. */
  send(qos: Qos): ObservedMessage | undefined;
  /** The storm is over: it behaves, on a connection to which nothing happens. */
  calmDown(): void;
  /** It goes for good, with a close frame or without a word. */
  depart(isSilent: boolean): void;
}

const handshakePatienceMs = 20_000;
/** Share of its steps in which it says goodbye, to come back soon. */
const goodbyes = 0.01;

export class Client implements SimulatedClient, ClientEnd {
  readonly number: number;
  isOpen = false;
  isStaying = true;
  readonly #harness: Harness;
  readonly #character: Character;
  #isCalm = false;
  #hasSaidGoodbye = false;
  #connection: Connection | undefined;
  #sender: ClientSender | undefined;
  #receiver: ClientReceiver | undefined;
  #heardAt = 0;

  constructor(harness: Harness, number: number, character: Character) {
    this.#harness = harness;
    this.number = number;
    this.#character = character;
  }

  /** The number of its connection; 0 where it has none. */
  get connectionNumber(): number {
    return this.#connection?.number ?? 0;
  }

  connect(): void {
    if (!this.isStaying || this.#connection !== undefined) return;
    const {edge, plan, clock} = this.#harness;
    const rng = this.#harness.rng.clients;
    const isPolite = this.#isCalm || this.#character.isPolite;
    const connection = edge.connect(this, {client: this.number, isPolite, isSafe: this.#isCalm});
    this.#connection = connection;
    this.#hasSaidGoodbye = false;
    this.#heardAt = clock.now();
    const write = (bytes: Uint8Array): void => {
      if (this.#connection === connection && !this.#hasSaidGoodbye) connection.send(framePacketBytes(bytes));
    };
    const isSloppy = !this.#isCalm && this.#character.isSloppy;
    // A client that never repeats loses messages where packets are lost.
    const mayRepeat = plan.hostility !== undefined || !rng.chance(0.3);
    const retryMs = mayRepeat ? rng.pick([1_500, 3_000]) : Number.POSITIVE_INFINITY;
    const window = Math.max(1, Math.min(plan.settings.window, plan.settings.queue >> 1));
    this.#sender = new ClientSender(this.#harness, connection.number, {isPolite, retryMs, window}, write);
    this.#receiver = new ClientReceiver(
      this.#harness,
      connection.number,
      {
        delayMs: isSloppy ? rng.pick([50, 1_000, 5_000]) : 0,
        deaf: isSloppy ? rng.pick([0, 0.1, 0.5]) : 0,
        isMismatching: !isPolite && rng.chance(0.3),
      },
      write,
    );
    this.#lookAfter(connection);
    // Bytes sent before the upgrade is answered wait in the gateway. [RB-56]
    if (rng.chance(0.2)) this.#sender.send(1);
  }

  act(): void {
    const rng = this.#harness.rng.clients;
    const sender = this.#sender;
    if (!this.isOpen || sender === undefined || this.#connection === undefined) return;
    if (rng.chance(goodbyes)) this.#sayGoodbye();
    else if (!this.#character.isPolite && rng.chance(0.5)) misbehave(this.#harness, this.#connection, sender);
    else sender.send(rng.pick([0, 1, 1, 2, 2]));
  }

  send(qos: Qos): ObservedMessage | undefined {
    return this.isOpen ? this.#sender?.send(qos) : undefined;
  }

  calmDown(): void {
    this.#isCalm = true;
    this.connect();
  }

  depart(isSilent: boolean): void {
    this.isStaying = false;
    if (isSilent || !this.isOpen) {
      this.#drop();
      return;
    }
    this.#sayGoodbye();
  }

  receive(frame: Frame): void {
    this.#heardAt = this.#harness.clock.now();
    switch (frame.opcode) {
      case opcodeBinary:
        this.#take(frame.payload);
        return;
      case opcodeStatus:
        if (frameNumber(frame) === 101) this.isOpen = true;
        return;
      case opcodePing:
        this.#connection?.send(controlFrame(opcodePong, frame.payload));
        return;
      case opcodeClose:
        this.#closed(frame);
        return;
      default:
    }
  }

  ended(connection: Connection): void {
    if (connection !== this.#connection) return;
    this.#forget();
    this.#comeBack();
  }

  #take(bytes: Uint8Array): void {
    const packet = parsePacket(bytes);
    if (packet.kind === 'send') this.#receiver?.receive(packet);
    else if (packet.kind === 'rel') this.#receiver?.release(packet.id);
    else if (packet.kind === 'com') this.#sender?.completed(packet.id);
    else if (packet.kind === 'ack' || packet.kind === 'rec') this.#sender?.acknowledged(packet);
  }

  // Most answer the close frame; one that does not is waited for, and then its socket is destroyed.
  #closed(frame: Frame): void {
    if (this.#hasSaidGoodbye || (this.#character.isSloppy && this.#harness.rng.clients.chance(0.5))) return;
    this.#connection?.send(frame.bytes);
  }

  #sayGoodbye(): void {
    this.#connection?.send(controlFrame(opcodeClose, Uint8Array.of(3, 232)));
    this.#hasSaidGoodbye = true;
    this.isOpen = false;
  }

  #drop(): void {
    this.#connection?.leave();
    this.#forget();
  }

  #forget(): void {
    this.#sender?.stop();
    this.#connection = undefined;
    this.#sender = undefined;
    this.#receiver = undefined;
    this.isOpen = false;
  }

  #comeBack(): void {
    const {clock} = this.#harness;
    const rng = this.#harness.rng.clients;
    if (this.isStaying) clock.startTimer(rng.integer(50, 3_000), () => this.connect());
  }

  // Pings where nothing is heard, and gives the connection up where that does not help either.
  #lookAfter(connection: Connection): void {
    const {clock, plan} = this.#harness;
    const {keepAliveMs} = plan.settings;
    clock.startTimer(keepAliveMs, () => {
      if (this.#connection !== connection) return;
      const silentMs = clock.now() - this.#heardAt;
      const patienceMs = this.isOpen ? 2.5 * keepAliveMs : handshakePatienceMs;
      if (silentMs >= patienceMs) {
        this.#drop();
        this.#comeBack();
        return;
      }
      if (this.isOpen && silentMs >= keepAliveMs) connection.send(controlFrame(opcodePing, emptyBytes));
      this.#lookAfter(connection);
    });
  }
}
