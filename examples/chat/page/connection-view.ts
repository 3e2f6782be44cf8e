// What the connection is doing, in the words of people and in the name of its state; the switch that cuts the network;
// and how many messages wait meanwhile.

import type {RainbowState} from '../../../src/client/client.ts';
import type {Cable} from './cable.ts';
import {find} from './element.ts';

const words: Readonly<Record<RainbowState, string>> = {
  idle: 'not connected',
  connecting: 'connecting',
  'open.fresh': 'connected',
  // Silence of a heartbeat's length is usual in a quiet room, and not worth showing.
  'open.suspect': 'connected',
  'open.awaitingSign': 'is anybody there?',
  waiting: 'no connection',
  offline: 'offline',
  fading: 'leaving',
  faded: 'left',
  refused: 'refused',
};
const secondMs = 1_000;

/** Shows the state of the connection. `hurry` is called when the user does not want to wait for the next attempt. */
export class ConnectionView {
  readonly #status = find('connection', HTMLParagraphElement);
  readonly #words = find('connection-words', HTMLSpanElement);
  readonly #state = find('connection-state', HTMLElement);
  readonly #retry = find('retry', HTMLButtonElement);
  readonly #outbox = find('outbox', HTMLParagraphElement);
  #countdown: ReturnType<typeof setInterval> | undefined;
  #retryAt = 0;

  constructor(cable: Cable, hurry: () => void) {
    const network = find('network', HTMLButtonElement);
    network.addEventListener('click', () => {
      if (cable.isCut) cable.mend();
      else cable.cut();
      network.ariaChecked = String(!cable.isCut);
      document.body.classList.toggle('cut', cable.isCut);
    });
    this.#retry.addEventListener('click', hurry);
  }

  show(state: RainbowState, retryInMs: number | undefined): void {
    this.#status.dataset.state = state;
    const isOpen = words[state] === words['open.fresh'];
    // Set only where it is another text: a screen reader says what is set.
    setText(this.#words, words[state]);
    setText(this.#state, isOpen ? 'open' : state);
    this.#retry.hidden = state !== 'waiting' && state !== 'offline';
    if (retryInMs !== undefined) this.#retryAt = performance.now() + retryInMs;
    clearInterval(this.#countdown);
    if (this.#retry.hidden) return;
    this.#count();
    this.#countdown = setInterval(() => this.#count(), secondMs);
  }

  showOutbox(count: number): void {
    this.#outbox.textContent = count === 0 ? 'Outbox empty' : `Outbox: ${count}`;
    this.#outbox.dataset.count = String(count);
  }

  #count(): void {
    const seconds = Math.max(0, Math.ceil((this.#retryAt - performance.now()) / secondMs));
    this.#retry.textContent = `Try now (${seconds} s)`;
  }
}

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
