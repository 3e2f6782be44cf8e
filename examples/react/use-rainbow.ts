// A React hook for the client SDK, to be copied into an application: `const {state, pending} = useRainbow(rainbow)`.
// React is not a dependency of Rainbow, so its one function is handed in: `makeUseRainbow(useSyncExternalStore)`.

import type {PendingMessage, Rainbow, RainbowState, Schema} from 'rainbow-client';

/** As much of React as is needed. */
type UseSyncExternalStore = <Value>(
  subscribe: (changed: () => void) => () => void,
  read: () => Value,
  readOnServer: () => Value,
) => Value;

interface RainbowView {
  readonly state: RainbowState;
  readonly isOpen: boolean;
  readonly pending: readonly PendingMessage[];
}

/** What a server renders, and a browser first, so that the two agree: nothing is connected yet. */
const serverView: RainbowView = {state: 'idle', isOpen: false, pending: []};

/** The hook; the client itself is made outside of any component, once, and blooms there. */
export function makeUseRainbow(useSyncExternalStore: UseSyncExternalStore) {
  // React compares what it reads by identity: one view a client, replaced only when something has changed.
  const views = new WeakMap<object, RainbowView>();
  return <Messages extends Schema>(rainbow: Rainbow<Messages>): RainbowView =>
    useSyncExternalStore(
      (changed) => {
        const change = (): void => {
          views.delete(rainbow);
          changed();
        };
        const offs = [rainbow.on('state', change), rainbow.on('delivery', change)];
        return () => {
          for (const off of offs) off();
        };
      },
      () => {
        const view = views.get(rainbow) ?? {
          state: rainbow.state,
          isOpen: rainbow.isOpen,
          pending: rainbow.pending,
        };
        views.set(rainbow, view);
        return view;
      },
      () => serverView,
    );
}
