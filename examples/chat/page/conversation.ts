// One person's conversation: holds the client SDK, and turns what it says into what a page shows. Knows nothing of the
// page's elements; main.ts hands in who listens.

import {
  type DeliveryEvent,
  type DeliveryState,
  indexedDbStore,
  type Payload,
  Rainbow,
  type RainbowState,
  type SocketClass,
  type Store,
} from '../../../src/client/client.ts';
import {type ChatMessages, type News, typeJoin, typeLately, typeSay, typeWho} from '../messages.ts';
import {readNews} from './news.ts';
import {OwnMessages} from './own-messages.ts';

/** How far a message of ours is. */
export interface Progress {
  readonly state: DeliveryState;
  /** It was transmitted on a connection that was lost, and goes out once more. */
  readonly isAgain: boolean;
  /** Clients that have confirmed it, once it is answered. */
  readonly confirmed?: number;
  /** Why it failed. */
  readonly fault?: string;
}

/** Receives what happens. */
export interface ConversationListener {
  /** A message, maybe a repeat of an earlier one with its id. `at` is `undefined` for our own that are not delivered yet. */
  said(message: Omit<News, 'at'> & {readonly at: number | undefined}, isOurs: boolean): void;
  progress(id: string, progress: Progress): void;
  note(room: string, text: string): void;
  /** `retryInMs` where it waits for another attempt. */
  connection(state: RainbowState, retryInMs: number | undefined): void;
  outbox(count: number): void;
}

export interface ConversationOptions {
  readonly gatewayUrl: string;
  readonly name: string;
  readonly room: string;
  readonly WebSocket: SocketClass;
  readonly listener: ConversationListener;
}

/** Who answered when everybody was asked, and how long that took. */
export interface Presence {
  readonly here: readonly string[];
  readonly ms: number;
}

// Short, so that one can watch: an application has no reason to leave the defaults.
const pace = {heartbeatMs: 4_000, backoffMinMs: 1_000, backoffMaxMs: 8_000};
const questionTimeoutMs = 8_000;

/** The client SDK of one person, with the room's messages and states. */
export class Conversation {
  readonly #name: string;
  readonly #listener: ConversationListener;
  readonly #rainbow: Rainbow<ChatMessages>;
  readonly #ours = new OwnMessages();
  /** Keys of messages of ours that this page shows; what was said before a reload is not among them. */
  readonly #shown = new Set<string>();
  #room: string;
  #lostAt: number | undefined;
  /** Gives up the change of rooms that is under way. */
  #moving: AbortController | undefined;

