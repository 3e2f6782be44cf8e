// A daemon between a business server in this process and clients, all in the channel `room`, with a ledger of what each of
// them sees. Most scenarios play here.

import type {Api} from '../../../test/support/api.ts';
import {
  after,
  answer,
  type BusinessServer,
  type RecordedCall,
  type Script,
  startBusinessServer,
  success,
} from '../../../test/support/business-server.ts';
import {Latch} from '../../../test/support/deadline.ts';
import {checkCalls, identityOf, securityToken} from '../../../test/support/gateway.ts';
import {type NetworkModel, TcpProxy} from '../../../test/support/tcp-proxy.ts';
import {Daemon, type DaemonOptions} from './daemon.ts';
import {Device} from './device.ts';
import {Ledger} from './ledger.ts';
import {Member} from './member.ts';
import {ScenarioLifetime} from './scenario-lifetime.ts';

/** The channel of every client. */
export const room = 'room';

/** Of the callers: a signature would be too old for a gateway that was away. */
const key = 'faults-5d1c80f3b7a2496e0d';

/** A caller's patience beyond the timeout. */
const answerMsMax = 30_000;

/** What a caller was answered. */
export interface Published {
  readonly connections: number;
  readonly isTimedOut: boolean;
}

/** How a harness is set up. */
export interface HarnessOptions extends Omit<DaemonOptions, 'businessPort'> {
  /** Of the line between the gateway and its business server. @default good */
  readonly businessNetworkModel?: NetworkModel;
}

/** A call of the business server that is held until the scenario lets it go. */
export interface HeldCall {
  readonly script: Script;
  /** Settles when the call is there; rejects where the harness is abandoned before. */
  readonly arrived: Promise<void>;
  release(): void;
}

export class Harness {
  readonly lifetime: ScenarioLifetime;
  readonly business: BusinessServer;
  /** Between the gateway and its business server. */
  readonly backendClient: TcpProxy;
  readonly ledger = new Ledger();
  /** The one that runs now. */
  daemon: Daemon;
  /** What ends the clients. */
  cast = new ScenarioLifetime();
  #posts = 0;
  readonly #abandoned = new Set<() => void>();
  readonly #underWay = new Set<Promise<Published | undefined>>();

  private constructor(lifetime: ScenarioLifetime, business: BusinessServer, backendClient: TcpProxy, daemon: Daemon) {
    this.lifetime = lifetime;
    lifetime.teardown(() => this.cast.close());
    this.business = business;
    this.backendClient = backendClient;
    this.daemon = daemon;
  }

  /** Starts business server and daemon. */
  static async open(lifetime: ScenarioLifetime, options: HarnessOptions = {}): Promise<Harness> {
    const {businessNetworkModel, ...daemonOptions} = options;
    const business = await startBusinessServer(lifetime, securityToken);
    const line = await TcpProxy.start(lifetime, Number(new URL(business.url).port), businessNetworkModel);
    const keys = {api_keys: key, ...options.keys};
    const daemon = await Daemon.start(lifetime, {...daemonOptions, businessPort: line.port, keys});
    const harness = new Harness(lifetime, business, line, daemon);
    business.always('connect', success({RAINBOWCLIENTCHANNEL: room}));
    business.always('message', harness.accepts());
    return harness;
  }

  /** Takes a message in. */
  accepts(): Script {
    return (response, call) => {
      const text = this.#enter(call);
      this.ledger.processed(text);
      return answer(200, `reply to ${text}`)(response, call);
    };
  }

  /** Fails a message. */
  fails(): Script {
    return (response, call) => {
      this.#enter(call);
      return answer(500)(response, call);
    };
  }

  /** Holds a call, and then does `script`. */
  hold(script: Script): HeldCall {
    const {promise: arrived, resolve, reject} = Promise.withResolvers<void>();
    arrived.catch(() => {});
    this.#abandoned.add(() => reject(new Error('Expected the call, got the end of the harness')));
    const latch = new Latch();
    const held = after(latch, script);
    return {
      arrived,
      release: () => latch.release(),
      script: (response, call) => {
        resolve();
        return held(response, call);
      },
    };
  }

  /** Cuts all clients off, and settles when the daemon, if there is one, knows of no client any more. */
  async clear(): Promise<void> {
    await this.cast.close();
    this.cast = new ScenarioLifetime();
    if (this.daemon.isAlive) await this.daemon.reaches('rainbow_connections', (count) => count === 0);
  }

  /** Nothing that a scenario still waits for will come, since the daemon has gone. */
  abandon(): void {
    for (const tell of this.#abandoned) tell();
    this.#abandoned.clear();
    this.business.forget();
  }

  /** One connection, whose every step is the caller's. `port` where it goes through a proxy. */
  async join(device: string, port = this.daemon.port): Promise<Member> {
    return await Member.join(this.cast, {port, device, ledger: this.ledger});
  }

  /** A client that goes on by itself. */
  async device(name: string, port = this.daemon.port): Promise<Device> {
    return await Device.start(this.cast, name, {port, ledger: this.ledger});
  }

  /** Publishes to the room; `undefined` where the POST is cut. `timeout` in seconds; `api` where it goes by another way. */
  publish(qos: 1 | 2, timeout = 10, api = this.daemon.api): Promise<Published | undefined> {
    const post = this.#publish(qos, timeout, api, `post ${++this.#posts}`);
    this.#underWay.add(post);
    // Who does not wait for it hears of its failure by `postsEnded`.
    post.then(
      () => this.#underWay.delete(post),
      () => {},
    );
    return post;
  }

  /** Settles when every POST has ended, with an answer or without. */
  async postsEnded(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** Starts the daemon again, which must have ended. */
  async restart(): Promise<void> {
    this.daemon = await this.daemon.restart();
  }

  /** Throws where a promise was broken. */
  check(): void {
    this.ledger.check();
    checkCalls(this.business);
    const identities = this.business.calls('connect').map(identityOf);
    if (new Set(identities).size < identities.length) throw new Error('Expected every identity to be given once');
  }

  async #publish(qos: 1 | 2, timeout: number, api: Api, text: string): Promise<Published | undefined> {
    this.ledger.posted(text, qos);
    try {
      const {json} = await api.call({
        path: '/send/',
        query: {channel: room, qos, timeout},
        body: text,
        credentials: {kind: 'bearer', key},
        patienceMs: timeout * 1000 + answerMsMax,
      });
      const {connections = 0, message, code} = json;
      if (code !== undefined && code !== 'RB_TIMEOUT') throw new Error(`Expected success or a timeout, got ${code}`);
      this.ledger.answered(text, connections, message);
      return {connections, isTimedOut: json.timeout === true || code === 'RB_TIMEOUT'};
    } catch (error) {
      if (!isCut(error)) throw error;
      this.ledger.unanswered(text);
      return undefined;
    }
  }

  #enter(call: RecordedCall): string {
    const text = call.body.toString();
    this.ledger.called(text, call.header('RAINBOWMESSAGEID') ?? 'none');
    return text;
  }
}

function isCut(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'ECONNREFUSED' || code === 'EPIPE';
}
