// The events of a Rainbow, and how to listen: `rainbow.on('delivery', (event) => …)`.

import type {ClientConnectionState} from '../machines/steps.ts';
import type {Qos} from '../protocol/packet.ts';
import type {Payload} from '../protocol/payload.ts';
import {type ClosedEvent, check, type RainbowClientError} from './errors.ts';

export type {ClosedEvent} from './errors.ts';

/** A state of the connection's chart (machines/client-connection.ts, drawn in docs/client.md). */
export type RainbowState = ClientConnectionState;

/**
 * Where a message is.
 *
 * - `queued`: waits in the outbox.
 * - `sent`: handed to the socket. At QoS 0 that is all that will be known.
 * - `atGateway`: the gateway has read it. Determined only while `delivery` has a listener.
 * - `answered`: the business server has it and has answered.
 * - `failed`: abandoned; `error` says why, and whether it may have arrived.
 * - `kept`: not sent before the client ended; the store has it for the next time.
 */
export type DeliveryState = 'queued' | 'sent' | 'atGateway' | 'answered' | 'failed' | 'kept';

/** A message of the application on its way up. */
export interface DeliveryFacts {
  /** As given to `send()`, or made by it. */
  readonly key: string;
  readonly type: number;
  readonly qos: Qos;
  readonly state: DeliveryState;
  /** It was transmitted on a connection that was lost: where it is sent once more, it may arrive twice. */
  readonly mayBeRepeat: boolean;
}

/** A member for each value of a field, so that ruling out one value after the other leaves the others. */
type Each<Name extends string, Value extends string, Rest> = Value extends unknown
  ? {readonly [_ in Name]: Value} & Rest
  : never;

/** Where a message is now; its `state` says what else there is. */
export type DeliveryEvent = DeliveryFacts &
  (
    | Each<'state', 'queued' | 'sent' | 'atGateway', {readonly answer?: undefined; readonly error?: undefined}>
    /** `answer` is the business server's. */
    | Each<'state', 'answered', {readonly answer: Payload; readonly error?: undefined}>
    | Each<'state', 'failed' | 'kept', {readonly error: RainbowClientError; readonly answer?: undefined}>
  );

/** A message that is neither answered nor given up. */
export interface PendingMessage extends DeliveryFacts {
  /** What is sent. */
  readonly data: Payload;
}

export interface StateEvent {
  readonly state: RainbowState;
  readonly former: RainbowState;
}

/** How it ended for good: `faded` as the application wished, `refused` as the gateway wished or after the last attempt. */
export type EndEvent = {
  /** Of the last connection. */
  readonly code: number;
  readonly reason: string;
} & ({readonly state: 'faded'} | {readonly state: 'refused'});

/**
 * Something was dropped or failed that no promise reports; its `kind` says what else there is: the `type` of the message it
 * is about, or the `cause`.
 *
 * - `handler`: the handler threw or rejected; the message was acknowledged with an empty reply. [RB-60]
 * - `handlerTimeout`: it took too long, likewise.
 * - `unhandled`: a message came and there was no handler, likewise.
 * - `inbox`: a QoS 0 message was dropped since too many waited, or a connection ended for that reason.
 * - `packet`: the gateway sent what is not a packet; ignored.
 * - `store`: the store failed.
 * - `query`: the function that makes the query failed; the attempt counts as failed.
 */
export type FaultEvent =
  | Each<'kind', 'handler', {readonly type: number; readonly cause: unknown}>
  | Each<'kind', 'handlerTimeout' | 'unhandled' | 'inbox', {readonly type: number; readonly cause?: undefined}>
  | Each<'kind', 'packet' | 'store' | 'query', {readonly type?: undefined; readonly cause: unknown}>;

export interface RainbowEvents {
  readonly state: StateEvent;
  readonly delivery: DeliveryEvent;
  readonly closed: ClosedEvent;
  readonly end: EndEvent;
  readonly fault: FaultEvent;
}

type Listener<Name extends keyof RainbowEvents> = (event: RainbowEvents[Name]) => void;
type Listeners = {[Name in keyof RainbowEvents]: Set<Listener<Name>>};

/** Where else words go. */
interface Outlets {
  readonly warn: (text: string, cause?: unknown) => void;
  readonly log: ((what: string, detail: unknown) => void) | undefined;
}

/** Listeners by event. */
export class Emitter {
  readonly #outlets: Outlets;
  readonly #listeners: Listeners = {
    state: new Set(),
    delivery: new Set(),
    closed: new Set(),
    end: new Set(),
    fault: new Set(),
  };

  /** `warn` takes what a listener threw, `log` all that happens. */
  constructor(outlets: Outlets) {
    this.#outlets = outlets;
  }

  /** Subscribes; returns an unsubscribe function. */
  on<Name extends keyof RainbowEvents>(name: Name, listener: Listener<Name>): () => void {
    const listeners = this.#of(name);
    check(typeof listener === 'function', `A listener is a function, not ${String(listener)}`);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  off<Name extends keyof RainbowEvents>(name: Name, listener: Listener<Name>): void {
    this.#of(name).delete(listener);
  }

  isHeard(name: keyof RainbowEvents): boolean {
    return this.#listeners[name].size > 0;
  }

  /** A listener that throws does not affect others or end the process: the error goes to `warn`. */
  emit<Name extends keyof RainbowEvents>(name: Name, event: RainbowEvents[Name]): void {
    this.log(name, event);
    for (const listener of this.#listeners[name]) this.#try(name, () => listener(event));
  }

  /** Logs what happens, where it is wanted. */
  log(what: string, detail: unknown): void {
    const {log} = this.#outlets;
    if (log !== undefined) this.#try('log', () => log(what, detail));
  }

  #try(name: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#outlets.warn(`a listener to '${name}' threw`, error);
    }
  }

  #of<Name extends keyof RainbowEvents>(name: Name): Listeners[Name] {
    check(Object.hasOwn(this.#listeners, name), `There is no event ${name}`);
    return this.#listeners[name];
  }
}
