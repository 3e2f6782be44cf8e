// What a publication reports of each recipient while it runs, where its caller asks for that: to the follower, and as the
// list of replies in its answer, which is bounded by what one answer may list and by the node's memory.

import {ownBytes} from '../core/own-bytes.ts';
import {emptyBytes} from '../protocol/packet.ts';
import type {Follower, RecipientReport} from '../router/gathering.ts';
import {type ClientReply, repliesBytesMax, replyBytes} from '../router/router.ts';
import type {Recipients} from './recipients.ts';
import type {ShardContext} from './shard-context.ts';

/** A plain publication has none. */
export class RecipientReports {
  /** In order of arrival; empty unless wanted. */
  readonly replies: ClientReply[] = [];
  /** Whether some are left out; they are counted all the same. */
  isTruncated = false;
  readonly #context: ShardContext;
  readonly #wantsReplies: boolean;
  readonly #follower: Follower | undefined;
  readonly #startedAt: number;
  #bytes = 0;

  constructor(context: ShardContext, wantsReplies: boolean, follower: Follower | undefined) {
    this.#context = context;
    this.#wantsReplies = wantsReplies;
    this.#follower = follower;
    this.#startedAt = context.clock.now();
  }

  /** Whether the caller is to be answered at once. */
  get isStopped(): boolean {
    return this.#follower?.isStopped === true;
  }

  /** The recipients are known; `stop` answers the caller. */
  begin(recipients: Recipients, stop: () => void): void {
    const follower = this.#follower;
    if (follower === undefined) return;
    follower.onStop = stop;
    follower.begun(recipients.size, follower.wantsNames ? Array.from(recipients.keys(), ({name}) => name) : []);
  }

  /** A recipient has confirmed. Returns the bytes that its reply takes of the node's memory; 0 where it is not listed. */
  confirmed(identity: string, reply: Uint8Array): number {
    const data = ownBytes(reply);
    const bytes = this.#wantsReplies ? this.#list({identity, data, at: this.#context.scheduler.now}) : 0;
    this.settled(identity, 'confirmed', data);
    return bytes;
  }

  /** The outcome of a recipient is known. */
  settled(identity: string, outcome: RecipientReport['outcome'], data: Uint8Array = emptyBytes): void {
    if (this.#follower === undefined) return;
    const ms = Math.round(this.#context.clock.now() - this.#startedAt);
    this.#follower.settled({identity, outcome, data, ms});
  }

  #list(reply: ClientReply): number {
    const bytes = replyBytes(reply);
    this.isTruncated ||= this.#bytes + bytes > repliesBytesMax || !this.#context.memory.hasRoomFor(bytes);
    if (this.isTruncated) return 0;
    this.#bytes += bytes;
    this.replies.push(reply);
    return bytes;
  }
}
