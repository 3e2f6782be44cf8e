// The calls of one connection that wait for their turn or run: one at a time, in the order of the messages, but for types
// that opt out. [RB-46] Keeps the bounds on what they hold, the connection's and the node's. Part of the receiving half.

import {messageOverheadBytes} from '../core/memory-bound.ts';
import {ownBytes} from '../core/own-bytes.ts';
import {emptyBytes} from '../protocol/packet.ts';
import type {Attachable} from './front.ts';
import type {InboundMessage} from './inbound-message.ts';
import type {ShardContext} from './shard-context.ts';

/** Where memory is short, a client is not read any further once so much of it waits. */
const heldUpBytesMin = 65_536;

/** Makes the call of a message whose turn has come. */
export interface Caller {
  forward(message: InboundMessage): void;
}

export class InboundQueue {
  readonly #context: ShardContext;
  readonly #caller: Caller;
  readonly #owner: Attachable;
  readonly #waiting: InboundMessage[] = [];
  #waitingBytes = 0;
  /** Of the replies that await their REL. */
  #replyBytes = 0;
  /** All of this client in the node's memory. */
  #nodeBytes = 0;
  #isCalling = false;
  #isClosed = false;
  #unorderedCalls = 0;

  constructor(context: ShardContext, caller: Caller, owner: Attachable) {
    this.#context = context;
    this.#caller = caller;
    this.#owner = owner;
  }

  /** Calls that wait for their turn or run. */
  get callCount(): number {
    return this.#waiting.length + this.#unorderedCalls + (this.#isCalling ? 1 : 0);
  }

  /** Whether one more call may wait: bounded in number, and in bytes together with the replies that are held. [RB-29] */
  hasRoomFor({payload}: {readonly payload: Uint8Array}): boolean {
    const {queue, queueBytesMax} = this.#context.settings;
    return this.callCount < queue && this.#replyBytes + this.#waitingBytes + payload.length <= queueBytesMax;
  }

  /** Makes the call of `message`, or has it wait for its turn. */
  add(message: InboundMessage): void {
    const {memory, settings} = this.#context;
    message.heldBytes = message.payload.length + messageOverheadBytes;
    this.#hold(message.heldBytes);
    // One that waits for little may acknowledge more, which makes room.
    if (this.#nodeBytes > heldUpBytesMin && memory.isTight) this.#owner.front?.holdUp();
    if (settings.unorderedTypes.has(message.type)) {
      this.#unorderedCalls++;
      this.#call(message);
      return;
    }
    // One that waits outlives the buffer it came in.
    if (this.#isCalling) message.payload = ownBytes(message.payload);
    this.#waiting.push(message);
    this.#waitingBytes += message.payload.length;
    if (!this.#isCalling) this.callNext();
  }

  /** The call of `message` was answered; {@link callNext} is to follow. */
  answered(message: InboundMessage): void {
    if (this.#context.settings.unorderedTypes.has(message.type)) this.#unorderedCalls--;
    else this.#isCalling = false;
    this.#release(message.heldBytes);
    message.heldBytes = 0;
  }

  callNext(): void {
    if (this.#isCalling) return;
    if (this.#isClosed && this.#waiting.length > 0) this.#makeRoom();
    const message = this.#waiting.shift();
    if (message === undefined) return;
    this.#waitingBytes -= message.payload.length;
    this.#isCalling = true;
    this.#call(message);
  }

  /** The connection has ended. What waits is still forwarded, as far as there is room for it. */
  close(): void {
    this.#isClosed = true;
    this.#makeRoom();
  }

  // Messages of disconnected clients have the lowest priority. Messages that asked for an acknowledgement are dropped
  // first, since none was sent; then QoS 0 messages, which no client sends again.
  #makeRoom(): void {
    const {memory} = this.#context;
    if (memory.isTight) this.withdraw(0);
    else if (memory.isQuarterFull) this.withdraw(1);
  }

  /** Drops what waits, from `qosMin` on. */
  withdraw(qosMin: 0 | 1): void {
    const {counters} = this.#context;
    let kept = 0;
    for (const message of this.#waiting) {
      if (message.qos < qosMin) {
        this.#waiting[kept++] = message;
        continue;
      }
      if (message.qos === 0) counters.messagesInDropped++;
      else counters.messagesInWithdrawn++;
      this.#waitingBytes -= message.payload.length;
      this.#release(message.heldBytes);
    }
    this.#waiting.length = kept;
  }

  /** The actor has ended: no answer reaches it any more. */
  abandon(): void {
    this.#waiting.length = 0;
    this.#release(this.#nodeBytes);
  }

  /** The reply of a QoS 2 message is kept until its REL; returns it as bytes of its own. */
  keepReply(reply: Uint8Array): Uint8Array {
    this.#replyBytes += reply.length;
    this.#hold(reply.length);
    return ownBytes(reply);
  }

  dropReply(reply: Uint8Array): void {
    this.#replyBytes -= reply.length;
    this.#release(reply.length);
  }

  #call(message: InboundMessage): void {
    this.#caller.forward(message);
    message.payload = emptyBytes;
  }

  #hold(bytes: number): void {
    this.#nodeBytes += bytes;
    this.#context.memory.hold(bytes);
  }

  #release(bytes: number): void {
    this.#nodeBytes -= bytes;
    this.#context.memory.release(bytes);
  }
}
