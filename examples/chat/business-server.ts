// A whole business server on plain node:http: it lets clients connect, moves them between rooms, and says things to a
// room. Started by start.ts, or alone: `node examples/chat/business-server.ts`. It must never keep state of a client
// here: name and room travel in the cookie that the gateway keeps, so that this process may restart at any time.

import {createHash, randomInt, timingSafeEqual} from 'node:crypto';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';

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
  readonly name: string;
  readonly room: string;
}

/** An answer to the gateway; a `visitor` replaces the cookie. */
interface Answer {
  readonly body: string | Buffer;
  readonly status?: number;
  readonly visitor?: Visitor;
  readonly leave?: string;
}

const typeJoin = 1;
const typeSay = 2;
const typeWho = 3;
const firstRoom = 'lobby';
const nameFormat = /^[^\s;]{1,32}$/;
const roomFormat = /^[A-Za-z0-9_-]{1,32}$/;
const signatureWindowSeconds = 10;
const bodyBytesMax = 1_048_576;
/** Answers kept for messages that the gateway may send again. */
const answersMax = 1_000;
/** Shorter than the gateway waits for us, so that a silent client in the room does not make the call fail. */
const sayTimeoutSeconds = 5;
const whoTimeoutSeconds = 2;
const pushTimeoutMs = 8_000;

/** Listens on 127.0.0.1 and settles then; rejects where the port is taken. */
export async function startChat(options: ChatOptions): Promise<Chat> {
  const answers = new Map<string, Promise<Answer>>();
  const server = createServer((request, response) => {
    void handle(options, answers, request)
      .catch((error: unknown): Answer => {
        options.log(`failed on ${request.url?.split('?')[0]}: ${String(error)}`);
        return {status: 500, body: '{"status":"fail"}'};
      })
      .then((answer) => reply(response, answer));
  });
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

async function handle(
  options: ChatOptions,
  answers: Map<string, Promise<Answer>>,
  request: IncomingMessage,
): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const body = await readBody(request);
  if (!isSigned(options.token, url.searchParams)) return {status: 403, body: '{"status":"fail"}'};
  if (url.pathname === '/connect/') return connect(options, request);
  if (url.pathname === '/close/') return close(options, request);
  // Whatever stands before it in `forward_url`.
  const type = /\/(\d{1,5})\/$/.exec(url.pathname)?.[1];
  if (type === undefined) return {status: 404, body: '{"status":"fail"}'};

  // A message that was forwarded again, since we or the network failed the first time, gets the answer of the first.
  const message = String(request.headers.rainbowmessageid ?? '');
  const earlier = message === '' ? undefined : answers.get(message);
  if (earlier !== undefined) return earlier;
  const answer = receive(options, Number(type), visitorOf(request), body);
  if (message === '') return answer;
  answers.set(message, answer);
  answer.catch(() => answers.delete(message));
  for (const oldest of answers.keys()) {
    if (answers.size <= answersMax) break;
    answers.delete(oldest);
  }
  return answer;
}

/** The connect call: each query parameter of the client's URL comes as a header, here `?name=ann`. */
function connect(options: ChatOptions, request: IncomingMessage): Answer {
  // Headers are read as Latin-1, and the gateway writes UTF-8 into them.
  const name = Buffer.from(String(request.headers.name ?? ''), 'latin1').toString();
  if (!nameFormat.test(name)) return {body: '{"status":"fail"}'};
  options.log(`${name} came`);
  return {body: '{"status":"success"}', visitor: {name, room: firstRoom}};
}

/** The close call: the last we hear of a client. */
function close(options: ChatOptions, request: IncomingMessage): Answer {
  const {name, room} = visitorOf(request);
  options.log(`${name} went`);
  const news = {from: 'chat', room, text: `${name} went`};
  push(options, `channel=${room}&msgtype=${typeSay}&qos=0`, news).catch(() => {
    options.log('nobody was told: the gateway is going too');
  });
  return {body: 'ok'};
}

