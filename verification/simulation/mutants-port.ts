// Mutants that do wrong to what passes between the shards of a gateway.

import type {ShardMessage} from '../../src/cluster/shards/shard-message.ts';
import type {Mutant} from './mutant.ts';
import type {Sabotage} from './sabotage.ts';

export const portMutants: readonly Mutant[] = [
  {
    name: 'publications that reach another shard twice',
    sabotage: between((message) => (isPublication(message) ? [message, message] : [message])),
    rules: ['RB-21', 'RB-45'],
  },
  {
    name: 'publications that do not reach another shard',
    sabotage: between((message) => (isPublication(message) ? [] : [message])),
    rules: ['RB-61', 'RB-62', 'calm'],
  },
  {
    name: 'answers of other shards that are counted as one more',
    sabotage: between((message) =>
      message.kind === 'published'
        ? [{...message, outcome: {...message.outcome, connections: message.outcome.connections + 1}}]
        : [message],
    ),
    rules: ['RB-61'],
  },
  {
    name: 'subscriptions that other shards do not carry out',
    sabotage: between((message) =>
      message.kind === 'subscribe' ? [{...message, kind: 'unsubscribe' as const}] : [message],
    ),
    rules: ['membership', 'RB-61', 'RB-62'],
  },
  {
    name: 'a channel that is occupied on one shard only',
    sabotage: between((message) => (message.kind === 'evict' ? [{...message, channel: 'nowhere'}] : [message])),
    rules: ['membership', 'RB-45', 'RB-61', 'RB-62'],
  },
  {
    name: 'an identity that two shards have at a time',
    sabotage: between((message) => (message.kind === 'takeOver' ? [{...message, identity: 'nobody'}] : [message])),
    rules: ['identity', 'RB-67'],
    isRare: true,
    seedMin: 47,
  },
];

function isPublication({kind}: ShardMessage): boolean {
  return kind === 'publish' || kind === 'broadcast';
}

function between(arriving: (message: ShardMessage) => readonly ShardMessage[]): Sabotage {
  return {envelope: (envelope) => envelope.flatMap(arriving)};
}
