// The business server of a conformance run: admits every client, keeps its message calls until the scenario answers them,
// and counts its close calls. Clients are distinguished by the device id of its handshake.

import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import {readPlace} from '../../business/call-place.ts';
import type {Clock} from '../../core/clock.ts';
import {headerDevice, headerIdentity, headerJoin, headerMessage} from '../../protocol/header-name.ts';
import {CommandFailure, exitCodes} from '../exit.ts';
import {describeListenError} from '../system-error.ts';
import {Inbox} from './inbox.ts';
import type {StageCall} from './stage.ts';

/** The client of one stage, as the business server knows it. */
export class BusinessClient {
  readonly device: string;
  readonly calls: Inbox<StageCall>;
  readonly closeCalls: Inbox<true>;
  /** Calls without an answer, the oldest first. */
  readonly #open: ServerResponse[] = [];

  constructor(device: string, clock: Clock) {
    this.device = device;
    this.calls = new Inbox('a message call', clock);
    this.closeCalls = new Inbox('a close call', clock);
  }

  get openCount(): number {
    return this.#open.length;
  }

  receive(call: StageCall, response: ServerResponse): void {
    this.#open.push(response);
    this.calls.push(call);
  }

  answer(status: number, body: Uint8Array): void {
    const response = this.#open.shift();
    if (response === undefined) throw new Error('expected a call to answer, got none');
    response.writeHead(status, {'content-length': body.length}).end(Buffer.from(body));
  }

  /** Leaves no call open, so that the server under test need not wait for one. */
  answerAll(): void {
    while (this.#open.length > 0) this.answer(200, new Uint8Array(0));
  }
}

export class ScriptedBusiness {
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #byDevice = new Map<string, BusinessClient>();
  readonly #byIdentity = new Map<string, BusinessClient>();
  #connectQuery: URLSearchParams | undefined;

  private constructor(clock: Clock) {
    this.#clock = clock;
    this.#server = createServer((request, response) => this.#receive(request, response));
  }

  /** Listens on `port`; 0 picks a free one. */
  static async start(host: string, port: number, clock: Clock): Promise<ScriptedBusiness> {
    const business = new ScriptedBusiness(clock);
    await new Promise<void>((resolve, reject) => {
      business.#server.once('error', (error) =>
        reject(new CommandFailure(exitCodes.failure, describeListenError({host, port}, error, '--business'))),
      );
      business.#server.listen(port, host, resolve);
    });
    return business;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** The query of the latest connect call, with its signature. */
  get connectQuery(): URLSearchParams | undefined {
    return this.#connectQuery;
  }

  /** Expects a client that will connect with this device id; it is put into a channel of the same name. */
  expect(device: string): BusinessClient {
    const client = new BusinessClient(device, this.#clock);
    this.#byDevice.set(device, client);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#byDevice.values()) client.answerAll();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').replace(/\?.*/s, '');
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'POST') this.#message(request, path, Buffer.concat(chunks), response);
      else if (path.includes('close')) this.#closed(request, response);
      else this.#connect(request, response);
    });
  }

  #connect(request: IncomingMessage, response: ServerResponse): void {
    this.#connectQuery = new URL(request.url ?? '', 'http://business').searchParams;
    const client = this.#byDevice.get(headerOf(request, headerDevice) ?? '');
    if (client === undefined) {
      answerJson(response, '{"status":"fail"}');
      return;
    }
    this.#byIdentity.set(headerOf(request, headerIdentity) ?? '', client);
    response.setHeader(headerJoin, client.device);
    answerJson(response, '{"status":"success"}');
  }

  #message(request: IncomingMessage, path: string, payload: Buffer, response: ServerResponse): void {
    const client = this.#clientOf(request);
    const type = readPlace(path)?.type ?? Number.NaN;
    if (client === undefined) response.writeHead(404).end();
    else client.receive({type, payload, message: headerOf(request, headerMessage)}, response);
  }

  #closed(request: IncomingMessage, response: ServerResponse): void {
    this.#clientOf(request)?.closeCalls.push(true);
    response.writeHead(200).end();
  }

  #clientOf(request: IncomingMessage): BusinessClient | undefined {
    return this.#byIdentity.get(headerOf(request, headerIdentity) ?? '');
  }
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()];
  return typeof value === 'string' ? value : value?.[0];
}

function answerJson(response: ServerResponse, body: string): void {
  response.writeHead(200, {'content-type': 'application/json', 'content-length': body.length}).end(body);
}
