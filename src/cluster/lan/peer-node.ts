// Another node as a thread of this one reaches it: the API of the original, each call with `cluster=1`, by which the node
// does not pass it on. A call to a node of ours is signed as protocol/node-call.ts says, and good for nothing else; a call to
// one of the original has the signature of any caller, since it reads these calls as those of its own kind.

import type {Clock} from '../../core/clock.ts';
import type {Counters} from '../../core/counters.ts';
import type {Random} from '../../core/random.ts';
import {apiPaths, sendQuery} from '../../protocol/api.ts';
import {audienceParameters, hasChannels} from '../../protocol/audience.ts';
import type {NodeKeys} from '../../protocol/node-proof.ts';
import {emptyBytes} from '../../protocol/packet.ts';
import {nobody} from '../../router/add-up.ts';
import type {Census, CensusRequest} from '../../router/census.ts';
import type {PartProgress} from '../../router/gathering.ts';
import type {KeyAnswer, KeyQuestion} from '../../router/keys.ts';
import type {Page} from '../../router/listing.ts';
import type {Answers, Eviction, Question, QuestionKind} from '../../router/part.ts';
import type {Peer, Silence} from '../../router/peers.ts';
import type {
  Disconnected,
  Disconnection,
  Joined,
  OtherNode,
  PublishOutcome,
  PublishRequest,
  SubscribeOutcome,
} from '../../router/router.ts';
import {
  readChangeAnswer,
  readDisconnectAnswer,
  readFactsAnswer,
  readJoinAnswer,
  readPublishAnswer,
} from './node-answer.ts';
import {type NodeCall, NodeCaller} from './node-caller.ts';
import {readCensusAnswer} from './node-census.ts';
import {nodeKeyPath, readKeyAnswer} from './node-keys.ts';
import {NodeLines} from './node-lines.ts';
import {channelsCall, connectionsCall, type PageCall} from './node-pages.ts';
import {signAsCaller, signAsNode} from './node-signing.ts';
import type {NodePlace, NodeTransport} from './node-transport.ts';

/** Beyond a publication's own time; callers of the original wait half a second longer than they ask for. */
const answerGraceMs = 400;
/** As the original: the other node is to have answered when our own time is up, where there is time enough for that. */
const headStartMs = 1_000;
const headStartFromMs = 4_000;

/** What a peer is made of. */
export interface NodePeerParts {
  readonly place: NodePlace;
  readonly transport: NodeTransport;
  /** The id of this node. */
  readonly self: string;
  readonly keys: NodeKeys;
  readonly securityToken: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly peerTimeoutMs: number;
  readonly onDoubt: () => void;
}

/** Another node as a peer of this thread, called through the HTTP API. */
export class NodePeer implements Peer {
  /** Its clock is measured again now and then; who and where it is stays. */
  place: NodePlace;
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

  mayConcern({kind, request}: Question): boolean {
    // Which channels another node has is not known here. The original has no identities in its /send/.
    if (kind === 'publish') return !this.place.isOriginal || hasChannels(request);
    // Each node has owners of its own, and gathers the changes of its own channels.
    return kind !== 'takeOver' && kind !== 'changes';
  }

