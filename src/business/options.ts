// What a business server is made of: the options of business(), their defaults and their bounds.

import type {Clock} from '../core/clock.ts';
import {readWhole} from '../core/decimal.ts';
import type {ErrorCode} from '../core/errors.ts';
import {messageTypeMax} from '../protocol/api.ts';
import type {AnswerStore} from './answer-store.ts';
import type {CloseHandler, ConnectHandler, MessageHandler} from './call.ts';
import type {CallPlace} from './call-place.ts';
import type {BusinessCode} from './errors.ts';
import {checkFunctions, checkNames} from './option-check.ts';

/** Handlers by type, and one for every other type. */
export interface MessageHandlers<Context> {
  readonly [type: number]: MessageHandler<Context>;
  readonly default?: MessageHandler<Context>;
}

/** A call that was not handled: no signature, no handler, too large a body. */
export interface RefusedCall {
  readonly status: number;
  readonly code: ErrorCode | BusinessCode;
  readonly detail: string;
}

/** Which call an error belongs to. */
export interface CallName {
  readonly kind: CallPlace['kind'];
  readonly type: number | undefined;
  readonly identity: string;
  /** Empty for connect and close calls. */
  readonly message: string;
}

/** The options of `business()`. */
export interface BusinessOptions<Context> {
  /** The gateway's `security_token`. */
  readonly token: string;
  /** @default admits every client */
  readonly connect?: ConnectHandler<Context>;
  /** A message whose type has no handler is answered 404, and comes again as often as its client repeats it. */
  readonly on?: MessageHandlers<Context>;
  /** @default does nothing */
  readonly close?: CloseHandler<Context>;
  /** Where answers are remembered for messages that come again. @default `new MemoryStore()` */
  readonly store?: AnswerStore;
  /**
   * Until a handler must have answered, below the gateway's `call_timeout` (10 s). One that takes longer is answered 503
   * and goes on: the repeat of its message joins it. @default 9_000
   */
  readonly timeoutMs?: number;
  /** Bytes of a message, as the gateway's `payload_max`. @default 1_048_576 */
  readonly bodyBytesMax?: number;
  /** Messages being processed at a time; further ones are answered 503. @default 10_000 */
  readonly runningMax?: number;
  /** Calls remembered against replay, each for 20 to 40 s; further ones are answered 503. @default 1_000_000 */
  readonly replayCallsMax?: number;
  /** Called with the error of a handler or of the store. @default `process.emitWarning` */
  readonly onError?: (error: unknown, call: CallName) => void;
  /** Called for each call that was not handled. @default none */
  readonly onRefused?: (refused: RefusedCall, request: Request) => void;
  /**
   * Called with a line about a refused call and what to do about it: the first of each kind, then at most one a minute with
   * the number since. A function that does nothing silences it. @default `console.warn`
   */
  readonly onWarning?: (text: string) => void;
  /** For tests. @default the machine's */
  readonly clock?: Clock;
}

const optionNames: readonly (keyof BusinessOptions<never>)[] = [
  ...([
    'token',
    'connect',
    'on',
    'close',
    'store',
    'timeoutMs',
    'bodyBytesMax',
    'runningMax',
    'replayCallsMax',
  ] as const),
  ...(['onError', 'onRefused', 'onWarning', 'clock'] as const),
];

/** Throws `TypeError` for an option that there is not, and for one that is no function and should be. */
export function checkOptions<Context>(options: BusinessOptions<Context>): void {
  checkNames('business()', options, optionNames);
  const {connect, close, onError, onRefused, onWarning, on = {}} = options;
  checkFunctions('business()', {connect, close, onError, onRefused, onWarning});
  checkFunctions('on', {...on});
}

/** Finds the handler of a type. Throws `RangeError` where a key is no type. */
export function readHandlers<Context>(
  handlers: MessageHandlers<Context>,
): (type: number) => MessageHandler<Context> | undefined {
  for (const key of Object.keys(handlers)) {
    // As handlers are looked for: 007 would never be found.
    const isType = String(readWhole(key, 0, messageTypeMax)) === key;
    if (!isType && key !== 'default') {
      throw new RangeError(`on has the key ${key}. Use types from 0 to ${messageTypeMax}, or default.`);
    }
  }
  return (type) => handlers[type] ?? handlers.default;
}

/** What a timer takes at most, and more than any other bound has use for. */
const boundMax = 2_147_483_647;

/** Throws `RangeError` if a bound is invalid. */
export function checkBounds(bounds: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(bounds)) {
    if (value > 0 && value <= boundMax) continue;
    throw new RangeError(`${name} is ${value}. Use a number above 0 and at most ${boundMax}.`);
  }
}
