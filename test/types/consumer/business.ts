// A business server with the server SDK, as any compiler from 5.4 on must take it. Compiled in copies by
// declarations.test.ts, never run; a line that must not compile has `@ts-expect-error` above it, and fails where it does.

import {createServer} from 'node:http';
import {
  type AnswerStore,
  type AskResult,
  business,
  checked,
  MemoryStore,
  RainbowApi,
  type SendResult,
  toNodeListener,
} from 'rainbow-server/business';
import {z} from 'zod';

interface Guest {
  room: string;
  visits: number;
}

const store: AnswerStore = new MemoryStore();
const app = business<Guest>({
  token: 'word',
  store,
  connect: ({context, header, channels, address}) => {
    context.visits = (context.visits ?? 0) + 1;
    channels.join('lobby');
    return header('name') === undefined ? false : {identity: `${address ?? ''}/${context.visits}`};
  },
  on: {
    1: ({text, json, bytes}) => {
      console.log(text(), json(), bytes().length);
    },
    2: checked(z.object({room: z.string(), seats: z.number().default(4)}), ({data, context, channels}) => {
      context.room = data.room;
      channels.join(data.room);
      return {seats: data.seats.toFixed()};
    }),
    3: checked(
      z.string(),
      async ({data}) => await Promise.resolve(data.length),
      (_call, issues) => issues[0]?.message,
    ),
    // @ts-expect-error: the schema makes a string of it
    4: checked(z.string(), ({data}) => data.toFixed()),
    // @ts-expect-error: nothing of this name is remembered
    5: ({context}) => context.seats,
    default: async ({type}) => await Promise.resolve(type),
  },
  close: ({identity, reason}) => console.log(identity, reason),
  onError: (error, {kind, type}) => console.log(error, kind, type),
});
createServer(toNodeListener(app)).listen(0);

const gateway = new RainbowApi({url: 'http://127.0.0.1:1984', token: 'word'});

export async function calls(): Promise<void> {
  const sent: SendResult = await gateway.send('lobby', 1002, {from: 'ann'}, {qos: 1});
  const asked: AskResult = await gateway.ask({identity: 'ann'}, 1002, new Uint8Array(3));
  for (const {identity, text} of asked.replies) console.log(identity, text());
  await gateway.subscribe('ann', 'lobby', {occupy: true, signal: AbortSignal.timeout(5)});
  console.log(sent.connections?.toFixed(), sent.reply?.json());
  // @ts-expect-error: QoS 0 has no answer
  await gateway.ask('lobby', 1002, 'who is here?', {qos: 0});
}

export const byKey = new RainbowApi({url: 'http://127.0.0.1:1984', apiKey: 'word'});
// @ts-expect-error: it needs a token or a key
export const withoutToken = new RainbowApi({url: 'http://127.0.0.1:1984'});
// @ts-expect-error: an environment variable may not be set
export const perhapsToken = new RainbowApi({url: 'http://127.0.0.1:1984', token: process.env.TOKEN});
// @ts-expect-error: likewise
export const perhaps = business({token: process.env.TOKEN});
// @ts-expect-error: there is no such option
export const unknownOption = business({token: 'word', timeoutMS: 5});
