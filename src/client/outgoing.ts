// One message of the application on its way up, from `send()` to its end; over several connections, if need be.

import type {Timer} from '../core/clock.ts';
import type {Qos} from '../protocol/packet.ts';
import type {Payload} from '../protocol/payload.ts';
import type {RainbowClientError} from './errors.ts';
import type {DeliveryState} from './events.ts';
import type {Sendable} from './flow.ts';

/** How one message is sent. */
export interface SendOptions {
  /** 0: at most once, unanswered. 1: at least once. 2: exactly once on a connection. @default 2 */
  readonly qos?: Qos;
  /** Milliseconds to the answer; `Infinity` waits without limit. @default the client's `timeout`, 30 s */
  readonly timeout?: number;
  /** Abandons the message. */
  readonly signal?: AbortSignal;
  /** Names the message in events and in the store; unique among pending messages. @default random */
  readonly key?: string;
  /**
   * At QoS 2: the message may be sent again on a new connection though it may have arrived, because its data has an id by
   * which the business server recognises repeats. @default false: it fails with `RB_IN_DOUBT`
   */
  readonly mayRepeat?: boolean;
}

/** The promise of the caller of `send()`. */
export interface Settling {
  resolve(answer: Payload | undefined): void;
  reject(error: RainbowClientError): void;
}

export interface Outgoing extends Sendable {
  readonly key: string;
  /** At QoS 2: may be sent on another connection though it was transmitted on one that was lost. */
  readonly mayRepeat: boolean;
  order: number;
  /** Unix time in milliseconds, for the store. */
  readonly dueAt: number;
  /** `undefined` if a store kept it and the page that sent it is gone. */
  readonly settling: Settling | undefined;
  state: DeliveryState;
  /** Transmitted on an earlier connection. */
  wasTransmitted: boolean;
  /** The store knows that it may have been transmitted. */
  isMarked: boolean;
  timer: Timer | undefined;
  /** Takes the listener off the caller's signal. */
  forgetSignal: (() => void) | undefined;
}

/** Whether its end was reported to its caller. */
export function isOver({state}: Outgoing): boolean {
  return state === 'answered' || state === 'failed' || state === 'kept';
}
