// The keys that work everywhere, and the dialog that names them.

import {useEffect} from 'preact/hooks';
import {isEmpty} from '../model/selection.ts';
import type {Store} from '../model/store.ts';
import {isChartLarge} from './chart-panel.tsx';
import {Dialog} from './dialog.tsx';
import {type Signal, signal} from './signal.ts';

/** Whether the keys are shown. */
export const areKeysShown: Signal<boolean> = signal(false);

const texts: readonly (readonly [string, string])[] = [
  ['Space', 'stop at this moment, or follow the latest again'],
  ['← →', 'one event back or on: of what is selected, else of all'],
  ['P', 'let time run on from here'],
  ['/', 'search the connections; Enter chooses the first'],
  ['↑ ↓ Home End', 'in a list or ladder, another row'],
  ['C, F', 'the next chart; the chart large'],
  ['1 2 3 4', 'the views'],
  ['Esc', 'leave a field; else select nothing; else follow the latest'],
  ['?', 'these keys'],
];

export function KeysDialog() {
  if (!areKeysShown.use()) return null;
  return (
    <Dialog title="Keys" onClose={() => areKeysShown.set(false)}>
      <table class="keys">
        <tbody>
          {texts.map(([key, text]) => (
            <tr key={key}>
              <th scope="row">
                <kbd>{key}</kbd>
              </th>
              <td>{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}

/** Listens for the keys while the page is there. */
export function useKeys(store: Store, goTo: (place: number) => void): void {
  useEffect(() => {
    const acts: Readonly<Record<string, () => void>> = {
      ' ': () => store.togglePause(),
      ArrowLeft: () => store.step(-1),
      ArrowRight: () => store.step(1),
      p: () => store.play(),
      c: () => {
        const tabs = [...document.querySelectorAll<HTMLElement>('[role=tab]')];
        const selected = tabs.findIndex((tab) => tab.ariaSelected === 'true');
        tabs[(selected + 1) % tabs.length]?.click();
      },
      f: () => isChartLarge.set(!isChartLarge.get()),
      '/': () => document.getElementById('search')?.focus(),
      '?': () => areKeysShown.set(true),
      Escape: () => {
        if (!isEmpty(store.selection)) store.select({});
        else if (store.source.kind === 'live') store.lookAt(undefined);
      },
    };
    const listener = (event: KeyboardEvent): void => {
      const {target, key} = event;
      const isField = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
      // A dialog has its own Escape, and nothing else happens under it.
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') !== null) return;
      if (isField) {
        if (key === 'Escape') target.blur();
        return;
      }
      if (target instanceof HTMLButtonElement && key === ' ') return;
      const act = /^[1-4]$/.test(key) ? () => goTo(Number(key) - 1) : acts[key];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', listener);
    return () => removeEventListener('keydown', listener);
  }, [store, goTo]);
}
