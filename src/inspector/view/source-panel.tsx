// Where the lines come from: the key of the inspector and what shall be traced, or a recording.

import {useEffect, useRef, useState} from 'preact/hooks';
import {readDecimal} from '../../core/decimal.ts';
import {openFile, stopReading, watch} from '../feed.ts';
import type {Store} from '../model/store.ts';
import {forgetWish, lastKey, lastWish, rememberWish} from './last-watch.ts';

const rates: readonly (readonly [number, string])[] = [
  [1, 'everything'],
  [0.1, 'one in ten'],
  [0.01, 'one in a hundred'],
  [0, 'only the named'],
];

export function SourcePanel({store}: {readonly store: Store}) {
  const [key, setKey] = useState(lastKey);
  const [last] = useState(lastWish);
  const {source} = store;
  // Once it is seen, a person wants to look at it.
  const isAsked = useRef(false);
  useEffect(() => {
    if (!isAsked.current || source.kind !== 'live') return;
    isAsked.current = false;
    location.hash = '#/watch';
  }, [source.kind]);
  const submit = (form: HTMLFormElement): void => {
    const data = new FormData(form);
    const text = (name: string): string => {
      const value = data.get(name);
      return typeof value === 'string' ? value.trim() : '';
    };
    const wish = {
      key,
      rate: readDecimal(text('rate'), 0, 1) ?? 0,
      identity: text('identity'),
      channel: text('channel'),
      withPayloads: data.has('payloads'),
    };
    rememberWish(wish);
    isAsked.current = true;
    // Its failure is shown as the state of the source.
    void watch(store, wish);
  };
  return (
    <section class="panel source" aria-label="Source">
      <h2>A gateway</h2>
      <p class="quiet">
        Watch the gateway that this page came from. It needs the key, <code>inspector_key</code> of its configuration.
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit(event.currentTarget);
        }}
      >
        <label>
          Key of the inspector
          <input
            name="key"
            type="password"
            autocomplete="off"
            required
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        <label>
          Trace
          <select name="rate">
            {rates.map(([rate, text]) => (
              <option key={rate} value={rate} selected={rate === (last?.rate ?? 1)}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <label>
          and identity
          <input name="identity" defaultValue={last?.identity} />
        </label>
        <label>
          and channel
          <input name="channel" defaultValue={last?.channel} />
        </label>
        <label class="check">
          <input type="checkbox" name="payloads" defaultChecked={last?.withPayloads} /> with payloads
        </label>
        <button type="submit" class="primary">
          Watch
        </button>
        {(source.kind === 'live' || source.kind === 'away') && (
          <button
            type="button"
            onClick={() => {
              stopReading();
              forgetWish();
              store.source = {kind: 'ended', why: 'Stopped.'};
              store.changed();
            }}
          >
            Stop
          </button>
        )}
      </form>
      {'why' in source && <p class="fault">{source.why}</p>}
      <h2>A recording</h2>
      <p class="quiet">
        Of <code>rainbow record</code>, or of a simulation that failed; it may be dropped anywhere on this page. It
        stays in this browser.
      </p>
      <p>
        <label class="file">
          <span>File</span>
          <input
            type="file"
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              if (file !== undefined) void openFile(store, file);
            }}
          />
        </label>
      </p>
      <h2>Neither</h2>
      <p class="quiet">
        The <a href="#/sandbox">sandbox</a> runs the same charts here: two parties, and a link that loses, copies and
        delays.
      </p>
      {source.kind === 'recording' && store.header?.note !== undefined && <p>{store.header.note}</p>}
    </section>
  );
}
