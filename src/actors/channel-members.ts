// Who is in a channel of this thread, for those who only look.

import type {ActorRef} from '../runtime/actor.ts';
import {ask} from '../runtime/ask.ts';
import type {SessionMessage} from './messages.ts';
import type {ShardContext} from './shard-context.ts';

/** Each with the ticket of its joining; live, so that it is to be read at once, or in the knowledge of that. */
export type ChannelMembers = ReadonlyMap<ActorRef<SessionMessage>, number>;

/** For a channel to answer: a failure of ours, if it takes so long. */
const answerGraceMs = 5_000;

export async function channelMembers({channels, clock}: ShardContext, name: string): Promise<ChannelMembers> {
  const channel = channels.find(name);
  if (channel === undefined) return new Map();
  try {
    return await ask<ChannelMembers>(clock, answerGraceMs, (reply) => channel.tell({kind: 'members', reply}));
  } catch (error) {
    // It has ended since: a channel lives while it has members.
    if (channel.isStopped) return new Map();
    throw error;
  }
}
