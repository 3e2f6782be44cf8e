// One address at which another node is, was or may be: runs the chart of machines/lan-peer.ts, asks it when it is time to,
// and knows whether answers are partial without it. Made by the discovery.
//
//   up:      asked 20 s after the last sign of life (an announcement, an answer); one of the configuration after 10 s
//   not up:  asked each 2 s while it is expected, else when it announces itself; forgotten after 30 s of silence

import type {Clock, Timer} from '../../core/clock.ts';
import {unreachable} from '../../core/invariant.ts';
import {lanPeer} from '../../machines/lan-peer.ts';
import type {HelloFailure} from './hello.ts';
import type {NodePlace} from './node-transport.ts';

/** A node that announces itself each 10 s has gone after this much silence. */
export const silenceMs = 30_000;
/** Early enough to be asked before it would be forgotten. */
const quietMs = 20_000;
/** A node that stands in the configuration is asked so often while it is up, and while it is up by another address. */
const probeEveryMs = 10_000;
const retryEveryMs = 2_000;
/** When as many questions as there may be are under way. */
const waitMs = 1_000;

const {state: states, event: events, effect: effects} = lanPeer;

export type LanEvent = keyof typeof events;

/** The outcome of a question. */
export type HelloFinding =
  | {readonly kind: 'node'; readonly node: string; readonly clockOffsetMs: number}
  | {readonly kind: 'original' | 'self' | 'known'}
  | {readonly kind: 'refused'; readonly cause: string};

type LanEffect = keyof typeof effects;

const effectNames: readonly LanEffect[] = lanPeer.vocabulary.effects;

/** What the nodes share. */
export interface LanNodeParts {
  readonly clock: Clock;
  readonly peerTimeoutMs: number;
  /** Whether one more question may be asked of a node that is not up. */
  mayProbe(): boolean;
  /** Asks for /hello/; returns how to give it up. */
  ask(node: LanNode, settle: (finding: HelloFinding | HelloFailure) => void): () => void;
  /** It is called from now on. */
  joined(node: LanNode): void;
  /** It is called no more; `isLost`: nor is what is under way waited for. */
  left(node: LanNode, cause: LanEvent, isLost: boolean): void;
  /** Something about it may be different from before. */
  updated(node: LanNode): void;
  /** Nothing will come of it any more. */
  gone(node: LanNode): void;
}

/** One address at which another node is, was or may be. */
export class LanNode {
  readonly origin: string;
  readonly isConfigured: boolean;
  /** As it proved itself; `undefined` for a node of the original, and where nothing is proved yet. */
  id: string | undefined;
  /** As announced with a signature; such a node must prove itself. */
  announcedId: string | undefined;
  /** The id under which it was called last: until it is forgotten it owns the idempotency keys of that. */
  ownerId: string | undefined;
  /** From which address and port its announcements come. */
  source: string | undefined;
  clockOffsetMs = 0;
  /** Why it is not called, after the last question. */
  cause: string | undefined;
  readonly #parts: LanNodeParts;
  #state: number = states.candidate;
  #askedAt = Number.NEGATIVE_INFINITY;
  #heardAt = Number.NEGATIVE_INFINITY;
  #expectedUntil = Number.NEGATIVE_INFINITY;
  /** Up by another address. */
  #isKnown = false;
  #hasDeparted = false;
  #finding: HelloFinding | undefined;
  #timer: Timer | undefined;
  #giveUp: (() => void) | undefined;

  constructor(origin: string, isConfigured: boolean, parts: LanNodeParts) {
    this.origin = origin;
    this.isConfigured = isConfigured;
    this.#parts = parts;
  }

  get isUp(): boolean {
    return this.#state === states['up.settled'] || this.#state === states['up.suspect'];
  }

  /** Whether it waits for the answer that would let it in. */
  get isProbing(): boolean {
    return this.#state === states.probing;
  }

