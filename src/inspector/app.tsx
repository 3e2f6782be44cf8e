// The page: its head, its four views, and the keys that work everywhere.

import {useEffect, useState} from 'preact/hooks';
import {openFile} from './feed.ts';
import {useStore} from './frames.ts';
import type {Store} from './model/store.ts';
import {ChartPanel, isChartLarge} from './view/chart-panel.tsx';
import {ConnectionTable} from './view/connection-table.tsx';
import {FeedBanner} from './view/feed-banner.tsx';
import {areKeysShown, KeysDialog, useKeys} from './view/keys.tsx';
import {LadderPanel} from './view/ladder-panel.tsx';
import {Overview} from './view/overview.tsx';
import {RuleDialog} from './view/rule.tsx';
import {SandboxView} from './view/sandbox-view.tsx';
import {SendDialog} from './view/send-dialog.tsx';
import {SourcePanel} from './view/source-panel.tsx';
import {ThemeSwitch} from './view/theme.tsx';
import {clockText, TimeBar} from './view/time-bar.tsx';

const views = [
  ['watch', 'Watch'],
  ['overview', 'Overview'],
  ['source', 'Source'],
  ['sandbox', 'Sandbox'],
] as const;

type ViewName = (typeof views)[number][0];

export function App({store}: {readonly store: Store}) {
  useStore(store);
  const view = useView(store);
  const isLarge = isChartLarge.use();
  useKeys(store, goToPlace);
  useDrop(store);
  return (
    <>
      <header class="head">
        <h1>Rainbow</h1>
        <nav aria-label="Views">
          {views.map(([name, title]) => (
            <a key={name} href={`#/${name}`} aria-current={name === view ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <SourceState store={store} />
        <button type="button" class="theme" aria-label="Keys" title="Keys   ?" onClick={() => areKeysShown.set(true)}>
          ?
        </button>
        <ThemeSwitch />
      </header>
      <FeedBanner store={store} isInSource={view === 'source'} />
      {store.world.coverage?.partial && (
        <p class="banner" role="status">
          Shown: {store.world.coverage.text}
        </p>
      )}
      <main class={`${view}${isLarge ? ' large' : ''}`}>
        {view === 'watch' && (
          <>
            {!isLarge && <ConnectionTable store={store} />}
            <ChartPanel store={store} />
            {!isLarge && <LadderPanel store={store} />}
          </>
        )}
        {view === 'overview' && <Overview store={store} />}
        {view === 'source' && <SourcePanel store={store} />}
        {view === 'sandbox' && <SandboxView />}
      </main>
      {(view === 'watch' || view === 'overview') && (
        <footer>
          <TimeBar store={store} />
        </footer>
      )}
      <SendDialog store={store} />
      <RuleDialog />
      <KeysDialog />
    </>
  );
}

/** Where the lines come from; while time is stopped, that it is, since what is shown is not what is so now. */
function SourceState({store}: {readonly store: Store}) {
  const {source, world, header, cursor, playing} = store;
  if (source.kind === 'live' && cursor !== undefined) {
    const clock = clockText(store, world.at).slice(0, 8);
    return (
      <button
        type="button"
        class="sourceState paused"
        title="Follow the latest again   Space"
        onClick={() => store.lookAt(undefined)}
      >
        {playing === undefined ? `paused at ${clock}` : `playing, at ${clock}`}
      </button>
    );
  }
  const texts = {
    none: 'nothing to look at yet',
    opening: 'opening …',
    live: `live · ${world.connections.size} connections`,
    recording: source.kind === 'recording' ? `${source.name} · ${header?.source ?? ''}` : '',
    away: `away · since ${source.kind === 'away' ? clockText(store, source.since).slice(0, 8) : ''}`,
    ended: 'ended',
    failed: 'failed',
  };
  return (
    <a class={`sourceState ${source.kind}`} href="#/source" title={'why' in source ? source.why : ''}>
      {texts[source.kind]}
    </a>
  );
}

function useView(store: Store): ViewName {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const listener = (): void => setHash(location.hash);
    addEventListener('hashchange', listener);
    return () => removeEventListener('hashchange', listener);
  }, []);
  const named = views.find(([name]) => hash === `#/${name}`)?.[0];
  const hasLines = store.timeline.end > 0 || store.source.kind === 'live';
  return named ?? (hasLines ? 'watch' : 'source');
}

function goTo(view: ViewName): void {
  location.hash = `#/${view}`;
}

function goToPlace(place: number): void {
  const [name] = views[place] ?? views[0];
  goTo(name);
}

/** A recording may be dropped anywhere. */
function useDrop(store: Store): void {
  useEffect(() => {
    const over = (event: DragEvent): void => event.preventDefault();
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      const [file] = event.dataTransfer?.files ?? [];
      if (file === undefined) return;
      goTo('watch');
      void openFile(store, file);
    };
    addEventListener('dragover', over);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('drop', drop);
    };
  }, [store]);
}
