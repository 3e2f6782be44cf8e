// One page that runs the SDK: a Rainbow on the simulation's clock, until it is closed or dies. A page that dies says
// nothing: its timers do not fire, its socket is gone, what it asks of its store is not done. Nothing reaches it either: a
// dead page that heard of the network again would come back as a ghost, which connects and acknowledges nothing.

import {
  type NetworkStatus,
  type NetworkStatusEvent,
  Rainbow,
  type SocketClass,
  type Store,
  type StoredMessage,
} from '../../src/client/client.ts';
import type {Clock, Timer} from '../../src/core/clock.ts';
import type {Harness} from './harness.ts';
import type {SdkMessages} from './sdk-messages.ts';
import {SdkSocket, type SocketPage} from './sdk-socket.ts';
import {readSerial} from './serial.ts';

export interface SdkPageOptions {
  readonly harness: Harness;
  readonly client: number;
  readonly messages: SdkMessages;
  /** What outlives the page; `undefined` for a client that keeps nothing. */
  readonly kept: Map<string, StoredMessage> | undefined;
  /** Whether nothing may happen to its connections. */
  readonly isCalm: () => boolean;
  /** Share of the messages whose handler takes its time. */
  readonly slow: number;
}

const idleForever = new Promise<never>(() => {});

export class SdkPage implements SocketPage {
  readonly rainbow: Rainbow;
  readonly client: number;
  readonly messages: SdkMessages;
  isDead = false;
  readonly #options: SdkPageOptions;
  #socket: SdkSocket | undefined;
  #isOffline = false;
  #tellPlatform: (event: NetworkStatusEvent) => void = () => {};

  constructor(options: SdkPageOptions) {
    const {harness, client, messages, kept} = options;
    this.#options = options;
    this.client = client;
    this.messages = messages;
    const {plan} = harness;
    const rng = harness.rng.clients;
    const most = Math.max(1, Math.min(plan.settings.window, plan.settings.queue >> 1) >> 1);
    this.rainbow = new Rainbow('ws://gateway/connect/', {
      clock: this.#clock(),
      random: rng,
      WebSocket: socketClass(harness, this, (socket) => {
        this.#socket = socket;
      }),
      networkStatus: this.#networkStatus(),
      ...(kept === undefined ? {} : {store: this.#store(kept)}),
      window: Math.min(most, rng.pick([1, 4, 100])),
      heartbeatMs: plan.settings.keepAliveMs,
      retryIntervalMs: rng.pick([1_500, 3_000]),
      handlerTimeoutMs: 4_000,
      backoffMinMs: 200,
      backoffMaxMs: 3_000,
      fadeTimeoutMs: 1_000,
      messageBytesMax: plan.settings.payloadBytesMax,
      // Attempts that fail are the simulation's everyday life; a seed prints its verdict alone.
      warn: () => {},
    });
    this.rainbow.on('delivery', (event) => {
      if (!this.isDead) messages.told(event);
    });
    this.rainbow.onMessage((type, data, {qos, mayBeRepeat}) => {
      const payload = data.bytes();
      const number = this.#socket?.number ?? 0;
      harness.observer.delivered(number, {kind: 'send', qos, isDup: mayBeRepeat, type, id: 0, payload});
      const serial = readSerial(payload);
      const reply = serial % 3 === 0 ? undefined : Buffer.from(`${number}:${serial}`, 'latin1');
      if (!rng.chance(options.slow) || options.isCalm()) return reply;
      return this.#later(rng.pick([50, 1_000, 6_000]), reply);
    });
  }

  get isCalm(): boolean {
    return this.#options.isCalm();
  }

  get connectionNumber(): number {
    return this.#socket?.number ?? 0;
  }

  get isOpen(): boolean {
    return !this.isDead && this.rainbow.isOpen;
  }

  bloom(): void {
    if (!this.isDead) void this.rainbow.bloom();
  }

  fade(): void {
    if (!this.isDead) void this.rainbow.fade();
  }

  /** The platform says something, true or not. */
  hint(event: NetworkStatusEvent): void {
    if (this.isDead) return;
    if (event !== 'page.shown') this.#isOffline = event === 'network.offline';
    this.#tellPlatform(event);
  }

  die(): void {
    this.isDead = true;
    this.#socket?.vanish();
  }

  #networkStatus(): NetworkStatus {
    const isOffline = (): boolean => this.#isOffline;
    return {
      get isOffline() {
        return isOffline();
      },
      watch: (tell) => {
        this.#tellPlatform = tell;
        return () => {
          this.#tellPlatform = () => {};
        };
      },
    };
  }

  #later<Value>(delayMs: number, value: Value): Promise<Value> {
    const {promise, resolve} = Promise.withResolvers<Value>();
    this.#clock().startTimer(delayMs, () => resolve(value));
    return promise;
  }

  #clock(): Clock {
    const {clock} = this.#options.harness;
    return {
      now: () => clock.now(),
      wallNow: () => clock.wallNow(),
      startTimer: (delayMs, callback): Timer =>
        clock.startTimer(delayMs, () => {
          if (!this.isDead) callback();
        }),
    };
  }

  #store(kept: Map<string, StoredMessage>): Store {
    const rng = this.#options.harness.rng.clients;
    const work = async (change: () => void): Promise<void> => {
      await (this.isDead ? idleForever : this.#later(rng.pick([0, 0, 1, 20]), undefined));
      if (this.isDead) await idleForever;
      change();
    };
    return {
      open: (adopt) =>
        work(() => {
          if (kept.size > 0) adopt([...kept.values()].sort((one, other) => one.order - other.order));
        }),
      put: (message) => work(() => kept.set(message.key, structuredClone(message))),
      remove: (key) => work(() => kept.delete(key)),
      close: () => work(() => {}),
    };
  }
}

/** A class of sockets that belong to one page. */
function socketClass(harness: Harness, page: SocketPage, made: (socket: SdkSocket) => void): SocketClass {
  return class extends SdkSocket {
    constructor(_url: string) {
      if (page.isDead) harness.observer.violations.note('harness', 0, `a dead page of client ${page.client} connects`);
      super(harness, page);
      made(this);
    }
  };
}
