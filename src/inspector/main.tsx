// Starts the page. Where a recording stands beside it (`rainbow replay`), that is shown; else a person says what.

import {render} from 'preact';
import {App} from './app.tsx';
import {openServedRecording} from './feed.ts';
import {runFrames} from './frames.ts';
import {Store} from './model/store.ts';
import {applyTheme} from './view/theme.tsx';

applyTheme();
const store = new Store();
const page = document.getElementById('page');
if (page !== null) render(<App store={store} />, page);
runFrames(store);
// Where there is none, it says so by `false`; what fails is shown as the state of the source.
void openServedRecording(store);
