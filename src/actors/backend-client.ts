// What one session says to the business server: the connect call and its messages; under which identity, with which
// cookie. Part of the session actor, to which the answers come.

import type {CloseCallReason} from '../protocol/close-reason.ts';
import type {PermissionGrant} from '../protocol/permissions.ts';
import {refreshHeaders} from '../protocol/refresh.ts';
import type {Subject} from '../trace/observer.ts';
import type {TraceMark} from '../trace/trace-mark.ts';
import type {AcceptedAnswer, Answer, ClientCall, Standing} from '../upstream/call.ts';
import type {ClientFacts} from './client-facts.ts';
import type {InboundMessage} from './inbound-message.ts';
import type {SessionCell} from './messages.ts';
import type {OwedClose} from './owed-close.ts';
import {Rights} from './rights.ts';
import type {ShardContext} from './shard-context.ts';
import {nextStanding} from './standing.ts';
import {overloaded} from './upstream-caller.ts';

const noHeaders: readonly string[] = [];

export class BackendClient implements Subject {
  /** Ours until the connect answer gives another. */
  identity: string;
  /** Which of two connections with one identity is the newer; 0 where the identity is our own. */
  fencingToken = 0;
  /** The name of its session on `rainbow.v2`, once that is proved or new. */
  session: string | undefined;
  readonly number: number;
  /** What it said when it connected. */
  client: ClientFacts | undefined = undefined;
  traced: TraceMark | undefined = undefined;
  /** RAINBOWCHANNELTOKEN: see channel-tokens.ts. The membership's. */
  channelTokens: string | undefined = undefined;
  /** What its client may do; absent: everything. */
  rights: Rights | undefined = undefined;
  readonly #context: ShardContext;
  readonly #actor: SessionCell;
  #cookie: string | undefined;
  #standing: Standing = 'new';
  #connectCall = 0;
  /** Of the connect call, until it is answered. */
  #headers: readonly string[] = noHeaders;
  /** The close call, while it is held in the outbox and not made. [RB-64] */
  #close: OwedClose | undefined;

  constructor(context: ShardContext, actor: SessionCell, identity: string) {
    this.#context = context;
    this.#actor = actor;
    this.identity = identity;
    this.number = context.sequences.nextConnection();
  }

  /** Asks whether the client may connect. */
  connect(headers: readonly string[], client?: ClientFacts): void {
    this.client = client;
    this.#headers = headers;
    this.#connectCall = this.#context.sequences.nextCall();
    this.#make({kind: 'connect', call: this.#connectCall, identity: this.identity, headers});
  }

  /** Takes over what the answer to {@link connect} says about identity and cookie. A close call is owed from now on. */
  connected(answer: AcceptedAnswer): void {
    this.#cookie = readCookie(answer.cookie, undefined);
    const headers = answer.permissions?.expiresAt === undefined ? noHeaders : this.#headers;
    this.#headers = noHeaders;
    if (answer.permissions !== undefined) this.rights = this.#rightsOf(answer.permissions, headers);
    const {counters, hooks} = this.#context;
    if (answer.identityFault !== undefined) {
      counters.identitiesUnfit++;
      hooks.nameUnfit?.('identity', answer.identityFault);
    }
    if (answer.userFault !== undefined) {
      counters.usersUnfit++;
      hooks.nameUnfit?.('user', answer.userFault);
    }
    this.#name(answer.identity);
    const {identity, fencingToken} = this;
    hooks.ledger.owed(this.closing, identity, fencingToken, this.#cookie);
  }

  /**
   * The client may open a session: a close call is owed, in case it never does. What the answer says beside that applies
   * once it has. [RB-64]
   */
  admitted({identity, cookie}: AcceptedAnswer): void {
    this.identity = identity ?? this.identity;
    this.#cookie = readCookie(cookie, undefined);
    this.#context.hooks.ledger.owed(this.closing, this.identity, 0, this.#cookie);
  }

  /** The connect call of another connection was for this session: its cookie is that of the calls to come. */
  resumed({cookie, permissions}: AcceptedAnswer): void {
    this.#remember(cookie);
    if (permissions !== undefined) this.permit(permissions);
  }

  #name(identity: string | undefined): void {
    if (identity === undefined) return;
    this.identity = identity;
    this.traced = undefined;
    this.#actor.name = identity;
    this.fencingToken = this.#context.directory.claim(identity);
  }

