// What the sender of a message is answered whose session has ended before it was handled: a caller counts on an answer.

import {nowhere} from './membership.ts';
import type {V2SessionMessage} from './messages-v2.ts';
import type {ShardContext} from './shard-context.ts';

/** Deliveries and the answers to calls are for the session itself to settle. */
export function answerDropped(message: V2SessionMessage, {closes}: Pick<ShardContext, 'closes'>): void {
  switch (message.kind) {
    case 'survey':
      message.stats.skip();
      return;
    case 'subscribe':
      message.reply(nowhere);
      return;
    case 'permit':
      message.reply('noSuchConnection');
      return;
    case 'unsubscribe':
      message.reply('done');
      return;
    case 'disconnect':
      message.done(false);
      return;
    case 'identityTaken':
      closes.later(message.done);
      return;
    default:
  }
}
