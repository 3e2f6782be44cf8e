// An identity that the business server gives has one session, the latest on the node. [RB-67] The session that gets
// the identity ends the older one, and waits until that one is reported closed. Called by a session for its own thread,
// and by the router for sessions of others.

import type {ActorRef} from '../runtime/actor.ts';
import type {SessionMessage} from './messages.ts';
import type {ShardContext} from './shard-context.ts';

/**
 * Ends older sessions of the identity that `contender` was given, on this thread and on every other. `true` if all are
 * reported closed. Otherwise the contender gets `identitySettled` when they are, and may be taken over until then.
 */
export function takeIdentity(
  context: ShardContext,
  contender: ActorRef<SessionMessage>,
  {identity, fencingToken}: {readonly identity: string; readonly fencingToken: number},
): boolean {
  const {contenders, directory} = context;
  let waitingFor = 1;
  const settled = (): void => {
    if (--waitingFor === 0 && !contender.isStopped) contender.tell({kind: 'identitySettled'});
  };
  const elsewhere = directory.takeOver(identity, fencingToken);
  if (elsewhere !== undefined) {
    waitingFor++;
    void elsewhere.then(settled, settled);
  }
  const isSettledHere = takeOver(context, identity, fencingToken, settled);
  if (isSettledHere && elsewhere === undefined) return true;
  if (isSettledHere) waitingFor--;
  const former = contenders.find(identity);
  if (former !== undefined) contenders.remove(identity, former);
  contenders.add(identity, contender);
  return false;
}

/**
 * Ends the session of `identity` on this thread that was given it under a lower token. `true` where no close call of an older
 * session is pending; else `settled` is called once, in a later turn, when each was answered or given up.
 */
export function takeOver(context: ShardContext, identity: string, fencingToken: number, settled: () => void): boolean {
  const older = context.contenders.find(identity) ?? context.sessions.find(identity);
  if (older === undefined) return context.closes.whenSettled(identity, fencingToken, settled);
  // What the older one owes is known once it has taken its leave.
  const done = (): void => {
    if (context.closes.whenSettled(identity, fencingToken, settled)) settled();
  };
  if (!older.tell({kind: 'identityTaken', fencingToken, done})) context.closes.later(done);
  return false;
}
