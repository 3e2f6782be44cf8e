// The page: its head, its four views, and the keys that work everywhere.

import {useEffect, useState} from 'preact/hooks';
import {openFile} from './feed.ts';
import {useStore} from './frames.ts';
import type {Store} from './model/store.ts';
import {ChartPanel} from './view/chart-panel.tsx';
import {ConnectionTable} from './view/connection-table.tsx';
import {LadderPanel} from './view/ladder-panel.tsx';
import {Overview} from './view/overview.tsx';
import {RuleDialog, shownRule} from './view/rule.tsx';
import {SandboxView} from './view/sandbox-view.tsx';
import {SourcePanel} from './view/source-panel.tsx';
import {ThemeSwitch} from './view/theme.tsx';
import {TimeBar} from './view/time-bar.tsx';

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
  useKeys(store);
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
        <ThemeSwitch />
      </header>
      <main class={view}>
        {view === 'watch' && (
          <>
            <ConnectionTable store={store} />
            <ChartPanel store={store} />
            <LadderPanel store={store} />
          </>
        )}
        {view === 'overview' && <Overview store={store} />}
        {view === 'source' && <SourcePanel store={store} />}
        {view === 'sandbox' && <SandboxView />}
      </main>
      {(view === 'watch' || view === 'overview') && <TimeBar store={store} />}
      <RuleDialog />
    </>
  );
}

function SourceState({store: {source, world, header}}: {readonly store: Store}) {
  const texts = {
    none: 'nothing to look at yet',
    opening: 'opening …',
    live: `live · ${world.connections.size} connections`,
    recording: source.kind === 'recording' ? `${source.name} · ${header?.source ?? ''}` : '',
    ended: 'ended',
    failed: 'failed',
  };
  return (
    <a class={`sourceState ${source.kind}`} href="#/source" title={source.kind === 'failed' ? source.why : ''}>
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

function useKeys(store: Store): void {
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') shownRule.set(undefined);
      const {target} = event;
      const isTyping = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
      const isOnButton = target instanceof HTMLButtonElement && event.key === ' ';
      if (isTyping || isOnButton || event.ctrlKey || event.metaKey || event.altKey) return;
      const act = keys[event.key];
      if (act === undefined) return;
      event.preventDefault();
      act(store);
    };
    addEventListener('keydown', listener);
    return () => removeEventListener('keydown', listener);
  }, [store]);
}

const keys: Readonly<Record<string, (store: Store) => void>> = {
  ' ': (store) => store.togglePause(),
  ArrowLeft: (store) => store.step(-1),
  ArrowRight: (store) => store.step(1),
  p: (store) => store.play(),
  '/': () => document.getElementById('search')?.focus(),
  '1': () => goTo('watch'),
  '2': () => goTo('overview'),
  '3': () => goTo('source'),
  '4': () => goTo('sandbox'),
};

function goTo(view: ViewName): void {
  location.hash = `#/${view}`;
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
