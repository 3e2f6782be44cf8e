// One message of a client as its client and the business server see it: which calls were made for it under which ids,
// the outcome of each, and what the client was sent.

import type {Qos} from '../../src/protocol/packet.ts';

export interface ObservedMessage {
  readonly serial: number;
  readonly connection: number;
  readonly qos: Qos;
  readonly type: number;
  readonly payload: Uint8Array;
  /** Sent by the rules: at QoS 1 and 2 under an id that was free, and repeated only with DUP. */
  readonly isPolite: boolean;
  /** RAINBOWMESSAGEID of each call made for it, with the result of the latest. */
  readonly calls: Map<string, 'running' | 'accepted' | 'failed'>;
  /** RAINBOWMESSAGEIDs under which the business server processed it. */
  readonly processed: Set<string>;
  /** Whether the gateway has read a SEND of it. */
  hasArrived: boolean;
  /** Whether the client has its ACK or REC. */
  isAcknowledged: boolean;
}
