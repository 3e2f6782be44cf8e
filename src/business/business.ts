// A business server without a server: a function from the gateway's calls to their answers, as web Requests and Responses.
// Adapters bring it into servers and frameworks.
//
//   gate ─► message: repeat? ─► handler, with a deadline ─► answer: value, channels, cookie

import {type Clock, systemClock} from '../core/clock.ts';
import {headerCookie, headerIdentity, headerMessage} from '../protocol/header-name.ts';
import {type Answer, connectAnswer, jsonAnswer, messageAnswer, toResponse} from './answer.ts';
import {MemoryStore} from './answer-store.ts';
import {type CloseCall, closeCall, connectCall, type MessageHandler, messageCall, readCall} from './call.ts';
import {methodOf, readPlace} from './call-place.ts';
import {ChannelChanges} from './channel-changes.ts';
import {readContext} from './context.ts';
import {settleWithin} from './deadline.ts';
import {BusinessError} from './errors.ts';
import {type AdmittedCall, Gate} from './gate.ts';
import {readSecret} from './option-check.ts';
import {
  type BusinessOptions,
  type CallName,
  checkBounds,
  checkOptions,
  type RefusedCall,
  readHandlers,
} from './options.ts';
import {RefusalWarnings} from './refusal-warnings.ts';
import {Repeats} from './repeats.ts';

/** Answers one call of the gateway; never rejects, and never takes much longer than `timeoutMs`. */
export type Business = (request: Request) => Promise<Response>;

/** Makes a business server. Throws `TypeError` or `RangeError` if an option is invalid or unknown. */
export function business<Context extends object = Record<string, unknown>>(
  options: BusinessOptions<Context>,
): Business {
  const server = new BusinessServer<Context>(options);
  return (request) => server.receive(request);
}

class BusinessServer<Context extends object> {
  readonly #options: BusinessOptions<Context>;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #handlerOf: (type: number) => MessageHandler<Context> | undefined;
  readonly #gate: Gate;
  readonly #repeats: Repeats;
  readonly #warnings: RefusalWarnings;

  constructor(options: BusinessOptions<Context>) {
    checkOptions(options);
    const {on = {}, store, onWarning, clock = systemClock} = options;
    const token = readSecret('business()', 'token', options.token);
    const {timeoutMs = 9_000, bodyBytesMax = 1_048_576, runningMax = 10_000, replayCallsMax = 1_000_000} = options;
    checkBounds({timeoutMs, bodyBytesMax, runningMax, replayCallsMax});
    this.#options = options;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#handlerOf = readHandlers(on);
    const hasHandler = (type: number): boolean => this.#handlerOf(type) !== undefined;
    this.#gate = new Gate({token, bodyBytesMax, replayCallsMax, hasHandler, clock});
    this.#repeats = new Repeats(store ?? new MemoryStore(), runningMax);
    this.#warnings = new RefusalWarnings(clock, onWarning);
  }