  /** A call of the API says what the client may do from now on. */
  permit(grant: PermissionGrant): void {
    if (this.rights === undefined) this.rights = this.#rightsOf(grant, noHeaders);
    else this.rights.replace(grant);
  }

  /** Asks whether the client may stay. */
  refresh(rights: Rights): void {
    const {identity} = this;
    rights.call = this.#context.sequences.nextCall();
    const headers = refreshHeaders(rights.headers, this.#cookie);
    this.#make({kind: 'connect', call: rights.call, identity, headers});
  }

  /** It may: takes over what the answer says about cookie and permissions, and nothing of names. */
  refreshed({cookie, permissions}: AcceptedAnswer): void {
    this.#remember(cookie);
    this.rights?.renewed(permissions);
  }

  /** The session has ended: nothing is asked any more. */
  endRights(): void {
    const {rights} = this;
    if (rights === undefined) return;
    if (rights.call !== undefined) this.#context.upstream.tell({kind: 'withdraw', call: rights.call});
    rights.stop();
  }

  #rightsOf(grant: PermissionGrant, headers: readonly string[]): Rights {
    return new Rights(this.#context, this.#actor, grant, headers);
  }

  /** Forwards one message; returns the number of the call. */
  forward(message: InboundMessage): number {
    const {identity, session} = this;
    const {type, payload} = message;
    const call = this.#context.sequences.nextCall();
    const cookie = this.#cookie;
    const standing = this.#standing;
    const {channelTokens} = this;
    const id = message.message;
    const made = {
      kind: 'message',
      call,
      identity,
      cookie,
      message: id,
      type,
      standing,
      payload,
      channelTokens,
    } as const;
    this.#make(session === undefined ? made : {...made, session}, message);
    return call;
  }

  /** The answer to a message is no longer wanted: its call is taken back unless it was sent. */
  withdraw(call: number): void {
    this.#context.upstream.tell({kind: 'withdraw', call});
  }

  /** RAINBOWMESSAGEID of its close call. */
  get closing(): string {
    return this.#context.sequences.closeOf(this.number);
  }

  /** The session has ended: its close call is pending from now on. */
  holdClose(reason: CloseCallReason): void {
    const {identity, session, fencingToken, closing: message} = this;
    this.#context.hooks.ledger.ended(message, reason);
    const facts = {
      identity,
      session,
      fencingToken,
      cookie: this.#cookie,
      message,
      reason,
      subject: this,
      owner: this.#actor,
    };
    this.#close = this.#context.closes.hold(facts);
  }

  /** The calls before it are over: it is made. */
  releaseClose(): void {
    if (this.#close === undefined) return;
    this.#context.closes.release(this.#close, this.#cookie);
    this.#close = undefined;
  }

  /** No close call is owed: the client goes on with another session. */
  forgoClose(): void {
    this.#context.hooks.ledger.settled(this.closing);
  }

  /** The answer to one of its messages came: its cookie is that of the calls to come. */
  answered(answer: Answer): void {
    this.#standing = nextStanding(answer, this.#standing);
    if (answer.kind === 'accepted') this.#remember(answer.cookie);
  }

  /** The session no longer waits for the answer to {@link connect}. */
  withdrawConnect(): void {
    this.withdraw(this.#connectCall);
  }

  /** An answer's cookie: absent keeps, empty clears. */
  #remember(cookie: string | undefined): void {
    const read = readCookie(cookie, this.#cookie);
    if (read === this.#cookie) return;
    this.#cookie = read;
    this.#context.hooks.ledger.cookieChanged(this.closing, read);
  }

  #make(call: ClientCall, context?: InboundMessage): void {
    const {observer} = this.#context.observation;
    if (observer !== undefined) observer.called(this, context, call);
    if (this.#context.upstream.tell({kind: 'call', call, from: this.#actor, context})) return;
    this.#actor.tell({kind: 'answered', answer: overloaded(call), context});
  }
}

function readCookie(told: string | undefined, known: string | undefined): string | undefined {
  if (told === undefined) return known;
  return told === '' ? undefined : told;
}