  constructor({gatewayUrl, name, room, WebSocket, listener}: ConversationOptions) {
    this.#name = name;
    this.#room = room;
    this.#listener = listener;
    this.#rainbow = new Rainbow<ChatMessages>(new URL('/connect/', gatewayUrl), {
      ...pace,
      // Asked for each attempt: who comes back is in its room at once, and hears nothing of another one.
      query: () => ({name, room: this.#room}),
      store: storeOfWhatIsSaid(`rainbow-chat-${name}`),
      WebSocket,
    });
    const nameBytes = new TextEncoder().encode(name);
    this.#rainbow.onMessage((type, data) => {
      if (type === typeWho) return nameBytes;
      this.#hear(data);
      return undefined;
    });
    this.#rainbow.on('delivery', (event) => this.#follow(event));
    this.#rainbow.on('closed', ({retryInMs}) => listener.connection(this.#rainbow.state, retryInMs));
    this.#rainbow.on('state', ({state, former}) => {
      listener.connection(state, undefined);
      if (former.startsWith('open') && !this.#rainbow.isOpen) this.#lostAt = performance.now();
      if (state === 'open.fresh' && former === 'connecting') this.#begin();
    });
  }

  get room(): string {
    return this.#room;
  }

  get isOpen(): boolean {
    return this.#rainbow.isOpen;
  }

  /** Connects and stays connected; a call while it waits makes it hurry. */
  bloom(): void {
    this.#rainbow.bloom().catch((error: unknown) => this.#listener.note(this.#room, `Not connected: ${String(error)}`));
  }

  async fade(): Promise<void> {
    await this.#rainbow.fade();
  }

  /** Says something in the room, now or as soon as it can be; it survives cuts and reloads, and is said once. */
  say(text: string): void {
    const message = {id: crypto.randomUUID(), room: this.#room, text};
    this.#ours.add(message.id);
    this.#shown.add(message.id);
    this.#listener.said({...message, from: this.#name, at: undefined}, true);
    this.#rainbow
      .send(typeSay, message, {key: message.id, mayRepeat: true, timeout: Number.POSITIVE_INFINITY})
      // Already reported by the event, unless the message was not even accepted.
      .catch((error: unknown) =>
        this.#listener.progress(message.id, {state: 'failed', isAgain: false, fault: String(error)}),
      );
  }

  /** Goes to another room: now, or with the next connection, which begins there. */
  async move(room: string): Promise<void> {
    this.#room = room;
    this.#moving?.abort();
    if (!this.isOpen) return;
    this.#moving = new AbortController();
    const {signal} = this.#moving;
    try {
      // Without `mayRepeat`: one that a lost connection leaves open must not move us on the next.
      await this.#rainbow.send(typeJoin, {room}, {timeout: Number.POSITIVE_INFINITY, signal});
      await this.#catchUp();
    } catch {
      // Another move has overtaken it, or the connection is lost and the next one begins in the room.
    }
  }

  /** Asks every client in the room. */
  async ask(): Promise<Presence> {
    const start = performance.now();
    const answer = await this.#rainbow.send(typeWho, {}, {timeout: questionTimeoutMs});
    const {here} = answer.json();
    return {here, ms: performance.now() - start};
  }

  #begin(): void {
    if (this.#lostAt !== undefined) {
      const seconds = Math.round((performance.now() - this.#lostAt) / 1_000);
      this.#listener.note(this.#room, `Connected again after ${seconds} s`);
    }
    this.#lostAt = undefined;
    this.#catchUp().catch(() => {
      // The connection is lost again; the next one asks again.
    });
  }

  /** A connection has no memory of the one before: what was said meanwhile is asked for. */
  async #catchUp(): Promise<void> {
    const answer = await this.#rainbow.send(typeLately, {}, {timeout: questionTimeoutMs});
    const {said} = answer.json();
    for (const news of said) this.#listener.said(news, this.#ours.has(news.id));
  }

  #hear(data: Payload): void {
    const news = readNews(data, this.#room);
    // One may be in the room already when one's own arrival is announced.
    if (news.from === 'chat' && news.text === `${this.#name} came`) return;
    if (news.from === 'chat') this.#listener.note(news.room, news.text);
    else this.#listener.said(news, this.#ours.has(news.id));
  }

  #follow(event: DeliveryEvent): void {
    if (event.type !== typeSay) return;
    const {key, state, mayBeRepeat, answer, error} = event;
    this.#introduce(key);
    this.#listener.progress(key, {state, isAgain: mayBeRepeat, ...outcomeOf(answer, error)});
    this.#listener.outbox(this.#rainbow.pending.filter(({type}) => type === typeSay).length);
  }

  /** A message that an earlier page left in the store is new to this one. */
  #introduce(key: string): void {
    if (this.#shown.has(key)) return;
    const data = this.#rainbow.pending.find((message) => message.key === key)?.data;
    if (data === undefined) return;
    this.#ours.add(key);
    this.#shown.add(key);
    const {room, text} = readNews(data, this.#room);
    this.#listener.said({id: key, from: this.#name, room, text, at: undefined}, true);
  }
}

function outcomeOf(answer: Payload | undefined, error: Error | undefined): {confirmed?: number; fault?: string} {
  if (error !== undefined) return {fault: error.message};
  const outcome = answer?.json();
  if (typeof outcome !== 'object' || outcome === null) return {};
  if ('delivered' in outcome && typeof outcome.delivered === 'number') return {confirmed: outcome.delivered};
  return 'error' in outcome ? {fault: String(outcome.error)} : {};
}

/** Of all messages those that people wrote outlive the page: a question or a change of rooms is of no use to the next. */
function storeOfWhatIsSaid(name: string): Store {
  const store = indexedDbStore({name});
  return {
    open: (adopt) => store.open(adopt),
    put: (message) => (message.type === typeSay ? store.put(message) : Promise.resolve()),
    remove: (key) => store.remove(key),
    close: () => store.close(),
  };
}