  async receive(request: Request): Promise<Response> {
    const deadlineAt = this.#clock.now() + this.#timeoutMs;
    const admitted = await settleWithin(this.#clock, this.#timeoutMs, this.#gate.admit(request).catch(brokenBody));
    if (admitted === undefined) return toResponse(this.#refuse(slowBody, request));
    if ('code' in admitted) return toResponse(this.#refuse(admitted, request));
    return toResponse(await this.#answer(admitted, deadlineAt));
  }

  async #answer(admitted: AdmittedCall, deadlineAt: number): Promise<Answer> {
    const name = nameOf(admitted);
    const answered = this.#handle(admitted, name).catch((error: unknown) => this.#fail(error, name));
    const answer = await settleWithin(this.#clock, deadlineAt - this.#clock.now(), answered);
    if (answer !== undefined) return answer;
    this.#report(
      new BusinessError(
        'RB_HANDLER_SLOW',
        `The handler did not answer within ${this.#timeoutMs} ms (timeoutMs). Make it faster, or raise timeoutMs.`,
      ),
      name,
    );
    return jsonAnswer(503, {status: 'fail', code: 'RB_HANDLER_SLOW'});
  }

  async #handle({place, request, body}: AdmittedCall, name: CallName): Promise<Answer> {
    const context = readContext(request.headers.get(headerCookie) ?? undefined) as Partial<Context>;
    const call = readCall(request, context);
    const changes = {channels: new ChannelChanges(), context, contextBefore: JSON.stringify(context)};
    switch (place.kind) {
      case 'connect': {
        const {connect} = this.#options;
        const value = connect === undefined || (await connect(connectCall(call, changes.channels)));
        return await connectAnswer(value, changes);
      }
      case 'close': {
        // A close call may come again, as where its handler took too long: it is the same end. [RB-63]
        const closing = closeCall(call);
        const answered = this.#once(closing.message, name, () => this.#close(closing));
        return answered === undefined ? this.#refuse(overloaded, request) : await answered;
      }
      case 'message': {
        const handler = this.#handlerOf(place.type);
        const run = async (): Promise<Answer> =>
          messageAnswer(await handler?.(messageCall(call, changes.channels, place, body)), changes);
        const answered = this.#once(name.message, name, run);
        return answered === undefined ? this.#refuse(overloaded, request) : await answered;
      }
    }
  }

  // Failures end here, so that one that several repeats share is reported once.
  #once(message: string, name: CallName, run: () => Promise<Answer>): Promise<Answer> | undefined {
    return this.#repeats.answer(
      message,
      () => run().catch((error: unknown) => this.#fail(error, name)),
      (error) => this.#report(error, name),
    );
  }

  async #close(call: CloseCall<Context>): Promise<Answer> {
    await this.#options.close?.(call);
    return jsonAnswer(200, {status: 'success'});
  }

  #fail(error: unknown, name: CallName): Answer {
    // The client's fault, not the handler's.
    if ((error as {readonly code?: unknown} | null)?.code === 'RB_NOT_JSON') {
      return jsonAnswer(400, {status: 'fail', code: 'RB_NOT_JSON', detail: 'The payload is not JSON'});
    }
    this.#report(error, name);
    return jsonAnswer(500, {status: 'fail', code: 'RB_HANDLER_FAILED'});
  }

  #refuse(refused: RefusedCall, request: Request): Answer {
    const {onRefused} = this.#options;
    if (onRefused !== undefined) apart(() => onRefused(refused, request));
    this.#warnings.count(refused);
    const {status, code, detail} = refused;
    const place = readPlace(new URL(request.url).pathname);
    const allow = code === 'RB_METHOD' && place !== undefined ? {allow: methodOf(place)} : {};
    return jsonAnswer(status, {status: 'fail', code, detail}, allow);
  }

  #report(error: unknown, name: CallName): void {
    const {onError = warn} = this.#options;
    apart(() => onError(error, name));
  }
}

const overloaded: RefusedCall = {
  status: 503,
  code: 'RB_OVERLOADED',
  detail: 'Too many messages are being handled. Retry later.',
};
const slowBody: RefusedCall = {
  status: 408,
  code: 'RB_REQUEST_TIMEOUT',
  detail: 'The body did not come whole in time. Send it faster.',
};

// One that broke off, or that a middleware has read before.
function brokenBody(error: unknown): RefusedCall {
  return {status: 400, code: 'RB_REQUEST_MALFORMED', detail: `The body cannot be read: ${String(error)}.`};
}

// The hooks are the application's: one that throws is an uncaught exception of its program, as anywhere in it, and the
// answer is made all the same.
function apart(hook: () => void): void {
  queueMicrotask(hook);
}

function warn(error: unknown, {kind, type, identity}: CallName): void {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(
    `${kind}${type === undefined ? '' : ` of type ${type}`} from ${identity}: ${what}`,
    'RainbowWarning',
  );
}

function nameOf({place, request}: AdmittedCall): CallName {
  const {headers} = request;
  return {
    kind: place.kind,
    type: place.type,
    identity: headers.get(headerIdentity) ?? '',
    message: place.kind === 'message' ? (headers.get(headerMessage) ?? '') : '',
  };
}
