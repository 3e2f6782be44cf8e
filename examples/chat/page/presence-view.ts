// Asks who is here, and lists who answered: each name is the reply of one client, brought by the reply channel.

import type {Presence} from './conversation.ts';
import {find, make, makeSign} from './element.ts';

/** Lists who is in the room when the button is pressed. `ask` asks the room. */
export function showPresence(ask: () => Promise<Presence>): void {
  const button = find('who', HTMLButtonElement);
  const answer = find('who-answer', HTMLParagraphElement);
  const list = find('who-list', HTMLUListElement);
  button.addEventListener('click', () => {
    button.disabled = true;
    answer.dataset.asked = '';
    answer.textContent = 'asking every client in the room';
    ask()
      .then(({here, ms}) => {
        answer.textContent = `${here.length} answered in ${Math.round(ms)} ms`;
        list.replaceChildren(...here.map((name) => make('li', '', makeSign(name), name)));
      })
      .catch((error: unknown) => {
        answer.textContent = `no answer: ${error instanceof Error ? error.message : String(error)}`;
        list.replaceChildren();
      })
      .finally(() => {
        button.disabled = false;
      });
  });
}
