// Clients of rainbow.v2 on the actors of one thread under a simulated clock. Packets are written and compared as in
// packets-v2.ts.

import type {FrontMessage} from '../../src/actors/front.ts';
import type {V2SessionMessage} from '../../src/actors/messages-v2.ts';
import {connectV2} from '../../src/fronts/rainbow/v2-connect.ts';
import {parsePacketV2} from '../../src/protocol/packet-v2.ts';
import type {ActorRef} from '../../src/runtime/actor.ts';
import type {AcceptedAnswer, ConnectCall} from '../../src/upstream/call.ts';
import {V2RecordingLink} from './front-clients.ts';
import {jsonOf, packetV2} from './packets-v2.ts';
import type {SimulatedGateway} from './simulated-gateway.ts';

/** What an upgrade request says. */
export interface Dial {
  readonly session?: string | undefined;
  readonly closesRefused?: boolean;
}

/** One connection of a client. */
export class ClientV2 {
  readonly link = new V2RecordingLink();
  /** What the connection began with. */
  readonly candidate: ActorRef<V2SessionMessage>;
  /** Of the latest OPENED. */
  opened: Readonly<Record<string, unknown>> = {};
  readonly #kit: SimulatedGateway;

  /** Asks to connect. */
  constructor(kit: SimulatedGateway, {session, closesRefused = false}: Dial = {}) {
    this.#kit = kit;
    this.candidate = connectV2(kit.connections, this.link, kit.context.random.hex(32), {session, closesRefused});
    this.candidate.tell({kind: 'start', headers: []});
    kit.run();
  }

  /** Is let in. Returns the connect call. */
  allow(answer: Partial<AcceptedAnswer> = {}): ConnectCall {
    const call = this.#kit.transport.accept('connect', answer);
    this.#kit.run();
    return call as ConnectCall;
  }

  /** Sends packets, or other bytes, in one turn. */
  send(...written: readonly string[]): void {
    for (const one of written) {
      this.link.mailbox?.tell(parsePacketV2(new Uint8Array(packetV2(one)), 'gateway'));
    }
    this.#kit.run();
  }

  /** Something else happens on the connection. */
  tell(message: FrontMessage): void {
    this.link.mailbox?.tell(message);
    this.#kit.run();
  }

  /** Opens, and returns what comes after OPENED. */
  open(request: object = {}): readonly string[] {
    this.send(`OPEN ${JSON.stringify({attempt: 1, ...request})}`);
    const [first, ...rest] = this.take();
    this.opened = jsonOf(first);
    return rest;
  }

  /** What was sent since the last call. */
  take(): readonly string[] {
    return this.link.take();
  }

  /** The network is gone. */
  vanish(): void {
    this.tell({kind: 'socketClosed'});
  }

  /** What OPEN says to return. */
  get claim(): {readonly session: unknown; readonly token: unknown} {
    return {session: this.opened.session, token: this.opened.token};
  }
}

/** A client with a new session of which it knows. */
export function openNew(kit: SimulatedGateway, answer: Partial<AcceptedAnswer> = {}, request: object = {}): ClientV2 {
  const client = new ClientV2(kit);
  client.allow(answer);
  client.open(request);
  client.send('PING');
  client.take();
  return client;
}

/** The client of `former` comes back, and proves its session. */
export function comeBack(
  kit: SimulatedGateway,
  former: ClientV2,
  attempt = 2,
  request: object = {},
  answer: Partial<AcceptedAnswer> = {},
): {readonly client: ClientV2; readonly got: readonly string[]; readonly call: ConnectCall} {
  const client = new ClientV2(kit, {session: String(former.opened.session)});
  const call = client.allow(answer);
  const got = client.open({...former.claim, attempt, ...request});
  client.opened = {...client.opened, token: former.opened.token};
  return {client, got, call};
}
