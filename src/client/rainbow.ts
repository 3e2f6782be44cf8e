// A client of the gateway: what an application holds in its hands. Puts the parts together and owns none of their work:
// connection.ts keeps the connection, outbox.ts the messages up, receiver.ts those that come down.

import {type Packet, type PacketFault, packetHeaderBytesMax} from '../protocol/packet.ts';
import {encodePayload, type Payload} from '../protocol/payload.ts';
import {Connection, type ConnectionOwner} from './connection.ts';
import {check, RainbowClientError, show} from './errors.ts';
import {Emitter, type EndEvent, type PendingMessage, type RainbowEvents, type RainbowState} from './events.ts';
import {handleMessage, type PlainHandler} from './handling.ts';
import {Messages as MessageStream, type ReceivedMessage} from './messages.ts';
import {Opening, type OpenOptions} from './opening.ts';
import {type RainbowOptions, type Settings, settingsOf, socketClass} from './options.ts';
import {Outbox, type OutboxOwner} from './outbox.ts';
import type {SendOptions} from './outgoing.ts';
import {Receiver, type ReceiverOwner} from './receiver.ts';
import type {
  AnswerOf,
  AnySchema,
  DataAndOptions,
  DataOfAll,
  DownOf,
  MessageHandler,
  Schema,
  TypeOf,
  UpOf,
} from './schema.ts';
import {warnOfFailures} from './warning.ts';

const typeMax = 65_535;
const keyBytes = 16;

/** A client, made once and kept: it connects with `bloom()` and stays connected until `fade()`. */
export class Rainbow<Messages extends Schema = AnySchema> {
  readonly #settings: Settings;
  readonly #events: Emitter;
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  #receiver: Receiver | undefined;
  #handler: PlainHandler | undefined;
  readonly #opening: Opening;
  /** Who waits for its end. */
  #ending: PromiseWithResolvers<void> | undefined;

  /** Throws `RB_ARGUMENT` for an address or an option that cannot be. Connects to nothing yet. */
  constructor(url: string | URL, options?: RainbowOptions);
  constructor(options: RainbowOptions);
  constructor(first: string | URL | RainbowOptions, more: RainbowOptions = {}) {
    const isUrl = typeof first === 'string' || 'href' in first;
    this.#settings = settingsOf(isUrl ? {...more, url: first} : first);
    this.#events = new Emitter(this.#settings);
    this.#outbox = new Outbox(this.#settings, this.#outboxOwner());
    this.#connection = new Connection(this.#settings, this.#connectionOwner());
    this.#opening = new Opening(this.#settings.clock, () => this.#connection.last);
  }

  /** The state of its connection: a state of the chart in docs/client.md. */
  get state(): RainbowState {
    return this.#connection.state;
  }

  /** Whether messages go out now, as far as one can know. */
  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  /** Messages that are neither answered nor given up, in the order in which they were sent. */
  get pending(): PendingMessage[] {
    return this.#outbox.pending;
  }

