// The chat's business server, with the server SDK: it lets clients connect, moves them between rooms, and says things to a
// room. Started by start.ts, or alone: `node examples/chat/business-server.ts`. It must never keep state of a client
// here: name and room travel in the context that the gateway keeps, so that this process may restart at any time.
// The same without an SDK, to see what is on the wire: examples/python/business.py.

import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {z} from 'zod';
import {type Business, business, checked, RainbowApi, toNodeListener} from '../../src/business/index.ts';

/** What the server needs to know. */
export interface ChatOptions {
  /** 0 picks a free port. */
  readonly port: number;
  /** The `security_token` of the gateway. */
  readonly token: string;
  /** Where the gateway listens: `http://127.0.0.1:1984`. Asked at each push, so it may be known later than the port. */
  readonly gatewayUrl: () => string;
  /** One line for each thing that happens. */
  readonly log: (line: string) => void;
}

/** A running business server. */
export interface Chat {
  readonly port: number;
  close(): Promise<void>;
}

/** What the gateway remembers of a client for us. */
interface Visitor {
  name: string;
  room: string;
}

const typeJoin = 1;
const typeSay = 2;
const typeWho = 3;
const firstRoom = 'lobby';
const nameFormat = /^[^\s;]{1,32}$/;
const joinSchema = z.object({room: z.string().regex(/^[A-Za-z0-9_-]{1,32}$/)});
const saySchema = z.object({text: z.string()});
/** Shorter than the gateway waits for us, so that a silent client in the room does not make the call fail. */
const sayTimeoutMs = 5_000;
const whoTimeoutMs = 2_000;

function createApp({token, gatewayUrl, log}: ChatOptions): Business {
  const gateway = (): RainbowApi => new RainbowApi({url: gatewayUrl(), token});

  return business<Visitor>({
    token,
    // Each query parameter of the client's URL comes as a header, here `?name=ann`.
    connect({header, context, channels}) {
      const name = header('name') ?? '';
      if (!nameFormat.test(name)) return false;
      log(`${name} came`);
      Object.assign(context, {name, room: firstRoom});
      channels.join(firstRoom);
      return true;
    },
    // The last we hear of a client.
    close({context: {name = 'somebody', room = firstRoom}}) {
      log(`${name} went`);
      const news = {from: 'chat', room, text: `${name} went`};
      gateway()
        .send(room, typeSay, news, {qos: 0})
        .catch(() => log('nobody was told: the gateway is going too'));
    },
    // What these return travels to the client in the acknowledgement of its message.
    on: {
      [typeJoin]: checked(
        joinSchema,
        ({data, context, channels}) => {
          const {name = 'somebody', room = firstRoom} = context;
          log(`${name} joined ${data.room}`);
          channels.leave(room);
          channels.join(data.room);
          context.room = data.room;
          return {room: data.room};
        },
        () => ({error: 'a room is named like room-1'}),
      ),
      [typeSay]: checked(
        saySchema,
        async ({data, context: {name = 'somebody', room = firstRoom}}) => {
          const news = {from: name, room, text: data.text};
          const {connections} = await gateway().send(room, typeSay, news, {qos: 1, timeoutMs: sayTimeoutMs});
          return {delivered: connections};
        },
        () => ({error: 'say {"text":"..."}'}),
      ),
      async [typeWho]({context: {room = firstRoom}}) {
        const {replies} = await gateway().ask(room, typeWho, {room}, {qos: 1, timeoutMs: whoTimeoutMs});
        return {room, here: replies.map(({identity, text}) => (text === '' ? identity.slice(0, 8) : text))};
      },
      default: ({bytes}) => bytes,
    },
    onError: (error, {kind, type}) => log(`failed on ${kind} ${type ?? ''}: ${String(error)}`),
    onRefused: ({code, detail}) => log(`refused a call: ${code}, ${detail}`),
  });
}

/** Listens on 127.0.0.1 and settles then; rejects where the port is taken. */
export async function startChat(options: ChatOptions): Promise<Chat> {
  const server = createServer(toNodeListener(createApp(options)));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

if (import.meta.main) {
  const token = process.env.RAINBOW_SECURITY_TOKEN ?? 'change-me-please';
  const gatewayUrl = process.env.RAINBOW_URL ?? 'http://127.0.0.1:1984';
  const {port} = await startChat({port: 8000, token, gatewayUrl: () => gatewayUrl, log: console.log});
  console.log(`Business server on http://127.0.0.1:${port}, pushing to ${gatewayUrl}`);
}
