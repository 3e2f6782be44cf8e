// The options of a Rainbow: one table of numbers with their defaults and bounds, and the address it connects to.

import type {Clock} from '../core/clock.ts';
import {webClock} from '../core/clock-web.ts';
import type {Random} from '../core/random.ts';
import {webRandom} from '../core/random-web.ts';
import {headerDevice, headerPlatform} from '../protocol/header-name.ts';
import {check, RainbowClientError, show} from './errors.ts';
import {isThenable} from './handling.ts';
import {isBrowser, type NetworkStatus, platformNetworkStatus} from './network-status.ts';
import type {SocketClass} from './socket.ts';
import type {Store} from './store.ts';
import {warnOnConsole} from './warning.ts';

type Limit = readonly [usual: number, least: number, most: number];

const kib = 1024;
const mib = 1024 * kib;
/** The longest that timers of the platform can wait. */
const longestMs = 2 ** 31 - 1;

/** Every number that can be set: its default, its least and its most. `Infinity` is for those that say so. */
export const numberOptions = {
  timeout: [30_000, 1, Number.POSITIVE_INFINITY],
  handlerTimeoutMs: [10_000, 1, longestMs],
  heartbeatMs: [25_000, 100, longestMs],
  connectTimeoutMs: [20_000, 1, longestMs],
  fadeTimeoutMs: [2_000, 1, longestMs],
  retryIntervalMs: [3_000, 100, longestMs],
  backoffMinMs: [1_000, 100, longestMs],
  backoffMaxMs: [30_000, 100, longestMs],
  attemptsMax: [Number.POSITIVE_INFINITY, 1, Number.POSITIVE_INFINITY],
  window: [100, 1, 30_000],
  outboxMax: [1_000, 1, 1_000_000],
  outboxBytesMax: [4 * mib, 1, 2 ** 32],
  inboxMax: [10_000, 1, 1_000_000],
  inboxBytesMax: [16 * mib, 1, 2 ** 32],
  messageBytesMax: [mib, 8, 2 ** 32],
  sendBufferBytesMax: [mib, 1, 2 ** 32],
} as const satisfies Record<string, Limit>;

type NumberOptions = {readonly [Name in keyof typeof numberOptions]: number};

