// An identity that the business server gives has one connection, the latest on the node. [RB-67] Whoever is given it ends
// the older one, and waits until that one is reported closed. Called by a connection for its own thread, and by the
// switchboard for connections of others.

import type {ActorRef} from '../runtime/actor.ts';
import type {ConnectionMessage} from './messages.ts';
import type {Thread} from './thread.ts';

/**
 * Ends older connections of the identity that `claimant` was given, on this thread and on every other. `true` where all are
 * reported closed; else the claimant is told `identitySettled` when they are, and may be taken over itself until then.
 */
export function claimIdentity(
  thread: Thread,
  claimant: ActorRef<ConnectionMessage>,
  {identity, claim}: {readonly identity: string; readonly claim: number},
): boolean {
  const {claimants, outside} = thread;
  let waitingFor = 1;
  const settled = (): void => {
    if (--waitingFor === 0 && !claimant.isStopped) claimant.tell({kind: 'identitySettled'});
  };
  const elsewhere = outside.takeOver(identity, claim);
  if (elsewhere !== undefined) {
    waitingFor++;
    void elsewhere.then(settled, settled);
  }
  const isSettledHere = takeOver(thread, identity, claim, settled);
  if (isSettledHere && elsewhere === undefined) return true;
  if (isSettledHere) waitingFor--;
  const former = claimants.find(identity);
  if (former !== undefined) claimants.remove(identity, former);
  claimants.add(identity, claimant);
  return false;
}

/**
 * Ends the connection of `identity` on this thread that was given it before `claim`. `true` where no close call of an older
 * connection is pending; else `settled` is called once, in a later turn, when each was answered or given up.
 */
export function takeOver(thread: Thread, identity: string, claim: number, settled: () => void): boolean {
  const older = thread.claimants.find(identity) ?? thread.connections.find(identity);
  if (older === undefined) return thread.closes.whenSettled(identity, claim, settled);
  // What the older one owes is known once it has taken its leave.
  const done = (): void => {
    if (thread.closes.whenSettled(identity, claim, settled)) settled();
  };
  if (!older.tell({kind: 'identityTaken', claim, done})) thread.closes.later(done);
  return false;
}
