// One session's answer to a survey.

import {connection} from '../machines/connection.ts';
import type {Front} from './front.ts';
import type {Inbound} from './inbound.ts';
import type {Membership} from './membership.ts';
import type {Outbound} from './outbound.ts';
import type {ConnectionStats, StatsQuery} from './stats-query.ts';

/** A session's parts; those it has no need of are absent. */
export interface StatsParts {
  readonly subject: ConnectionStats['subject'];
  readonly enteredAt: number;
  readonly front: Front | undefined;
  readonly membership: Membership | undefined;
  readonly outbound: Pick<Outbound, 'countInto' | 'load'> | undefined;
  readonly inbound: Pick<Inbound, 'countInto' | 'heldCount' | 'callCount'> | undefined;
}

const noLoad = {inFlight: 0, queued: 0, queuedBytes: 0, owesSince: undefined};

/** Enters into `survey` how these parts stand. */
export function answerStats(stats: StatsQuery, parts: StatsParts): void {
  const {subject, enteredAt, front, membership, outbound, inbound} = parts;
  if (front !== undefined) stats.count(connection, front.state);
  outbound?.countInto(stats);
  inbound?.countInto(stats);
  if (!stats.wantsRow()) {
    stats.skip();
    return;
  }
  stats.tell({
    subject,
    enteredAt,
    state: front?.state,
    silentMs: front?.silentMs ?? 0,
    channels: membership?.channels,
    ...(outbound?.load ?? noLoad),
    inbound: (inbound?.heldCount ?? 0) + (inbound?.callCount ?? 0),
    bufferedBytes: front?.bufferedBytes ?? 0,
    isCongested: front?.isCongested !== false,
  });
}
