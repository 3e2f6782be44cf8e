// A business server that answers as its script says, and shows every call and every answer. It is one of the server SDK,
// so what it accepts and refuses is what an application made with that would.

import {business} from '../../business/business.ts';
import type {ConnectCall, MessageCall} from '../../business/call.ts';
import {encodeHeader} from '../../business/header-text.ts';
import {readBody} from '../../business/request-body.ts';
import {type Clock, systemClock} from '../../core/clock.ts';
import {headerCookie, headerMessage} from '../../protocol/header-name.ts';
import {encodePayload} from '../../protocol/payload.ts';
import type {Display} from './display.ts';
import type {Mode} from './mode.ts';
import type {Script, ScriptedAnswer} from './script.ts';

/** What the stub says where the script is silent. */
export interface StubOptions {
  readonly token: string;
  readonly join: readonly string[];
  readonly cookie: string | undefined;
  /** @default the message's own payload */
  readonly answer: string | undefined;
  readonly isRefusing: boolean;
  readonly script: Script;
  readonly mode: Mode;
  readonly display: Display;
  readonly clock?: Clock;
}

// The stub is as late as its script says; the longest that a timer takes.
const timeoutMs = 2_147_483_647;
const bodyBytesMax = 16_777_216;
/** Messages remembered to recognise repeats. */
const messagesMax = 1_000;

/** A business server that answers as its options say. */
export class Stub {
  readonly #options: StubOptions;
  readonly #clock: Clock;
  readonly #app: (request: Request) => Promise<Response>;
  readonly #messages = new Set<string>();
  #mode: Mode;
  #hang = Promise.withResolvers<void>();
  #calls = 0;

  constructor(options: StubOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#mode = options.mode;
    this.#app = business({
      token: options.token,
      connect: (call) => this.#connect(call),
      on: {default: (call) => this.#message(call)},
      // A repeat is to be seen again, and answered as the mode says by then.
      store: {get: () => undefined, set: () => {}},
      timeoutMs,
      bodyBytesMax,
      clock: this.#clock,
    });
  }

  get mode(): Mode {
    return this.#mode;
  }

  /** Changes what calls are answered from now on; those that hang go on where it no longer says so. */
  set mode(mode: Mode) {
    this.#mode = mode;
    if (mode.isHanging) return;
    this.#hang.resolve();
    this.#hang = Promise.withResolvers();
  }

  /** Shows a call, answers it, shows the answer. */
  async answer(request: Request): Promise<Response> {
    const {display, token} = this.#options;
    const call = ++this.#calls;
    const startedAt = this.#clock.now();
    const body = await readBody(request.clone(), bodyBytesMax).catch(() => 'broken' as const);
    const isRepeat = this.#isRepeat(request.headers.get(headerMessage) ?? '');
    display.showCall({call, wallMs: this.#clock.wallNow(), request, token, body, isRepeat});
    const response = await this.#app(request);
    const bytes = new Uint8Array(await response.clone().arrayBuffer());
    display.showAnswer({call, tookMs: this.#clock.now() - startedAt, response, body: bytes});
    return response;
  }

  #isRepeat(message: string): boolean {
    if (message === '') return false;
    if (this.#messages.has(message)) return true;
    this.#messages.add(message);
    for (const oldest of this.#messages) {
      if (this.#messages.size <= messagesMax) break;
      this.#messages.delete(oldest);
    }
    return false;
  }

  async #connect({channels}: ConnectCall<object>): Promise<Response> {
    const {isRefusing, join, cookie, script} = this.#options;
    const headers: Record<string, string> = {};
    if (!isRefusing) channels.join(...join);
    if (!isRefusing && cookie !== undefined) headers[headerCookie] = cookie;
    return await this.#respond({headers, body: {status: isRefusing ? 'fail' : 'success'}}, script.connect ?? {});
  }

  async #message({type, bytes}: MessageCall<object>): Promise<Response> {
    const {answer, script} = this.#options;
    return await this.#respond({body: answer ?? bytes()}, script[type] ?? script.default ?? {});
  }

  async #respond(
    usual: {readonly headers?: Readonly<Record<string, string>>; readonly body: unknown},
    {status = 200, headers = {}, body, delayMs = this.#mode.delayMs, fail, hang}: ScriptedAnswer,
  ): Promise<Response> {
    if (hang === true) return await new Promise(() => {});
    if (this.#mode.isHanging) await this.#hang.promise;
    if (delayMs > 0) await new Promise<void>((resolve) => this.#clock.startTimer(delayMs, resolve));
    if (fail ?? this.#mode.isFailing) return new Response('failing as configured', {status: 500});
    const {bytes, contentType} = encodePayload(body === undefined ? usual.body : body);
    const lines = Object.entries({'content-type': contentType, ...usual.headers, ...headers});
    const isEmpty = bytes.length === 0 || statusesWithoutBody.includes(status);
    return new Response(isEmpty ? null : Uint8Array.from(bytes), {
      status,
      headers: lines.map(([name, value]): [string, string] => [name, encodeHeader(value)]),
    });
  }
}

const statusesWithoutBody = [204, 205, 304];
