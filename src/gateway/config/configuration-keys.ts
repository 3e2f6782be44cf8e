// The one table of what can be configured: each field of GatewayOptions with its key and its form. It drives the file,
// the environment, the flags, `rainbow config`, and the test that holds config/server.ini against it.

import {nearest} from '../../core/nearest.ts';
import {originList, proxyList} from './configuration-access.ts';
import {broadcastAddress, hostAddress, places, socketAddress} from './configuration-addresses.ts';
import {channelPatterns} from './configuration-channels.ts';
import {businessUrl, forwardingUrl, optionalUrl} from './configuration-urls.ts';
import {
  apiKeyList,
  bytes,
  bytesOrAuto,
  type Form,
  oneOf,
  optionalKey,
  seconds,
  secondsOrNone,
  share,
  sharedSecret,
  threadCount,
  truth,
  wholeNumber,
  wholeNumbers,
} from './configuration-values.ts';
import {defaultOptions, type GatewayOptions} from './options.ts';

interface KeyFacts<Value> {
  readonly key: string;
  readonly form: Form<Value>;
}

// In the order of config/server.ini. A maximum is far above sense and below what breaks: timers end at 2^31 ms, one
// connection has 65,534 message ids, a WebSocket message must fit a Buffer.
const table = {
  connectUrl: {key: 'connect_url', form: businessUrl},
  forwardUrl: {key: 'forward_url', form: forwardingUrl},
  closeUrl: {key: 'close_url', form: businessUrl},
  securityToken: {key: 'security_token', form: sharedSecret},

  host: {key: 'host', form: hostAddress},
  port: {key: 'port', form: wholeNumber(0, 65_535)},
  threads: {key: 'threads', form: threadCount(1, 256)},
  apiKeys: {key: 'api_keys', form: apiKeyList},
  replay: {key: 'replay', form: oneOf('exact', 'strict')},
  requireDevice: {key: 'require_device', form: truth},
  legacyHttpStatus: {key: 'legacy_http_status', form: truth},
  serverinfo: {key: 'serverinfo', form: oneOf('open', 'local', 'signed')},
  allowedOrigins: {key: 'allowed_origins', form: originList},
  trustedProxies: {key: 'trusted_proxies', form: proxyList},
  udpPorts: {key: 'udp_ports', form: wholeNumbers(1, 65_535, 64)},
  udpBroadcast: {key: 'udp_broadcast', form: broadcastAddress},
  peers: {key: 'peers', form: places(64)},
  peerTimeoutMs: {key: 'peer_timeout', form: seconds(0.1, 60)},
  clusterAddress: {key: 'cluster_address', form: socketAddress},
  clusterOpen: {key: 'cluster_open', form: truth},

  pingIntervalMs: {key: 'ping_interval', form: seconds(0.1, 86_400)},
  keepAliveMs: {key: 'keep_alive', form: seconds(0.1, 86_400)},
  messageTimeoutMs: {key: 'message_timeout', form: seconds(0.1, 86_400)},
  stallTimeoutMs: {key: 'stall_timeout', form: seconds(0.1, 86_400)},
  ackTimeoutMs: {key: 'ack_timeout', form: seconds(0, 86_400)},
  retryIntervalMs: {key: 'retry_interval', form: seconds(0.1, 3_600)},
  window: {key: 'window', form: wholeNumber(1, 65_534)},
  queue: {key: 'queue', form: wholeNumber(1, 1_000_000)},
  queueBytesMax: {key: 'queue_bytes', form: bytes(64, 4 * 1024 ** 3)},
  sessionExpiryMs: {key: 'session_expiry', form: seconds(0, 604_800)},
  sessionExpiryMaxMs: {key: 'session_expiry_max', form: seconds(0, 604_800)},
  sessionKeepAliveMs: {key: 'session_keep_alive', form: seconds(0.1, 86_400)},
  sessionQueue: {key: 'session_queue', form: wholeNumber(1, 1_000_000)},
  sessionQueueBytesMax: {key: 'session_queue_bytes', form: bytes(64, 4 * 1024 ** 3)},
  sendBufferBytesMax: {key: 'send_buffer', form: bytes(64, 1024 ** 3)},
  payloadBytesMax: {key: 'payload_max', form: bytes(64, 256 * 1024 ** 2)},
  packetRate: {key: 'packet_rate', form: wholeNumber(1, 10_000_000)},
  packetBurst: {key: 'packet_burst', form: wholeNumber(1, 10_000_000)},
  memoryBytesMax: {key: 'memory_max', form: bytesOrAuto(1024 ** 2, 1024 ** 4)},
  connectionsMax: {key: 'connections_max', form: wholeNumber(1, 10_000_000)},
  handshakesMax: {key: 'handshakes_max', form: wholeNumber(1, 1_000_000)},
  channelsPerConnectionMax: {key: 'channels_max', form: wholeNumber(1, 1_000_000)},

  callTimeoutMs: {key: 'call_timeout', form: seconds(0.1, 600)},
  answerBytesMax: {key: 'answer_max', form: bytes(64, 256 * 1024 ** 2)},
  upstreamWorkers: {key: 'upstream_workers', form: wholeNumber(1, 64)},
  upstreamSocketsMax: {key: 'upstream_sockets', form: wholeNumber(1, 10_000)},
  upstreamQueueMax: {key: 'upstream_queue', form: wholeNumber(1, 10_000_000)},
  closeRetry: {key: 'close_retry', form: oneOf('safe', 'always')},
  closeRetryMs: {key: 'close_retry_max', form: seconds(0, 3_600)},
  unorderedTypes: {key: 'unordered_types', form: wholeNumbers(0, 65_535, 4_096)},

  presenceChannels: {key: 'presence_channels', form: channelPatterns(64)},
  presenceType: {key: 'presence_type', form: wholeNumber(0, 65_535)},
  presenceIntervalMs: {key: 'presence_interval', form: seconds(0.1, 3_600)},
  eventsUrl: {key: 'events_url', form: optionalUrl},

  traceRate: {key: 'trace', form: share},
  traceEventsMax: {key: 'trace_events', form: wholeNumber(1_024, 16_777_216)},
  traceKeepMs: {key: 'trace_keep', form: seconds(1, 86_400)},
  inspector: {key: 'inspector', form: oneOf('off', 'on')},
  inspectorKey: {key: 'inspector_key', form: optionalKey},

  shutdownGraceMs: {key: 'shutdown_grace', form: seconds(0, 300)},
  shutdownMaxMs: {key: 'shutdown_max', form: seconds(0, 3_600)},
  watchdogTimeoutMs: {key: 'watchdog_timeout', form: secondsOrNone(1, 600)},
  logLevel: {key: 'log_level', form: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent')},
  logFormat: {key: 'log_format', form: oneOf('auto', 'json', 'pretty')},
} as const satisfies {readonly [Field in keyof GatewayOptions]: KeyFacts<GatewayOptions[Field]>};

/** A key as it stands in the file. */
export type ConfigurationKey = (typeof table)[keyof GatewayOptions]['key'];

/** One row of the table, its value's type forgotten: `form` reads and writes the values of `field` and no others. */
export interface ConfigurationKeyFacts {
  readonly key: ConfigurationKey;
  readonly field: keyof GatewayOptions;
  readonly form: Form<unknown>;
  /** `RAINBOW_` and the key in upper case. */
  readonly variable: string;
  /** `--` and the key with dashes. */
  readonly flag: string;
  /** Absent where the value must be given. */
  readonly defaultValue: unknown;
}

/** All keys, in the order of config/server.ini. */
export const configurationKeys: readonly ConfigurationKeyFacts[] = Object.entries(table).map(
  ([field, {key, form}]) => ({
    key,
    // Object.entries forgets what the type of `table` says.
    field: field as keyof GatewayOptions,
    form: form as Form<unknown>,
    variable: `RAINBOW_${key.toUpperCase()}`,
    flag: `--${key.replaceAll('_', '-')}`,
    defaultValue: (defaultOptions as Partial<GatewayOptions>)[field as keyof GatewayOptions],
  }),
);

const factsByKey: ReadonlyMap<string, ConfigurationKeyFacts> = new Map(
  configurationKeys.map((facts) => [facts.key, facts]),
);

/** The row of `key`, or `undefined` where there is no such key. */
export function findKey(key: string): ConfigurationKeyFacts | undefined {
  return factsByKey.get(key);
}

// Keys of the original's earlier releases.
const formerKeys: ReadonlyMap<string, ConfigurationKey> = new Map([
  ['auth_url', 'connect_url'],
  ['security_key', 'security_token'],
  ['socket_port', 'port'],
  ['http_port', 'port'],
]);

/** The key that `text` was meant for, where one is near: at most a third of its letters away. */
export function nearestKey(text: string): ConfigurationKey | undefined {
  return (
    formerKeys.get(text) ??
    nearest(
      text,
      configurationKeys.map(({key}) => key),
    )
  );
}
