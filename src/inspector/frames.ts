// Time of the page: the frames that the browser shows. The page is drawn a few times a second while lines come,
// and at once when a person does something; no more, so that the page stays smooth under thousands of events.

import {useEffect, useReducer} from 'preact/hooks';
import type {Store} from './model/store.ts';

/** Between two renderings while lines come. */
const refreshMs = 120;

/** Runs the frames of `store` for ever. */
export function runFrames(store: Store): void {
  let shownEnd = -1;
  let shownAt = 0;
  const frame = (now: number): void => {
    store.frame(now);
    const isLive = store.source.kind === 'away' || (store.cursor === undefined && store.source.kind === 'live');
    const isNew = store.timeline.end !== shownEnd || (isLive && now - shownAt > 1_000);
    if (isNew && now - shownAt > refreshMs) {
      shownEnd = store.timeline.end;
      shownAt = now;
      store.changed();
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

/** Calls back each frame while `isOn`, with the ms since the frame before. */
export function useFrames(isOn: boolean, callback: (ms: number) => void): void {
  useEffect(() => {
    if (!isOn) return undefined;
    let before: number | undefined;
    let handle = 0;
    const frame = (now: number): void => {
      callback(before === undefined ? 0 : Math.min(now - before, 100));
      before = now;
      handle = requestAnimationFrame(frame);
    };
    handle = requestAnimationFrame(frame);
    return () => cancelAnimationFrame(handle);
  });
}

/** Renders the component again whenever the store changes. */
export function useStore(store: Store): void {
  const [, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => store.subscribe(() => again(undefined)), [store]);
}
