// The ladder of what is selected. A row that is pressed is the moment that all else shows, and its packet is read below.

import type {ComponentChildren} from 'preact';
import type {TraceEvent, TraceHeader} from '../../protocol/trace.ts';
import {isTraceEvent} from '../../protocol/trace-lines.ts';
import {type LadderRow, toRows, traceLanes} from '../model/ladder.ts';
import {readFields} from '../model/packet-fields.ts';
import {isEmpty} from '../model/selection.ts';
import type {Store} from '../model/store.ts';
import {keyOf} from '../model/world.ts';
import {LadderDrawing} from './ladder-drawing.tsx';
import {MessageList} from './message-list.tsx';
import {RuleLink} from './rule.tsx';

export function LadderPanel({store}: {readonly store: Store}) {
  const {selection} = store;
  const rows = toRows(
    store.matches.flatMap((number): (readonly [number, TraceEvent | TraceHeader])[] => {
      const line = store.timeline.line(number);
      return line !== undefined && (line.kind === 'header' || isTraceEvent(line)) ? [[number, line]] : [];
    }),
  );
  const chosen = store.cursor === undefined ? undefined : rows.at(-1);
  return (
    <section class="panel ladders" aria-label="Ladder">
      <header>
        <h2>
          Ladder <small>{selectionText(store, rows.at(-1)?.identity)}</small>
        </h2>
        {!isEmpty(selection) && (
          <button type="button" onClick={() => store.select({})}>
            Show all
          </button>
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
        />
      )}
      {isEmpty(selection) && (
        <>
          <MessageForm store={store} />
          <MessageList store={store} />
        </>
      )}
      {chosen !== undefined && (
        <RowDetail row={chosen}>
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

/** What a row holds: its packet field by field, and its rule. */
export function RowDetail({row, children}: {readonly row: LadderRow; readonly children?: ComponentChildren}) {
  const {bytes, bytesMissing, rule, text} = row;
  return (
    <div class="detail">
      <p>
        <strong>{text}</strong> {rule !== undefined && <RuleLink id={rule} />}{' '}
        {row.identity !== undefined && <span class="identity quiet">{row.identity}</span>} {children}
      </p>
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

function MessageForm({store}: {readonly store: Store}) {
  return (
    <form
      class="hint"
      onSubmit={(event) => {
        event.preventDefault();
        const message = new FormData(event.currentTarget).get('message');
        if (typeof message === 'string' && message.trim() !== '') store.select({message: message.trim()});
      }}
    >
      <input name="message" placeholder="p… or m…" aria-label="Id of a message" />
      <button type="submit">Where is it?</button>
    </form>
  );
}

/** `lastIdentity` is that of a connection that has gone. */
function selectionText({selection, world}: Store, lastIdentity: string | undefined): string {
  const {connection, message} = selection;
  if (message !== undefined) return `message ${message}`;
  if (connection === undefined) return '';
  return world.connections.get(connection)?.identity ?? lastIdentity ?? `connection ${connection}`;
}
