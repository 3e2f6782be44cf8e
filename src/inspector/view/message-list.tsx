// Messages to choose from, where nothing is chosen: what still waits for something stands first.

import {awaitText} from '../charts/state-words.ts';
import {chartNamed} from '../model/chart-graph.ts';
import {listMessages} from '../model/message-list.ts';
import type {Store} from '../model/store.ts';

const shown = 40;

export function MessageList({store}: {readonly store: Store}) {
  const messages = listMessages(store.world, shown);
  if (messages.length === 0) return null;
  return (
    <ul class="messages" aria-label="Messages">
      {messages.map(({id, chart, states, open}) => (
        <li key={id}>
          <button type="button" class={open > 0 ? 'open' : ''} onClick={() => store.select({message: id})}>
            <code>{id}</code> <span class="quiet">{chartNamed(chart)?.title}</span>{' '}
            {[...states].map(([state, count]) => awaitText(chart, state, count)).join(', ')}
          </button>
        </li>
      ))}
    </ul>
  );
}
