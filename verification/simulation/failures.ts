// Failures that the simulation makes: a session actor throws while it hands a frame to its link, in the middle of what it
// does, as a fault of its own would have it. Which one it is, it says itself, in answer to the gateway's own survey.

import type {SessionMessage} from '../../src/actors/messages.ts';
import {type ConnectionStats, StatsQuery} from '../../src/actors/stats-query.ts';
import type {ActorRef} from '../../src/runtime/actor.ts';
import type {Observation, Observer} from '../../src/trace/observer.ts';
import {silentObserver} from '../../test/support/silent-observer.ts';

/** A failure that the simulation made; every other one is a violation. */
export class CrashError extends Error {}

/** Called when a frame is handed over; the first argument says whose. */
const handingOver: ReadonlySet<unknown> = new Set<keyof Observer>(['transmitted', 'sent', 'replied']);

class LineFinder extends StatsQuery {
  readonly #found: (line: ConnectionStats['subject']) => void;

  constructor(found: (line: ConnectionStats['subject']) => void) {
    super(1);
    this.#found = found;
  }

  override tell(standing: ConnectionStats): void {
    this.#found(standing.subject);
    super.tell(standing);
  }
}

/** Those of one thread. */
export class Failures {
  readonly #observation: Observation;
  readonly #doomed = new Set<unknown>();
  #former: Observer | undefined;

  constructor(observation: Observation) {
    this.#observation = observation;
  }

  /** The next frame that `connection` hands over makes it fail, once. */
  doom(connection: ActorRef<SessionMessage>): void {
    const finder = new LineFinder((line) => {
      if (this.#doomed.size === 0) this.#attach();
      this.#doomed.add(line);
    });
    finder.start([connection]);
  }

  #attach(): void {
    this.#former = this.#observation.observer;
    this.#observation.observer = new Proxy(this.#former ?? silentObserver, {
      get: (target, name) => {
        const told: unknown = Reflect.get(target, name);
        if (typeof told !== 'function') return told;
        return (...facts: readonly unknown[]): void => {
          if (handingOver.has(name) && this.#doomed.delete(facts[0])) {
            if (this.#doomed.size === 0) this.#observation.observer = this.#former;
            throw new CrashError('The simulation broke this connection');
          }
          Reflect.apply(told, target, facts);
        };
      },
    });
  }
}
