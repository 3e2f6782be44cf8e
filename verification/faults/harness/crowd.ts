// Clients by the thousand, in processes of their own: the load generator of the benchmark, a daemon, and a business server
// that puts each client into the channels it asks for.

import {Child} from '../../../bench/child.ts';
import {
  apiKey,
  type ConnectResult,
  type GeneratorDesk,
  type PublishResult,
  type Qos,
  securityToken,
} from '../../../bench/generator/orders.ts';
import type {IniKeys} from '../../../test/support/gateway.ts';
import {Daemon} from './daemon.ts';
import type {ScenarioLifetime} from './scenario-lifetime.ts';

type Generator = Child<GeneratorDesk, unknown>;

const dialect = 'rainbow';
/** A publication's timeout in the generator is 30 s. */
const publishMsMax = 60_000;

/** A group of clients that live in one process. */
export class Crowd {
  readonly #generator: Generator;
  readonly #hall: Hall;

  constructor(generator: Generator, hall: Hall) {
    this.#generator = generator;
    this.#hall = hall;
  }

  /** Of their process. */
  get pid(): number {
    return this.#generator.pid;
  }

  /** Connects `count` clients, `concurrency` at a time, that join `channel`, or several with `;;` between them. */
  async connect(count: number, channel: string, concurrency = count): Promise<ConnectResult> {
    const {port} = this.#hall.daemon;
    return await this.#generator.ask('connect', {group: 'all', dialect, port, count, concurrency, channel});
  }

  /** Resets all their connections. */
  async leave(): Promise<void> {
    await this.#generator.ask('close', {group: 'all'});
  }

  /** Publishes to `channel`, one message after the other, each when the last has reached all `subscribers` of this crowd. */
  async publish(order: {
    readonly channel: string;
    readonly qos: Qos;
    readonly subscribers: number;
    readonly payloadBytes: number;
    readonly durationMs: number;
  }): Promise<PublishResult> {
    const {channel, ...rest} = order;
    const {port} = this.#hall.daemon;
    const target = {kind: 'channel', channel} as const;
    const fixed = {group: 'all', dialect, port, target, outstanding: 1, flow: 'waves'} as const;
    return await this.#generator.ask('publish', {...fixed, ...rest}, publishMsMax);
  }
}

/** Where crowds meet. */
export class Hall {
  /** The one that runs now. */
  daemon: Daemon;
  readonly #lifetime: ScenarioLifetime;

  private constructor(lifetime: ScenarioLifetime, daemon: Daemon) {
    this.#lifetime = lifetime;
    this.daemon = daemon;
  }

  /** Starts business server and daemon. */
  static async open(lifetime: ScenarioLifetime, keys: IniKeys = {}): Promise<Hall> {
    const business = await Child.start<Record<string, never>, {readonly port: number}>({file: 'business-server.ts'});
    lifetime.teardown(() => business.stop());
    const secrets = {security_token: securityToken, api_keys: apiKey};
    return new Hall(
      lifetime,
      await Daemon.start(lifetime, {businessPort: business.facts.port, keys: {...secrets, ...keys}}),
    );
  }

  /** A process for clients. */
  async crowd(): Promise<Crowd> {
    const generator = await Child.start<GeneratorDesk, unknown>({file: 'generator/generator.ts'});
    this.#lifetime.teardown(() => generator.stop());
    return new Crowd(generator, this);
  }

  /** Publishes one message, past the crowds; the JSON of the answer. */
  async publish(channel: string, qos: Qos, timeout: number, body: string | Uint8Array) {
    const {json} = await this.daemon.api.call({
      path: '/send/',
      query: {channel, qos, timeout},
      body,
      credentials: {kind: 'bearer', key: apiKey},
      patienceMs: timeout * 1000 + 15_000,
    });
    return json;
  }
}
