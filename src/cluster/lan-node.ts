// One address at which another node is, was or may be: runs the chart of machines/lan-peer.ts. Made by the discovery.

import type {Clock, Timer} from '../core/clock.ts';
import {unreachable} from '../core/invariant.ts';
import {lanPeer} from '../machines/lan-peer.ts';
import type {HelloVerdict} from './hello.ts';
import type {NodePlace} from './node-transport.ts';

/** A node that announces itself each 10 s has gone after this much silence. */
const silenceMs = 30_000;
/** A node that stands in the configuration is asked so often: while it is up, and while it is not. */
const probeEveryMs = 10_000;
const retryEveryMs = 2_000;

const {state: states, event: events, effect: effects} = lanPeer;

export type LanEvent = keyof typeof events;
/** Who answered; `known`: a node that is up already, by another address. */
export type HelloFinding = HelloVerdict | {readonly kind: 'known'};

type LanEffect = keyof typeof effects;

const effectNames: readonly LanEffect[] = lanPeer.vocabulary.effects;

/** What the nodes share. */
export interface LanNodeParts {
  readonly clock: Clock;
  readonly peerTimeoutMs: number;
  /** Asks for /hello/; returns how to give it up. `undefined` where nobody answers. */
  ask(node: LanNode, settle: (finding: HelloFinding | undefined) => void): () => void;
  /** It is called from now on. */
  joined(node: LanNode): void;
  /** It is called no more; `isLost`: nor is what is under way waited for. */
  left(node: LanNode, cause: LanEvent, isLost: boolean): void;
  /** Nothing will come of it any more. */
  gone(node: LanNode): void;
}

/** See the head of this file. */
export class LanNode {
  readonly origin: string;
  readonly isConfigured: boolean;
  /** As announced, or as it answered; `undefined` for a node of the original, and where nothing is known yet. */
  id: string | undefined;
  /** When it was last asked. */
  askedAt = Number.NEGATIVE_INFINITY;
  readonly #parts: LanNodeParts;
  #state: number = states.candidate;
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

  get isAway(): boolean {
    return this.#state === states.away;
  }

  get isGone(): boolean {
    return lanPeer.isFinal[this.#state] === 1;
  }

  get place(): NodePlace {
    return {node: this.id ?? this.origin, origin: this.origin, isOriginal: this.id === undefined};
  }

  tell(event: LanEvent): void {
    const cell = lanPeer.step(this.#state, events[event]);
    this.#state = lanPeer.next[cell] ?? this.#state;
    for (const effect of lanPeer.effects[cell] ?? []) this.#carryOut(effectNames[effect] as LanEffect, event);
    if (!this.isGone) return;
    this.stop();
    this.#parts.gone(this);
  }

  /** It was heard of: an announcement that is accepted counts as life, whatever it says. */
  heard(): void {
    this.#startTimer(silenceMs, 'clock.silent');
  }

  /** Asks it now, and from now on again and again. */
  watch(): void {
    this.tell('clock.probeDue');
    this.#watchAgain();
  }

  #watchAgain(): void {
    if (this.isGone) return;
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.startTimer(this.isUp ? probeEveryMs : retryEveryMs, () => this.watch());
  }

  /** Lets go of its timer and of the question under way. */
  stop(): void {
    this.#timer?.cancel();
    this.#giveUp?.();
    this.#giveUp = undefined;
  }

  #startTimer(delayMs: number, event: LanEvent): void {
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.startTimer(delayMs, () => this.tell(event));
  }

  #carryOut(effect: LanEffect, cause: LanEvent): void {
    switch (effect) {
      case 'probe':
        this.#probe();
        return;
      case 'admit':
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
    this.askedAt = this.#parts.clock.now();
    let isOver = false;
    const settle = (finding: HelloFinding | undefined): void => {
      if (isOver) return;
      isOver = true;
      deadline.cancel();
      cancel();
      this.#giveUp = undefined;
      const wasUp = this.isUp;
      this.tell(finding === undefined ? 'hello.failed' : this.#read(finding));
      if (this.isConfigured && this.isUp !== wasUp) this.#watchAgain();
    };
    // The other half of the peer timeout has passed in the silence that made it suspect.
    const deadline = this.#parts.clock.startTimer(this.#parts.peerTimeoutMs / 2, () => settle(undefined));
    const cancel = this.#parts.ask(this, settle);
    this.#giveUp = () => {
      isOver = true;
      deadline.cancel();
      cancel();
    };
  }

  #read(finding: HelloFinding): LanEvent {
    switch (finding.kind) {
      case 'node':
        this.id = finding.node;
        return 'hello.answered';
      case 'original':
        return 'hello.answered';
      case 'known':
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
