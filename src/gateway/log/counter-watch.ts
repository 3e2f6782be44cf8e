// Losses that are only counted on the hot path: every few seconds the counters of the whole node are read, and what has grown
// is reported, so that an operator who reads only the log learns of each kind. One a node, in the main thread.

import type {Clock, Timer} from '../../core/clock.ts';
import type {CounterName, Counters} from '../../core/counters.ts';
import type {Report, Reports} from './reports.ts';

const intervalMs = 5_000;

interface Watched {
  readonly level: Report['level'];
  readonly event: string;
  /** What it means and what to do. */
  readonly hint: string;
}

/** What is lost or refused without a line of its own. */
export const watchedCounters: Readonly<Partial<Record<CounterName, Watched>>> = {
  handshakesRefused: {
    level: 'info',
    event: 'handshakes.refused',
    hint: 'answered 401: the business server said no, or the client has no device id (require_device)',
  },
  handshakesFailed: {
    level: 'warn',
    event: 'handshakes.failed',
    hint: 'answered 503: the business server failed, or connections_max or handshakes_max is reached',
  },
  handshakesInvalid: {
    level: 'info',
    event: 'handshakes.invalid',
    hint: 'no valid WebSocket upgrade of /connect/: another path, or a proxy that does not pass Upgrade on',
  },
  framesInvalid: {
    level: 'info',
    event: 'connections.invalid',
    hint: 'closed: the client broke the WebSocket protocol, or sent more than payload_max',
  },
  packetsFaulty: {level: 'info', event: 'packets.faulty', hint: 'ignored: messages from clients that are no packets'},
  connectionsOverrun: {
    level: 'warn',
    event: 'connections.overrun',
    hint: 'closed 1008: clients sent more than their calls could carry away; see queue and queue_bytes',
  },
  messagesInDropped: {
    level: 'warn',
    event: 'messages.dropped',
    hint: 'QoS 0 messages from clients whose queue was full; see queue and queue_bytes',
  },
  messagesInRefused: {
    level: 'warn',
    event: 'messages.refused',
    hint: 'QoS 1 and 2 messages from clients, which repeat them: memory_max is reached',
  },
  apiOverloaded: {
    level: 'warn',
    event: 'api.overloaded',
    hint: 'calls of the HTTP API answered 503: memory_max is reached',
  },
  repliesTruncated: {level: 'warn', event: 'replies.truncated', hint: 'answers to replies=all without all replies'},
  connectionsLate: {
    level: 'info',
    event: 'connections.late',
    hint: 'closed 1008: clients exceeded message_timeout, stall_timeout or ack_timeout',
  },
  clientsUnacknowledging: {
    level: 'info',
    event: 'clients.unacknowledging',
    hint: 'clients that acknowledge no message; see ack_timeout',
  },
  readsPaused: {
    level: 'info',
    event: 'reads.paused',
    hint: 'clients not read for a while: they sent too many frames, or memory_max is near',
  },
  channelsRefused: {
    level: 'warn',
    event: 'channels.refused',
    hint: 'RAINBOWCLIENTCHANNEL named a channel that is empty, too long, or one more than channels_max',
  },
  deliveriesRefused: {
    level: 'warn',
    event: 'deliveries.refused',
    hint: 'messages to clients whose queue was full; see queue and queue_bytes',
  },
  framesDropped: {
    level: 'warn',
    event: 'frames.dropped',
    hint: 'QoS 0 messages to clients that read too slowly; see send_buffer',
  },
  signaturesRefused: {
    level: 'warn',
    event: 'signatures.refused',
    hint: 'callers of the HTTP API with a wrong token or key, or with a clock that is off; rainbow check compares both',
  },
  publicationsPartial: {
    level: 'warn',
    event: 'publications.partial',
    hint: 'published without a part of the cluster that did not answer',
  },
  announcementsFailed: {
    level: 'warn',
    event: 'cluster.announcementsFailed',
    hint: 'own announcements that could not be sent; cluster.announcementFailed has the first error',
  },
  nodeCallsFailed: {
    level: 'warn',
    event: 'cluster.callsFailed',
    hint: 'calls to other nodes that failed or were given up',
  },
};

/** Watches `counters` until stopped. */
export function watchCounters(clock: Clock, counters: Readonly<Counters>, reports: Reports): {stop(): void} {
  const seen = new Map<CounterName, number>();
  let timer: Timer;

  function look(): void {
    for (const [name, {level, event, hint}] of Object.entries(watchedCounters) as [CounterName, Watched][]) {
      const count = counters[name] - (seen.get(name) ?? 0);
      if (count === 0) continue;
      seen.set(name, counters[name]);
      reports.take({level, event, fields: {hint}, count});
    }
    timer = clock.startTimer(intervalMs, look);
  }

  timer = clock.startTimer(intervalMs, look);
  return {stop: () => timer.cancel()};
}
