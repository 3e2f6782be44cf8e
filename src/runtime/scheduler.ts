// Runs the actors of one thread in turns. A turn lets every ready actor handle its messages, and those that come of them,
// and then ends in phases: the calls of the turn go out as one batch, and each socket is written to once. One write and
// one postMessage a turn, however many messages: that is where the speed comes from.
//
//   I/O callbacks ... tell, tell, tell | collect: actor, actor ... | commit | dispatch | flush | done | I/O callbacks ...

import type {Clock} from '../core/clock.ts';
import type {Counters} from '../core/counters.ts';
import {type ActorOptions, Cell, type Schedulable} from './actor.ts';
import {type Commit, CommitQueue, type CommittedEffect} from './commit-queue.ts';
import {RunQueue} from './run-queue.ts';

/** Messages one actor handles before the next one has its turn: a busy actor does not starve the others. */
const messagesPerActivation = 256;
/** Messages handled in one turn before hooks and I/O have theirs, so that a flood does not hold up the flushes. */
const messagesPerTurn = 65_536;

/** What a scheduler needs of the world. */
export interface SchedulerOptions {
  readonly clock: Clock;
  readonly counters: Counters;
  /** Runs `turn` soon, once the I/O callbacks that are due have run: `setImmediate` in the product. */
  readonly defer: (turn: () => void) => void;
  /** Called with what no supervisor could handle: an exception of a hook, or an escalated failure. */
  readonly onFatal: (error: unknown) => void;
}

/**
 * How a turn ends, in this order; what must be stored before it is visible is sent in a later phase than the store.
 *
 * - `commit`: what the turn has changed is stored, or left where it outlives this thread.
 * - `dispatch`: calls to the business server and messages to other threads go out.
 * - `flush`: each socket with frames is written to.
 * - `done`: who looks at turns from outside, such as the trace and the shutdown.
 */
export const turnPhases = ['commit', 'dispatch', 'flush', 'done'] as const;
export type TurnPhase = (typeof turnPhases)[number];

interface Hook {
  readonly phase: TurnPhase;
  readonly run: () => void;
}

/** The run queue of one thread. */
export class Scheduler {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly #defer: (turn: () => void) => void;
  readonly #onFatal: (error: unknown) => void;
  /** In the order of their phases. */
  #hooks: readonly Hook[] = [];
  readonly #commits = new CommitQueue(() => this.requestTurn());
  readonly #ready = new RunQueue<Schedulable>();
  #budget = 0;
  #isTurnDue = false;
  #now: number;
  // Bound once: a turn allocates nothing of its own.
  readonly #turn = (): void => this.#runTurn();
  readonly #activate = (cell: Schedulable): void => this.#runCell(cell);

  constructor(options: SchedulerOptions) {
    this.clock = options.clock;
    this.counters = options.counters;
    this.#defer = options.defer;
    this.#onFatal = options.onFatal;
    this.#now = options.clock.now();
    this.onTurnEnd('commit', () => this.#commits.turnEnded());
  }

  /** Monotonic time of the current turn's start, or of the last turn's: cheap, and the same for a whole turn. */
  get now(): number {
    return this.#now;
  }

  /** Makes an actor. It handles its first message in the next turn. */
  spawn<Message>(options: ActorOptions<Message>): Cell<Message> {
    return new Cell(this, options);
  }

  /** Calls `run` at the end of every turn, those of one phase in the order of registration; the result takes it out again. */
  onTurnEnd(phase: TurnPhase, run: () => void): () => void {
    const hook = {phase, run};
    this.#hooks = [...this.#hooks, hook].sort((a, b) => turnPhases.indexOf(a.phase) - turnPhases.indexOf(b.phase));
    return () => {
      this.#hooks = this.#hooks.filter((other) => other !== hook);
    };
  }

  /** Calls `commit` in the commit phase of every turn; effects wait for the promise, where it returns one. */
  onCommit(commit: Commit): () => void {
    return this.#commits.add(commit);
  }

  /**
   * Runs `effect` once what this turn has changed is stored: at the end of this turn where nothing is to be stored, else at
   * the end of a later one, always before that turn dispatches and flushes. Effects run in the order of these calls.
   */
  afterCommit(effect: CommittedEffect): void {
    this.#commits.after(effect);
    this.requestTurn();
  }

  /** Runs `task` outside of a turn, once the I/O callbacks that are due have run: for work that is done in slices. */
  later(task: () => void): void {
    this.#defer(task);
  }

  /** Makes sure a turn comes, so that the hooks run, even where no actor has a message. */
  requestTurn(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    this.#defer(this.#turn);
  }

  /** Puts `cell` in the run queue; called by the cell itself. */
  makeReady(cell: Schedulable): void {
    cell.isReady = true;
    this.#ready.add(cell);
    if (!this.#isTurnDue) this.requestTurn();
  }

  /** Reports what no supervisor can handle. */
  fatal(error: unknown): void {
    this.#onFatal(error);
  }

  #runTurn(): void {
    this.counters.turns++;
    this.#now = this.clock.now();
    this.#budget = messagesPerTurn;
    // `#isTurnDue` stays set while the turn runs: what becomes ready meanwhile is part of it.
    while (this.#ready.size > 0 && this.#budget > 0) this.#ready.drain(this.#activate);
    this.#isTurnDue = false;
    for (const {run} of this.#hooks) {
      try {
        run();
      } catch (error) {
        this.#onFatal(error);
      }
    }
    if (this.#ready.size > 0) this.requestTurn();
  }

  #runCell(cell: Schedulable): void {
    cell.isReady = false;
    this.#budget -= cell.run(messagesPerActivation);
    if (cell.depth > 0 && !cell.isReady) this.makeReady(cell);
  }
}
