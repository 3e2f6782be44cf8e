// The messages of each room, in the order in which they were said, and under ours how far they are. A message that comes
// twice, or is confirmed after it was shown, is one element.

import type {News} from '../messages.ts';
import type {Progress} from './conversation.ts';
import {make, makeSign} from './element.ts';

type Shown = Omit<News, 'at'> & {readonly at: number | undefined};

const perRoomMax = 200;
const nearEndPixels = 80;

/** The messages of the current room. Fills `frame`, the element that scrolls. */
export class MessagesView {
  readonly #frame: HTMLElement;
  readonly #rooms = new Map<string, HTMLOListElement>();
  readonly #messages = new Map<string, HTMLLIElement>();

  constructor(frame: HTMLElement) {
    this.#frame = frame;
  }

  enter(room: string): void {
    this.#frame.replaceChildren(this.#listOf(room));
    this.#frame.scrollTop = this.#frame.scrollHeight;
  }

  show({id, from, room, text, at}: Shown, isOurs: boolean): void {
    const known = this.#messages.get(id);
    if (known !== undefined) {
      if (at !== undefined) this.#place(known, room, at);
      return;
    }
    const head = make('p', 'from', isOurs ? 'you' : from);
    const body = make('div', 'body', head, make('p', 'text', text));
    const item = make('li', isOurs ? 'message ours' : 'message', ...(isOurs ? [] : [makeSign(from)]), body);
    item.dataset.id = id;
    this.#messages.set(id, item);
    this.#place(item, room, at);
  }

  note(room: string, text: string): void {
    this.#place(make('li', 'note', text), room, Date.now());
  }

  progress(id: string, progress: Progress): void {
    const body = this.#messages.get(id)?.querySelector('.body');
    if (body === undefined || body === null) return;
    const foot = makeFoot(progress);
    const former = body.querySelector('.progress');
    this.#keepEnd(() => {
      if (former === null) body.append(foot);
      else former.replaceWith(foot);
    });
  }

  #listOf(room: string): HTMLOListElement {
    const known = this.#rooms.get(room);
    if (known !== undefined) return known;
    const list = make('ol', 'messages');
    this.#rooms.set(room, list);
    return list;
  }

  /** After all earlier messages; undelivered ones are at the end. */
  #place(item: HTMLLIElement, room: string, at: number | undefined): void {
    const list = this.#listOf(room);
    if (item.parentElement === list && item.dataset.at !== undefined) return;
    if (at !== undefined) {
      item.dataset.at = String(at);
      item.querySelector('.from')?.append(makeTime(at));
    }
    const later = [...list.children].find(
      (other) => other !== item && other instanceof HTMLElement && timeOf(other) > timeOf(item),
    );
    this.#keepEnd(() => {
      // An item in its place is not moved: a screen reader reads inserted items again.
      if (item.parentElement !== list || item.nextElementSibling !== (later ?? null)) {
        list.insertBefore(item, later ?? null);
      }
      if (list.children.length > perRoomMax) this.#forget(list.firstElementChild);
    });
  }

  #forget(item: Element | null): void {
    if (item instanceof HTMLElement && item.dataset.id !== undefined) this.#messages.delete(item.dataset.id);
    item?.remove();
  }

  /** Who reads the end goes on reading the end. */
  #keepEnd(change: () => void): void {
    const {scrollHeight, scrollTop, clientHeight} = this.#frame;
    change();
    if (scrollHeight - scrollTop - clientHeight < nearEndPixels) this.#frame.scrollTop = this.#frame.scrollHeight;
  }
}

function timeOf({dataset}: HTMLElement): number {
  return dataset.at === undefined ? Number.POSITIVE_INFINITY : Number(dataset.at);
}

function makeTime(at: number): HTMLTimeElement {
  const time = make('time', '', new Date(at).toLocaleTimeString([], {hour: '2-digit', minute: '2-digit'}));
  time.dateTime = new Date(at).toISOString();
  return time;
}

const beads = 4;

/** Four beads on a string, as many of them lit as the message has come stations far, and the last station in words. */
function makeFoot(progress: Progress): HTMLParagraphElement {
  const string = make('span', 'beads', ...Array.from({length: beads}, () => make('i', '')));
  string.ariaHidden = 'true';
  const foot = make('p', 'progress', string, make('span', 'words', wordsOf(progress)));
  foot.dataset.state = progress.fault === undefined ? progress.state : 'failed';
  return foot;
}

function wordsOf({state, isAgain, confirmed, fault}: Progress): string {
  if (fault !== undefined) return `not said: ${fault}`;
  switch (state) {
    case 'queued':
      return isAgain ? 'queued again' : 'queued';
    case 'sent':
      return isAgain ? 'sent again' : 'sent';
    case 'atGateway':
      return 'at the gateway';
    case 'answered':
      return confirmed === undefined ? 'answered' : `confirmed by ${confirmed}`;
    case 'kept':
      return 'kept for the next time';
    case 'failed':
      return 'not said';
  }
}