  async ask<Asked extends Question>(
    question: Asked,
    progress?: PartProgress,
  ): Promise<Answers[Asked['kind']] | Silence> {
    return (await this.#put(question, progress)) as Answers[Asked['kind']] | Silence;
  }

  async #put(question: Question, progress: PartProgress | undefined): Promise<Answers[QuestionKind] | Silence> {
    switch (question.kind) {
      case 'publish':
        return this.#publish(question.request, progress);
      case 'subscribe': {
        const {identity, channel, occupy, terms} = question.request;
        const granted = terms?.token === undefined ? {} : {token: String(terms.token)};
        return this.#join(occupy ? {identity, channel, occupy: 1, ...granted} : {identity, channel});
      }
      case 'claim': {
        const {identity, channel} = question.request;
        return this.place.isOriginal ? 'gone' : this.#join({channel, claimFor: identity});
      }
      case 'contest': {
        const {channel, token, isOver} = question.request;
        if (this.place.isOriginal) return 'gone';
        return this.#join({channel, contest: String(token), ...(isOver && {over: true})});
      }
      case 'unsubscribe': {
        const {identity, channel} = question.request;
        return this.#change(apiPaths.unsubscribe, {identity, channel});
      }
      case 'evict':
        return this.#evict(question.request);
      case 'disconnect':
        return this.#disconnect(question.request);
      case 'permit': {
        const {identity, grant} = question.request;
        return this.place.isOriginal ? 'gone' : this.#change(apiPaths.permissions, {identity, ...grant});
      }
      case 'info':
        return this.#info();
      case 'connections':
        return this.#page(connectionsCall(this.#parts.keys.cursor, this.#server, question.request));
      case 'census':
        return this.#census(question.request);
      case 'channels':
        return this.#page(channelsCall(this.#parts.keys.cursor, this.#server, question.request));
      case 'key':
        return this.#key(question.request);
      // No call exists for these: the caller must know that this node is not in the answer.
      case 'find':
      case 'query':
      case 'takeOver':
      case 'changes':
        return 'gone';
    }
  }

