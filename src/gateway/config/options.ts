// Everything that can be configured, as the program sees it: units in the names, every value present. The INI keys,
// environment variables and flags that lead here are in configuration-keys.ts; config/server.ini documents them.

import type {AllowedOrigins} from '../../fronts/rainbow/origin-policy.ts';
import type {ProxyList} from '../../fronts/rainbow/trusted-proxies.ts';

/** All settings of a gateway. Made by `readConfiguration`, or by {@link defaultOptions} for tests and embedding. */
export interface GatewayOptions {
  /** `host`: address to listen on. @default '0.0.0.0' */
  readonly host: string;
  /** `port` or `-p`: 0 picks a free one. @default 1984 */
  readonly port: number;

  /** `threads`: shards, each with its own clients, on the same port; in the file also `auto`, for one a core. @default 1 */
  readonly threads: number;

  /** `connect_url`, `forward_url`, `close_url`: absolute http or https URLs of the business server. */
  readonly connectUrl: string;
  readonly forwardUrl: string;
  readonly closeUrl: string;
  /** `security_token`: shared secret of the signatures, both directions. */
  readonly securityToken: string;
  /** `api_keys`: bearer keys accepted by the HTTP API, each at least 24 characters. @default none */
  readonly apiKeys: readonly string[];
  /** `replay`: `exact` refuses an exact repeat of a call, `strict` any signature that was or may have been used. @default 'exact' */
  readonly replay: 'exact' | 'strict';
  /** `require_device`: refuse a client without device id and platform, as the original did. @default false */
  readonly requireDevice: boolean;
  /** `legacy_http_status`: answer every API error with HTTP status 200. @default false */
  readonly legacyHttpStatus: boolean;
  /** `serverinfo`: who may read /serverinfo/ and /metrics: everybody, loopback only, or callers that sign. @default 'local' */
  readonly serverinfo: 'open' | 'local' | 'signed';
  /**
   * `allowed_origins`: origins from which browsers may connect: `self`, `null`, `*`, `https://host`, `https://*.host`.
   * `unset`: any, with a warning. @default 'unset'
   */
  readonly allowedOrigins: AllowedOrigins;
  /**
   * `trusted_proxies`: whose forwarded headers count: `loopback`, `private`, addresses, subnets. `unset`: no proxy's, and all
   * are passed on, with a warning. @default 'unset'
   */
  readonly trustedProxies: ProxyList;
  /** `udp_ports`: ports of the LAN cluster; empty: nothing is ever broadcast. @default [] */
  readonly udpPorts: readonly number[];
  /** `udp_broadcast`: where announcements go; with a loopback `host`, never beyond this machine. @default '255.255.255.255' */
  readonly udpBroadcast: string;
  /** `peers`: nodes, as `host:port`, that are asked without an announcement. @default none */
  readonly peers: readonly string[];
  /** `peer_timeout`, seconds: what a node that does not answer may cost a call. @default 2 s */
  readonly peerTimeoutMs: number;
  /** `cluster_address`: `address:port` by which other nodes reach this one behind NAT; empty: that of its sockets. @default '' */
  readonly clusterAddress: string;
  /** `cluster_open`: also nodes whose announcements are not signed, those of the original. @default false */
  readonly clusterOpen: boolean;

  /** `ping_interval`, seconds: a ping after each such span of silence, below the idle limit of proxies. @default 25 s */
  readonly pingIntervalMs: number;
  /** `keep_alive`, seconds: the last ping after this much silence, the end after 1.5 times as much. @default 60 s */
  readonly keepAliveMs: number;
  /** `message_timeout`, seconds: for one WebSocket message, from its first byte to its last. @default 60 s */
  readonly messageTimeoutMs: number;
  /** `stall_timeout`, seconds: a client that reads none of what waits for it for so long is closed. @default 60 s */
  readonly stallTimeoutMs: number;
  /** `ack_timeout`, seconds: a client that acknowledges nothing for so long is closed; 0: never. @default 0 */
  readonly ackTimeoutMs: number;
  /** `retry_interval`, seconds: between the transmissions of an unconfirmed message. @default 3 s */
  readonly retryIntervalMs: number;
  /** `window`: unacknowledged QoS 1 and 2 messages to one client, and from one client. @default 1000 */
  readonly window: number;
  /** `queue`: messages to one client that may wait for the window, and calls from one that may wait for their turn. @default 1000 */
  readonly queue: number;
  /** `queue_bytes`: payload bytes of one client that may wait likewise. @default 16 MiB */
  readonly queueBytesMax: number;
  /** `session_expiry`, seconds: how long a session of `rainbow.v2` is kept without a connection, unless its client asks for another time. @default 120 s */
  readonly sessionExpiryMs: number;
  /** `session_expiry_max`, seconds: the longest time that a client may ask for. @default 86,400 s */
  readonly sessionExpiryMaxMs: number;
  /** `session_keep_alive`, seconds: `keep_alive` of connections of `rainbow.v2`. @default 30 s */
  readonly sessionKeepAliveMs: number;
  /** `session_queue`: messages that may wait for one session. @default 1000 */
  readonly sessionQueue: number;
  /** `session_queue_bytes`: their payload bytes. @default 16 MiB */
  readonly sessionQueueBytesMax: number;
  /** `send_buffer`: bytes a slow reader may leave unread before messages to it wait. @default 1 MiB */
  readonly sendBufferBytesMax: number;
  /** `payload_max`: bytes of one WebSocket message and of one API body. @default 1 MiB */
  readonly payloadBytesMax: number;
  /** `packet_rate`: WebSocket frames a second read from one client, on average; the rest waits. @default 5000 */
  readonly packetRate: number;
  /** `packet_burst`: frames that one client may send at once above that rate. @default 10,000 */
  readonly packetBurst: number;
  /** `memory_max`: bytes held for all clients and callers; 0: a share of what the process may have. @default 0 */
  readonly memoryBytesMax: number;
  /** `connections_max`: clients at a time; fewer where the process may open few files. @default 100,000 */
  readonly connectionsMax: number;
  /** `handshakes_max`: clients waiting for their connect call at a time. @default 10,000 */
  readonly handshakesMax: number;
  /** `channels_max`: channels one client may be in. @default 1000 */
  readonly channelsPerConnectionMax: number;

