// The live connections: thousands of rows, of which only those in sight are there.

import {useEffect, useRef, useState} from 'preact/hooks';
import type {Connection} from '../model/connection.ts';
import {type ListWish, listConnections, type SortColumn, sortBy} from '../model/connection-list.ts';
import type {Store} from '../model/store.ts';
import {ageText} from './time-bar.tsx';

const rowHeight = 26;
/** Rows kept above and below those in sight. */
const spare = 6;
/** Between two sortings while lines come. */
const sortMs = 500;

const columns: readonly {readonly column: SortColumn; readonly title: string; readonly hint: string}[] = [
  {column: 'identity', title: 'identity', hint: 'Identity of the client'},
  {column: 'state', title: 'state', hint: 'State of its connection'},
  {column: 'channels', title: 'channels', hint: 'Channels that it is in'},
  {column: 'heard', title: 'heard', hint: 'Since it was last heard of'},
  {column: 'inFlight', title: 'in flight', hint: 'Deliveries transmitted and not ended'},
  {column: 'queued', title: 'queue', hint: 'Deliveries that wait'},
  {column: 'inbound', title: 'held', hint: 'Messages of the client that are held or wait for their call'},
  {column: 'rate', title: 'packets/s', hint: 'Packets traced in the last second'},
  {column: 'strays', title: 'stray', hint: 'ACK, REC, REL or COM traced for an id that no message has'},
];

export function ConnectionTable({store}: {readonly store: Store}) {
  const [wish, setWish] = useState<ListWish>({search: '', column: 'identity', isDescending: false});
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(300);
  const body = useRef<HTMLDivElement>(null);
  const rows = useRows(store, wish);
  useEffect(() => {
    const element = body.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, [rows.length === 0]);
  const first = Math.max(0, Math.floor(top / rowHeight) - spare);
  const shown = rows.slice(first, Math.ceil((top + height) / rowHeight) + spare);
  const selected = rows.findIndex(({key}) => key === store.selection.connection);
  const choose = (place: number): void => {
    const row = rows[Math.min(Math.max(place, 0), rows.length - 1)];
    if (row === undefined) return;
    store.select({connection: row.key});
    body.current?.focus({preventScroll: true});
    const at = rows.indexOf(row) * rowHeight;
    const element = body.current;
    if (element === null) return;
    if (at < element.scrollTop) element.scrollTop = at;
    else if (at + rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = at + rowHeight - element.clientHeight;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: selected + 1,
      ArrowUp: selected - 1,
      Home: 0,
      End: rows.length - 1,
    };
    const place = moves[event.key];
    if (place === undefined) return;
    event.preventDefault();
    choose(place);
  };
  const {at} = store;
  return (
    <section class="panel connections" aria-label="Connections">
      <header>
        <h2>
          Connections <small>{rows.length}</small>
        </h2>
        <input
          type="search"
          id="search"
          placeholder="Search identity, channel, state   /"
          aria-label="Search connections"
          value={wish.search}
          onInput={(event) => setWish({...wish, search: event.currentTarget.value})}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' && event.key !== 'ArrowDown') return;
            event.preventDefault();
            choose(0);
          }}
        />
      </header>
      <div class="row head">
        {columns.map(({column, title, hint}) => (
          <button
            type="button"
            key={column}
            class={`cell ${column}`}
            title={`${hint}. Press to sort.`}
            aria-pressed={wish.column === column}
            onClick={() => setWish(sortBy(wish, column))}
          >
            {title}
            {wish.column === column && (wish.isDescending ? ' ▾' : ' ▴')}
          </button>
        ))}
      </div>
      {rows.length === 0 ? (
        <div class="rows">
          <Nothing store={store} search={wish.search} />
        </div>
      ) : (
        <div
          class="rows"
          ref={body}
          role="listbox"
          tabIndex={0}
          aria-label="Connections; arrows choose"
          aria-activedescendant={selected >= 0 ? `c${rows[selected]?.key}` : undefined}
          onScroll={(event) => setTop(event.currentTarget.scrollTop)}
          onKeyDown={onKeyDown}
        >
          <div style={{height: `${rows.length * rowHeight}px`}}>
            <div style={{transform: `translateY(${first * rowHeight}px)`}}>
              {shown.map((row, place) => (
                <Row
                  key={row.key}
                  row={row}
                  at={at}
                  isSelected={row.key === store.selection.connection}
                  onChoose={() => choose(first + place)}
                />
              ))}
            </div>
          </div>
        </div>
      )}
    </section>
  );
}

/** Why no connection is listed. */
function Nothing({store, search}: {readonly store: Store; readonly search: string}) {
  if (search !== '') return <p class="quiet">No connection matches “{search}”.</p>;
  if (store.source.kind === 'live' || store.source.kind === 'recording') {
    return <p class="quiet">No connection is known at this moment.</p>;
  }
  return (
    <p class="quiet">
      Nothing is watched. Choose a gateway or a recording under <a href="#/source">Source</a>.
    </p>
  );
}

interface RowProps {
  readonly row: Connection;
  readonly at: number;
  readonly isSelected: boolean;
  readonly onChoose: () => void;
}

function Row({row, at, isSelected, onChoose}: RowProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus
    <div
      id={`c${row.key}`}
      class={`row${isSelected ? ' selected' : ''}`}
      role="option"
      aria-selected={isSelected}
      data-connection={row.key}
      onClick={onChoose}
    >
      <span class="cell identity">{row.identity}</span>
      <span class={`cell state ${row.state.replaceAll('.', '-')}`}>{row.state}</span>
      <span class="cell channels">
        {row.channels.slice(0, 3).join(', ')}
        {row.channelCount > 3 && ` +${row.channelCount - 3}`}
      </span>
      <span class="cell heard">{ageText(at - row.heardAt)}</span>
      <span class="cell inFlight">{row.inFlight || ''}</span>
      <span class="cell queued">{row.queued || ''}</span>
      <span class="cell inbound">{row.inbound || ''}</span>
      <span class="cell rate">{row.packetsPerSecond || ''}</span>
      <span class="cell strays">{row.strays || ''}</span>
    </div>
  );
}

/** The rows in order; sorted at most twice a second while only the numbers change. */
function useRows(store: Store, wish: ListWish): readonly Connection[] {
  const kept = useRef<
    | {
        readonly wish: ListWish;
        readonly cursor: number | undefined;
        readonly since: number;
        readonly rows: readonly Connection[];
      }
    | undefined
  >(undefined);
  const known = kept.current;
  const isFresh =
    known !== undefined && known.wish === wish && known.cursor === store.cursor && store.now - known.since < sortMs;
  if (isFresh && known.rows.length > 0) return known.rows;
  const rows = listConnections(store.world.connections.values(), wish);
  kept.current = {wish, cursor: store.cursor, since: store.now, rows};
  return rows;
}
