// What a session does about its rights (rights.ts): takes new ones from the API, asks the business server again before they
// expire, and ends where that says no, or could not be asked for too long. Part of the session actor.

import {type CloseReason, closeReasons} from '../protocol/close-code.ts';
import type {AcceptedAnswer, Answer} from '../upstream/call.ts';
import type {BackendClient} from './backend-client.ts';
import type {SessionMessage} from './messages.ts';

/** The session. */
export interface RightsOwner {
  readonly backend: BackendClient;
  /** Joins and leaves channels as the answer says. */
  enter(answer: AcceptedAnswer): void;
  /** Ends it: the client is sent this. */
  expire(reason: CloseReason): void;
}

/** A message about them; nothing is done for a session that is not open. */
export function receiveRights(
  owner: RightsOwner,
  isOpen: boolean,
  message: Extract<SessionMessage, {readonly kind: 'permit' | 'refreshDue'}>,
): void {
  const {backend} = owner;
  if (message.kind === 'permit') {
    if (isOpen) backend.permit(message.grant);
    message.reply(isOpen ? 'done' : 'noSuchConnection');
    return;
  }
  const {rights} = backend;
  const due = isOpen ? rights?.due() : undefined;
  if (rights === undefined || due === undefined) return;
  if (due === 'ask') backend.refresh(rights);
  else if (due === 'end') owner.expire(closeReasons.unrenewed);
}

/** The answer to the call that asked whether the client may stay. */
export function renewRights(owner: RightsOwner, isOpen: boolean, answer: Answer): void {
  if (!isOpen) return;
  switch (answer.kind) {
    case 'accepted':
      owner.backend.refreshed(answer);
      owner.enter(answer);
      return;
    case 'refused':
      owner.expire(closeReasons.unauthorized);
      return;
    case 'failed':
      owner.backend.rights?.failed();
  }
}