/** Parameters of the URL: what the business server reads as headers of its connect call. `undefined` is left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** See docs/client.md for what each number does; every option has a default but the address. */
export interface RainbowOptions extends Partial<NumberOptions> {
  /** `ws:` or `wss:`, also `http:` or `https:`; instead of host, port, path and secure. Without a path: `/connect/`. */
  readonly url?: string | URL;
  /** A name or an address, IPv6 with or without brackets. */
  readonly host?: string;
  /** @default 1984 */
  readonly port?: number;
  /** @default '/connect/' */
  readonly path?: string;
  /** `wss:` instead of `ws:`. @default false */
  readonly secure?: boolean;
  /** Added to the URL; a function is called for each attempt, for tokens that expire. */
  readonly query?: Query | (() => Query | PromiseLike<Query>);
  /** Names the device, in the query as X-DEVICEID. @default random, one for the lifetime of this object */
  readonly device?: string;
  /** In the query as X-CLIENT-OS. @default 'web' in a browser and its workers, 'node' elsewhere */
  readonly platform?: string;
  /** Types of messages from the business server that wait for no other's handler. @default none */
  readonly unorderedTypes?: readonly number[];
  /** Where messages of QoS 1 and 2 are kept. @default memory */
  readonly store?: Store;
  /** @default the platform's own, looked for when it connects */
  readonly WebSocket?: SocketClass;
  /** What the platform says of network and page. @default the events of the browser, where it is one */
  readonly networkStatus?: NetworkStatus;
  /** Takes what a developer should read: that it cannot connect, that a listener threw. @default console.warn */
  readonly warn?: (text: string, cause?: unknown) => void;
  /**
   * Takes all that happens, as for `console.debug`: each event by its name, whether or not anybody listens to it, and each
   * packet as `in` or `out`. Packets hold what messages carry.
   * @default nothing is logged
   */
  readonly log?: (what: string, detail: unknown) => void;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** All options, checked and complete. */
export interface Settings extends NumberOptions {
  /** The address without its query, for people. */
  readonly place: string;
  /** Makes the URL of one attempt. */
  readonly url: () => string | Promise<string>;
  readonly unorderedTypes: ReadonlySet<number>;
  readonly store: Store | undefined;
  readonly WebSocket: SocketClass | undefined;
  readonly networkStatus: NetworkStatus;
  readonly warn: (text: string, cause?: unknown) => void;
  readonly log: ((what: string, detail: unknown) => void) | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

const optionNames = new Set([
  ...Object.keys(numberOptions),
  ...['url', 'host', 'port', 'path', 'secure', 'query', 'device', 'platform', 'unorderedTypes', 'store'],
  ...['WebSocket', 'networkStatus', 'clock', 'random', 'warn', 'log'],
]);

/** The class of sockets to connect with: looked for late, since a module is often loaded before there is one. */
export function socketClass({WebSocket = globalThis.WebSocket}: Pick<Settings, 'WebSocket'>): SocketClass {
  check(typeof WebSocket === 'function', 'This platform has no WebSocket: hand a class in as the option WebSocket');
  return WebSocket;
}

/** Throws `RB_ARGUMENT` for what cannot be. */
export function settingsOf(options: RainbowOptions): Settings {
  const {store, clock = webClock, random = webRandom, unorderedTypes = []} = options;
  const {WebSocket, networkStatus = platformNetworkStatus} = options;
  for (const name of Object.keys(options)) check(optionNames.has(name), `Unknown option ${name}`);
  for (const name of ['warn', 'log'] as const) {
    const value = options[name];
    check(value === undefined || typeof value === 'function', `${name} is ${show(value)}; it may be a function`);
  }
  const numbers = readNumbers(options);
  const {backoffMinMs, backoffMaxMs} = numbers;
  check(backoffMinMs <= backoffMaxMs, `backoffMinMs, ${backoffMinMs}, is above backoffMaxMs, ${backoffMaxMs}`);
  return {
    ...numbers,
    place: placeOf(options),
    url: urlMaker(options, random),
    unorderedTypes: new Set(unorderedTypes),
    store,
    WebSocket,
    networkStatus,
    warn: options.warn ?? warnOnConsole,
    log: options.log,
    clock,
    random,
  };
}

function readNumbers(options: RainbowOptions): NumberOptions {
  const entries = Object.entries(numberOptions).map(([name, [usual, least, most]]) => {
    const value = options[name as keyof NumberOptions] ?? usual;
    check(isWithin(value, least, most), `${name} is ${show(value)}; it may be from ${least} to ${most}`);
    return [name, value] as const;
  });
  return Object.fromEntries(entries) as NumberOptions;
}

const deviceBytes = 16;

function urlMaker(options: RainbowOptions, random: Random): () => string | Promise<string> {
  const base = baseUrl(options);
  const {query = {}, device, platform = isBrowser() ? 'web' : 'node'} = options;
  const usual = {[headerDevice]: device ?? random.hex(deviceBytes), [headerPlatform]: platform};
  const make = (parameters: Readonly<Record<string, unknown>>): string => {
    const url = new URL(base);
    for (const [name, value] of Object.entries<unknown>({...usual, ...parameters})) {
      if (value === undefined) continue;
      check(typeof value !== 'object' && typeof value !== 'function', `The query parameter ${name} is no text`);
      // What stands in the URL itself is the application's word, too. Numbers become text by themselves.
      if (name in parameters || !url.searchParams.has(name)) url.searchParams.set(name, value as string);
    }
    return url.href;
  };
  return () => {
    const parameters = typeof query === 'function' ? query() : query;
    return isThenable(parameters) ? Promise.resolve(parameters).then(make) : make(parameters);
  };
}

function placeOf(options: RainbowOptions): string {
  const {origin, pathname} = baseUrl(options);
  return origin + pathname;
}

function baseUrl({url, host, port = 1984, path = '/connect/', secure = false}: RainbowOptions): URL {
  const name = host?.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const text = url ?? (name === undefined ? undefined : `${secure ? 'wss' : 'ws'}://${name}:${port}${path}`);
  const base = text === undefined || !URL.canParse(text) ? undefined : new URL(text);
  const scheme = /^(?:ws|http)s?:$/;
  if (base === undefined || !scheme.test(base.protocol)) {
    throw new RainbowClientError(
      'RB_ARGUMENT',
      `${text} is no address of a gateway, such as wss://example.com/connect/`,
    );
  }
  // A gateway has nothing else to connect to.
  if (base.pathname === '/') base.pathname = '/connect/';
  base.protocol = base.protocol.replace('http', 'ws');
  base.hash = '';
  return base;
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}
