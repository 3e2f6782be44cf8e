// Messages to choose from, where nothing is chosen: what still waits for something stands first. What is typed narrows the
// list; sent off, it is looked for by its name, whether it is in the list or not.

import {useState} from 'preact/hooks';
import {awaitText} from '../charts/state-words.ts';
import {chartNamed} from '../model/chart-graph.ts';
import {selectNamed} from '../model/find.ts';
import {listMessages, type Message} from '../model/message-list.ts';
import type {Store} from '../model/store.ts';
import {clockText} from './time-bar.tsx';

const shown = 40;

export function MessageList({store}: {readonly store: Store}) {
  const [search, setSearch] = useState('');
  const {messages, total} = listMessages(store.world, shown, search);
  return (
    <>
      <form
        class="hint"
        onSubmit={(event) => {
          event.preventDefault();
          if (search.trim() !== '') store.select(selectNamed(search.trim(), store.timeline));
        }}
      >
        <input
          name="message"
          placeholder="Id, client, channel, type, state"
          aria-label="Search messages"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <button type="submit" title="Show the message with this id, or the client with this identity">
          Where is it?
        </button>
        <span class="quiet">{total > messages.length ? `${messages.length} of ${total}` : ''}</span>
      </form>
      {messages.length > 0 && (
        <ul class="messages" aria-label="Messages">
          {messages.map((message) => (
            <li key={message.id}>
              <Entry store={store} message={message} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Entry({store, message}: {readonly store: Store; readonly message: Message}) {
  const {id, chart, channel, type, identity, begunAt, states, open} = message;
  return (
    <button type="button" class={open > 0 ? 'open' : ''} onClick={() => store.select({message: id})}>
      <time>{clockText(store, begunAt).slice(0, 12)}</time>
      <code>{id}</code>
      <span class="quiet">{chartNamed(chart)?.title}</span>
      <span class="quiet">{type === undefined ? '' : `type ${type}`}</span>
      <span class="place">
        {channel !== undefined && `in ${channel}`}
        {channel !== undefined && identity !== undefined && ', '}
        {identity}
      </span>
      <span class="waits">{[...states].map(([state, count]) => awaitText(chart, state, count)).join(', ')}</span>
    </button>
  );
}
