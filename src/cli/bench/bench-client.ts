// One connection of `rainbow bench`: confirms what it receives at once, and sends messages of its own whose answers it
// tells. Counts into the tally of all; keeps nothing of a message but its id.

import type {Clock} from '../../core/clock.ts';
import {generatePacket, messageIdMax, parsePacket, type Qos, type SendPacket} from '../../protocol/packet.ts';
import {PacketSocket, type PacketSocketOptions} from '../packet-socket.ts';
import {readStamp} from './stamp.ts';
import type {Tally} from './tally.ts';

const noReply = new Uint8Array(0);

export class BenchClient {
  readonly #socket: PacketSocket;
  readonly #clock: Clock;
  readonly #tally: Tally;
  /** Of QoS 2 messages received and not released yet. */
  readonly #held = new Set<number>();
  readonly #open = new Map<number, (isAnswered: boolean) => void>();
  #id = 0;
  #isEnding = false;

  private constructor(socket: PacketSocket, clock: Clock, tally: Tally) {
    this.#socket = socket;
    this.#clock = clock;
    this.#tally = tally;
  }

  /** Connects; rejects where it is refused. */
  static async open(url: string, options: PacketSocketOptions, clock: Clock, tally: Tally): Promise<BenchClient> {
    const opened = Promise.withResolvers<BenchClient>();
    await PacketSocket.open(url, options, (socket) => {
      const client = new BenchClient(socket, clock, tally);
      opened.resolve(client);
      return {
        onBytes: (bytes) => client.#receive(bytes),
        onText: () => {},
        onClosed: () => client.#closed(),
      };
    });
    return await opened.promise;
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  /** Sends a message; settles with whether it was answered, at QoS 0 with whether the system has taken it. */
  async submit(type: number, qos: Qos, payload: Uint8Array): Promise<boolean> {
    if (!this.isOpen) return false;
    const id = qos === 0 ? 0 : this.#takeId();
    this.#socket.send(generatePacket({kind: 'send', qos, isDup: false, type, id, payload}));
    if (qos === 0) {
      await this.#socket.written;
      return this.isOpen;
    }
    const {promise, resolve} = Promise.withResolvers<boolean>();
    this.#open.set(id, resolve);
    return await promise;
  }

  close(): void {
    this.#isEnding = true;
    this.#socket.close(1000);
  }

  /** In turn, past those in flight; there are never as many as ids. */
  #takeId(): number {
    do this.#id = this.#id === messageIdMax ? 1 : this.#id + 1;
    while (this.#open.has(this.#id));
    return this.#id;
  }

  #receive(bytes: Uint8Array): void {
    const packet = parsePacket(bytes);
    switch (packet.kind) {
      case 'send':
        this.#receiveSend(packet);
        break;
      case 'ack':
        this.#answered(packet.id);
        break;
      case 'rec':
        this.#socket.send(generatePacket({kind: 'rel', id: packet.id}));
        this.#answered(packet.id);
        break;
      case 'rel':
        this.#held.delete(packet.id);
        this.#socket.send(generatePacket({kind: 'com', id: packet.id}));
        break;
      // A REL that was not answered ends with the connection; what is no packet is passed over.
      case 'com':
      case 'fault':
    }
  }

  #receiveSend(packet: SendPacket): void {
    const {qos, id, isDup, payload} = packet;
    const isRepeat = isDup || this.#held.has(id);
    if (qos === 1) this.#socket.send(generatePacket({kind: 'ack', id, reply: noReply}));
    if (qos === 2) {
      this.#held.add(id);
      this.#socket.send(generatePacket({kind: 'rec', id, reply: noReply}));
    }
    const sentAt = readStamp(payload, this.#tally.run);
    if (sentAt === undefined) this.#tally.strangers++;
    else if (isRepeat) this.#tally.repeats++;
    else this.#tally.deliveries.add(this.#clock.now() - sentAt);
  }

  #answered(id: number): void {
    const done = this.#open.get(id);
    this.#open.delete(id);
    done?.(true);
  }

  #closed(): void {
    if (!this.#isEnding) this.#tally.lost++;
    for (const done of this.#open.values()) done(false);
    this.#open.clear();
  }
}
