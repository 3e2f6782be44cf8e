// What clients, callers and the business server have seen of the gateway, over all its lives, and whether that agrees: what
// was confirmed was delivered, nothing came twice where it may not, nothing came back from a former life. It knows nothing
// of the gateway's inside, and a breach is an entry in `breaches`, for the scenario to check.
//
// Every flow has a text of its own as its payload: one SEND of a client with its repeats, one POST of a caller.

import type {Parsed} from '../../../test/support/packets.ts';

type Qos = 0 | 1 | 2;

/** A message of a client, on one connection. */
interface Flow {
  readonly qos: Qos;
  readonly connection: number;
  /** RAINBOWMESSAGEIDs of its calls. */
  readonly messageIds: Set<string>;
  /** Calls that the business server answered 2xx. */
  processed: number;
  isConfirmed: boolean;
}

/** One POST of a caller. */
interface Post {
  readonly qos: Qos;
  /** Connections that got its SEND. */
  readonly got: Set<number>;
  /** Those that answered ACK or REC. */
  readonly acknowledged: Set<number>;
  /** Those whose REL came. */
  readonly released: Set<number>;
  /** The youngest connection when its answer came, or its end without one: later ones cannot be meant. */
  lastConnection: number;
}

export class Ledger {
  readonly breaches: string[] = [];
  /** What was confirmed to clients, and to callers. */
  confirmedUp = 0;
  confirmedDown = 0;
  /** POSTs that ended without an answer. */
  cut = 0;
  readonly #flows = new Map<string, Flow>();
  readonly #posts = new Map<string, Post>();
  readonly #messageIds = new Map<string, string>();
  readonly #publicationIds = new Set<string>();
  #connections = 0;

  /** Messages of clients at QoS 1 and 2 that have no ACK or REC. */
  get unconfirmed(): number {
    return [...this.#flows.values()].filter(({qos, isConfirmed}) => qos > 0 && !isConfirmed).length;
  }

  /** A client is about to connect: the number of its connection. */
  connecting(): number {
    return ++this.#connections;
  }

  /** A client sends a new message. */
  sent(text: string, qos: Qos, connection: number): void {
    this.#flows.set(text, {qos, connection, messageIds: new Set(), processed: 0, isConfirmed: false});
  }

  /** The business server is called. [RB-63] */
  called(text: string, messageId: string): void {
    const flow = this.#flows.get(text);
    if (flow === undefined) {
      this.#breach(`the business server was called for ${text}, which no client sent`);
      return;
    }
    const owner = this.#messageIds.get(messageId) ?? text;
    this.#check(owner === text, `RB-63: ${messageId} names both ${owner} and ${text}`);
    this.#messageIds.set(messageId, text);
    flow.messageIds.add(messageId);
    // At QoS 1 a repeat that crosses its ACK is another message. [RB-13]
    const isOne = flow.qos !== 2 || flow.messageIds.size === 1;
    this.#check(isOne, `RB-21: ${text} was forwarded under ${[...flow.messageIds].join(' and ')}`);
  }

  /** The business server answers the call 2xx. */
  processed(text: string): void {
    const flow = this.#flows.get(text);
    if (flow !== undefined) flow.processed++;
  }

  /** A client has the ACK or REC of its message. [RB-12] */
  confirmed(text: string): void {
    const flow = this.#flows.get(text);
    if (flow === undefined || flow.isConfirmed) return;
    flow.isConfirmed = true;
    this.confirmedUp++;
    this.#check(flow.processed > 0, `RB-12: ${text} was acknowledged before the business server had it`);
  }

  /** A caller makes a POST. */
  posted(text: string, qos: Qos): void {
    const sets = {got: new Set<number>(), acknowledged: new Set<number>(), released: new Set<number>()};
    this.#posts.set(text, {qos, ...sets, lastConnection: Number.POSITIVE_INFINITY});
  }

  /** A client gets a SEND. */
  got({payload, dup}: Parsed, connection: number): void {
    const text = payload.toString();
    const post = this.#posts.get(text);
    if (post === undefined) {
      this.#breach(`connection ${connection} got ${text}, which was never published`);
      return;
    }
    const isNew = !post.got.has(connection);
    post.got.add(connection);
    this.#check(connection <= post.lastConnection, `${text} came to a connection that began after its answer`);
    this.#check(isNew !== dup, `RB-09: ${text} came ${isNew ? 'first' : 'again'} with DUP ${dup ? 1 : 0}`);
    this.#check(!post.released.has(connection), `RB-17: ${text} came again after its REL`);
  }

  /** A client answers ACK or REC. */
  acknowledges(text: string, connection: number): void {
    this.#posts.get(text)?.acknowledged.add(connection);
  }

  /** A client gets the REL of a message. */
  released(text: string, connection: number): void {
    this.#posts.get(text)?.released.add(connection);
  }

  /** A POST is answered. [RB-61] */
  answered(text: string, connections: number, publicationId: string | undefined): void {
    const post = this.#end(text);
    if (post === undefined) return;
    this.confirmedDown += connections;
    const most = post.acknowledged.size;
    this.#check(connections <= most, `RB-61: ${text} was answered ${connections}, and ${most} had confirmed`);
    if (publicationId === undefined) return;
    this.#check(!this.#publicationIds.has(publicationId), `${publicationId} names two publications`);
    this.#publicationIds.add(publicationId);
  }

  /** A POST ended without an answer. */
  unanswered(text: string): void {
    this.#end(text);
    this.cut++;
  }

  /** Throws where anything was breached. */
  check(): void {
    if (this.breaches.length > 0)
      throw new Error(`Expected every promise to be kept, got:\n${this.breaches.join('\n')}`);
  }

  #end(text: string): Post | undefined {
    const post = this.#posts.get(text);
    if (post !== undefined) post.lastConnection = this.#connections;
    return post;
  }

  #check(isKept: boolean, breach: string): void {
    if (!isKept) this.#breach(breach);
  }

  #breach(text: string): void {
    this.breaches.push(text);
  }
}
