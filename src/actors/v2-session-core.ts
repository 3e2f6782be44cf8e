// What one session of `rainbow.v2` is made of, how it begins, and how another connection takes it on. v2-session.ts passes it
// the messages.

import type {Failure, LostCounts, OpenedFacts, OpenedReason, OpenRequest} from '../protocol/control-payload.ts';
import {headerResume, headerSession} from '../protocol/header-name.ts';
import type {JoinPacket} from '../protocol/packet-v2.ts';
import type {Cell} from '../runtime/actor.ts';
import type {AcceptedAnswer} from '../upstream/call.ts';
import {BackendClient} from './backend-client.ts';
import type {ClientFacts} from './client-facts.ts';
import type {FrontV2, V2FrontMessage} from './front-v2.ts';
import {Membership} from './membership.ts';
import type {Handover, V2SessionMessage} from './messages-v2.ts';
import type {SessionEntry} from './session-table.ts';
import type {ShardContext} from './shard-context.ts';
import {V2Expiry} from './v2-expiry.ts';
import {V2Inbound, type V2InboundOwner} from './v2-inbound.ts';
import {V2Life, type V2Parts} from './v2-life.ts';
import type {V2Message} from './v2-message.ts';
import {type OpeningParts, V2Opening} from './v2-opening.ts';
import {V2Outbound} from './v2-outbound.ts';
import {agree, createTerms, forgetLost, lostOf} from './v2-terms.ts';

export abstract class V2SessionCore implements V2Parts, OpeningParts, V2InboundOwner {
  front: FrontV2 | undefined;
  readonly backend: BackendClient;
  readonly life: V2Life;
  readonly terms;
  protected readonly self: Cell<V2SessionMessage>;
  protected readonly context: ShardContext;
  protected readonly opening: V2Opening;
  readonly #expiry: V2Expiry;
  #entry: SessionEntry | undefined;
  /** Whether its client is on its way from one connection to another. */
  #isMoving = false;
  /** What the latest OPENED said is lost. */
  #reported: LostCounts | undefined;
  protected membership: Membership | undefined;
  protected outbound: V2Outbound | undefined;
  protected inbound: V2Inbound | undefined;

  constructor(
    self: Cell<V2SessionMessage>,
    context: ShardContext,
    front: FrontV2,
    identity: string,
    claimed: string | undefined,
  ) {
    this.self = self;
    this.context = context;
    this.front = front;
    this.terms = createTerms(context.settings);
    this.backend = new BackendClient(context, self, identity);
    this.life = new V2Life(self, context, this);
    this.opening = new V2Opening(context.v2.table, this, claimed);
    this.#expiry = new V2Expiry(self, context.v2.expiries, () => context.clock.now());
    front.carry(this.life, self);
  }

  get callCount(): number {
    return this.inbound?.callCount ?? 0;
  }

  open(request: OpenRequest): void {
    this.opening.open(request);
  }