/** A message call. What it answers travels to the client in the acknowledgement of the message. */
async function receive(options: ChatOptions, type: number, visitor: Visitor, body: Buffer): Promise<Answer> {
  if (type === typeJoin) {
    const room = textOf(body, 'room');
    if (room === undefined || !roomFormat.test(room)) return {body: '{"error":"a room is named like room-1"}'};
    options.log(`${visitor.name} joined ${room}`);
    const answer = {body: JSON.stringify({room}), visitor: {...visitor, room}};
    return room === visitor.room ? answer : {...answer, leave: visitor.room};
  }
  if (type === typeSay) {
    const text = textOf(body, 'text');
    if (text === undefined) return {body: '{"error":"say {\\"text\\":\\"...\\"}"}'};
    const query = `channel=${visitor.room}&msgtype=${typeSay}&qos=1&timeout=${sayTimeoutSeconds}`;
    const outcome = await push(options, query, {from: visitor.name, room: visitor.room, text});
    return {body: JSON.stringify({delivered: outcome.connections ?? 0})};
  }
  if (type === typeWho) {
    const query = `channel=${visitor.room}&msgtype=${typeWho}&qos=1&timeout=${whoTimeoutSeconds}&replies=all`;
    const outcome = await push(options, query, {room: visitor.room});
    const here = (outcome.replies ?? []).map(({identity, data}) => (data === '' ? identity.slice(0, 8) : data));
    return {body: JSON.stringify({room: visitor.room, here})};
  }
  return {body};
}

/** What `/send/` answers; the gateway's protocol document has the whole. */
interface SendOutcome {
  readonly status: number;
  readonly msg?: string;
  readonly connections?: number;
  readonly replies?: readonly {readonly identity: string; readonly data: string}[];
}

/** One signed call of the gateway. That some clients were silent is not an error: `connections` says how many were not. */
async function push(options: ChatOptions, query: string, payload: object): Promise<SendOutcome> {
  const url = `${options.gatewayUrl()}/send/?${query}&${signedQuery(options.token)}`;
  const signal = AbortSignal.timeout(pushTimeoutMs);
  const response = await fetch(url, {method: 'POST', body: JSON.stringify(payload), signal});
  const outcome = (await response.json()) as SendOutcome;
  if (outcome.status !== 0 && outcome.msg !== 'timeout') throw new Error(`the gateway refused: ${outcome.msg}`);
  return outcome;
}

function signature(token: string, timestamp: string, nonce: string): string {
  const parts = [token, timestamp, nonce].map((part) => Buffer.from(part)).sort((left, right) => left.compare(right));
  return createHash('sha1').update(Buffer.concat(parts)).digest('hex');
}

function signedQuery(token: string): string {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const nonce = String(randomInt(1e12));
  return `timestamp=${timestamp}&nonce=${nonce}&signature=${signature(token, timestamp, nonce)}`;
}

function isSigned(token: string, query: URLSearchParams): boolean {
  const timestamp = query.get('timestamp') ?? '';
  const expected = Buffer.from(signature(token, timestamp, query.get('nonce') ?? ''));
  const got = Buffer.from(query.get('signature') ?? '');
  if (got.length !== expected.length || !timingSafeEqual(got, expected)) return false;
  return Math.abs(Date.now() / 1000 - Number(timestamp)) < signatureWindowSeconds;
}

function reply(response: ServerResponse, {status = 200, body, visitor, leave}: Answer): void {
  response.setHeader('content-type', 'application/json');
  if (visitor !== undefined) {
    response.setHeader('RAINBOWCLIENTCOOKIE', Buffer.from(JSON.stringify(visitor)).toString('base64'));
    response.setHeader('RAINBOWCLIENTCHANNEL', visitor.room);
  }
  if (leave !== undefined) response.setHeader('RAINBOWCLIENTCHANNELUNSUB', leave);
  response.writeHead(status).end(body);
}

/** The cookie was made by us and comes back from the gateway alone, under its signature. */
function visitorOf(request: IncomingMessage): Visitor {
  const cookie = String(request.headers.rainbowclientcookie ?? '');
  if (cookie === '') return {name: 'somebody', room: firstRoom};
  return JSON.parse(Buffer.from(cookie, 'base64').toString()) as Visitor;
}

/** The string `key` of a JSON object, or `undefined` where there is none. */
function textOf(body: Buffer, key: string): string | undefined {
  try {
    const value = (JSON.parse(body.toString()) as Record<string, unknown> | null)?.[key];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined; // Not JSON: the caller says what it wants.
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new Error(`Expected a body of at most ${bodyBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

if (import.meta.main) {
  const token = process.env.RAINBOW_SECURITY_TOKEN ?? 'change-me-please';
  const gatewayUrl = process.env.RAINBOW_URL ?? 'http://127.0.0.1:1984';
  const {port} = await startChat({port: 8000, token, gatewayUrl: () => gatewayUrl, log: console.log});
  console.log(`Business server on http://127.0.0.1:${port}, pushing to ${gatewayUrl}`);
}
