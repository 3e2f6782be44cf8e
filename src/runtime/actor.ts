// What an actor is, and the cell that runs one. An actor has a behaviour and a mailbox; the behaviour is reached only
// through messages, and it handles one message at a time. The runtime knows no socket, no packet and no HTTP.

import type {Counters} from '../core/counters.ts';
import {invariant} from '../core/invariant.ts';
import {Mailbox} from './mailbox.ts';
import type {Supervised, Supervisor} from './supervisor.ts';

/** Where an actor can be reached. */
export interface ActorRef<Message> {
  /** For logs and for the inspector; not an address. */
  readonly name: string;
  /** Messages that wait. */
  readonly depth: number;
  /** Whether it has ended; messages to it are then dead letters. */
  readonly isStopped: boolean;
  /** Leaves `message` in the mailbox. `false` where it is full or the actor has ended: the message is not delivered. */
  tell(message: Message): boolean;
}

/** What an actor does. An exception out of `receive` is a failure: the supervisor decides what follows. */
export interface Behaviour<Message> {
  receive(message: Message): void;
  /** Called once, after the last message, where the actor was stopped by its supervisor; the place to let go of the world. */
  failed?(error: unknown): void;
  /** Called with each message that still waited when the actor ended, for what must not vanish without a word. */
  dropped?(message: Message): void;
}

/** How an actor is made. */
export interface ActorOptions<Message> {
  readonly name: string;
  /** Messages that may wait. At the bound `tell` answers `false`, and the sender says what that means. */
  readonly mailboxBound: number;
  readonly supervisor: Supervisor;
  /**
   * Makes the behaviour at the start and at each restart; `self` is the actor, `previous` the behaviour that failed,
   * whose state may be carried over as far as it is known to be sound.
   */
  readonly create: (self: Cell<Message>, previous: Behaviour<Message> | undefined) => Behaviour<Message>;
}

/** What the run queue holds: an actor's cell, whatever its messages are. */
export interface Schedulable {
  /** Whether it stands in the run queue; the scheduler's. */
  isReady: boolean;
  readonly depth: number;
  run(budget: number): number;
}

/** What an actor needs of its scheduler. */
export interface RunQueue {
  readonly counters: Counters;
  makeReady(cell: Schedulable): void;
}

/** One actor, as the scheduler sees it. */
export class Cell<Message> implements ActorRef<Message>, Schedulable, Supervised {
  /** May be changed by the actor itself, when it learns who it is. */
  name: string;
  isStopped = false;
  /** Whether the scheduler has it in its run queue; owned by the scheduler. */
  isReady = false;
  readonly supervisor: Supervisor;
  readonly #scheduler: RunQueue;
  readonly #mailbox: Mailbox<Message>;
  readonly #create: ActorOptions<Message>['create'];
  #behaviour: Behaviour<Message>;

  constructor(scheduler: RunQueue, options: ActorOptions<Message>) {
    this.name = options.name;
    this.supervisor = options.supervisor;
    this.#scheduler = scheduler;
    this.#mailbox = new Mailbox(options.mailboxBound);
    this.#create = options.create;
    this.#behaviour = options.create(this, undefined);
  }

  get depth(): number {
    return this.#mailbox.size;
  }

  tell(message: Message): boolean {
    if (this.isStopped) {
      this.#scheduler.counters.deadLetters++;
      return false;
    }
    if (!this.#mailbox.offer(message)) return false;
    if (!this.isReady) this.#scheduler.makeReady(this);
    return true;
  }

  /** Handles up to `budget` messages and returns how many; for the scheduler. */
  run(budget: number): number {
    let handled = 0;
    try {
      // One that stops has no message left.
      while (handled < budget) {
        const message = this.#mailbox.take();
        if (message === undefined) break;
        handled++;
        this.#behaviour.receive(message);
      }
    } catch (error) {
      this.#scheduler.counters.actorFailures++;
      this.supervisor.failed(this, error);
    }
    return handled;
  }

  /** Ends the actor; what waits in its mailbox becomes dead letters. Idempotent. */
  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    for (let message = this.#mailbox.take(); message !== undefined; message = this.#mailbox.take()) {
      this.#scheduler.counters.deadLetters++;
      this.#behaviour.dropped?.(message);
    }
  }

  /** For the supervisor: goes on with a new behaviour; the mailbox is kept, the message that failed is not. */
  restart(): void {
    invariant(!this.isStopped, 'Expected a stopped actor to stay stopped');
    this.#behaviour = this.#create(this, this.#behaviour);
  }

  /** For the supervisor: ends the actor and lets its behaviour let go of the world. */
  giveUp(error: unknown): void {
    if (this.isStopped) return;
    this.stop();
    this.#behaviour.failed?.(error);
  }
}