  beginSession(request: OpenRequest, reason: OpenedReason): void {
    const {front, life, backend, terms} = this;
    if (front === undefined || !life.isCandidate) return;
    const {entry, token} = this.context.v2.table.add(this.self, backend.identity, request.attempt);
    this.#entry = entry;
    backend.session = entry.name;
    agree(terms, request, this.context.settings, life.answer?.expiry);
    // In its channels before OPENED, so that what is published from then on reaches it.
    life.opened();
    this.context.counters.sessionsOpened++;
    front.opened({...this.#facts(entry, false), token, reason});
    this.apply(this.opening.takeEarly());
  }

  giveAway(): void {
    this.front = undefined;
    this.life.handedOver();
  }

  enter({leave, join}: AcceptedAnswer): void {
    if (leave !== undefined || join !== undefined) this.member().apply(leave, join);
  }

  learned(): void {
    forgetLost(this.terms, this.#reported);
    this.#reported = undefined;
  }

  leaveFront(): void {
    const {front} = this;
    this.front = undefined;
    front?.leave();
    if (!this.life.isDetached) return;
    this.outbound?.detached(this.#isMoving);
    this.#expiry.begin(this.terms.expiryMs);
  }

  resume(): void {
    this.outbound?.attached();
  }

  changeMembership({kind, channel}: JoinPacket): Failure | undefined {
    if (!this.life.isOpen) return {code: 'unavailable'};
    const {rights} = this.backend;
    if (kind === 'join' && rights?.permissions.mayJoin(channel) === false) return {code: 'forbidden'};
    return this.member().change(kind, channel);
  }

  conclude(message: V2Message): void {
    this.self.tell({kind: 'concluded', message});
  }

  cleanUp(): void {
    this.backend.endRights();
    this.opening.over();
    this.#expiry.end();
    if (this.#entry !== undefined) this.context.v2.table.remove(this.#entry, this.life.end);
    this.membership?.leaveAll();
    this.outbound?.close();
    this.inbound?.close();
  }

  /** Asks the business server, which learns of the session that is claimed. */
  protected start(headers: readonly string[], client: ClientFacts | undefined): void {
    const {claim} = this.opening;
    this.life.isReturn = claim !== undefined;
    const all = claim === undefined ? headers : [...headers, headerSession, claim, headerResume, '1'];
    this.backend.connect(all, client);
  }

  /** The client has proved that it is the one of this session, and comes with another connection. */
  protected takeConnection(handover: Handover): void {
    const {life} = this;
    if (life.isAttached) {
      // It comes back before its former connection has ended. What that one has left in the mailbox comes first, and has no
      // effect any more. [RB-38]
      life.confirmed();
      this.#isMoving = true;
      life.letGo();
      if (!this.self.tell({kind: 'resume', handover})) handover.decline();
      return;
    }
    const entry = this.#entry;
    if (!life.isDetached || entry === undefined) {
      handover.decline();
      return;
    }
    this.#isMoving = false;
    const early = handover.take();
    if (early === undefined) {
      this.outbound?.shelve();
      return;
    }
    const {front, answer, request} = handover;
    this.#expiry.end();
    this.front = front;
    front.carry(life, this.self);
    agree(this.terms, request, this.context.settings, answer.expiry);
    this.context.counters.sessionsResumed++;
    this.backend.resumed(answer);
    this.enter(answer);
    this.inbound?.resumed();
    this.outbound?.dropExpired();
    front.opened(this.#facts(entry, true));
    life.attached();
    this.apply(early);
  }

  #facts({name}: SessionEntry, resumed: boolean): Omit<OpenedFacts, 'keepAlive' | 'maxMessage'> {
    const {terms, backend} = this;
    this.#reported = lostOf(terms);
    const {window} = this.context.settings;
    const facts = {session: name, resumed, identity: backend.identity, expiry: terms.expiryMs / 1_000, window};
    return this.#reported === undefined ? facts : {...facts, lost: this.#reported};
  }

  protected endWith(how: Parameters<FrontV2['end']>[0], reason: 'shutdown' | 'replaced' | 'client'): void {
    const {front} = this;
    this.life.over(reason);
    front?.end(how);
  }

  protected sender(): V2Outbound {
    this.outbound ??= new V2Outbound(this.context, this.backend, this);
    return this.outbound;
  }

  protected receiver(): V2Inbound {
    this.inbound ??= new V2Inbound(this.context, this.backend, this);
    return this.inbound;
  }

  protected member(): Membership {
    this.membership ??= new Membership(this.context, this.self, this.backend);
    return this.membership;
  }

  /** An attempt of its client to return has begun or ended. */
  protected returning(by: 1 | -1): void {
    this.#expiry.returning(by);
  }

  protected get isExpired(): boolean {
    return this.#expiry.isDue;
  }

  /** Handles what the client sent before the session had its connection. */
  protected abstract apply(messages: readonly V2FrontMessage[]): void;

  abstract dispose(): void;
}
