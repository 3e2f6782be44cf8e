// A client of the gateway: what an application holds in its hands. Puts the parts together and owns none of their work:
// connection.ts keeps the connection, outbox.ts the messages up, receiver.ts those that come down.

import {type Packet, type PacketFault, packetHeaderBytesMax, type Qos} from '../protocol/packet.ts';
import {Connection, type ConnectionOwner} from './connection.ts';
import {RainbowClientError} from './errors.ts';
import {Emitter, type EndEvent, type PendingMessage, type RainbowEvents, type RainbowState} from './events.ts';
import {handleMessage, type PlainHandler} from './handling.ts';
import {type RainbowOptions, type Settings, settingsOf} from './options.ts';
import {Outbox, type OutboxOwner} from './outbox.ts';
import {Receiver, type ReceiverOwner} from './receiver.ts';
import type {AnswerOf, AnySchema, DataOf, MessageHandler, Schema, TypeOf} from './schema.ts';

/** How one message is sent. */
export interface SendOptions {
  /** 0: at most once, unanswered. 1: at least once. 2: exactly once on a connection. @default 2 */
  readonly qos?: Qos;
  /** Milliseconds to the answer; `Infinity` waits as long as it takes. @default the client's `timeout`, 30 s */
  readonly timeout?: number;
  /** Gives the message up. */
  readonly signal?: AbortSignal;
  /** Names the message in events and in the store; no two that are pending may have the same. @default by chance */
  readonly key?: string;
  /**
   * At QoS 2: the message may be sent again on a new connection though it may have arrived, since its data has an id by
   * which the business server tells repeats. @default false: it fails with `RB_IN_DOUBT`
   */
  readonly mayRepeat?: boolean;
}

const typeMax = 65_535;
const keyBytes = 16;

/** A client, made once and kept: it connects with `bloom()` and stays connected until `fade()`. */
export class Rainbow<Messages extends Schema = AnySchema> {
  readonly #settings: Settings;
  readonly #events = new Emitter();
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  #receiver: Receiver | undefined;
  #handler: PlainHandler | undefined;
  /** Who waits for it to be open, and who for its end. */
  #opening: PromiseWithResolvers<void> | undefined;
  #ending: PromiseWithResolvers<void> | undefined;

