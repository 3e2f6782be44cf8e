// The WebSocket of a simulated page: what the SDK of src/client writes to, on a connection of the simulation. Does what
// a browser does by itself: answers pings and close frames. Reports to the observer each flow that the SDK begins:
// since the gateway knows no session, a message that is sent again on another connection is another message to it, and
// gets a serial of its own, written over the first four bytes of its payload.

import type {Socket, SocketEvent} from '../../src/client/client.ts';
import {generatePacket, parsePacket, type SendPacket} from '../../src/protocol/packet.ts';
import type {ClientEnd, Connection} from './connection.ts';
import {
  controlFrame,
  type Frame,
  frameNumber,
  numberFrame,
  opcodeBinary,
  opcodeClose,
  opcodePing,
  opcodePong,
  opcodeStatus,
} from './frame-reader.ts';
import type {Harness} from './harness.ts';
import type {ObservedMessage} from './observed-message.ts';
import {framePacketBytes} from './packet-frame.ts';
import type {SdkMessages} from './sdk-messages.ts';
import {serialBytes, writeSerialInto} from './serial.ts';

/** What the socket asks of the client that it belongs to. */
export interface SocketPage {
  readonly client: number;
  readonly isCalm: boolean;
  /** Whether the page is gone: nothing is reported any more. */
  readonly isDead: boolean;
  readonly messages: SdkMessages;
}

/** A browser waits so long for the end of a connection that it closes. */
const closePatienceMs = 3_000;
const codeLost = 1006;

export class SdkSocket implements Socket, ClientEnd {
  binaryType = 'blob';
  readonly #harness: Harness;
  readonly #page: SocketPage;
  readonly #listeners = new Map<string, ((event: SocketEvent) => void)[]>();
  readonly #connection: Connection;
  /** What is in flight on this connection, by id. */
  readonly #flows = new Map<number, ObservedMessage>();
  #state: 'connecting' | 'open' | 'closing' | 'closed' = 'connecting';
  #closeCode = codeLost;

  constructor(harness: Harness, page: SocketPage) {
    this.#harness = harness;
    this.#page = page;
    this.#connection = harness.edge.connect(this, {client: page.client, isPolite: true, isSafe: page.isCalm});
  }

  /** Its connection's number. */
  get number(): number {
    return this.#connection.number;
  }

  get bufferedAmount(): number {
    return this.#connection.up.queuedBytes;
  }

  addEventListener(type: string, listener: (event: SocketEvent) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(bytes: Uint8Array): void {
    if (this.#state !== 'open' || this.#page.isDead) return;
    const packet = parsePacket(bytes);
    this.#connection.send(framePacketBytes(packet.kind === 'send' ? this.#serialised(packet) : bytes));
  }

  close(code = 1000): void {
    if (this.#state === 'connecting') {
      this.vanish();
      this.#harness.clock.startTimer(0, () => this.#closed());
    }
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#connection.send(numberFrame(opcodeClose, code));
    this.#harness.clock.startTimer(closePatienceMs, () => {
      this.vanish();
      this.#closed();
    });
  }

  /** Its page is gone, or has no patience left. */
  vanish(): void {
    this.#connection.leave();
  }

  receive(frame: Frame): void {
    switch (frame.opcode) {
      case opcodeStatus:
        if (frameNumber(frame) !== 101) return;
        this.#state = 'open';
        this.#tell({type: 'open'});
        return;
      case opcodePing:
        this.#connection.send(controlFrame(opcodePong, frame.payload));
        return;
      case opcodeClose:
        this.#closeCode = frameNumber(frame);
        if (this.#state === 'open') this.#connection.send(frame.bytes);
        this.#state = 'closing';
        return;
      case opcodeBinary:
        this.#take(frame.payload);
        return;
      default:
    }
  }

  ended(): void {
    this.#closed();
  }

  #take(bytes: Uint8Array): void {
    const packet = parsePacket(bytes);
    if (packet.kind === 'ack' || packet.kind === 'rec') {
      const message = this.#flows.get(packet.id);
      const isItsOwn = message !== undefined && (message.qos === 1) === (packet.kind === 'ack');
      if (isItsOwn && !message.isAcknowledged) this.#harness.observer.acknowledged(message, packet.reply);
    }
    if (this.#state === 'open') this.#tell({type: 'message', data: new Uint8Array(bytes).buffer});
  }

  /** The packet with the serial of its flow: a new one for a first transmission, the same for each repeat. */
  #serialised(packet: SendPacket): Uint8Array {
    const payload = packet.payload.slice();
    let message = packet.isDup ? this.#flows.get(packet.id) : undefined;
    if (message === undefined) {
      const {observer} = this.#harness;
      writeSerialInto(payload, observer.messages.length);
      message = observer.messageSent(this.number, packet.qos, packet.type, payload, true);
      this.#page.messages.transmitted(packet.payload.subarray(serialBytes), message, packet.isDup);
      if (packet.qos > 0) this.#flows.set(packet.id, message);
    }
    writeSerialInto(payload, message.serial);
    return generatePacket({...packet, payload});
  }

  #closed(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#tell({type: 'close', code: this.#closeCode, reason: ''});
  }

  #tell(event: SocketEvent): void {
    if (this.#page.isDead) return;
    for (const listener of this.#listeners.get(event.type) ?? []) listener(event);
  }
}
