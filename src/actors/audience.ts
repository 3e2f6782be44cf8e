// The recipients of a publication to several targets, each once: members of channels, clients, users, everybody. A channel
// adds its members when its mailbox has come so far, so that a join or a message before the publication takes effect before.
//
//   publication to [a, b] ---> mailbox of a: [message, muster]          both have come to it: all recipients are known,
//                         ---> mailbox of b: [muster]                   and the publication begins
//
// Until then no other publication begins, or a member of both channels could get a later message before an earlier one.
// Channels come to it within a turn or two. [RB-45]

import type {Audience} from '../protocol/audience.ts';
import type {ActorRef} from '../runtime/actor.ts';
import type {SessionMessage} from './messages.ts';
import type {ShardContext} from './shard-context.ts';

type Session = ActorRef<SessionMessage>;

/** The recipients that are found so far. */
export class Muster {
  readonly #recipients: Set<Session>;
  readonly #complete: (recipients: Set<Session>) => void;
  /** Channels that have not come to it, and the caller. */
  #missing: number;

  constructor(recipients: Set<Session>, channels: number, complete: (recipients: Set<Session>) => void) {
    this.#recipients = recipients;
    this.#missing = channels + 1;
    this.#complete = complete;
  }

  /** A channel's members; called once by each, and by the caller when it has asked all. */
  add(members: Iterable<Session>): void {
    for (const member of members) this.#recipients.add(member);
    if (--this.#missing === 0) this.#complete(this.#recipients);
  }
}

/** The channels of `audience` that have members on this thread. */
export function channelsOf({channels}: ShardContext, audience: Audience) {
  return audience.channels.flatMap((name) => channels.find(name) ?? []);
}

/** Calls `found` with the recipients on this thread, at once where no channel is to be asked. */
export function findRecipients(
  context: ShardContext,
  audience: Audience,
  found: (recipients: ReadonlySet<Session>) => void,
): void {
  const {sessions, users} = context;
  const recipients = new Set<Session>();
  const channels = channelsOf(context, audience);
  const muster = new Muster(recipients, channels.length, (all) => {
    for (const identity of audience.except) {
      const excepted = sessions.find(identity);
      if (excepted !== undefined) all.delete(excepted);
    }
    found(all);
  });
  // A channel whose mailbox is full has no room for joins either; its members are not in the picture.
  for (const channel of channels) if (!channel.tell({kind: 'muster', muster})) muster.add([]);
  if (audience.isEverybody) for (const [, session] of sessions.entries()) recipients.add(session);
  for (const identity of audience.identities) {
    const session = sessions.find(identity);
    if (session !== undefined) recipients.add(session);
  }
  for (const user of audience.users) for (const session of users.sessionsOf(user)) recipients.add(session);
  muster.add([]);
}
