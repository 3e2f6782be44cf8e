// A client on each front there is, for the tests that hold for all of them: it sends and receives packets, whatever they look
// like on its wire.

import {duplexPair} from 'node:stream';
import type {Front} from '../../src/actors/front.ts';
import type {SessionMessage} from '../../src/actors/messages.ts';
import {spawnSession} from '../../src/actors/session-actor.ts';
import type {Lifetime} from '../../src/actors/session-life.ts';
import {RainbowConnection} from '../../src/fronts/rainbow/connection.ts';
import {generatePacket, type Packet, parsePacket} from '../../src/protocol/packet.ts';
import type {ActorRef} from '../../src/runtime/actor.ts';
import type {AcceptedAnswer} from '../../src/upstream/call.ts';
import {LinesFront, readLine, writeLine} from './lines-front.ts';
import {spell} from './packets.ts';
import {RecordingLink, type SimulatedGateway} from './simulated-gateway.ts';

/** Turns of the event loop in which a stream brings everything that is under way. */
const roundsPerStep = 20;

/** A client's end of a connection. */
export interface Wire {
  readonly front: Front;
  /** The client sends a packet, which the gateway has read when this settles. */
  send(packet: Packet): Promise<void>;
  /** What the client got since the last call, as packets.ts spells it. */
  take(): Promise<readonly string[]>;
  /** The client is gone. */
  leave(): Promise<void>;
  /** From now on the client reads nothing, or reads again. */
  read(isReading: boolean): Promise<void>;
  /** Whether the gateway has closed the connection. */
  isClosed(): Promise<boolean>;
}

/** A client with a session. */
export interface FrontClient {
  wire: Wire;
  readonly session: ActorRef<SessionMessage>;
}

class RainbowWire implements Wire {
  readonly front: Front;
  readonly #link = new RecordingLink();
  readonly #kit: SimulatedGateway;

  constructor(kit: SimulatedGateway) {
    this.#kit = kit;
    this.front = new RainbowConnection(kit.connections, this.#link);
  }

  async send(packet: Packet): Promise<void> {
    this.#link.mailbox?.tell(parsePacket(generatePacket(packet)));
    this.#kit.run();
  }

  async take(): Promise<readonly string[]> {
    return this.#link.take();
  }

  async leave(): Promise<void> {
    this.#link.mailbox?.tell({kind: 'socketClosed'});
    this.#kit.run();
  }

  async read(isReading: boolean): Promise<void> {
    this.#link.bufferedBytes = isReading ? 0 : this.#kit.connections.settings.sendBufferBytesMax + 1;
    if (isReading) this.#link.mailbox?.tell({kind: 'drained'});
    this.#kit.run();
  }

  async isClosed(): Promise<boolean> {
    return this.#link.closes.length > 0;
  }
}

class LinesWire implements Wire {
  readonly front: Front;
  readonly #kit: SimulatedGateway;
  readonly #stream;
  #text = '';

  constructor(kit: SimulatedGateway) {
    this.#kit = kit;
    // Little fits in, so that a client that does not read holds the gateway back.
    const [gateway, client] = duplexPair({highWaterMark: 1_024});
    this.#stream = client;
    client.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
    });
    this.front = new LinesFront(gateway);
  }

  async send(packet: Packet): Promise<void> {
    this.#stream.write(writeLine(packet));
    await this.#settle();
  }

  async take(): Promise<readonly string[]> {
    await this.#settle();
    const lines = this.#text.split('\n').filter((line) => /"(?:send|ack|rec|rel|com)"/.test(line));
    this.#text = '';
    return lines.map((line) => spell(generatePacket(readLine(line))));
  }

  async leave(): Promise<void> {
    this.#stream.end();
    await this.#settle();
  }

  async read(isReading: boolean): Promise<void> {
    if (isReading) this.#stream.resume();
    else this.#stream.pause();
    await this.#settle();
  }

  async isClosed(): Promise<boolean> {
    await this.#settle();
    return this.#text.includes('"bye"');
  }

  /** Lets the stream bring what is under way. */
  async #settle(): Promise<void> {
    for (let round = 0; round < roundsPerStep; round++) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      this.#kit.run();
    }
  }
}

/** Every front, by its name. */
export const wires: Readonly<Record<string, (kit: SimulatedGateway) => Wire>> = {
  rainbow: (kit) => new RainbowWire(kit),
  lines: (kit) => new LinesWire(kit),
};

/** A client that is let in. */
export async function openClient(
  kit: SimulatedGateway,
  wire: Wire,
  answer: Partial<AcceptedAnswer> = {},
  lifetime: Lifetime = 'connection',
): Promise<FrontClient> {
  const session = spawnSession(kit.context, wire.front, kit.context.random.hex(32), lifetime);
  session.tell({kind: 'start', headers: []});
  kit.run();
  kit.transport.accept('connect', answer);
  kit.run();
  await wire.take();
  return {wire, session};
}

/** The client comes back on `wire`. */
export async function reattach(kit: SimulatedGateway, client: FrontClient, wire: Wire): Promise<void> {
  client.wire = wire;
  client.session.tell({kind: 'attach', front: wire.front});
  kit.run();
}
