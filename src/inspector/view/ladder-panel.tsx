// The ladder of what is selected. A row that is pressed is the moment that all else shows, and its packet is read below.

import type {ComponentChildren} from 'preact';
import {useState} from 'preact/hooks';
import type {TraceEvent, TraceHeader} from '../../story/trace.ts';
import {isTraceEvent} from '../../story/trace-lines.ts';
import {keyOf} from '../model/connection.ts';
import {filterRows, type LadderRow, type RowFilter, searchRows, toRows, traceLanes} from '../model/ladder.ts';
import {readFields} from '../model/packet-fields.ts';
import {isEmpty} from '../model/selection.ts';
import type {Store} from '../model/store.ts';
import {LadderDrawing} from './ladder-drawing.tsx';
import {MessageList} from './message-list.tsx';
import {RuleLink} from './rule.tsx';
import {SendButton} from './send-dialog.tsx';
import {clockText} from './time-bar.tsx';

const strayText =
  'No message of this connection is in flight under this id: it was answered before, or the client made the id up. The packet has no effect; it is counted.';

const filters: readonly (readonly [RowFilter, string])[] = [
  ['all', 'all rows'],
  ['packets', 'packets and calls'],
  ['trouble', 'trouble only'],
];

export function LadderPanel({store}: {readonly store: Store}) {
  const {selection} = store;
  const [filter, setFilter] = useState<RowFilter>('all');
  const [search, setSearch] = useState('');
  const all = toRows(
    store.matches.flatMap((number): (readonly [number, TraceEvent | TraceHeader])[] => {
      const line = store.timeline.line(number);
      return line !== undefined && (line.kind === 'header' || isTraceEvent(line)) ? [[number, line]] : [];
    }),
  );
  const rows = searchRows(filterRows(all, filter), search);
  const chosen = store.cursor === undefined ? undefined : all.at(-1);
  const strays = all.filter(({tone}) => tone === 'stray').length;
  return (
    <section class="panel ladders" aria-label="Ladder">
      <header>
        <h2>
          Ladder <small>{selectionText(store, all.at(-1)?.identity)}</small>
        </h2>
        {strays > 0 && (
          <span class="strays" title="ACK, REC, REL or COM for an id that no message has">
            {strays} stray
          </span>
        )}
        <SendButton store={store} />
        {!isEmpty(selection) && (
          <>
            <input
              type="search"
              placeholder="Search rows"
              aria-label="Search rows"
              title="In what a row says, its rule, client and message, and the payload where it is kept"
              value={search}
              onInput={({currentTarget}) => setSearch(currentTarget.value)}
            />
            <select
              aria-label="Rows"
              value={filter}
              onChange={({currentTarget}) =>
                setFilter(filters.find(([name]) => name === currentTarget.value)?.[0] ?? 'all')
              }
            >
              {filters.map(([name, text]) => (
                <option key={name} value={name}>
                  {text}
                </option>
              ))}
            </select>
            <button type="button" onClick={() => store.select({})}>
              Show all
            </button>
          </>
        )}
      </header>
      {isEmpty(selection) ? (
        <p class="quiet hint">Choose a connection in the list to see its packets, or a message:</p>
      ) : (
        <LadderDrawing
          lanes={traceLanes}
          rows={rows}
          chosen={chosen?.id}
          onChoose={({id}) => store.lookAt(id + 1)}
          label="Packets and steps; arrows move through time"
          hasIdentities={selection.connection === undefined}
          clockOf={(at) => clockText(store, at)}
          emptyText={all.length > 0 ? 'No row matches.' : nothingText(store)}
        />
      )}
      {isEmpty(selection) && <MessageList store={store} />}
      {chosen !== undefined && (
        <RowDetail row={chosen} at={clockText(store, chosen.at)}>
          {chosen.message !== undefined && (
            <button type="button" onClick={() => follow(store, chosen.message ?? '')}>
              {selection.message === undefined ? 'This message, at every client' : 'All of this client'}
            </button>
          )}
        </RowDetail>
      )}
    </section>
  );
}

/** From a client to one of its messages wherever that goes, or from there to this client. */
function follow(store: Store, message: string): void {
  const {selection, position} = store;
  const line = store.timeline.line(position - 1);
  if (selection.message === undefined) store.select({message});
  else if (line !== undefined && 'connection' in line) store.select({connection: keyOf(line)});
}

/** Why a selection has no row. */
function nothingText({selection: {message}, timeline, cursor}: Store): string {
  const kept = timeline.first > 0 ? ', or it is older than what this page keeps' : '';
  const when = cursor === undefined ? '' : ' at this moment';
  if (message === undefined) return `No event of this connection is known${when}: none was traced${kept}.`;
  return `Nothing is known of ${message}${when}: no message or client of that name was traced${kept}.`;
}

export interface RowDetailProps {
  readonly row: LadderRow;
  /** Its time, as a clock shows it. */
  readonly at?: string;
  readonly children?: ComponentChildren;
}

/** What a row holds: its time, its packet field by field, and its rule. */
export function RowDetail({row, at, children}: RowDetailProps) {
  const {body, bytes, bytesMissing, rule, text, tone} = row;
  return (
    <div class="detail">
      <p>
        {at !== undefined && <time>{at}</time>} <strong>{text}</strong> {rule !== undefined && <RuleLink id={rule} />}{' '}
        {row.identity !== undefined && <span class="identity quiet">{row.identity}</span>} {children}
      </p>
      {tone === 'stray' && <p>{strayText}</p>}
      {body !== undefined && (
        <p class="body">
          <code>{body}</code>
        </p>
      )}
      {bytes !== undefined && (
        <table class="fields">
          <tbody>
            {readFields(bytes).map(({name, hex, meaning}) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  <code>{hex}</code>
                </td>
                <td>
                  {bytesMissing !== undefined && meaning === 'empty' ? `${bytesMissing} bytes, not kept` : meaning}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

/** `lastIdentity` is that of a connection that has gone. */
function selectionText({selection, world}: Store, lastIdentity: string | undefined): string {
  const {connection, message} = selection;
  if (message !== undefined) return `message ${message}`;
  if (connection === undefined) return '';
  return world.connections.get(connection)?.identity ?? lastIdentity ?? `connection ${connection}`;
}