  /** `call_timeout`, seconds: for one call to the business server, answer included. @default 10 s */
  readonly callTimeoutMs: number;
  /** `answer_max`: bytes of one answer of the business server. @default 1 MiB */
  readonly answerBytesMax: number;
  /** `upstream_workers`: worker threads of each of `threads` that make the calls, each with limits of its own. @default 1 */
  readonly upstreamWorkers: number;
  /** `upstream_sockets`: keep-alive sockets of one worker to the business server. @default 128 */
  readonly upstreamSocketsMax: number;
  /** `upstream_queue`: calls under way or waiting in the whole gateway. @default 100,000 */
  readonly upstreamQueueMax: number;
  /** `close_retry`: which failed close calls are made again: those surely not processed, or all. @default 'safe' */
  readonly closeRetry: 'safe' | 'always';
  /** `close_retry_max`, seconds: how long a close call is made again before it is given up. @default 60 s */
  readonly closeRetryMs: number;
  /** `unordered_types`: message types whose calls do not wait for earlier ones of their client. @default none */
  readonly unorderedTypes: readonly number[];

  /** `presence_channels`: channels whose members are notified of joins and leaves: names with `*` for any characters. @default none */
  readonly presenceChannels: readonly string[];
  /** `presence_type`: the message type of these notices. @default 65,535 */
  readonly presenceType: number;
  /** `presence_interval`, seconds: what changes in a channel meanwhile is reported at once, and what cancels out is not. @default 1 s */
  readonly presenceIntervalMs: number;

  /** `events_url`: where events of channels are posted; empty: nowhere. @default '' */
  readonly eventsUrl: string;

  /** `trace`: share of all connections and messages that are traced, 0 to 1; in the file also `off` and `on`. @default 0 */
  readonly traceRate: number;
  /** `trace_events`: events kept in each thread, the latest. @default 65,536 */
  readonly traceEventsMax: number;
  /** `trace_keep`, seconds: how long they can be read. @default 3600 s */
  readonly traceKeepMs: number;
  /** `inspector`: serve the page at /inspector/ to callers with its key. @default 'off' */
  readonly inspector: 'off' | 'on';
  /** `inspector_key`: that key, at least 24 characters; empty: none. @default '' */
  readonly inspectorKey: string;

  /** `watchdog_timeout`, seconds: a thread whose event loop stands still for this long is replaced; 0: never. @default 10 s */
  readonly watchdogTimeoutMs: number;
  /** `shutdown_grace`, seconds: from SIGTERM to the end, unless close calls are answered meanwhile. @default 4 s */
  readonly shutdownGraceMs: number;
  /** `shutdown_max`, seconds: from SIGTERM to the end at most, however many close calls there are. @default 60 s */
  readonly shutdownMaxMs: number;
  /** `log_level`: pino's levels. @default 'info' */
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** `log_format`: `auto` is pretty on a terminal and JSON elsewhere. @default 'auto' */
  readonly logFormat: 'auto' | 'json' | 'pretty';
}

/** The defaults of everything that has one; the URLs and the token have none. */
export const defaultOptions = {
  host: '0.0.0.0',
  port: 1984,
  threads: 1,
  apiKeys: [],
  replay: 'exact',
  requireDevice: false,
  legacyHttpStatus: false,
  serverinfo: 'local',
  allowedOrigins: 'unset',
  trustedProxies: 'unset',
  udpPorts: [],
  udpBroadcast: '255.255.255.255',
  peers: [],
  peerTimeoutMs: 2_000,
  clusterAddress: '',
  clusterOpen: false,
  pingIntervalMs: 25_000,
  keepAliveMs: 60_000,
  messageTimeoutMs: 60_000,
  stallTimeoutMs: 60_000,
  ackTimeoutMs: 0,
  retryIntervalMs: 3_000,
  window: 1_000,
  queue: 1_000,
  queueBytesMax: 16_777_216,
  sessionExpiryMs: 120_000,
  sessionExpiryMaxMs: 86_400_000,
  sessionKeepAliveMs: 30_000,
  sessionQueue: 1_000,
  sessionQueueBytesMax: 16_777_216,
  sendBufferBytesMax: 1_048_576,
  payloadBytesMax: 1_048_576,
  packetRate: 5_000,
  packetBurst: 10_000,
  memoryBytesMax: 0,
  connectionsMax: 100_000,
  handshakesMax: 10_000,
  channelsPerConnectionMax: 1_000,
  callTimeoutMs: 10_000,
  answerBytesMax: 1_048_576,
  upstreamWorkers: 1,
  upstreamSocketsMax: 128,
  upstreamQueueMax: 100_000,
  closeRetry: 'safe',
  closeRetryMs: 60_000,
  unorderedTypes: [],
  presenceChannels: [],
  presenceType: 65_535,
  presenceIntervalMs: 1_000,
  eventsUrl: '',
  traceRate: 0,
  traceEventsMax: 65_536,
  traceKeepMs: 3_600_000,
  inspector: 'off',
  inspectorKey: '',
  watchdogTimeoutMs: 10_000,
  shutdownGraceMs: 4_000,
  shutdownMaxMs: 60_000,
  logLevel: 'info',
  logFormat: 'auto',
} as const satisfies Partial<GatewayOptions>;
