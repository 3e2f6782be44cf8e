// Which sessions belong to which person: the `user` that the connect answer named, beside the identity of each connection.
// One thread's. A session without a user is not in here, and costs nothing.

import type {ActorRef} from '../runtime/actor.ts';
import type {SessionMessage} from './messages.ts';

type Session = ActorRef<SessionMessage>;

/** Bounded by the sessions that are let in. */
export class Users {
  /** Most people have one device: a set only where there are more. */
  readonly #sessions = new Map<string, Session | Set<Session>>();
  readonly #users = new Map<Session, string>();

  /** People with a session here. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Called once for a session, when it is let in. */
  add(user: string, session: Session): void {
    this.#users.set(session, user);
    const others = this.#sessions.get(user);
    if (others === undefined) this.#sessions.set(user, session);
    else if (others instanceof Set) others.add(session);
    else this.#sessions.set(user, new Set([others, session]));
  }

  /** A session has ended, one with a user or without. */
  remove(session: Session): void {
    const user = this.#users.get(session);
    if (user === undefined) return;
    this.#users.delete(session);
    const all = this.#sessions.get(user);
    if (all instanceof Set && all.size > 1) all.delete(session);
    else this.#sessions.delete(user);
  }

  /** The sessions of `user`, in the order in which they were let in; may be empty. */
  sessionsOf(user: string): readonly Session[] {
    const all = this.#sessions.get(user);
    if (all === undefined) return [];
    return all instanceof Set ? [...all] : [all];
  }

  /** Whose session it is; `undefined` where no user was named, or the session is not let in. */
  userOf(session: Session): string | undefined {
    return this.#users.get(session);
  }
}
