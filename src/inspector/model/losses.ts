// What went wrong, in figures: counters of the gateway of what was lost, expired, refused or failed, since its start and over
// the minute before the moment that is shown.

import {type CounterName, counterMeanings} from '../../core/counters.ts';
import type {SnapshotLine} from '../../story/trace.ts';
import {type Sample, spanMs} from './series.ts';

/** One figure. */
export interface Loss {
  readonly counter: CounterName;
  readonly title: string;
  readonly meaning: string;
  /** Since the gateway was started. */
  readonly total: number;
  /** Over the last minute, or since it is watched. */
  readonly recent: number;
}

/** Figures with a common heading; those of `seldom` are left out while they are zero. */
interface Group {
  readonly title: string;
  readonly always: Readonly<Partial<Record<CounterName, string>>>;
  readonly seldom: Readonly<Partial<Record<CounterName, string>>>;
}

const groups: readonly Group[] = [
  {
    title: 'Messages down',
    always: {
      publicationsTimedOut: 'sends timed out',
      deliveriesLost: 'lost with the client',
      deliveriesExpired: 'expired in the queue',
      deliveriesRefused: 'refused, queue full',
      framesDropped: 'QoS 0 dropped',
    },
    seldom: {
      deliveriesLate: 'confirmed too late',
      clientsUnacknowledging: 'clients without any ACK',
      publicationsPartial: 'sends answered in part',
      repliesTruncated: 'replies left out',
      presenceNoticesLost: 'presence notices lost',
    },
  },
  {
    title: 'Messages up',
    always: {callsFailed: 'calls failed', messagesInDropped: 'QoS 0 dropped', messagesInRefused: 'refused, no memory'},
    seldom: {
      callsShed: 'calls shed',
      callsCut: 'calls past their deadline',
      callsWithdrawn: 'calls withdrawn',
      messagesInWithdrawn: 'withdrawn, client gone',
      messagesInForbidden: 'not permitted',
      closeCallsLost: 'close calls given up',
      channelChangesLost: 'joins and leaves not reported',
      eventsLost: 'events given up',
    },
  },
  {
    title: 'Packets',
    always: {packetsUnknownId: 'for an unknown id', packetsFaulty: 'not a packet'},
    seldom: {packetsMismatched: 'ACK for REC, or REC for ACK', framesInvalid: 'broke WebSocket'},
  },
  {
    title: 'Connections',
    always: {handshakesRefused: 'refused (401)', handshakesFailed: 'failed (503)', heartbeatsMissed: 'fell silent'},
    seldom: {
      originsRefused: 'origin refused (403)',
      handshakesInvalid: 'no valid upgrade',
      handshakesAbandoned: 'gave up waiting',
      connectionsOverrun: 'outran a bound',
      connectionsLate: 'missed a deadline',
      connectionsDisconnected: 'ended by the API',
      connectionsExpired: 'permissions not renewed',
      connectionsCrashed: 'ended by an error',
      socketsDropped: 'no file left',
      channelsRefused: 'joins refused',
      identitiesUnfit: 'identity unfit',
      usersUnfit: 'user unfit',
      sessionsExpired: 'sessions expired',
    },
  },
  {
    title: 'HTTP API',
    always: {apiErrors: 'answered with an error', signaturesRefused: 'signature or key refused'},
    seldom: {
      batchLinesRefused: 'lines of batches refused',
      apiOverloaded: 'refused, no memory',
      actorFailures: 'actors failed',
      logLinesLost: 'log lines lost',
    },
  },
];

/** The figures by group, in a fixed order. */
export function countLosses(
  {counters, at}: SnapshotLine,
  samples: readonly Sample[],
): readonly {readonly title: string; readonly losses: readonly Loss[]}[] {
  const before = samples.find((sample) => sample.counters !== undefined && sample.at >= at - spanMs)?.counters;
  return groups.map(({title, always, seldom}) => {
    const losses = (Object.entries({...always, ...seldom}) as [CounterName, string][]).map(([counter, name]): Loss => {
      const total = counters[counter] ?? 0;
      const recent = total - (before?.[counter] ?? total);
      return {counter, title: name, meaning: counterMeanings[counter], total, recent};
    });
    return {title, losses: losses.filter(({counter, total}) => total > 0 || counter in always)};
  });
}
