// Which commits are sound, and which of their changes count: the rules of store.ts that every implementation obeys.

import {invariant} from '../core/invariant.ts';
import type {SessionRow} from './rows.ts';
import type {Change} from './store.ts';

/** What decides on a change of a session. */
export type KnownSession = Pick<SessionRow, 'fence' | 'ended'>;

/** What is stored before a commit. */
export interface Known {
  session(session: string): KnownSession | undefined;
  hasPublication(publication: string): boolean;
}

/** Throws where a commit cannot be meant, so that nothing of it may be applied. */
export function expectSound(changes: readonly Change[], known: Known): void {
  const sessions = new Set<string>();
  const publications = new Set<string>();
  for (const {verb, kind, row} of changes) {
    if (verb === 'add') {
      const isNew = !sessions.has(row.session) && known.session(row.session) === undefined;
      invariant(isNew, `session ${row.session} is new`);
      sessions.add(row.session);
    } else if (verb === 'put' && kind === 'publication') {
      publications.add(row.publication);
    } else if (verb === 'put' && kind === 'delivery' && row.publication !== undefined) {
      const isStored = publications.has(row.publication) || known.hasPublication(row.publication);
      invariant(isStored, `publication ${row.publication} is stored before its delivery`);
    }
  }
}

/**
 * Whether a change counts, given the session that it names as the changes before it have left that. What names none, and
 * what outlives its session and comes without a fencing token, always does. [RB-39]
 */
export function mayApply(change: Change, session: KnownSession | undefined): boolean {
  const {verb, kind} = change;
  if (verb === 'add' || kind === 'publication' || kind === 'channel') return true;
  if (kind === 'message' || kind === 'event') {
    return verb === 'remove' || change.fence === undefined || isOwner(session, change.fence);
  }
  if (kind === 'session') return isOwner(session, verb === 'put' ? change.row.fence : change.fence);
  return isOwner(session, change.fence) && session?.ended === undefined;
}

/** The session that a change names. */
export function sessionOf({row}: Change): string | undefined {
  return 'session' in row ? row.session : undefined;
}

function isOwner(session: KnownSession | undefined, fence: number): boolean {
  return session !== undefined && session.fence <= fence;
}