  async #publish(request: PublishRequest, progress: PartProgress | undefined): Promise<PublishOutcome | Silence> {
    const {channel, identity, audience, type, qos, timeoutMs, ttlMs, payload, wantsReplies, message = ''} = request;
    // One of the original takes the last of several channels for the only one, and knows no exceptions.
    if (audience !== undefined && this.place.isOriginal) return 'gone';
    const query = sendQuery({
      ...(channel === undefined ? {} : {channel}),
      ...(identity === undefined ? {} : {identity}),
      ...(audience === undefined ? {} : audienceParameters(audience)),
      msgtype: type,
      qos,
      timeout: this.#timeoutFor(timeoutMs),
      ...(ttlMs === undefined ? {} : {ttl: ttlMs / 1_000}),
      ...(wantsReplies ? {replies: 'all'} : {}),
    });
    if (qos === 0) {
      // The caller does not wait, and losses show in the counters. A copy, since the caller may reuse its bytes.
      void this.#call(apiPaths.send, {query, body: Uint8Array.from(payload), isOrdered: true});
      return nobody(message);
    }
    if (progress !== undefined && !this.place.isOriginal) return this.#follow(request, query, progress);
    const answer = await this.#call(apiPaths.send, {query, body: payload, deadlineMs: timeoutMs + answerGraceMs});
    const outcome = answer && readPublishAnswer(answer, this.place.isOriginal);
    return outcome === undefined ? 'gone' : {...outcome, message};
  }

  /** The node reports each recipient as it comes; its last line is the answer. */
  async #follow(
    {timeoutMs, payload, follow, message = ''}: PublishRequest,
    query: string,
    progress: PartProgress,
  ): Promise<PublishOutcome | Silence> {
    const lines = new NodeLines(this.#parts.keys, progress);
    const deadlineMs = timeoutMs + answerGraceMs;
    const onBegin = (giveUp: () => void): void => {
      progress.onStop = giveUp;
    };
    await this.#call(apiPaths.send, {query, body: payload, deadlineMs, lines, cluster: follow ?? 'counts', onBegin});
    if (lines.answer === undefined && progress.isStopped) return progress.outcome(message, 'open');
    const outcome = lines.answer && readPublishAnswer(lines.answer, false);
    return outcome === undefined ? 'gone' : {...outcome, message};
  }

  async #evict({channel, token}: Eviction): Promise<'done' | Silence> {
    if (this.place.isOriginal) return 'gone';
    const outranking = token === undefined ? {} : {token: String(token)};
    const outcome = await this.#change(apiPaths.unsubscribe, {channel, everyone: true, ...outranking});
    return outcome === 'done' ? 'done' : 'gone';
  }

  async #disconnect({target, name, farewell}: Disconnection): Promise<Disconnected | Silence> {
    if (this.place.isOriginal) return 'gone';
    const answer = await this.#call(apiPaths.disconnect, {
      body: Buffer.from(JSON.stringify({[target]: name, ...farewell})),
    });
    return (answer && readDisconnectAnswer(answer)) ?? 'gone';
  }

  async #key(question: KeyQuestion): Promise<KeyAnswer | Silence> {
    if (this.place.isOriginal) return 'gone';
    const answer = await this.#call(nodeKeyPath, {body: Buffer.from(JSON.stringify(question))});
    return (answer && readKeyAnswer(answer)) ?? 'gone';
  }

  async #info(): Promise<OtherNode> {
    const answer = await this.#call(apiPaths.serverinfo, {method: 'GET'});
    return {server: this.#server, facts: answer && readFactsAnswer(answer)};
  }

  async #page<Row>({path, query, read}: PageCall<Row>): Promise<Page<Row> | Silence> {
    // The original has no such call.
    const answer = this.place.isOriginal ? undefined : await this.#call(path, {method: 'GET', query});
    return (answer && read(answer)) ?? 'gone';
  }

  async #census(request: CensusRequest): Promise<Census | Silence> {
    const body = Buffer.from(JSON.stringify({...request, moves: true}));
    const answer = this.place.isOriginal ? undefined : await this.#call(apiPaths.presence, {body});
    return (answer && readCensusAnswer(answer, request)) ?? 'gone';
  }

  /** As `host:port`. */
  get #server(): string {
    return new URL(this.place.origin).host;
  }

  /** Whether it was closed, and no call to it is under way any more. */
  get isClosed(): boolean {
    return this.#caller.isClosed;
  }

  /** See `NodeCaller.close`. */
  close(isLost: boolean): void {
    this.#caller.close(isLost);
  }

  async #change(path: string, body: Readonly<Record<string, unknown>>): Promise<SubscribeOutcome | 'gone'> {
    const answer = await this.#call(path, {body: Buffer.from(JSON.stringify(body))});
    return (answer && readChangeAnswer(answer)) ?? 'gone';
  }

  async #join(body: Readonly<Record<string, unknown>>): Promise<Joined | 'gone'> {
    const answer = await this.#call(apiPaths.subscribe, {body: Buffer.from(JSON.stringify(body))});
    return (answer && readJoinAnswer(answer)) ?? 'gone';
  }

  #timeoutFor(timeoutMs: number): number {
    const seconds = (timeoutMs >= headStartFromMs ? timeoutMs - headStartMs : timeoutMs) / 1000;
    // The original reads whole seconds.
    return this.place.isOriginal ? Math.ceil(seconds) : seconds;
  }

  async #call(
    path: string,
    call: Partial<NodeCall> & {
      readonly method?: 'GET' | 'POST';
      readonly query?: string;
      readonly body?: Uint8Array;
      /** Reads an answer of lines. */
      readonly lines?: NodeLines;
      /** @default '1' */
      readonly cluster?: string;
    },
  ): Promise<Uint8Array | undefined> {
    const {peerTimeoutMs} = this.#parts;
    const {method = 'POST', query = '', body = emptyBytes, isOrdered = false, deadlineMs = peerTimeoutMs} = call;
    const {lines, cluster = '1', onBegin} = call;
    const target = `${path}?${query}${query === '' ? '' : '&'}cluster=${cluster}`;
    const plain = {method, path: target, headers: {}, body};
    const answer = await this.#caller.call({
      sign: () =>
        this.place.isOriginal ? signAsCaller(this.#parts, plain) : signAsNode(this.#parts, this.place, plain, lines),
      onChunk: lines && ((chunk) => lines.push(chunk)),
      onBegin,
      bytes: body.length,
      isOrdered,
      deadlineMs,
    });
    return answer?.body;
  }
}
