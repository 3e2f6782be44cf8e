// What is wrong with the feed, said where it cannot be missed: since when the gateway is not watched, and what was missed.

import {tryNow} from '../feed.ts';
import type {Absence} from '../model/feed-join.ts';
import type {Store} from '../model/store.ts';
import {clockText} from './time-bar.tsx';

export interface FeedBannerProps {
  readonly store: Store;
  /** There a failure stands beside the form already. */
  readonly isInSource: boolean;
}

export function FeedBanner({store, isInSource}: FeedBannerProps) {
  const {source, absence, now} = store;
  if (source.kind === 'away') {
    const waitSeconds = Math.ceil((source.retryAt - now) / 1_000);
    return (
      <div class="banner away" role="alert">
        <p>
          <b>Not watched since {clockText(store, source.since)}.</b> {source.why} What is shown is from then.{' '}
          {waitSeconds > 0 ? `Tried again in ${waitSeconds} s.` : 'Trying …'}
        </p>
        <button type="button" onClick={tryNow}>
          Try now
        </button>
      </div>
    );
  }
  if (source.kind === 'failed' || source.kind === 'ended') {
    if (isInSource) return null;
    return (
      <div class="banner away" role="alert">
        <p>
          <b>Nothing is watched.</b> {source.why}
        </p>
        <a href="#/source">Source</a>
      </div>
    );
  }
  if (absence === undefined || source.kind !== 'live' || store.absenceRead === absence.to) return null;
  return (
    <div class="banner" role="status">
      <p>{absenceText(store, absence)}</p>
      <button
        type="button"
        aria-label="Close"
        onClick={() => {
          store.absenceRead = absence.to;
          store.changed();
        }}
      >
        ×
      </button>
    </div>
  );
}

function absenceText(store: Store, {from, to, isRestarted, keptEvents, deliveries, messages}: Absence) {
  const seconds = ((to - from) / 1_000).toFixed(1);
  const kept = keptEvents === 0 ? 'It kept no event of that time.' : `It had kept ${keptEvents} events of that time.`;
  const counts =
    deliveries === undefined
      ? ''
      : `In the meantime it started ${deliveries} deliveries and received ${messages} messages. `;
  return (
    <>
      <b>
        {isRestarted ? 'The gateway was restarted; connected again' : 'Connected again'} after {seconds} s, at{' '}
        {clockText(store, to)}.
      </b>{' '}
      {isRestarted ? 'The former connections and messages are gone. ' : counts}
      {kept}
    </>
  );
}
