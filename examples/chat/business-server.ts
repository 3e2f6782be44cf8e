// The chat's business server, with the server SDK: it lets clients connect, moves them between rooms, says things to a
// room, and serves the page. Started by start.ts, or alone: `node examples/chat/business-server.ts`. It must never keep
// state of a client here: name and room travel in the context that the gateway keeps, so that this process may restart
// at any time. The same without an SDK, to see what is on the wire: examples/python/business.py.

import {randomUUID} from 'node:crypto';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {fileURLToPath} from 'node:url';
import {z} from 'zod';
import {type Business, business, checked, RainbowApi, toNodeListener} from '../../src/business/index.ts';
import {
  firstRoom,
  idFormat,
  type News,
  nameFormat,
  roomFormat,
  textMax,
  typeJoin,
  typeLately,
  typeSay,
  typeWho,
} from './messages.ts';
import {Once} from './once.ts';
import {readPageFiles} from './page-files.ts';
import {RoomLog} from './room-log.ts';

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
  /** Of the page's files. @default dist/chat, where `npm run build:pages` puts them */
  readonly pageFolder?: string;
  /**
   * How long what is said waits for a silent client in the room. Shorter than the gateway waits for us, so that it does not
   * make the call fail.
   * @default 5 s
   */
  readonly sayTimeoutMs?: number;
  /** How long the question who is here waits for answers. @default 2 s */
  readonly whoTimeoutMs?: number;
}

/** A running business server. */
export interface Chat {
  readonly port: number;
  /** Whether it has a page to serve. */
  readonly hasPage: boolean;
  close(): Promise<void>;
}

/** What the gateway remembers of a client for us. */
interface Visitor {
  name: string;
  room: string;
}

const roomSchema = z.string().regex(roomFormat);
const joinSchema = z.object({room: roomSchema});
const saySchema = z.object({
  text: z.string().max(textMax),
  id: z.string().regex(idFormat).optional(),
  room: roomSchema.optional(),
});
const builtPage = fileURLToPath(new URL('../../dist/chat', import.meta.url));

function createApp(options: ChatOptions): Business {
  const {token, gatewayUrl, log, sayTimeoutMs = 5_000, whoTimeoutMs = 2_000} = options;
  const gateway = (): RainbowApi => new RainbowApi({url: gatewayUrl(), token});
  const roomLog = new RoomLog();
  const once = new Once<{delivered: number | undefined}>();

  async function say(news: News): Promise<{delivered: number | undefined}> {
    // Before it is sent: who joins meanwhile finds it here, and may hear it as well.
    roomLog.add(news);
    const {connections} = await gateway().send(news.room, typeSay, news, {qos: 2, timeoutMs: sayTimeoutMs});
    return {delivered: connections};
  }

  /** At QoS 0: who misses it misses little. */
  function announce(room: string, text: string): void {
    gateway()
      .send(room, typeSay, {from: 'chat', room, text}, {qos: 0})
      .catch(() => log('not announced: the gateway is going too'));
  }

  return business<Visitor>({
    token,
    // Each query parameter of the client's URL comes as a header, here `?name=ann&room=den`. Who comes back says in which
    // room it was, and is there before anything else is said to it.
    connect({header, context, channels}) {
      const name = header('name') ?? '';
      const room = header('room') ?? firstRoom;
      if (!nameFormat.test(name) || !roomFormat.test(room)) return false;
      log(`${name} came`);
      announce(room, `${name} came`);
      Object.assign(context, {name, room});
      channels.join(room);
      return true;
    },
    // The last we hear of a client.
    close({context: {name = 'guest', room = firstRoom}}) {
      log(`${name} went`);
      announce(room, `${name} went`);
    },
    // What these return travels to the client in the acknowledgement of its message.
    on: {
      [typeJoin]: checked(
        joinSchema,
        ({data, context, channels}) => {
          const {name = 'guest', room = firstRoom} = context;
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
        ({data, message, context: {name = 'guest', room: roomNow = firstRoom}}) => {
          const {text, room = roomNow} = data;
          // By its own id a message is known on another connection and after a reload, where the gateway's id is another.
          const id = data.id ?? (message === '' ? randomUUID() : message);
          return once.do(`${name} ${id}`, () => say({id, from: name, room, text, at: Date.now()}));
        },
        () => ({error: `say {"text":"..."}, at most ${textMax} characters`}),
      ),
      async [typeWho]({context: {room = firstRoom}}) {
        const {replies} = await gateway().ask(room, typeWho, {room}, {qos: 1, timeoutMs: whoTimeoutMs});
        return {room, here: replies.map(({identity, text}) => text() || identity.slice(0, 8))};
      },
      [typeLately]: ({context: {room = firstRoom}}) => ({room, said: roomLog.lately(room)}),
      default: ({bytes}) => bytes(),
    },
    onError: (error, {kind, type}) => log(`failed on ${kind} ${type ?? ''}: ${String(error)}`),
    onRefused: ({code, detail}) => log(`refused a call: ${code}, ${detail}`),
  });
}

/** Listens on 127.0.0.1 and settles then; rejects where the port is taken. */
export async function startChat(options: ChatOptions): Promise<Chat> {
  const {port, gatewayUrl, pageFolder = builtPage} = options;
  const page = await readPageFiles(pageFolder, gatewayUrl);
  const answerGateway = toNodeListener(createApp(options));
  const server = createServer((request, response) => {
    if (!page.serve(request, response)) answerGateway(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    hasPage: page.isBuilt,
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
  const starting = startChat({port: 8000, token, gatewayUrl: () => gatewayUrl, log: console.log});
  const {port} = await starting.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    console.error('Port 8000 of 127.0.0.1 is in use. Stop the program that uses it: perhaps another business server.');
    process.exit(1);
  });
  console.log(`Business server on http://127.0.0.1:${port}, pushing to ${gatewayUrl}`);
}
