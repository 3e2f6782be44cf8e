// Runs the actors of one thread in turns. A turn lets every ready actor handle its messages, and those that come of them,
// then calls the end-of-turn hooks once: there the sockets that were written to are flushed, and the calls of the turn go
// out as one batch. One write and one postMessage a turn, however many messages: that is where the speed comes from.
//
//   I/O callbacks ... tell, tell, tell | turn: actor, actor, actor ... hooks | I/O callbacks ...

import type {Clock} from '../core/clock.ts';
import type {Counters} from '../core/counters.ts';
import {type ActorOptions, Cell} from './actor.ts';
import {Worklist} from './worklist.ts';

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
  /** Called with what no supervisor could mend: an exception of a hook, or an escalated failure. */
  readonly onFatal: (error: unknown) => void;
}

/** What the run queue holds: an actor's cell, whatever its messages are. */
export interface Schedulable {
  /** Whether it stands in the run queue; the scheduler's. */
  isReady: boolean;
  readonly depth: number;
  run(budget: number): number;
}

/** The run queue of one thread. */
export class Scheduler {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly #defer: (turn: () => void) => void;
  readonly #onFatal: (error: unknown) => void;
  #hooks: readonly (() => void)[] = [];
  readonly #ready = new Worklist<Schedulable>();
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
  }

  /** Monotonic time of the current turn's start, or of the last turn's: cheap, and the same for a whole turn. */
  get now(): number {
    return this.#now;
  }

  /** Makes an actor. It handles its first message in the next turn. */
  spawn<Message>(options: ActorOptions<Message>): Cell<Message> {
    return new Cell(this, options);
  }

  /** Calls `hook` at the end of every turn, in the order of registration; the result takes it out again. */
  onTurnEnd(hook: () => void): () => void {
    this.#hooks = [...this.#hooks, hook];
    return () => {
      this.#hooks = this.#hooks.filter((other) => other !== hook);
    };
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

  /** Reports what nobody can mend. */
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
    for (const hook of this.#hooks) {
      try {
        hook();
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
