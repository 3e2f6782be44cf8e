// A thread's answer to who is in some channels. Called by the router's part.

import type {Census, CensusRequest, ChannelCensus} from '../router/census.ts';
import {channelMembers} from './channel-members.ts';
import type {ShardContext} from './shard-context.ts';

export async function answerCensus(
  context: ShardContext,
  {channels, wantsMoves = false}: CensusRequest,
): Promise<Census> {
  const found = channels.map(async ({name, identities}): Promise<ChannelCensus> => {
    const members = await channelMembers(context, name);
    const present = identities.filter((identity) => {
      const session = context.sessions.find(identity);
      return session !== undefined && members.has(session);
    });
    const moves = wantsMoves ? context.news?.movesOf(name, identities) : undefined;
    const parts = members.size > 0 ? 1 : 0;
    return {name, connections: members.size, present, parts, ...(moves !== undefined && {moves})};
  });
  return {channels: await Promise.all(found), isPartial: false};
}