  /** Throws `RB_ARGUMENT` for an address or an option that cannot be. Connects to nothing yet. */
  constructor(url: string | URL, options?: RainbowOptions);
  constructor(options: RainbowOptions);
  constructor(first: string | URL | RainbowOptions, more: RainbowOptions = {}) {
    const isUrl = typeof first === 'string' || first instanceof URL;
    this.#settings = settingsOf(isUrl ? {...more, url: first} : first);
    this.#outbox = new Outbox(this.#settings, this.#outboxOwner());
    this.#connection = new Connection(this.#settings, this.#connectionOwner());
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
   * Connects, and stays connected: whatever happens, another attempt follows. Resolves once it is open; rejects with
   * `RB_CLOSED` where it ends before. While it waits for its next attempt, a call makes it hurry.
   */
  bloom(): Promise<void> {
    this.#outbox.open();
    this.#connection.bloom();
    if (this.isOpen) return Promise.resolve();
    this.#opening ??= Promise.withResolvers();
    const {promise} = this.#opening;
    // Not everybody waits for it, and who does not is told by events.
    promise.catch(() => {});
    return promise;
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
   * as soon as it is handed to the socket. Rejects with a `RainbowClientError`.
   */
  async send<Type extends TypeOf<Messages['up']>>(
    type: Type,
    data: DataOf<Messages['up'][Type]>,
    options: SendOptions = {},
  ): Promise<AnswerOf<Messages['up'][Type]>> {
    const {timeout = this.#settings.timeout, qos = 2, signal, mayRepeat = false} = options;
    const {key = this.#settings.random.hex(keyBytes)} = options;
    check(
      Number.isInteger(type) && type >= 0 && type <= typeMax,
      `Expected type to be from 0 to ${typeMax}, got ${type}`,
    );
    check(qos === 0 || qos === 1 || qos === 2, `Expected qos to be 0, 1 or 2, got ${String(qos)}`);
    check(timeout > 0, `Expected timeout to be more than 0 ms, got ${timeout}`);
    const isOver = this.state === 'faded' || this.state === 'refused' || this.state === 'fading';
    if (isOver) throw new RainbowClientError('RB_CLOSED', this.state);
    const payload = this.#encode(data, type);
    const {promise, resolve, reject} = Promise.withResolvers<AnswerOf<Messages['up'][Type]>>();
    this.#outbox.accept({
      key,
      type,
      qos,
      payload,
      mayRepeat,
      timeout,
      signal,
      settling: {
        // What an answer is, is the application's claim.
        resolve: (answer) => resolve(answer as AnswerOf<Messages['up'][Type]>),
        reject,
      },
    });
    return await promise;
  }

  /**
   * Sets what handles the messages that come down; its value, or that of its promise, goes back as the reply. Set it
   * before `bloom()`: a message that finds none is acknowledged and gone. [RB-60]
   */
  onMessage(handler: MessageHandler<Messages['down']>): this {
    // Type and data belong together by the application's claim.
    this.#handler = handler as unknown as PlainHandler;
    return this;
  }

  /** Calls `listener` when it has ended for good. */
  didClose(listener: (event: EndEvent) => void): this {
    this.on('end', listener);
    return this;
  }

  /** Listens; returns what ends that. */
  on<Name extends keyof RainbowEvents>(name: Name, listener: (event: RainbowEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  #encode(data: unknown, type: number): Uint8Array {
    const {codec, messageBytesMax} = this.#settings;
    let payload: Uint8Array;
    try {
      payload = codec.encode(data, type);
    } catch (cause) {
      throw new RainbowClientError('RB_ARGUMENT', `Expected data that can be encoded, got ${String(cause)}`, {cause});
    }
    if (payload.length + packetHeaderBytesMax > messageBytesMax) {
      const most = messageBytesMax - packetHeaderBytesMax;
      throw new RainbowClientError('RB_MESSAGE_TOO_LARGE', `Expected at most ${most} bytes, got ${payload.length}`);
    }
    return payload;
  }

  #connectionOwner(): ConnectionOwner {
    return {
      begins: (link) => {
        this.#receiver = new Receiver(link, this.#settings, this.#receiverOwner());
        this.#outbox.begins(link);
      },
      receives: (packet) => this.#receive(packet),
      refusesSize: () => this.#outbox.refusesSize(),
      probe: () => this.#outbox.askSign(),
      loses: () => {
        this.#receiver?.close();
        this.#receiver = undefined;
        this.#outbox.loses();
      },
      changed: (state, former) => {
        this.#events.emit('state', {state, former});
        if (!this.isOpen) return;
        this.#opening?.resolve();
        this.#opening = undefined;
      },
      closed: (event) => this.#events.emit('closed', event),
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
          decode: (bytes, type) => this.#settings.codec.decode(bytes, type),
          encode: (data, type) => this.#encode(data, type),
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
    switch (packet.kind) {
      case 'send':
        this.#receiver?.receive(packet);
        return;
      case 'rel':
        this.#receiver?.release(packet.id);
        return;
      case 'com':
        this.#outbox.complete(packet.id);
        return;
      case 'fault':
        this.#events.emit('fault', {kind: 'packet', cause: packet.reason});
        return;
      default:
        this.#outbox.acknowledge(packet);
    }
  }

  #end(event: EndEvent): void {
    this.#outbox.close();
    this.#opening?.reject(new RainbowClientError('RB_CLOSED', event.state));
    this.#opening = undefined;
    // A process that awaits it may end: what is to be kept is kept by then.
    this.#outbox.whenStored(() => {
      this.#ending?.resolve();
      this.#ending = undefined;
      this.#events.emit('end', event);
    });
  }
}

function check(condition: boolean, what: string): void {
  if (!condition) throw new RainbowClientError('RB_ARGUMENT', what);
}
