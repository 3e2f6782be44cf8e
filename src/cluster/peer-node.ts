// Another node as a thread of this one reaches it: the API of the original, each call with `cluster=1`, which tells the
// node not to pass it on, and a fresh signature. An original node reads these calls as those of its own kind.

import type {Clock} from '../core/clock.ts';
import type {Counters} from '../core/counters.ts';
import type {Random} from '../core/random.ts';
import {apiPaths, sendQuery} from '../protocol/api.ts';
import {emptyBytes} from '../protocol/packet.ts';
import {callerNonce, signedQuery} from '../protocol/signature.ts';
import {readChangeAnswer, readFactsAnswer, readPublishAnswer} from './node-answer.ts';
import {type NodeCall, NodeCaller} from './node-caller.ts';
import type {NodeAnswer, NodePlace, NodeTransport} from './node-transport.ts';
import type {Peer, Unreachable} from './peer.ts';
import type {Joined, OtherNode, PublishOutcome, PublishRequest, SubscribeOutcome, Subscription} from './switchboard.ts';

/** Beyond a publication's own time; callers of the original wait half a second longer than they ask for. */
const answerGraceMs = 400;
/** As the original: the other node is to have answered when our own time is up, where there is time enough for that. */
const headStartMs = 1_000;
const headStartFromMs = 4_000;

/** What a peer is made of. */
export interface NodePeerParts {
  readonly place: NodePlace;
  readonly transport: NodeTransport;
  readonly securityToken: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly peerTimeoutMs: number;
  readonly onDoubt: () => void;
}

/** See the head of this file. */
export class NodePeer implements Peer {
  readonly place: NodePlace;
  readonly sharesOrder = false;
  readonly #parts: NodePeerParts;
  readonly #caller: NodeCaller;

  constructor(parts: NodePeerParts) {
    this.place = parts.place;
    this.#parts = parts;
    this.#caller = new NodeCaller(parts);
  }

  get name(): string {
    return this.place.origin;
  }

  /** Which channels another node has is not known here. The original has no identities in its /send/. */
  mayConcern({identity}: PublishRequest): boolean {
    return identity === undefined || !this.place.isOriginal;
  }

  async publish(request: PublishRequest): Promise<PublishOutcome> {
    const {channel, identity, type, qos, timeoutMs, payload, wantsReplies} = request;
    const query = sendQuery({
      ...(channel === undefined ? {} : {channel}),
      ...(identity === undefined ? {} : {identity}),
      msgtype: type,
      qos,
      timeout: this.#timeoutFor(timeoutMs),
      ...(wantsReplies ? {replies: 'all'} : {}),
    });
    if (qos === 0) {
      // Nobody waits for it, and what was lost shows in the counters. A copy: the caller's bytes are its own again.
      void this.#call(apiPaths.send, {query, body: Uint8Array.from(payload), isOrdered: true});
      return nobody(request);
    }
    const answer = await this.#call(apiPaths.send, {query, body: payload, deadlineMs: timeoutMs + answerGraceMs});
    const told = answer && readPublishAnswer(answer, this.place.isOriginal);
    return told === undefined ? {...nobody(request), isPartial: true} : {...told, message: request.message ?? ''};
  }

  async subscribe({identity, channel}: Subscription, occupy: boolean): Promise<Joined | Unreachable> {
    const outcome = await this.#change(
      apiPaths.subscribe,
      occupy ? {identity, channel, occupy: 1} : {identity, channel},
    );
    return outcome === 'unreachable' ? outcome : {outcome, ticket: 0};
  }

  async unsubscribe({identity, channel}: Subscription): Promise<SubscribeOutcome | Unreachable> {
    return this.#change(apiPaths.unsubscribe, {identity, channel});
  }

  async evict(channel: string): Promise<'done' | Unreachable> {
    if (this.place.isOriginal) return 'unreachable';
    const outcome = await this.#change(apiPaths.unsubscribe, {channel, everyone: true});
    return outcome === 'done' ? 'done' : 'unreachable';
  }

  async info(): Promise<OtherNode> {
    const answer = await this.#call(apiPaths.serverinfo, {method: 'GET'});
    return {server: new URL(this.place.origin).host, facts: answer && readFactsAnswer(answer)};
  }

  /** Whether it was closed, and no call to it is under way any more. */
  get isClosed(): boolean {
    return this.#caller.isClosed;
  }

  /** See `NodeCaller.close`. */
  close(isLost: boolean): void {
    this.#caller.close(isLost);
  }

  async #change(path: string, body: Readonly<Record<string, unknown>>): Promise<SubscribeOutcome | Unreachable> {
    const answer = await this.#call(path, {body: Buffer.from(JSON.stringify(body))});
    return (answer && readChangeAnswer(answer)) ?? 'unreachable';
  }

  #timeoutFor(timeoutMs: number): number {
    const seconds = (timeoutMs >= headStartFromMs ? timeoutMs - headStartMs : timeoutMs) / 1000;
    // The original reads whole seconds.
    return this.place.isOriginal ? Math.ceil(seconds) : seconds;
  }

  #call(
    path: string,
    call: Partial<NodeCall> & {
      readonly method?: 'GET' | 'POST';
      readonly query?: string;
      readonly body?: Uint8Array;
    },
  ): Promise<NodeAnswer | undefined> {
    const {securityToken, clock, random, peerTimeoutMs} = this.#parts;
    const {method = 'POST', query = '', body = emptyBytes, isOrdered = false, deadlineMs = peerTimeoutMs} = call;
    const start = `${path}?${query}${query === '' ? '' : '&'}cluster=1&`;
    return this.#caller.call({
      request: () => {
        const nonce = callerNonce(random.integer(0, 1e13 - 1));
        return {method, path: start + signedQuery(securityToken, clock.wallNow(), nonce), body};
      },
      bytes: body.length,
      isOrdered,
      deadlineMs,
    });
  }
}

function nobody({message}: PublishRequest): PublishOutcome {
  return {message: message ?? '', connections: 0, isTimedOut: false, refused: 0, lastReply: undefined, replies: []};
}
