// A stage over real sockets: a WebSocket to the server under test, its HTTP API, and the scripted business server behind it.

import {callGateway, type GatewayTarget} from '../../business/gateway-call.ts';
import type {Clock} from '../../core/clock.ts';
import {apiPaths, sendQuery} from '../../protocol/api.ts';
import {headerDevice, headerPlatform} from '../../protocol/header-name.ts';
import {readAnswer} from '../answer.ts';
import {PacketSocket} from '../packet-socket.ts';
import {spellBytes} from './hex-template.ts';
import {Inbox} from './inbox.ts';
import type {BusinessClient, ScriptedBusiness} from './scripted-business.ts';
import type {Stage, StageCall, StageResult} from './stage.ts';
import type {Publishing} from './vectors.ts';

/** The server under test and what is known of it. */
export interface ServerUnderTest {
  /** `ws://host:port/connect/` */
  readonly url: string;
  readonly api: GatewayTarget;
  readonly business: ScriptedBusiness;
  readonly clock: Clock;
  /** Its retry interval. */
  readonly retryMs: number;
}

/** How long anything may take that should happen at once. */
const patienceMs = 10_000;
/** RELs of ids that no vector has: each is answered by a COM, behind all that was sent before. [RB-24] */
const fenceIdMin = 0xe000;
const fenceIdMax = 0xefff;
/** Type and payload of a QoS 0 message whose call comes behind all calls before it. [RB-46] */
const markerType = 65_000;
const emptyBytes = new Uint8Array(0);

export class SocketStage implements Stage {
  readonly isTimed = true;
  readonly #server: ServerUnderTest;
  readonly #client: BusinessClient;
  readonly #socket: PacketSocket;
  readonly #messages: Inbox<Uint8Array>;
  readonly #closes: Inbox<number>;
  readonly #results = new Map<string, Promise<StageResult>>();
  #fenceId = fenceIdMin;
  /** Whether anything was sent since the last fence. */
  #hasSent = false;

  private constructor(
    server: ServerUnderTest,
    client: BusinessClient,
    socket: PacketSocket,
    messages: Inbox<Uint8Array>,
    closes: Inbox<number>,
  ) {
    this.#server = server;
    this.#client = client;
    this.#socket = socket;
    this.#messages = messages;
    this.#closes = closes;
  }

  /** Connects a client of its own. Rejects where the server refuses it. */
  static async open(server: ServerUnderTest, device: string): Promise<SocketStage> {
    const client = server.business.expect(device);
    const messages = new Inbox<Uint8Array>('a message of the server', server.clock);
    const closes = new Inbox<number>('the end of the connection', server.clock);
    const headers = {[headerDevice]: device, [headerPlatform]: 'conformance'};
    const socket = await PacketSocket.open(server.url, {headers, timeoutMs: patienceMs}, () => ({
      onBytes: (bytes) => messages.push(bytes),
      onText: (text) => messages.push(Buffer.from(`text: ${text}`)),
      onClosed: (code) => {
        messages.end(`the end of the connection, code ${code}`);
        closes.push(code);
      },
    }));
    return new SocketStage(server, client, socket, messages, closes);
  }