  /**
   * Connects, and stays connected: after each failure another attempt follows. Resolves when the connection is open;
   * rejects with `RB_CLOSED` if the client ends before. Without options it waits without limit, with a wrong URL for ever.
   * Calling it again retries immediately; while the client fades, it connects again.
   */
  bloom(options: OpenOptions = {}): Promise<void> {
    socketClass(this.#settings);
    this.#connection.bloom();
    this.#outbox.open();
    return this.isOpen ? Promise.resolve() : this.#opening.wait(options);
  }

  /** Disconnects. Messages that have not ended fail, or stay in the store. Resolves when it has ended. */
  fade(): Promise<void> {
    if (this.state === 'faded' || this.state === 'refused') return Promise.resolve();
    this.#ending ??= Promise.withResolvers();
    const {promise} = this.#ending;
    this.#connection.tell('app.fade');
    return promise;
  }

  /**
   * Sends a message, now or as soon as it can be. Resolves with the business server's answer, at QoS 0 with `undefined`
   * as soon as it is handed to the socket. A string travels as UTF-8, a buffer or a view as its bytes, `undefined` as
   * nothing, everything else as JSON; all of it is copied. Rejects with a `RainbowClientError`.
   */
  send<Type extends TypeOf<UpOf<Messages>>>(
    type: Type,
    data: DataOfAll<UpOf<Messages>, Type>,
    options: SendOptions & {readonly qos: 0},
  ): Promise<undefined>;
  send<Type extends TypeOf<UpOf<Messages>>>(
    type: Type,
    ...rest: DataAndOptions<DataOfAll<UpOf<Messages>, Type>, SendOptions & {readonly qos?: 1 | 2}>
  ): Promise<Payload<AnswerOf<UpOf<Messages>[Type]>>>;
  send<Type extends TypeOf<UpOf<Messages>>>(
    type: Type,
    ...rest: DataAndOptions<DataOfAll<UpOf<Messages>, Type>, SendOptions>
  ): Promise<Payload<AnswerOf<UpOf<Messages>[Type]>> | undefined>;
  async send(type: number, data?: unknown, options: SendOptions = {}): Promise<Payload | undefined> {
    const {timeout = this.#settings.timeout, qos = 2, signal, mayRepeat = false} = options;
    const {key = this.#settings.random.hex(keyBytes)} = options;
    const isType = Number.isInteger(type) && type >= 0 && type <= typeMax;
    check(isType, `type is ${show(type)}; it may be a whole number from 0 to ${typeMax}`);
    check(qos === 0 || qos === 1 || qos === 2, `qos is ${show(qos)}; it may be 0, 1 or 2`);
    check(
      typeof timeout === 'number' && timeout > 0,
      `timeout is ${show(timeout)}; it may be any number of ms above 0`,
    );
    const isOver = this.state === 'faded' || this.state === 'refused' || this.state === 'fading';
    if (isOver) throw this.#opening.error(this.state);
    const payload = this.#encode(data);
    const {promise, resolve, reject} = Promise.withResolvers<Payload | undefined>();
    const settling = {resolve, reject};
    this.#outbox.accept({key, type, qos, payload, mayRepeat, timeout, signal, settling});
    return await promise;
  }

  /**
   * Sets what handles the messages that come down; its value, or that of its promise, goes back as the reply. Set it
   * before `bloom()`: a message that finds none is acknowledged and gone. [RB-60]
   */
  onMessage(handler: MessageHandler<DownOf<Messages>>): this {
    check(typeof handler === 'function', `A handler is a function, not ${show(handler)}`);
    // Type and data belong together by the application's claim.
    this.#handler = handler as unknown as PlainHandler;
    return this;
  }

  /** Calls `listener` when it has ended for good. */
  didClose(listener: (event: EndEvent) => void): this {
    this.on('end', listener);
    return this;
  }

  /** Subscribes; returns an unsubscribe function. Throws `RB_ARGUMENT` for an event that there is not. */
  on<Name extends keyof RainbowEvents>(name: Name, listener: (event: RainbowEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** Subscribes to the next one alone; returns an unsubscribe function. */
  once<Name extends keyof RainbowEvents>(name: Name, listener: (event: RainbowEvents[Name]) => void): () => void {
    const off = this.#events.on(name, (event) => {
      off();
      listener(event);
    });
    return off;
  }

  /** Unsubscribes what `on` or `didClose` was given. */
  off<Name extends keyof RainbowEvents>(name: Name, listener: (event: RainbowEvents[Name]) => void): this {
    this.#events.off(name, listener);
    return this;
  }

  /**
   * The messages that come down, one after the other, until the client ends or the loop is left; instead of a handler. A
   * message is acknowledged when the loop asks for the next one, with what `reply()` was given.
   */
  messages(): AsyncIterableIterator<ReceivedMessage<DownOf<Messages>>> {
    const stream = new MessageStream<ReceivedMessage<DownOf<Messages>>>();
    const handler: PlainHandler = (type, data, context) => stream.add({type, data, ...context});
    this.#handler = handler;
    stream.onEnd = () => {
      if (this.#handler === handler) this.#handler = undefined;
    };
    this.once('end', () => stream.end());
    return stream.read();
  }

  // biome-ignore-start lint/suspicious/noTsIgnore: without the lib `esnext.disposable` the declarations have no such symbol
  /**
   * `await using rainbow = …`: the same as `fade()`.
   * @ts-ignore */
  // biome-ignore-end lint/suspicious/noTsIgnore: as above
  [Symbol.asyncDispose](): Promise<void> {
    return this.fade();
  }

  #encode(data: unknown): Uint8Array {
    const {messageBytesMax} = this.#settings;
    let payload: Uint8Array;
    try {
      payload = encodePayload(data).bytes;
    } catch (cause) {
      throw new RainbowClientError('RB_ARGUMENT', (cause as Error).message, {cause});
    }
    if (payload.length + packetHeaderBytesMax > messageBytesMax) {
      const most = messageBytesMax - packetHeaderBytesMax;
      throw new RainbowClientError(
        'RB_MESSAGE_TOO_LARGE',
        `the limit is ${most} bytes, this one has ${payload.length}`,
      );
    }
    return payload;
  }

  #connectionOwner(): ConnectionOwner {
    return {
      begins: (link) => {
        this.#receiver = new Receiver(link, this.#settings, this.#receiverOwner());
        this.#outbox.begins(link);
      },
      sends: (packet) => this.#events.log('out', packet),
      receives: (packet) => this.#receive(packet),
      refusesSize: () => this.#outbox.refusesSize(),
      probe: () => this.#outbox.sender?.askSign(),
      loses: () => {
        this.#receiver?.close();
        this.#receiver = undefined;
        this.#outbox.loses();
      },
      changed: (state, former) => {
        this.#events.emit('state', {state, former});
        if (this.isOpen) this.#opening.opened();
      },
      closed: (event) => {
        this.#events.emit('closed', event);
        warnOfFailures(event, this.#settings);
      },
      queryFailed: (cause) => this.#events.emit('fault', {kind: 'query', cause}),
      ends: (event) => this.#end(event),
    };
  }

  #outboxOwner(): OutboxOwner {
    const isHeard = (): boolean => this.#events.isHeard('delivery');
    return {
      get isTracking() {
        return isHeard();
      },
      delivery: (event) => this.#events.emit('delivery', event),
      fault: (event) => this.#events.emit('fault', event),
      doubt: () => this.#connection.tell('delivery.unanswered'),
      clogged: () => this.#connection.tell('delivery.clogged'),
    };
  }

  #receiverOwner(): ReceiverOwner {
    return {
      handle: (message) =>
        handleMessage(this.#handler, message, {
          encode: (data) => this.#encode(data),
          fault: (event) => this.#events.emit('fault', event),
        }),
      late: (type) => this.#events.emit('fault', {kind: 'handlerTimeout', type}),
      overflow: (type, isFatal) => {
        this.#events.emit('fault', {kind: 'inbox', type});
        if (isFatal) this.#connection.tell('delivery.clogged');
      },
    };
  }

  #receive(packet: Packet | PacketFault): void {
    this.#events.log('in', packet);
    switch (packet.kind) {
      case 'send':
        this.#receiver?.receive(packet);
        return;
      case 'rel':
        this.#receiver?.release(packet.id);
        return;
      case 'com':
        this.#outbox.sender?.complete(packet.id);
        return;
      case 'fault':
        this.#events.emit('fault', {kind: 'packet', cause: packet.reason});
        return;
      default:
        this.#outbox.sender?.acknowledge(packet);
    }
  }

  #end(event: EndEvent): void {
    this.#outbox.close();
    // If it connects again at once, callers that wait for that continue to wait.
    if (this.#connection.isOver) this.#opening.ended(event.state);
    // A process that awaits it may end: what is to be kept is kept by then.
    this.#outbox.whenStored(() => {
      this.#ending?.resolve();
      this.#ending = undefined;
      this.#events.emit('end', event);
    });
  }
}
