// One message of a client on its way to the business server.

import type {Identified} from '../core/id-table.ts';
import type {ListNode} from '../core/linked-list.ts';
import type {Qos} from '../protocol/packet.ts';
import type {TracedMessage} from '../trace/observer.ts';
import type {TraceMark} from '../trace/trace-mark.ts';

/** One message of the client. At QoS 0 it has no chart, only a call. */
export interface InboundMessage extends TracedMessage, Identified<InboundMessage> {
  readonly qos: Qos;
  readonly id: number;
  readonly type: number;
  /** RAINBOWMESSAGEID: the same when the call is made again. [RB-63] */
  readonly message: string;
  /** Held until the call is made. */
  payload: Uint8Array;
  /** What it is held to take in the node's memory, from its place in the queue to the answer of its call. */
  heldBytes: number;
  /** State of its chart, as the table's code. */
  state: number;
  traced: TraceMark | undefined;
  /** The business server's answer, held from the REC on; the same bytes at every repeat. [RB-20] */
  reply: Uint8Array;
  /** Where it stands among those of which only the message id is kept. */
  unanswered: ListNode<InboundMessage> | undefined;
}
