// Mutants that do wrong to what passes between the shards of a gateway.

import type {ShardMessage} from '../../src/cluster/shards/shard-message.ts';
import type {Question} from '../../src/router/part.ts';
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
      message.kind === 'answer' && message.to === 'publish'
        ? [{...message, answer: {...message.answer, connections: message.answer.connections + 1}}]
        : [message],
    ),
    rules: ['RB-61'],
  },
  {
    name: 'subscriptions that other shards do not carry out',
    sabotage: asking((question) =>
      question.kind === 'subscribe' ? {kind: 'unsubscribe', request: question.request} : question,
    ),
    rules: ['membership', 'RB-61', 'RB-62'],
  },
  {
    name: 'a channel that is occupied on one shard only',
    sabotage: asking((question) =>
      question.kind === 'evict' ? {...question, request: {...question.request, channel: 'nowhere'}} : question,
    ),
    rules: ['membership', 'RB-45', 'RB-61', 'RB-62'],
  },
  {
    name: 'an identity that two shards have at a time',
    sabotage: asking((question) =>
      question.kind === 'takeOver' ? {...question, request: {...question.request, identity: 'unknown'}} : question,
    ),
    rules: ['identity', 'RB-67'],
    isRare: true,
    seedMin: 47,
  },
];

function isPublication(message: ShardMessage): boolean {
  return message.kind === 'broadcast' || (message.kind === 'ask' && message.question.kind === 'publish');
}

function asking(instead: (question: Question) => Question): Sabotage {
  return between((message) =>
    message.kind === 'ask' ? [{...message, question: instead(message.question)}] : [message],
  );
}

function between(arriving: (message: ShardMessage) => readonly ShardMessage[]): Sabotage {
  return {envelope: (envelope) => envelope.flatMap(arriving)};
}
