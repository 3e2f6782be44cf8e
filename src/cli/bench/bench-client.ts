// One connection of `rainbow bench`: confirms what it receives at once, and sends messages of its own. Counts into the tally
// of all.

import {timerMsMax} from '../../client/ledger.ts';
import type {Clock} from '../../core/clock.ts';
import type {Qos, SendPacket} from '../../protocol/packet.ts';
import {ClientFlows} from '../client-flows.ts';
import {PacketSocket, type PacketSocketOptions} from '../packet-socket.ts';
import {readStamp} from './stamp.ts';
import type {Tally} from './tally.ts';

export class BenchClient {
  readonly #socket: PacketSocket;
  readonly #flows: ClientFlows;
  #isEnding = false;

  private constructor(socket: PacketSocket, clock: Clock, tally: Tally) {
    this.#socket = socket;
    const count = ({payload, isDup}: SendPacket, isRepeat: boolean): void => {
      const sentAt = readStamp(payload, tally.run);
      if (sentAt === undefined) tally.strangers++;
      else if (isDup || isRepeat) tally.repeats++;
      else tally.deliveries.add(clock.now() - sentAt);
    };
    this.#flows = new ClientFlows(
      clock,
      {
        send: (bytes) => socket.send(bytes),
        received: (packet, {isRepeat = false}) => packet.kind === 'send' && count(packet, isRepeat),
        unreadable: () => {},
      },
      // A repeat would add to the load that is measured.
      {retryIntervalMs: timerMsMax},
    );
  }

  /** Connects; rejects where it is refused. */
  static async open(url: string, options: PacketSocketOptions, clock: Clock, tally: Tally): Promise<BenchClient> {
    const opened = Promise.withResolvers<BenchClient>();
    await PacketSocket.open(url, options, (socket) => {
      const client = new BenchClient(socket, clock, tally);
      opened.resolve(client);
      return {
        onBytes: (bytes) => client.#flows.receive(bytes),
        onText: () => {},
        onClosed: () => {
          if (!client.#isEnding) tally.lost++;
          client.#flows.stop();
        },
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
    const isAnswered = this.#flows.submit(type, qos, payload);
    if (qos > 0) return await isAnswered;
    await this.#socket.written;
    return this.isOpen;
  }

  close(): void {
    this.#isEnding = true;
    this.#socket.close(1000);
  }
}
