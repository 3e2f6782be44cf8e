// The call /send/batch/: a batch between the body of a request and its answer, and what ends one whose caller does nothing.

import {Readable} from 'node:stream';
import type {FastifyReply} from 'fastify';
import type {Clock, Timer} from '../../core/clock.ts';
import type {Counters} from '../../core/counters.ts';
import type {MemoryBound} from '../../core/memory-bound.ts';
import {apiPaths} from '../../protocol/api.ts';
import {type Refusal, refusalText} from '../../protocol/refusal.ts';
import type {Router} from '../../router/router.ts';
import type {ApiGate, ApiRequest} from './api-gate.ts';
import {refuseParameters} from './api-query.ts';
import type {SendRequest} from './api-request.ts';
import type {ApiResponder} from './api-responder.ts';
import {Batch} from './batch.ts';
import {readBatchLine} from './batch-line.ts';
import type {HttpDrain} from './http-drain.ts';
import type {IdempotentSends} from './idempotent-sends.ts';
import type {SendCall, SentAnswer} from './send-call.ts';
import {StartOrder} from './start-order.ts';
import type {StreamedBodies} from './streamed-bodies.ts';

const linesType = 'application/x-ndjson; charset=utf-8';

/** For a caller to send more of its lines, or to read any of their answers. */
const stallMs = 60_000;

/** What the call is made of. */
export interface BatchCallParts {
  readonly send: SendCall;
  /** For lines with an idempotency key. */
  readonly keyed: IdempotentSends;
  /** The whole gateway. */
  readonly router: Router;
  readonly responder: ApiResponder;
  readonly drain: HttpDrain;
  readonly memory: MemoryBound;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly payloadBytesMax: number;
  readonly streamed: StreamedBodies;
}

/** Adds the call. */
export function addBatchCall(gate: ApiGate, parts: BatchCallParts): void {
  const {memory, counters, payloadBytesMax, drain} = parts;

  function counted(refusal: Refusal | undefined): void {
    counters.batchLines++;
    if (refusal !== undefined) counters.batchLinesRefused++;
  }

  /** As /send/ answers it; an answer that was kept says so in itself. */
  async function send(wanted: SendRequest, order: StartOrder): Promise<SentAnswer | Refusal> {
    const {before} = order;
    const make = async (): Promise<SentAnswer> => {
      if (before !== undefined) await before;
      return parts.send(wanted, parts.router, false);
    };
    if (wanted.key === undefined) return make();
    const started = order.enter();
    try {
      const sent = await parts.keyed.send(wanted.key, wanted, async () => {
        const answer = make();
        void before?.then(started);
        if (before === undefined) started();
        return answer;
      });
      if ('code' in sent) return sent;
      const {answer, isReplayed} = sent;
      return isReplayed && typeof answer === 'string' ? `${answer.slice(0, -1)},"replayed":true}` : answer;
    } finally {
      started();
    }
  }

  async function begin(request: ApiRequest, order: StartOrder, line: Uint8Array): Promise<SentAnswer> {
    const wanted = readBatchLine(line, payloadBytesMax);
    let refusal: Refusal;
    if ('code' in wanted) {
      refusal = wanted;
    } else {
      try {
        const answer = await send(wanted, order);
        if (typeof answer === 'string' || 'pieces' in answer) return answer;
        refusal = answer;
      } catch (error) {
        refusal = parts.responder.refusalOf(request, error);
      }
    }
    counters.batchLinesRefused++;
    return refusalText(refusal);
  }

  gate.add<object>({
    method: 'POST',
    path: apiPaths.sendBatch,
    streamsBody: true,
    read: ({url}) => refuseParameters(url) ?? {},
    run: async (_wanted, request, reply) => {
      if (reply.raw.closed || reply.raw.destroyed) return undefined;
      const refusal = (): Refusal | undefined => (drain.isClosing ? {code: 'RB_STOPPING'} : undefined);
      const order = new StartOrder();
      const batch = new Batch({
        begin: (line) => begin(request, order, line),
        refusal,
        counted,
        memory,
        payloadBytesMax,
      });
      parts.streamed.begin(request.raw);
      const closed = endWithCaller(parts.clock, batch, request, reply);
      void batch.read(request.raw);
      reply.header('content-type', linesType).send(Readable.from(batch.answers(), {objectMode: false}));
      await closed;
      return undefined;
    },
  });
}

/** Settles when the answer has gone out, or the caller has left. One that does nothing for too long is sent away. */
function endWithCaller(
  clock: Clock,
  batch: Batch,
  {raw: {socket}, raw}: ApiRequest,
  reply: FastifyReply,
): Promise<void> {
  const {promise, resolve} = Promise.withResolvers<void>();
  let timer: Timer | undefined;
  const look = (before: number): void => {
    const seen = socket.bytesRead + socket.bytesWritten;
    if (seen === before) {
      if (socket.writableLength > 0) reply.raw.destroy();
      else if (batch.isIdle) batch.refuseRest(idle);
    }
    timer = clock.startTimer(stallMs, () => look(seen));
  };
  look(-1);
  // An answer that ends before its request was not waited for: what is left of the request is not read.
  reply.raw.once('finish', () => {
    if (!raw.complete) socket.destroySoon();
  });
  reply.raw.once('close', () => {
    timer?.cancel();
    batch.end();
    resolve();
  });
  return promise;
}

const idle: Refusal = {
  code: 'RB_REQUEST_TIMEOUT',
  detail: `No byte of the batch came for ${stallMs / 1000} s. Send the rest in another batch.`,
};
