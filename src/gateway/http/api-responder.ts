// Every answer of the HTTP API leaves through here: its status and headers, the counting of refusals, the log line of a
// failure of our own, and the discarding of a body that is not read.

import {Readable} from 'node:stream';
import type {FastifyReply, FastifyRequest} from 'fastify';
import type {Logger} from 'pino';
import type {Clock, Timer} from '../../core/clock.ts';
import type {Counters} from '../../core/counters.ts';
import {errorTable} from '../../core/errors.ts';
import type {MemoryBound} from '../../core/memory-bound.ts';
import {type Refusal, refusalOf, refusalText} from '../../protocol/refusal.ts';
import type {Observation} from '../../trace/observer.ts';
import type {HttpDrain} from './http-drain.ts';

const jsonType = 'application/json; charset=utf-8';

// Of a refused request's body this many times `payloadBytesMax` are read and thrown away, so that its caller gets to
// read the answer; a longer one, or one of unknown length, ends with its connection.
const discardFactor = 4;

/** For a caller to read any of a long answer. */
const stallMs = 60_000;
/** Characters made before others have their turn. */
const hurryChars = 262_144;

/** What the responder is made of. */
export interface ApiResponderParts {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly memory: MemoryBound;
  readonly log: Logger;
  readonly drain: HttpDrain;
  readonly legacyHttpStatus: boolean;
  readonly payloadBytesMax: number;
  readonly observation: Observation;
}

/** Answers calls. No method throws. */
export class ApiResponder {
  readonly #parts: ApiResponderParts;
  readonly #discardBytesMax: number;

  constructor(parts: ApiResponderParts) {
    this.#parts = parts;
    this.#discardBytesMax = parts.payloadBytesMax * discardFactor;
  }

  /** 200 with a JSON text. */
  answer(reply: FastifyReply, json: string): void {
    this.answerAs(reply, jsonType, json);
  }

  /**
   * 200 with a JSON text in pieces, made as the caller reads them; one that reads none of it for long is cut off. `bytes` is
   * what they are made of, held until then. Settles when the answer has gone out.
   */
  async answerInPieces(reply: FastifyReply, pieces: Iterable<string>, bytes: number): Promise<void> {
    const {memory, clock} = this.#parts;
    const {raw} = reply;
    if (raw.closed || raw.destroyed) return;
    const {promise: closed, resolve} = Promise.withResolvers<void>();
    memory.hold(bytes);
    let timer: Timer | undefined;
    const look = (writtenBefore: number): void => {
      const written = raw.socket?.bytesWritten ?? 0;
      if (written === writtenBefore) raw.destroy();
      else timer = clock.startTimer(stallMs, () => look(written));
    };
    look(-1);
    raw.once('close', () => {
      timer?.cancel();
      memory.release(bytes);
      resolve();
    });
    if (this.#parts.drain.isClosing) reply.header('connection', 'close');
    reply.header('content-type', jsonType).send(Readable.from(unhurried(pieces), {objectMode: false}));
    await closed;
  }

  /** 200 with another type. */
  answerAs(reply: FastifyReply, contentType: string, body: string | Uint8Array): void {
    if (this.#parts.drain.isClosing) reply.header('connection', 'close');
    reply.header('content-type', contentType).send(body);
  }

  /**
   * An error of the table, with its status; with 200 where the options ask for the original's ways, and to other nodes:
   * those of the original fail on any other status.
   */
  refuse(reply: FastifyReply, refusal: Refusal, isToNode = false): void {
    const {httpStatus, retryAfterSeconds} = errorTable[refusal.code];
    this.#parts.counters.apiErrors++;
    // What strangers send shall not fill a trace.
    const {observer} = this.#parts.observation;
    if (httpStatus !== 401 && httpStatus !== 404)
      observer?.apiRefused(reply.request.routeOptions.url ?? '', refusal.code);
    if (httpStatus === 401) reply.header('www-authenticate', 'Bearer');
    if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
    reply.code(this.#parts.legacyHttpStatus || isToNode ? 200 : httpStatus);
    this.answer(reply, refusalText(refusal));
  }

  /** The same before the body was read. */
  refuseUnread(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): void {
    if (this.#isTooLongToDiscard(request)) reply.header('connection', 'close');
    this.refuse(reply, refusal);
  }

  /** A rejection by the router: an error of the table, or a failure of our own, which is logged. */
  fail(request: FastifyRequest, reply: FastifyReply, error: unknown, isToNode = false): void {
    this.refuse(reply, this.refusalOf(request, error), isToNode);
  }

  /** What a rejection is answered with; a failure of our own is logged. */
  refusalOf(request: FastifyRequest, error: unknown): Refusal {
    const refusal = refusalOf(error);
    if (refusal !== undefined) return refusal;
    const {name, message, stack} = error instanceof Error ? error : new Error(typeof error);
    const path = request.routeOptions.url;
    this.#parts.log.error({path, method: request.method, error: {name, message, stack}}, 'api.failed');
    return {code: 'RB_INTERNAL'};
  }

  #isTooLongToDiscard({raw}: FastifyRequest): boolean {
    if (raw.headers['transfer-encoding'] !== undefined) return true;
    return Number(raw.headers['content-length'] ?? 0) > this.#discardBytesMax;
  }
}

async function* unhurried(pieces: Iterable<string>): AsyncGenerator<string, void, void> {
  let gathered = '';
  for (const piece of pieces) {
    gathered += piece;
    if (gathered.length < hurryChars) continue;
    yield gathered;
    gathered = '';
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  yield gathered;
}
