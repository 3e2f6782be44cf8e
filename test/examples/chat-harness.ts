// The chat as `npm start` runs it, in this process: the business server, a gateway in front of it, and clients on the
// platform's own WebSocket that speak packets through the codec.

import type {ExecutionContext} from 'ava';
import {type Chat, type ChatOptions, startChat} from '../../examples/chat/business-server.ts';
import type {GatewayOptions} from '../../src/gateway/config/options.ts';
import {type Gateway, startGateway} from '../../src/gateway/gateway.ts';
import {generatePacket, type Packet, parsePacket, type Qos} from '../../src/protocol/packet.ts';
import {patientOptions} from '../support/patient-options.ts';

export const token = 'a token for tests';
/** The one of config/server.ini, which README shows. */
export const apiKey = 'change-me-please-api-key';

export interface ChatHarness {
  readonly gateway: Gateway;
  readonly chat: Chat;
  readonly lines: readonly string[];
}

export interface ChatHarnessOptions extends Pick<ChatOptions, 'pageFolder' | 'sayTimeoutMs' | 'whoTimeoutMs'> {
  readonly gatewayOptions?: Partial<GatewayOptions>;
}

/** Starts both on free ports; they end with the test. */
export async function startChatHarness(
  t: ExecutionContext,
  {gatewayOptions: changes = {}, ...more}: ChatHarnessOptions = {},
): Promise<ChatHarness> {
  const lines: string[] = [];
  let url = '';
  const chat = await startChat({port: 0, token, gatewayUrl: () => url, log: (line) => lines.push(line), ...more});
  t.teardown(() => chat.close());
  const gateway = await startGateway({...gatewayOptions(chat.port), ...changes});
  // Teardowns run last first: the gateway makes its close calls while their server runs.
  t.teardown(() => gateway.close());
  url = gateway.url;
  return {gateway, chat, lines};
}

/** Options of a gateway before a business server on `port`. */
export function gatewayOptions(port: number) {
  return {
    ...patientOptions,
    connectUrl: `http://127.0.0.1:${port}/connect/`,
    forwardUrl: `http://127.0.0.1:${port}/message/`,
    closeUrl: `http://127.0.0.1:${port}/close/`,
    securityToken: token,
    apiKeys: [apiKey],
  } as const;
}

/** A client of the chat. It acknowledges whatever comes, with `reply`. */
export interface ChatClient {
  /** The next packet that is not yet taken, in order of arrival. */
  next(): Promise<Packet>;
  /** The payload of the next SEND, as JSON, but for those that say who came. */
  heard(): Promise<unknown>;
  /** The next that says who else came. */
  heardOfArrival(): Promise<string>;
  /** Sends a message at QoS 1 and settles with the reply in its ACK, as JSON. */
  ask(type: number, payload: object | string): Promise<unknown>;
  send(packet: Packet): void;
  close(): void;
  readonly closed: Promise<number>;
}

/** Connects, and rejects where that is refused. */
export async function connectClient(t: ExecutionContext, gateway: Gateway, name: string): Promise<ChatClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/connect/?name=${encodeURIComponent(name)}`);
  socket.binaryType = 'arraybuffer';
  t.teardown(() => socket.close());
  const packets: Packet[] = [];
  const waiting: ((packet: Packet) => void)[] = [];
  const asked = new Map<number, (reply: string) => void>();
  let id = 0;

  const send = (packet: Packet): void => socket.send(new Uint8Array(generatePacket(packet)));
  socket.addEventListener('message', ({data}) => {
    const packet = parsePacket(new Uint8Array(data as ArrayBuffer));
    if (packet.kind === 'fault') return t.fail(`a fault: ${packet.reason}`);
    if (packet.kind === 'ack' && asked.has(packet.id)) {
      asked.get(packet.id)?.(Buffer.from(packet.reply).toString());
      asked.delete(packet.id);
      return;
    }
    if (packet.kind === 'send' && packet.qos > 0) {
      send({kind: packet.qos === 1 ? 'ack' : 'rec', id: packet.id, reply: Buffer.from(name)});
    }
    if (packet.kind === 'rel') send({kind: 'com', id: packet.id});
    const waiter = waiting.shift();
    if (waiter === undefined) packets.push(packet);
    else waiter(packet);
  });
  const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({code}) => resolve(code)));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('not let in')));
  });

  const next = (): Promise<Packet> => {
    const packet = packets.shift();
    return packet === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(packet);
  };
  return {
    next,
    async heard() {
      for (;;) {
        const packet = await next();
        if (packet.kind !== 'send') continue;
        const news = JSON.parse(Buffer.from(packet.payload).toString()) as unknown;
        if (!isArrival(news)) return news;
      }
    },
    async heardOfArrival() {
      for (;;) {
        const packet = await next();
        if (packet.kind !== 'send') continue;
        const news = JSON.parse(Buffer.from(packet.payload).toString()) as unknown;
        // One's own may come before or after one is in the room.
        if (isArrival(news) && news.text !== `${name} came`) return news.text;
      }
    },
    async ask(type, payload) {
      const message = {
        type,
        id: ++id,
        payload: Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)),
      };
      const answered = new Promise<string>((resolve) => asked.set(message.id, resolve));
      send({kind: 'send', qos: 1 satisfies Qos, isDup: false, ...message});
      return JSON.parse(await answered) as unknown;
    },
    send,
    close: () => socket.close(1000),
    closed,
  };
}

function isArrival(news: unknown): news is {readonly text: string} {
  if (typeof news !== 'object' || news === null || !('from' in news) || !('text' in news)) return false;
  return news.from === 'chat' && typeof news.text === 'string' && news.text.endsWith(' came');
}
