// Starts the page. Where a recording stands beside it (`rainbow replay`), that is shown; else what was watched before a
// reload; else a person says what.

import {render} from 'preact';
import {App} from './app.tsx';
import {openServedRecording, watch} from './feed.ts';
import {runFrames} from './frames.ts';
import {Store} from './model/store.ts';
import {lastWish} from './view/last-watch.ts';
import {applyTheme} from './view/theme.tsx';

applyTheme();
const store = new Store();
const page = document.getElementById('page');
if (page !== null) render(<App store={store} />, page);
runFrames(store);
// What fails is shown as the state of the source.
void start();

async function start(): Promise<void> {
  const isShown = await openServedRecording(store);
  const wish = lastWish();
  // The user may have chosen in the meantime.
  if (!isShown && wish !== undefined && store.source.kind === 'none') await watch(store, wish);
}
