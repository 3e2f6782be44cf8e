// A client on a simulated clock, with sockets that the test plays the gateway's part of. Packets are given and read as
// packets.ts spells them: `SEND q2 id 7 "hi"`.

import type {ExecutionContext} from 'ava';
import type {
  DeliveryEvent,
  NetworkStatusEvent,
  RainbowEvents,
  RainbowOptions,
  SocketEvent,
} from '../../src/client/client.ts';
import {Rainbow} from '../../src/client/client.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {SeededRandom} from '../../src/core/random-seeded.ts';
import {packet, spell} from '../support/packets.ts';

/** One socket, as the client made it. */
export class ScriptedSocket {
  readonly url: string;
  binaryType = 'blob';
  bufferedAmount = 0;
  /** What the client has sent, taken out by {@link ScriptedSocket.take}. */
  sent: string[] = [];
  closedWith: number | undefined;
  readonly #listeners: Record<string, ((event: SocketEvent) => void)[]> = {};

  constructor(url: string) {
    this.url = url;
  }

  addEventListener(type: string, listener: (event: SocketEvent) => void): void {
    this.#listeners[type] = [...(this.#listeners[type] ?? []), listener];
  }

  send(bytes: Uint8Array): void {
    this.sent.push(spell(bytes));
  }

  close(code?: number): void {
    this.closedWith = code;
  }

  /** What was sent since the last call. */
  take(): string[] {
    return this.sent.splice(0);
  }

  /** The gateway answers 101. */
  open(): this {
    this.#tell('open', {});
    return this;
  }

  /** Packets of the gateway. */
  hear(...packets: string[]): this {
    for (const written of packets) this.#tell('message', {data: new Uint8Array(packet(written)).buffer});
    return this;
  }

  hearText(text: string): void {
    this.hearData(text);
  }

  /** Whatever the platform hands out as a message. */
  hearData(data: unknown): void {
    this.#tell('message', {data});
  }

  end(code = 1006, reason = ''): void {
    this.#tell('error', {});
    this.#tell('close', {code, reason});
  }

  #tell(type: string, event: Omit<SocketEvent, 'type'>): void {
    for (const listener of this.#listeners[type] ?? []) listener({type, ...event});
  }
}

/** A client and all that it stands on. */
export interface Harness {
  readonly rainbow: Rainbow;
  readonly clock: SimulatedClock;
  readonly sockets: ScriptedSocket[];
  /** The latest. */
  readonly socket: ScriptedSocket;
  /** What the platform says. */
  readonly platform: {isOffline: boolean; say(event: NetworkStatusEvent): void; readonly watchers: number};
  /** All events of this name so far. */
  heard<Name extends keyof RainbowEvents>(name: Name): RainbowEvents[Name][];
  /** States of the deliveries so far, as `key state`. */
  deliveries(): string[];
}

/** A client that has not bloomed. Deliveries are listened to only where the test asks for them. */
export function makeHarness(t: ExecutionContext, options: RainbowOptions = {}, isTracking = false): Harness {
  const clock = options.clock instanceof SimulatedClock ? options.clock : new SimulatedClock();
  const sockets: ScriptedSocket[] = [];
  const watchers = new Set<(event: NetworkStatusEvent) => void>();
  const platform = {
    isOffline: false,
    say: (event: NetworkStatusEvent) => {
      platform.isOffline = event === 'network.offline' || (platform.isOffline && event !== 'network.online');
      for (const watcher of watchers) watcher(event);
    },
    get watchers() {
      return watchers.size;
    },
  };
  const rainbow = new Rainbow('ws://gateway.test/connect/', {
    clock,
    random: new SeededRandom(1),
    WebSocket: class extends ScriptedSocket {
      constructor(url: string) {
        super(url);
        sockets.push(this);
      }
    },
    networkStatus: {
      get isOffline() {
        return platform.isOffline;
      },
      watch: (tell) => {
        watchers.add(tell);
        return () => watchers.delete(tell);
      },
    },
    ...options,
  });
  const log: {[Name in keyof RainbowEvents]: RainbowEvents[Name][]} = {
    state: [],
    delivery: [],
    closed: [],
    end: [],
    fault: [],
  };
  rainbow.on('state', (event) => log.state.push(event));
  rainbow.on('closed', (event) => log.closed.push(event));
  rainbow.on('end', (event) => log.end.push(event));
  rainbow.on('fault', (event) => log.fault.push(event));
  if (isTracking) rainbow.on('delivery', (event) => log.delivery.push(event));
  t.teardown(() => {
    void rainbow.fade();
    clock.advance(60_000);
    // Whatever the test was about: nothing is left of a client that has ended.
    if (clock.pendingCount > 0) throw new Error(`Expected no timer, got ${clock.pendingCount}`);
    if (watchers.size > 0) throw new Error('Expected no watcher of the platform');
  });
  return {
    rainbow,
    clock,
    sockets,
    get socket() {
      const socket = sockets.at(-1);
      if (socket === undefined) throw new Error('Expected a socket');
      return socket;
    },
    platform,
    heard: <Name extends keyof RainbowEvents>(name: Name) => log[name] as RainbowEvents[Name][],
    deliveries: () => log.delivery.map(describe),
  };
}

/** One that is open. */
export function openHarness(t: ExecutionContext, options: RainbowOptions = {}, isTracking = false): Harness {
  const harness = makeHarness(t, options, isTracking);
  void harness.rainbow.bloom();
  harness.socket.open();
  return harness;
}

/** Waits out the next attempt and lets it succeed. */
export function reopen(harness: Harness): ScriptedSocket {
  const before = harness.sockets.length;
  harness.clock.advance(harness.heard('closed').at(-1)?.retryInMs ?? 0);
  if (harness.sockets.length === before) throw new Error('Expected another attempt');
  return harness.socket.open();
}

/** Lets promises run on. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What a promise rejects with; its code. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    return `answered ${JSON.stringify(await promise)}`;
  } catch (error) {
    return (error as {readonly code: string}).code;
  }
}

function describe({key, state, mayBeRepeat, error}: DeliveryEvent): string {
  return `${key} ${state}${error === undefined ? '' : ` ${error.code}`}${mayBeRepeat ? ' again' : ''}`;
}
