// The life of one connection as it is seen at its gateway end: admitted or refused, what passes both ways, who ended it
// and why, and the calls of its life to the business server.

import type {Packet, PacketFault} from '../../src/protocol/packet.ts';
import type {AcceptedAnswer} from '../../src/upstream/call.ts';
import {ObservedDown} from './observed-down.ts';
import {ObservedUp} from './observed-up.ts';
import type {Observer} from './observer.ts';

/** Ticks of the timer wheel by which a heartbeat may be late, and one for the turn. */
const lateTicks = 3;
const ticksPerKeepAlive = 32;

/** Looks at slow readers are so far apart at most. */
const stallLookMs = 1_000;

/** What a client has not read. */
export interface Unread {
  readonly bytes: number;
  /** None of it was taken since; `Infinity` where all of it was. */
  readonly since: number;
}

export class ObservedConnection {
  readonly number: number;
  readonly client: number;
  /** As the gateway made it, or as the business server gave it; empty until the connect call. */
  identity = '';
  /** Whether its client keeps the rules. */
  readonly isPolite: boolean;
  readonly down: ObservedDown;
  readonly up: ObservedUp;
  /** Whether the business server allowed it, and the gateway got that answer. */
  isAllowed = false;
  allowedAt = 0;
  /** The answer that allowed it. */
  admission: AcceptedAnswer | undefined;
  /** Close calls made for it, each counted once. */
  closeCalls = 0;
  /** RAINBOWCLIENTCOOKIE as last set, and when. */
  cookie: string | undefined;
  cookieAt = -1;
  formerCookie: string | undefined;
  endedAt: number | undefined;
  isWatched = false;
  /** Whether its actor was made to fail. */
  mayCrash = false;
  /** Whether there was ever too much for it, in one turn or for its reader; then messages and repeats wait. */
  wasCongested = false;
  #isAdmitted = false;
  #hasCloseFrame = false;
  #heardAt = 0;
  #heardBefore = 0;
  /** By line: the serial of the latest first transmission that its client got. */
  readonly #gotLatest = new Map<string, number>();
  readonly #observer: Observer;

  constructor(observer: Observer, number: number, client: number, isPolite: boolean) {
    this.#observer = observer;
    this.number = number;
    this.client = client;
    this.isPolite = isPolite;
    this.down = new ObservedDown(observer, this);
    this.up = new ObservedUp(observer, this);
  }

  /** From the answer 101 to the close frame, or to the end of the socket. */
  get isOpen(): boolean {
    return this.#isAdmitted && this.endedAt === undefined;
  }

  admitted(): void {
    this.#check(this.isAllowed, 'RB-56', 'admitted before it was allowed');
    this.#isAdmitted = true;
    this.#heardAt = this.#observer.clock.now();
    this.#heardBefore = this.#heardAt;
    this.#observer.admitted(this);
  }

  refused(status: number): void {
    this.#check(status === 401 || status === 503, 'RB-56', `refused ${status}, though its request was one`);
    const wasAllowed = this.isAllowed && this.allowedAt < this.#observer.clock.now();
    // One that was given an identity may wait without end for older ones to be reported closed. [RB-67]
    const mayBeRefused = this.#observer.isStopping || this.#observer.isShared(this);
    this.#check(!wasAllowed || mayBeRefused, 'RB-56', `refused ${status} although it was allowed`);
    this.ends();
  }

  /** A packet is written to the socket. */
  sends(packet: Packet | PacketFault): void {
    this.#check(this.#isAdmitted, 'RB-56', 'sends before it is admitted');
    this.#check(!this.#hasCloseFrame, 'RB-57', 'sends after its close frame');
    if (packet.kind === 'send') this.down.sends(packet);
    else if (packet.kind === 'rel') this.down.releases(packet.id);
    else if (packet.kind === 'com') this.up.completes(packet.id);
    else if (packet.kind === 'ack' || packet.kind === 'rec') this.up.acknowledges(packet);
    else this.#check(false, 'wire', 'sends what is no packet');
  }

  /** A packet reaches the actor. */
  gets(packet: Packet | PacketFault): void {
    this.heard();
    if (!this.isOpen) return;
    if (packet.kind === 'send') this.up.arrived(packet);
    else if (packet.kind === 'rel') this.up.released(packet.id);
    else if (packet.kind === 'com') this.down.completed(packet.id);
    else if (packet.kind === 'ack' || packet.kind === 'rec') this.down.acknowledged(packet);
  }

