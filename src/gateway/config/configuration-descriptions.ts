// What each key means, for people: the one text from which config/server.ini, `--help`, docs/configuration.md and the JSON
// Schema are written (`npm run docs`). Form, bounds and default are in configuration-keys.ts and options.ts.

import type {ConfigurationKey} from './configuration-keys.ts';

/** The text on one key. */
export interface KeyDescription {
  /** One line: what the key sets. */
  readonly summary: string;
  /** What else one must know to choose a value. */
  readonly details?: string;
  /** The value of a new installation, where it is not the default: in config/server.ini without its `#`. */
  readonly shipped?: string;
}

/** Keys that belong together. */
export interface DescriptionSection {
  readonly title: string;
  readonly keys: {readonly [Key in ConfigurationKey]?: KeyDescription};
}

/** All keys, in the order of config/server.ini. */
export const descriptionSections: readonly DescriptionSection[] = [
  {
    title: 'The business server',
    keys: {
      connect_url: {
        summary: 'URL called once for each client that connects',
        details: 'The answer {"status": "success"} admits the client.',
        shipped: 'http://127.0.0.1:8000/connect/',
      },
      forward_url: {
        summary: 'URL that receives each message of a client, by POST',
        details:
          'The message type, 0 to 65535, replaces {message_type}. Without {message_type} it is appended, followed by a slash.',
        shipped: 'http://127.0.0.1:8000/message/{message_type}/',
      },
      close_url: {
        summary: 'URL called once when a client is gone',
        shipped: 'http://127.0.0.1:8000/close/',
      },
      security_token: {
        summary: 'shared secret that signs the calls between Rainbow and the business server',
        details:
          'Both sides have the same one; `npx rainbow token` generates one. With a placeholder such as change-me-please Rainbow listens on 127.0.0.1 only.',
        shipped: 'change-me-please',
      },
    },
  },
  {
    title: 'Listening',
    keys: {
      host: {
        summary: 'address to listen on, for clients and for the business server',
        details: '0.0.0.0 listens on all addresses of this machine.',
      },
      port: {summary: 'port to listen on; 0 picks a free one', details: '`rainbow-server -p PORT` sets it as well.'},
      threads: {
        summary: 'threads that serve clients on the same port; auto is one per core',
        details: 'Each thread has its own clients, HTTP API and upstream workers.',
      },
    },
  },
  {
    title: 'Access to the HTTP API, and who may connect',
    keys: {
      api_keys: {
        summary: 'keys accepted instead of a signature',
        details:
          'Callers send `Authorization: Bearer KEY`. Empty: only signatures. `npx rainbow token` generates a key. A placeholder such as change-me-please-api-key is valid on 127.0.0.1 only.',
        shipped: 'change-me-please-api-key',
      },
      replay: {
        summary: 'which repeated calls are refused',
        details:
          '`exact`: the same call again, and calls that the original did not have (/trace/, dry sends, /metrics/, /serverinfo/) with any signature used before. `strict`: every call with a signature used before, with a timestamp before the start of the gateway, or with a timestamp and nonce whose signature also fits an older timestamp. `strict` needs callers whose nonces do not repeat within 20 seconds, and delays the start by up to one second.',
      },
      require_device: {summary: 'refuse clients that send no device id and platform (X-DEVICEID, X-CLIENT-OS)'},
      legacy_http_status: {
        summary: 'answer every API error with HTTP status 200',
        details: 'For callers that read only the body.',
      },
      serverinfo: {
        summary: 'who may read /serverinfo/ and /metrics/ without a signature or key',
        details:
          'open: any caller. local: this machine, without a proxy in between. signed: only callers with a signature or key.',
      },
      allowed_origins: {
        summary: 'origins of the pages whose browsers may connect',
        details:
          'self is the host that the browser connected to, on any port. null is a page without an origin, such as a file. * is any origin. Clients other than browsers send no Origin and may always connect. Without this key any page may connect with the cookies of its visitor.',
        shipped: 'self',
      },
      trusted_proxies: {
        summary: 'proxies whose X-Forwarded-For or Forwarded headers are believed',
        details:
          "The client's address is taken from their headers. From others such headers are not passed on to the business server. Empty: there is no proxy. Without this key all such headers are passed on.",
        shipped: 'loopback',
      },
    },
  },
  {
    title: 'Cluster',
    keys: {
      udp_ports: {
        summary: 'UDP ports of all Rainbow nodes on this network, which find each other by broadcast',
        details: 'Empty: a single node, nothing is broadcast. Example: [1984, 1985]',
        shipped: '[]',
      },
      udp_broadcast: {
        summary: 'address that announcements are sent to',
        details:
          'Set the broadcast address of one network if there are several. A node whose host is a loopback address always announces itself on 127.255.255.255.',
      },
      peers: {
        summary: 'other nodes, for networks without broadcast',
        details:
          'Each of them must list this node as well. The list may be the same on every node, since a node recognises itself. Example: node-a:1984, node-b:1984',
      },
      peer_timeout: {summary: 'time a call waits for a node that does not answer'},
      cluster_address: {
        summary: 'address and port by which other nodes reach this one',
        details: 'Needed behind NAT or a published port of a container. Example: 203.0.113.7:1984',
      },
      cluster_open: {
        summary: 'also admit nodes that do not sign their announcements, as nodes of the original',
        details: 'Anyone on this network can then join and receive every message.',
      },
    },
  },
  {
    title: 'Clients',
    keys: {
      ping_interval: {
        summary: 'silence after which a client is pinged',
        details: 'Keep it well below 60 seconds: common proxies drop a connection that is idle for that long.',
      },
      keep_alive: {
        summary: 'silence after which a client is pinged for the last time',
        details: 'After one and a half times as much silence the client is closed.',
      },
      message_timeout: {summary: 'time for one WebSocket message, from its first byte to its last'},
      stall_timeout: {summary: 'time after which a client that reads none of its waiting bytes is closed'},
      ack_timeout: {
        summary: 'time after which a client that acknowledges nothing is closed; 0 never',
        details:
          'With 0 such clients are only counted (rainbow_clients_unacknowledging_total): old clients may never acknowledge.',
      },
      retry_interval: {summary: 'time between two transmissions of an unconfirmed message'},
      window: {summary: 'unconfirmed QoS 1 and 2 messages to one client, and from one client'},
      queue: {
        summary:
          'messages to one client that wait for the window, and messages from one client that wait for their turn',
      },
      queue_bytes: {summary: 'payload bytes of one client that wait likewise', details: 'At least payload_max.'},
      session_expiry: {
        summary: 'how long a session of rainbow.v2 is kept without a connection, in seconds',
        details: 'Its client may ask for another time. 0: it ends with its connection.',
      },
      session_expiry_max: {summary: 'longest time that a client may ask for, in seconds'},
      session_keep_alive: {summary: 'keep_alive of connections of rainbow.v2, in seconds'},
      session_queue: {summary: 'messages that may wait for one session of rainbow.v2'},
      session_queue_bytes: {summary: 'payload bytes that may wait likewise'},
      send_buffer: {
        summary: 'bytes that a slow reader may leave unread before messages to it wait',
        details: 'At least payload_max.',
      },
      payload_max: {summary: 'size of the largest WebSocket message, and of the largest body of an API call'},
      packet_rate: {
        summary: 'WebSocket frames per second read from one client on average',
        details: 'Includes pings and fragments. A client that sends more is read more slowly.',
      },
      packet_burst: {summary: 'frames that one client may send at once above that rate'},
      memory_max: {
        summary: 'bytes held for all clients and callers together',
        details:
          'These are waiting messages in both directions, calls in progress, request bodies and replies. auto is 40 % of what the process may have (the limit of its cgroup, or the memory of the machine). Above three quarters of the bound, clients whose messages wait are not read; at the bound, calls get 503 and messages are refused.',
      },
      connections_max: {
        summary: 'clients connected at a time',
        details: 'Fewer if the process may not open as many files (ulimit -n).',
      },
      handshakes_max: {
        summary: 'clients that wait for the answer of connect_url at a time',
        details: 'A client that left counts until its call is answered, or withdrawn before it was sent.',
      },
      channels_max: {summary: 'channels that one client may be in'},
    },
  },
  {
    title: 'Calls to the business server',
    keys: {
      call_timeout: {summary: 'time for one call, from its start to the last byte of the answer'},
      answer_max: {summary: 'size of the largest answer of the business server'},
      upstream_workers: {
        summary: 'threads that make the calls, for each of `threads`',
        details: 'Each has its own limits, below.',
      },
      upstream_sockets: {
        summary: 'connections of one such thread to the business server',
        details:
          'This is the largest number of its calls that run at a time; all threads together make `threads` times `upstream_workers` as many. Fewer run if the server answers too slowly to work on so many. Further calls wait; docs/architecture.md#overload describes their order.',
      },
      upstream_queue: {summary: 'calls in progress or waiting, of all clients together'},
      close_retry: {
        summary: 'which failed close calls are repeated',
        details:
          '`safe`: those that the business server certainly did not process, since nothing was sent or the answer was 429 or 503. `always`: also those whose outcome is unknown, as after a timeout.',
      },
      close_retry_max: {
        summary: 'time for which a close call is repeated before it is given up',
        details:
          'Close calls that are given up are counted and logged. While one is pending, no new client is admitted under the identity that the business server gave to the one that is gone.',
      },
      unordered_types: {
        summary: 'message types whose order does not matter',
        details: 'Their calls do not wait for earlier ones of the same client.',
      },
    },
  },
  {
    title: 'Presence',
    keys: {
      presence_channels: {
        summary:
          'channels whose members are notified when others join and leave: names, in which * stands for any characters',
        details:
          'Nothing is sent by default. A notice is a message of QoS 0 with the identities that came and went, and the number of members: docs/presence.md.',
      },
      presence_type: {summary: 'the message type of these notices'},
      presence_interval: {
        summary: 'time in which what changes in a channel is gathered, and then reported at once',
        details: 'A client that joins and leaves within this time is not reported.',
      },
      events_url: {
        summary:
          'URL that receives events of channels, by POST: occupied by a first member, and vacated by the last one',
        details:
          'Nothing is posted by default. Events are JSON, in batches: docs/presence.md#events. An event is lost if its thread dies.',
      },
    },
  },
  {
    title: 'Observing',
    keys: {
      trace: {
        summary: 'which connections and messages are traced from the start: none, all, or a share',
        details:
          '`rainbow trace` shows afterwards what happened to them. Others can be switched on while the gateway runs: docs/trace.md.',
      },
      trace_events: {
        summary: 'events that each thread keeps, the latest ones',
        details: 'Each needs about 110 bytes of memory.',
      },
      trace_keep: {summary: 'time for which an event can be read at most'},
      inspector: {
        summary: 'serve the page /inspector/, which shows connections, charts and packets live',
        details: 'It asks for inspector_key.',
      },
      inspector_key: {
        summary: 'key of the inspector, sent as `Authorization: Bearer KEY`',
        details: 'It reads everything that is traced, including payloads, and changes nothing.',
      },
    },
  },
  {
    title: 'Running',
    keys: {
      shutdown_grace: {
        summary: 'time from SIGTERM to the end while no close call is answered',
        details: 'Each answered close call extends it by as much.',
      },
      shutdown_max: {
        summary: 'time from SIGTERM to the end at most',
        details:
          "Keep it below the time after which the service manager kills the process (systemd's TimeoutStopSec is 90).",
      },
      watchdog_timeout: {
        summary: 'time after which a thread whose event loop stands still is replaced; 0 never',
        details:
          'If it is the main thread, the process ends (SIGABRT), and its supervisor restarts it. Set 0 for a debugger with breakpoints.',
      },
      log_level: {summary: 'minimum level of the log'},
      log_format: {
        summary: 'format of the log: pretty for people, json for machines',
        details: 'auto is pretty on a terminal and json elsewhere.',
      },
    },
  },
];

const descriptions: ReadonlyMap<string, KeyDescription> = new Map(
  descriptionSections.flatMap(({keys}) => Object.entries(keys)),
);

/** The text on `key`, one of the table of keys. */
export function describeKey(key: ConfigurationKey): KeyDescription {
  return descriptions.get(key) as KeyDescription;
}
