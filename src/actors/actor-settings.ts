// The bounds and times that the actors obey.

import type {CloseRetry} from './close-retry.ts';

/** The gateway's options of the same names. */
export interface ActorSettings {
  readonly ackTimeoutMs: number;
  readonly retryIntervalMs: number;
  readonly window: number;
  readonly queue: number;
  readonly queueBytesMax: number;
  readonly channelsPerConnectionMax: number;
  readonly sessionExpiryMs: number;
  readonly sessionExpiryMaxMs: number;
  readonly sessionQueue: number;
  readonly sessionQueueBytesMax: number;
  readonly unorderedTypes: ReadonlySet<number>;
  /** @default 'safe' */
  readonly closeRetry?: CloseRetry;
  /** How long a close call is made again. @default 60,000 ms */
  readonly closeRetryMs?: number;
  /** Close calls under way at a time. @default 512 */
  readonly closeCallsMax?: number;
  /** Close calls that are pending; at the bound one is given up. @default 200,000 */
  readonly closesHeldMax?: number;
  /** Channels whose members are notified of joins and leaves: patterns. @default none */
  readonly presenceChannels?: readonly string[];
  /** @default 65,535 */
  readonly presenceType?: number;
  /** @default 1,000 ms */
  readonly presenceIntervalMs?: number;
  /** Where events go; empty: nowhere. @default nowhere */
  readonly eventsUrl?: string;
  /** @default 65,536 */
  readonly traceEventsMax?: number;
  /** @default 3,600,000 ms */
  readonly traceKeepMs?: number;
}
