// One connection's answer to a survey.

import type {Subject} from '../trace/observer.ts';
import type {ConnectionLife} from './connection-life.ts';
import type {Inbound} from './inbound.ts';
import type {Link} from './link.ts';
import type {Membership} from './membership.ts';
import type {Outbound} from './outbound.ts';
import type {StatsQuery} from './stats-query.ts';

/** A connection's parts; those it has no need of are absent. */
export interface StatsParts {
  readonly line: Subject;
  readonly life: ConnectionLife;
  readonly link: Link;
  readonly membership: Membership | undefined;
  readonly outbound: Outbound | undefined;
  readonly inbound: Inbound | undefined;
}

/** Enters into `survey` how these parts stand. */
export function answerStats(stats: StatsQuery, {line, life, link, membership, outbound, inbound}: StatsParts): void {
  stats.countConnection(life.state);
  outbound?.countInto(stats);
  inbound?.countInto(stats);
  if (!stats.wantsRow()) {
    stats.skip();
    return;
  }
  stats.tell({
    line,
    state: life.state,
    silentMs: life.silentMs,
    channels: membership?.channels,
    inFlight: outbound?.inFlightCount ?? 0,
    queued: outbound?.queuedCount ?? 0,
    queuedBytes: outbound?.queuedBytes ?? 0,
    inbound: (inbound?.heldCount ?? 0) + (inbound?.callCount ?? 0),
    bufferedBytes: link.bufferedBytes,
  });
}
