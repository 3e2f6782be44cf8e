// One value that several components show.

import {useEffect, useReducer} from 'preact/hooks';

export interface Signal<Value> {
  readonly get: () => Value;
  readonly set: (value: Value) => void;
  /** The value; the component is rendered again when it changes. */
  readonly use: () => Value;
}

export function signal<Value>(first: Value): Signal<Value> {
  let value = first;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set: (next) => {
      value = next;
      for (const listener of listeners) listener();
    },
    use: () => {
      const [, again] = useReducer((count: number) => count + 1, 0);
      useEffect(() => {
        const listener = (): void => again(undefined);
        listeners.add(listener);
        return () => {
          listeners.delete(listener);
        };
      }, []);
      return value;
    },
  };
}
