// What the upstream tests share: business servers good and bad on free ports, calls, and a transport that fails the
// test where a call is answered twice.

import type {IncomingMessage, RequestListener, Server} from 'node:http';
import type {AddressInfo, Socket} from 'node:net';
import {createServer as createTcpServer, type Server as TcpServer} from 'node:net';
import type {ExecutionContext} from 'ava';
import {
  type Answer,
  type Call,
  type CloseCall,
  type ConnectCall,
  isLast,
  type MessageCall,
  type UpstreamSettings,
} from '../../src/upstream/call.ts';
import {createUpstreamPool, type UpstreamPoolOptions} from '../../src/upstream/upstream-pool.ts';
import {createServer} from '../support/node-http.ts';

export const token = 'tokentoken';

/** A server that listens; ends with the test. */
export interface Listening<AnyServer> {
  readonly server: AnyServer;
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly port: number;
  /** Sockets accepted, in order, ended ones included. */
  readonly sockets: readonly Socket[];
}

/** Starts `server`, and ends it with the test. */
export async function listen<AnyServer extends TcpServer>(
  t: ExecutionContext,
  server: AnyServer,
  port = 0,
): Promise<Listening<AnyServer>> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    sockets.push(socket);
    // A client that gives a call up resets its socket.
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = addressOf(server);
  return {server, url: `http://127.0.0.1:${address.port}`, port: address.port, sockets};
}

/** An HTTP server; a listener that fails drops its connection. */
export function listenHttp(
  t: ExecutionContext,
  listener: (...parameters: Parameters<RequestListener>) => void | Promise<void>,
  port = 0,
): Promise<Listening<Server>> {
  const server = createServer((request, response) => {
    Promise.resolve(listener(request, response)).catch(() => request.destroy());
  });
  return listen(t, server, port);
}

/** A server that answers each request of a connection with `bytes`, whatever they are, then goes on as `then` says. */
export function listenRaw(
  t: ExecutionContext,
  bytes: string,
  then: (socket: Socket) => void = () => {},
): Promise<Listening<TcpServer>> {
  const server = createTcpServer((socket) => {
    socket.on('data', () => {
      if (bytes === '') then(socket);
      else socket.write(bytes, 'latin1', () => then(socket));
    });
  });
  return listen(t, server);
}

function addressOf(server: TcpServer): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Expected a TCP address');
  return address;
}

/** The whole body of a request. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A string as node:http wants the bytes of its UTF-8 in a header. */
export function utf8Header(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Settings for a business server that does everything at `url`. */
export function settingsOf(url: string, changes: Partial<UpstreamSettings> = {}): UpstreamSettings {
  return {
    connectUrl: `${url}/connect/`,
    forwardUrl: `${url}/message/`,
    closeUrl: `${url}/close/`,
    securityToken: token,
    callTimeoutMs: 600_000,
    answerBytesMax: 65_536,
    socketsMax: 128,
    ...changes,
  };
}

/** A transport under test. */
export interface Harness {
  /** Dispatches calls as one turn and settles with their answers, in the order of the calls. */
  callAll(calls: readonly Call[]): Promise<Answer[]>;
  call(call: Call): Promise<Answer>;
  close(graceMs: number): Promise<void>;
  /** How many answers came. */
  readonly answered: () => number;
}

/** Starts a transport; ends it with the test. */
export function startHarness(
  t: ExecutionContext,
  settings: UpstreamSettings,
  options: Partial<Omit<UpstreamPoolOptions, 'settings'>> = {},
): Harness {
  const pool = createUpstreamPool({settings, workers: 1, callsMax: 100_000, ...options});
  const open = new Map<number, (answer: Answer) => void>();
  const late = new Set<number>();
  let answered = 0;
  pool.onAnswers((answers) => {
    for (const answer of answers) {
      // What a connect call that was cut gets first, and settles with; its last answer is for the gateway.
      if (late.delete(answer.call)) continue;
      if (!isLast(answer)) late.add(answer.call);
      const take = open.get(answer.call);
      if (take === undefined) t.fail(`call ${answer.call} was answered again or never made`);
      open.delete(answer.call);
      answered++;
      take?.(answer);
    }
  });
  const callAll = (calls: readonly Call[]): Promise<Answer[]> => {
    const answers = calls.map(({call}) => new Promise<Answer>((resolve) => open.set(call, resolve)));
    pool.dispatch(calls);
    return Promise.all(answers);
  };
  const call = async (made: Call): Promise<Answer> => {
    const [answer] = await callAll([made]);
    if (answer === undefined) throw new Error('Expected an answer');
    return answer;
  };
  t.teardown(() => pool.close(0));
  return {callAll, call, close: (graceMs) => pool.close(graceMs), answered: () => answered};
}

let calls = 0;

export function connectCall(changes: Partial<ConnectCall> = {}): ConnectCall {
  return {kind: 'connect', call: ++calls, identity: 'ab'.repeat(32), headers: [], ...changes};
}

export function messageCall(changes: Partial<MessageCall> = {}): MessageCall {
  const call = ++calls;
  return {
    kind: 'message',
    call,
    identity: 'ab'.repeat(32),
    cookie: undefined,
    message: `message-${call}`,
    type: 1,
    standing: 'new',
    payload: Buffer.from('hi'),
    ...changes,
  };
}

export function closeCall(changes: Partial<CloseCall> = {}): CloseCall {
  const call = ++calls;
  const message = `close-${call}`;
  return {kind: 'close', call, identity: 'ab'.repeat(32), cookie: undefined, message, reason: 'client', ...changes};
}

/** `accepted`, `refused`, or `failed/reason`. */
export function outcome(answer: Answer): string {
  return answer.kind === 'failed' ? `failed/${answer.reason}` : answer.kind;
}

/** The body of an accepted answer as text, or what came instead. */
export function bodyText(answer: Answer): string {
  return answer.kind === 'accepted' ? Buffer.from(answer.body).toString('utf8') : outcome(answer);
}