  get isGone(): boolean {
    return lanPeer.isFinal[this.#state] === 1;
  }

  /** Whether clients may be there that no call reaches. */
  get isMissing(): boolean {
    if (this.isUp || this.isGone || this.#isKnown || this.#hasDeparted) return false;
    return this.isConfigured || this.#parts.clock.now() < this.#expectedUntil;
  }

  /** Whether nothing is lost with it. */
  get isIdle(): boolean {
    return !this.isUp && !this.isProbing && !this.isConfigured && !this.isMissing;
  }

  get server(): string {
    return this.origin.slice('http://'.length);
  }

  get place(): NodePlace {
    const {origin, id, clockOffsetMs} = this;
    return {node: id ?? origin, origin, isOriginal: id === undefined, clockOffsetMs};
  }

  /** Milliseconds since it was last asked. */
  get sinceAskedMs(): number {
    return this.#parts.clock.now() - this.#askedAt;
  }

  tell(event: LanEvent): void {
    if (this.isGone) return;
    if (event === 'announcement.offline') this.#hasDeparted = true;
    const cell = lanPeer.step(this.#state, events[event]);
    this.#state = lanPeer.next[cell] ?? this.#state;
    for (const effect of lanPeer.effects[cell] ?? []) this.#carryOut(effectNames[effect] as LanEffect, event);
    if (this.isGone) {
      this.stop();
      this.#parts.gone(this);
    } else {
      this.#schedule();
    }
    this.#parts.updated(this);
  }

  /** A sign of life; `isExpected`: of a node that holds the token, without which answers are partial for some time. */
  heard(isExpected: boolean): void {
    this.#heardAt = this.#parts.clock.now();
    if (isExpected) this.#expectedUntil = this.#heardAt + silenceMs;
    this.#hasDeparted = false;
    this.#schedule();
  }

  /** Lets go of its timer and of the question under way. */
  stop(): void {
    this.#timer?.cancel();
    this.#giveUp?.();
    this.#giveUp = undefined;
  }

  #schedule(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    // A question under way ends by itself.
    if (this.isGone || this.#giveUp !== undefined) return;
    const now = this.#parts.clock.now();
    const silentAt = this.isConfigured || this.isUp ? Number.POSITIVE_INFINITY : this.#heardAt + silenceMs;
    const dueAt = Math.max(this.#nextProbeAt(), now);
    const nextAt = Math.min(dueAt, silentAt);
    if (nextAt === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#parts.clock.startTimer(Math.max(nextAt - now, 0), () => {
      if (silentAt <= dueAt) this.tell('clock.silent');
      else this.#probeIfRoom();
    });
  }

  #nextProbeAt(): number {
    if (this.isUp) return this.#heardAt + (this.isConfigured ? probeEveryMs : quietMs);
    if (this.isConfigured) return this.#askedAt + (this.#isKnown ? probeEveryMs : retryEveryMs);
    return this.isMissing ? this.#askedAt + retryEveryMs : Number.POSITIVE_INFINITY;
  }

  #probeIfRoom(): void {
    if (this.isUp || this.#parts.mayProbe()) this.tell('clock.probeDue');
    else this.#timer = this.#parts.clock.startTimer(waitMs, () => this.#probeIfRoom());
  }

  #carryOut(effect: LanEffect, cause: LanEvent): void {
    switch (effect) {
      case 'probe':
        this.#probe();
        return;
      case 'admit':
        this.id = this.#finding?.kind === 'node' ? this.#finding.node : undefined;
        this.ownerId = this.id;
        this.#parts.joined(this);
        return;
      case 'exclude':
        this.#parts.left(this, cause, true);
        return;
      case 'release':
        this.#parts.left(this, cause, false);
        return;
      default:
        unreachable(effect);
    }
  }

  #probe(): void {
    this.#giveUp?.();
    this.#askedAt = this.#parts.clock.now();
    const waitsMs = this.#parts.peerTimeoutMs / 2;
    let isOver = false;
    const settle = (finding: HelloFinding | HelloFailure): void => {
      if (isOver) return;
      isOver = true;
      deadline.cancel();
      cancel();
      this.#giveUp = undefined;
      this.tell(this.#take(finding));
    };
    // The other half of the peer timeout has passed in the silence that made it suspect.
    const deadline = this.#parts.clock.startTimer(waitsMs, () => {
      settle({failure: `no answer to /hello/ within ${waitsMs / 1000} s`});
    });
    this.#giveUp = () => {
      isOver = true;
      deadline.cancel();
      cancel();
    };
    const cancel = this.#parts.ask(this, settle);
  }

  #take(finding: HelloFinding | HelloFailure): LanEvent {
    this.#isKnown = false;
    if ('failure' in finding) {
      this.cause = finding.failure;
      return 'hello.failed';
    }
    this.#finding = finding;
    this.cause = finding.kind === 'refused' ? finding.cause : undefined;
    switch (finding.kind) {
      case 'node':
        this.clockOffsetMs = finding.clockOffsetMs;
        this.heard(true);
        return this.isUp && this.id !== finding.node ? 'hello.replaced' : 'hello.answered';
      case 'original':
        this.heard(true);
        return 'hello.answered';
      case 'known':
        this.#isKnown = true;
        return 'hello.known';
      case 'self':
        return 'hello.self';
      case 'refused':
        return 'hello.failed';
      default:
        return unreachable(finding);
    }
  }
}