  /** Its client got a message for the first time. [RB-45] */
  gotFirst(line: string, serial: number): void {
    const latest = this.#gotLatest.get(line) ?? -1;
    this.#check(serial > latest, 'RB-45', `publication ${serial} came after ${latest}`);
    this.#gotLatest.set(line, serial);
  }

  heard(): void {
    this.#checkSilence();
    const now = this.#observer.clock.now();
    if (this.#heardAt < now) this.#heardBefore = this.#heardAt;
    this.#heardAt = now;
  }

  /** Something is written behind what is not read. */
  checkStall({since}: Unread): void {
    const stalledMs = this.#observer.clock.now() - since;
    const mostMs = this.#observer.plan.edge.stallTimeoutMs + 2 * stallLookMs;
    this.#check(!this.isOpen || stalledMs <= mostMs, 'stall', `still open after ${stalledMs} ms without progress`);
  }

  /** The gateway writes a close frame. */
  closes(code: number, reason: string, unread: Unread): void {
    this.#check(!this.#hasCloseFrame, 'RB-57', 'a second close frame');
    this.#hasCloseFrame = true;
    this.#checkReason(code, reason, unread);
    this.#checkSilence();
    this.ends();
  }

  /** The gateway answers its client's close frame. */
  answersClose(): void {
    this.#check(!this.#hasCloseFrame, 'RB-57', 'a second close frame');
    this.#hasCloseFrame = true;
    this.ends();
  }

  /** The actor learns that the socket is gone, or nothing can be written to it any more. */
  ends(): void {
    if (this.endedAt !== undefined) return;
    this.endedAt = this.#observer.clock.now();
    this.#observer.ended(this);
  }

  /** What must have been sent by the end of the instant. */
  checkDebt(): void {
    if (this.isOpen) {
      const debt = this.down.debt ?? this.up.debt;
      if (debt !== undefined) this.#check(false, 'owed', `owes ${debt}`);
      this.#check(!this.#observer.isTakenOver(this), 'identity', 'still open though a newer one has its identity');
    }
    this.down.forgive();
    this.up.forgive();
  }

  /** At the very end. [RB-64] */
  checkClosed(): void {
    const expected = this.isAllowed ? 1 : 0;
    this.#check(
      this.closeCalls === expected,
      'RB-64',
      `${this.closeCalls} close calls for ${expected} successful connect calls`,
    );
  }

  #checkReason(code: number, reason: string, unread: Unread): void {
    const {settings, edge} = this.#observer.plan;
    if (code === 1001) {
      this.#check(this.#observer.isStopping, 'closed', 'closed 1001 though the gateway goes on');
    } else if (code === 4142) {
      this.#check(this.#observer.isClaimed(this), 'RB-38', 'closed 4142 without a takeover');
    } else if (reason === 'keep-alive timeout') {
      // What came in this very instant may have come too late.
      const now = this.#observer.clock.now();
      const silentMs = now - (this.#heardAt === now ? this.#heardBefore : this.#heardAt);
      this.#check(silentMs >= settings.keepAliveMs / 2 - 1, 'RB-53', `closed as silent after ${silentMs} ms`);
    } else if (reason === 'bound exceeded') {
      const isFull = this.#observer.mayOverrun(this);
      const isUnread = unread.bytes > 4 * (settings.sendBufferBytesMax + settings.payloadBytesMax);
      const isOwnFault = !this.isPolite || this.#observer.plan.networkModel === 'reordering';
      this.#check(isOwnFault || isFull || isUnread, 'RB-29', 'closed as overrun within its bounds');
    } else if (reason === 'stall timeout') {
      const stalledMs = this.#observer.clock.now() - unread.since;
      this.#check(stalledMs >= edge.stallTimeoutMs, 'stall', `closed as stalled after ${stalledMs} ms`);
    } else {
      this.#check(this.mayCrash && code === 1011, 'RB-59', `closed ${code} ${reason}`);
    }
  }

  #checkSilence(): void {
    if (!this.isOpen) return;
    const {keepAliveMs} = this.#observer.plan.settings;
    const silentMs = this.#observer.clock.now() - this.#heardAt;
    const mostMs = keepAliveMs * (1.5 + lateTicks / ticksPerKeepAlive);
    this.#check(silentMs <= mostMs, 'RB-53', `still open after ${silentMs} ms of silence`);
  }

  #check(condition: boolean, rule: string, what: string): void {
    if (!condition) this.#observer.violations.note(rule, this.number, what);
  }
}
