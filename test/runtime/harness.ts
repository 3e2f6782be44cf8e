// A scheduler under a simulated clock, whose turns run when the test says so.

import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {type Counters, createCounters} from '../../src/core/counters.ts';
import type {Behaviour, Cell} from '../../src/runtime/actor.ts';
import {Scheduler} from '../../src/runtime/scheduler.ts';
import {type Directive, Supervisor} from '../../src/runtime/supervisor.ts';

export interface RuntimeKit {
  readonly clock: SimulatedClock;
  readonly counters: Counters;
  readonly scheduler: Scheduler;
  readonly failures: string[];
  readonly fatal: unknown[];
  supervise(directive: Directive): Supervisor;
  /** Queues what {@link run} runs. */
  defer(turn: () => void): void;
  /** Runs turns until none is due; returns how many. */
  run(): number;
  /** An actor whose behaviour is a function. */
  spawn<Message>(receive: (message: Message, self: Cell<Message>) => void, options?: SpawnOptions): Cell<Message>;
}

interface SpawnOptions {
  readonly name?: string;
  readonly mailboxBound?: number;
  readonly supervisor?: Supervisor;
  readonly failed?: (error: unknown) => void;
}

export function createRuntime(): RuntimeKit {
  const clock = new SimulatedClock();
  const counters = createCounters();
  const due: (() => void)[] = [];
  const defer = (turn: () => void): void => void due.push(turn);
  const failures: string[] = [];
  const fatal: unknown[] = [];
  const scheduler = new Scheduler({clock, counters, defer, onFatal: (error) => fatal.push(error)});
  const supervise = (directive: Directive): Supervisor =>
    new Supervisor({
      clock,
      directive,
      onFailure: (actor) => failures.push(actor),
      escalate: (error) => scheduler.fatal(error),
    });
  return {
    clock,
    counters,
    scheduler,
    failures,
    fatal,
    supervise,
    defer,
    run() {
      let turns = 0;
      for (let turn = due.shift(); turn !== undefined && turns < 10_000; turn = due.shift()) {
        turn();
        turns++;
      }
      return turns;
    },
    spawn<Message>(receive: (message: Message, self: Cell<Message>) => void, options: SpawnOptions = {}) {
      const {failed} = options;
      return scheduler.spawn<Message>({
        name: options.name ?? 'actor',
        mailboxBound: options.mailboxBound ?? 1_000_000,
        supervisor: options.supervisor ?? supervise('stop'),
        create: (self): Behaviour<Message> => ({
          receive: (message) => receive(message, self),
          ...(failed === undefined ? {} : {failed}),
        }),
      });
    },
  };
}

/** Counts the hooks that are added from now on; the result says how many of them have not been taken out. */
export function countHooks(scheduler: Scheduler): () => number {
  const onTurnEnd = scheduler.onTurnEnd.bind(scheduler);
  const hooks = new Set<() => void>();
  scheduler.onTurnEnd = (phase, hook) => {
    const remove = onTurnEnd(phase, hook);
    hooks.add(remove);
    return () => {
      hooks.delete(remove);
      remove();
    };
  };
  return () => hooks.size;
}