  /** Ends the connection and leaves no call open. */
  end(): void {
    this.#client.answerAll();
    if (this.#socket.isOpen) this.#socket.close(1000);
  }

  send(bytes: Uint8Array): void {
    this.#hasSent = true;
    this.#socket.send(bytes);
  }

  sendText(text: string): void {
    this.#hasSent = true;
    this.#socket.sendText(text);
  }

  async message(after?: 'retry'): Promise<Uint8Array> {
    return await this.#messages.next(patienceMs + (after === 'retry' ? 2 * this.#server.retryMs : 0));
  }

  async call(): Promise<StageCall> {
    return await this.#client.calls.next(patienceMs);
  }

  // Client and business server speak over different sockets: without a fence either could be heard first.
  async answer(status: number, body: Uint8Array): Promise<void> {
    await this.#settle();
    this.#client.answer(status, body);
  }

  async publish({qos, type, payload, timeout = 10}: Publishing, name: string): Promise<void> {
    await this.#settle();
    const result = this.#publish(qos, type, Buffer.from(payload.replaceAll(' ', ''), 'hex'), timeout);
    // Looked at by the step that waits for it, if there is one.
    result.catch(() => {});
    this.#results.set(name, result);
  }

  async result(name: string): Promise<StageResult> {
    const result = this.#results.get(name);
    if (result === undefined) throw new Error(`expected a publication ${name}, got none`);
    return await result;
  }

  async leftovers(): Promise<readonly string[]> {
    const before = await this.#fence();
    const found = before.map((bytes) => Buffer.from(bytes).toString('hex'));
    // A call that is still open keeps every later one back, the marker's too.
    const calls = this.#client.openCount > 0 ? this.#client.calls.take() : await this.#mark();
    return [...found, ...calls.map(({type, payload}) => `a call of type ${type}, ${payload.length} bytes`)];
  }

  leave(code: number): void {
    this.#socket.close(code);
  }

  async closed(): Promise<number> {
    return await this.#closes.next(patienceMs);
  }

  async closeCall(): Promise<void> {
    await this.#client.closeCalls.next(patienceMs);
  }

  compareStates(): undefined {
    return undefined;
  }

  /** Sends `bytes` and a fence behind it; settles with what came before the fence's answer. */
  async exchange(bytes: Uint8Array): Promise<readonly Uint8Array[]> {
    this.send(bytes);
    return await this.#fence();
  }

  async #settle(): Promise<void> {
    // After the end of the connection there is no fence to send, and nothing to wait for.
    if (!this.#hasSent || !this.#socket.isOpen) return;
    this.#messages.putBack(await this.#fence());
  }

  async #fence(): Promise<Uint8Array[]> {
    const id = this.#fenceId;
    this.#fenceId = id === fenceIdMax ? fenceIdMin : id + 1;
    this.send(Uint8Array.of(0x40, id >> 8, id & 0xff));
    const mark = spellBytes(Uint8Array.of(0x50, id >> 8, id & 0xff));
    const before: Uint8Array[] = [];
    for (;;) {
      const bytes = await this.#messages.next(patienceMs);
      if (spellBytes(bytes) === mark) {
        this.#hasSent = false;
        return before;
      }
      before.push(bytes);
    }
  }

  async #mark(): Promise<StageCall[]> {
    const mark = `marker ${this.#fenceId}`;
    this.send(Buffer.concat([Uint8Array.of(0x10, markerType >> 8, markerType & 0xff), Buffer.from(mark)]));
    const before: StageCall[] = [];
    for (;;) {
      const call = await this.#client.calls.next(patienceMs);
      this.#client.answer(200, emptyBytes);
      if (call.type === markerType && Buffer.from(call.payload).toString() === mark) return before;
      before.push(call);
    }
  }

  async #publish(qos: 0 | 1 | 2, type: number, payload: Uint8Array, timeout: number): Promise<StageResult> {
    const outcome = await callGateway(this.#server.api, {
      method: 'POST',
      path: apiPaths.send,
      query: sendQuery({channel: this.#client.device, msgtype: type, qos, timeout}),
      body: payload,
      timeoutMs: timeout * 1_000 + patienceMs,
    });
    const read = readAnswer(outcome);
    if (read.kind === 'none') throw new Error(`expected an answer of the HTTP API: ${read.why}`);
    const {connections = 0, data = '', msg} = read.answer;
    const isTimedOut = read.answer.timeout === true || msg === 'timeout';
    if (read.answer.status !== 0 && !isTimedOut)
      throw new Error(`expected status 0, got ${JSON.stringify(read.answer)}`);
    return {connections: Number(connections), data: typeof data === 'string' ? data : '', isTimedOut};
  }
}
