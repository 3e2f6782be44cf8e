// Reads the body of a request into one buffer that grows. fastify's own reader keeps every chunk until the last has come:
// measured, six bodies of 540 KB in chunks of one byte held 1.1 GB, and counted as 6 MB against memory_max.

import type {IncomingMessage} from 'node:http';
import {RainbowError} from '../../core/errors.ts';
import {BodyBytes} from '../../upstream/body-bytes.ts';

/**
 * A body may come in so many chunks, or in more where they have 64 bytes on average: each costs as much as 1 KiB of a
 * long one. Programs that write JSON word by word send some thousands.
 */
const chunksMaxLeast = 16_384;
const chunkBytesMin = 64;

/** What of a request is read. */
export type BodySource = Pick<IncomingMessage, 'on' | 'off' | 'resume' | 'headers'>;

/** Calls `done` once, with the body or with what kept it from being read. No part of the body is a view of a chunk. */
export function readBody(
  source: BodySource,
  bytesMax: number,
  done: (error: Error | null, body?: Buffer) => void,
): void {
  const body = new BodyBytes();
  const announced = Number(source.headers['content-length'] ?? 0);
  const chunksMax = Math.max(chunksMaxLeast, Math.ceil(bytesMax / chunkBytesMin));
  let chunks = 0;
  const end = (error: Error | null): void => {
    source.off('data', onData).off('end', onEnd).off('error', onError);
    if (error !== null) done(error);
    else done(null, Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.length));
  };
  function onData(chunk: Buffer): void {
    chunks++;
    if (body.length + chunk.length > bytesMax) end(tooLarge(bytesMax));
    else if (chunks > chunksMax) end(tooManyChunks(chunksMax));
    // A whole body would be kept as the chunk that it is, and with it the buffer that the socket was read into.
    else body.append(chunk.length === announced ? new Uint8Array(chunk) : chunk, announced);
  }
  function onEnd(): void {
    end(null);
  }
  function onError(error: Error): void {
    end(Object.assign(error, {statusCode: 400}));
  }
  source.on('data', onData).on('end', onEnd).on('error', onError).resume();
}

function tooLarge(bytesMax: number): RainbowError {
  return new RainbowError('RB_BODY_TOO_LARGE', `The body is longer than payload_max, ${bytesMax} bytes. Send less.`);
}

function tooManyChunks(chunksMax: number): RainbowError {
  const detail = `The body came in more than ${chunksMax} chunks. Send it in longer chunks, or with Content-Length.`;
  return new RainbowError('RB_REQUEST_MALFORMED', detail);
}
