// Ends connections of one thread for the HTTP API: finds those that a call means, has each end in its turn, and counts them.

import type {Disconnected, Disconnection} from '../router/router.ts';
import type {ActorRef} from '../runtime/actor.ts';
import {ask} from '../runtime/ask.ts';
import type {SessionMessage} from './messages.ts';
import type {ShardContext} from './shard-context.ts';

/** Beyond the time an answer is due anyway. */
const answerGraceMs = 5_000;

type Session = ActorRef<SessionMessage>;

/** Settles when all of them have ended. `isPartial`: the mailbox of one is full, so that it goes on. */
export async function disconnectClients(context: ShardContext, disconnection: Disconnection): Promise<Disconnected> {
  const {farewell} = disconnection;
  const sessions = await sessionsOf(context, disconnection);
  let connections = 0;
  let isPartial = false;
  const ends = Promise.withResolvers<void>();
  let waiting = 1;
  const ended = (wasOpen: boolean): void => {
    if (wasOpen) connections++;
    if (--waiting === 0) ends.resolve();
  };
  for (const session of sessions) {
    waiting++;
    if (session.tell({kind: 'disconnect', farewell, done: ended})) continue;
    isPartial ||= !session.isStopped;
    ended(false);
  }
  ended(false);
  await ends.promise;
  return {connections, isPartial};
}

async function sessionsOf(context: ShardContext, {target, name}: Disconnection): Promise<Iterable<Session>> {
  switch (target) {
    case 'identity':
      return named(context, name);
    case 'user':
      return context.users.sessionsOf(name);
    case 'prefix':
      return beginning(context, name);
    case 'channel': {
      const channel = context.channels.find(name);
      if (channel === undefined) return [];
      return ask<readonly Session[]>(context.clock, answerGraceMs, (reply) =>
        channel.tell({kind: 'listMembers', reply}),
      );
    }
  }
}

// Also one that has its identity and waits for its 101: it must not come in after the call was answered.
function named({sessions, contenders}: ShardContext, identity: string): ReadonlySet<Session> {
  const found = [sessions.find(identity), contenders.find(identity)];
  return new Set(found.filter((session) => session !== undefined));
}

function beginning({sessions, contenders}: ShardContext, prefix: string): ReadonlySet<Session> {
  const found = new Set<Session>();
  for (const registry of [sessions, contenders]) {
    for (const [identity, session] of registry.entries()) if (identity.startsWith(prefix)) found.add(session);
  }
  return found;
}
