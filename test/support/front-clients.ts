// A client on each front there is, for the tests that hold for all of them: it sends and receives packets, whatever they look
// like on its wire.

import {duplexPair} from 'node:stream';
import type {Front} from '../../src/actors/front.ts';
import type {FrontV2} from '../../src/actors/front-v2.ts';
import type {SessionMessage} from '../../src/actors/messages.ts';
import type {V2SessionMessage} from '../../src/actors/messages-v2.ts';
import {spawnSession} from '../../src/actors/session-actor.ts';
import {spawnV2Session} from '../../src/actors/v2-session.ts';
import {RainbowConnection} from '../../src/fronts/rainbow/connection.ts';
import {V2Connection} from '../../src/fronts/rainbow/v2-connection.ts';
import {parsePacket} from '../../src/protocol/packet.ts';
import {generatePacketV2, type PacketV2, parsePacketV2} from '../../src/protocol/packet-v2.ts';
import type {ActorRef} from '../../src/runtime/actor.ts';
import type {AcceptedAnswer} from '../../src/upstream/call.ts';
import {LinesFront, readLine, writeLine} from './lines-front.ts';
import {jsonOf, spellV2} from './packets-v2.ts';
import {RecordingLink, type SimulatedGateway} from './simulated-gateway.ts';

/** Turns of the event loop in which a stream brings everything that is under way. */
const roundsPerStep = 20;

/** A client's end of a connection. */
export interface Wire {
  readonly front: Front;
  /** The client sends a packet, which the gateway has read when this settles. */
  send(packet: PacketV2): Promise<void>;
  /** What the client got since the last call, as packets.ts spells it. */
  take(): Promise<readonly string[]>;
  /** The client is gone. */
  leave(): Promise<void>;
  /** From now on the client reads nothing, or reads again. */
  read(isReading: boolean): Promise<void>;
  /** Whether the gateway has closed the connection. */
  isClosed(): Promise<boolean>;
}

/** One whose client has a session that outlives it. */
export interface SessionWire extends Wire {
  readonly front: FrontV2;
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

  async send(packet: PacketV2): Promise<void> {
    this.#link.mailbox?.tell(parsePacket(generatePacketV2(packet)));
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

/** A link whose packets are those of rainbow.v2. */
export class V2RecordingLink extends RecordingLink {
  override spell(bytes: Uint8Array): string {
    return spellV2(bytes);
  }
}

class V2Wire implements SessionWire {
  readonly front: FrontV2;
  readonly #link = new V2RecordingLink();
  readonly #kit: SimulatedGateway;

  constructor(kit: SimulatedGateway) {
    this.#kit = kit;
    this.front = new V2Connection(kit.connections, this.#link, false);
  }

  async send(packet: PacketV2): Promise<void> {
    this.#link.mailbox?.tell(parsePacketV2(generatePacketV2(packet), 'gateway'));
    this.#kit.run();
  }

  async take(): Promise<readonly string[]> {
    return this.#link.take().filter((sent) => !sent.startsWith('BYE'));
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

class LinesWire implements SessionWire {
  readonly front: FrontV2;
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

  async send(packet: PacketV2): Promise<void> {
    this.#stream.write(writeLine(packet));
    await this.#settle();
  }

  async take(): Promise<readonly string[]> {
    await this.#settle();
    const lines = this.#text.split('\n').filter((line) => /"(?:send|ack|rec|rel|com|opened|fail)"/.test(line));
    this.#text = '';
    return lines.map((line) => spellV2(generatePacketV2(readLine(line))));
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

/** Every front of sessions, by its name. */
export const sessionWires: Readonly<Record<string, (kit: SimulatedGateway) => SessionWire>> = {
  rainbow: (kit) => new V2Wire(kit),
  lines: (kit) => new LinesWire(kit),
};

/** A client that is let in. */
export async function openClient(
  kit: SimulatedGateway,
  wire: Wire,
  answer: Partial<AcceptedAnswer> = {},
): Promise<FrontClient> {
  const session = spawnSession(kit.context, wire.front, kit.context.random.hex(32));
  session.tell({kind: 'start', headers: []});
  kit.run();
  kit.transport.accept('connect', answer);
  kit.run();
  await wire.take();
  return {wire, session};
}

/** A client with a session that outlives its connections. */
export interface SessionClient {
  wire: SessionWire;
  session: ActorRef<V2SessionMessage>;
  /** What OPENED said last. */
  opened: Readonly<Record<string, unknown>>;
  readonly token: unknown;
  attempt: number;
}

/** A client that opens a new session, and has read OPENED. */
export async function openSession(
  kit: SimulatedGateway,
  wire: SessionWire,
  answer: Partial<AcceptedAnswer> = {},
  terms: object = {},
): Promise<SessionClient> {
  const session = await ask(kit, wire, answer, {attempt: 1, ...terms});
  const opened = jsonOf((await wire.take())[0]);
  await wire.send({kind: 'ping'});
  await wire.take();
  return {wire, session, opened, token: opened.token, attempt: 1};
}

/** The client comes back on `wire`, and proves its session. What it gets after OPENED is left to be taken. */
export async function comeBack(
  kit: SimulatedGateway,
  client: SessionClient,
  wire: SessionWire,
  answer: Partial<AcceptedAnswer> = {},
): Promise<readonly string[]> {
  const {token, opened} = client;
  client.wire = wire;
  await ask(kit, wire, answer, {session: opened.session, token, attempt: ++client.attempt});
  const [first, ...rest] = await wire.take();
  client.opened = jsonOf(first);
  return rest;
}

async function ask(
  kit: SimulatedGateway,
  wire: SessionWire,
  answer: Partial<AcceptedAnswer>,
  request: object,
): Promise<ActorRef<V2SessionMessage>> {
  const candidate = spawnV2Session(kit.context, wire.front, kit.context.random.hex(32), undefined);
  candidate.tell({kind: 'start', headers: []});
  kit.run();
  kit.transport.accept('connect', answer);
  kit.run();
  await wire.take();
  await wire.send({kind: 'open', json: {...request}});
  return candidate;
}
