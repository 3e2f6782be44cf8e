// HTTP to other nodes, over undici: the way of calls, and the question /hello/. No call is ever sent twice: one that broke
// may have been carried out, and a message sent again is a message doubled.

import {Client, type Dispatcher, Pool} from 'undici';
import {apiPaths} from '../protocol/api.ts';
import {headerNode, headerNodeProof} from '../protocol/header-name.ts';
import type {HelloAnswer} from './hello.ts';
import type {NodeAnswer, NodeTransport} from './node-transport.ts';

/** Of one answer: replies of many clients. */
const answerBytesMax = 16 * 1024 * 1024;
/** Of the answer to /hello/: two letters, or a page that is none of ours. */
const helloBytesMax = 1_024;
/** Below the 5 s after which many servers close an idle socket; ours and the original's keep it longer. */
const keepAliveTimeoutMs = 4_000;

/** The way to the node at `origin`; no attempt to connect outlives `connectTimeoutMs`. */
export function createHttpTransport(origin: string, connectTimeoutMs: number): NodeTransport {
  const pool = new Pool(origin, {
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectTimeout: connectTimeoutMs,
    // Every call has a deadline of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    send({method, path, body}, settle) {
      const abort = new AbortController();
      const {signal} = abort;
      const settleOnce = (answer: NodeAnswer | undefined): void => {
        if (!signal.aborted) settle(answer);
      };
      pool
        .request({method, path, body: method === 'GET' ? null : body, signal})
        .then((response) => readBody(response.body, answerBytesMax))
        // Refused or broken: the caller knows all that follows from it.
        .then(settleOnce, () => settleOnce(undefined));
      return () => abort.abort();
    },
    close() {
      // Settles when the sockets are gone; nothing waits for that, and nothing of it can fail.
      void pool.destroy();
    },
  };
}

/** Asks the node at `origin` who it is. `settle` gets its answer once, unless cancelled by what this returns. */
export function askHello(
  origin: string,
  nonce: string,
  connectTimeoutMs: number,
  settle: (answer: HelloAnswer | undefined) => void,
): () => void {
  const abort = new AbortController();
  const {signal} = abort;
  // Of its own, so that it waits behind no call.
  const client = new Client(origin, {connectTimeout: connectTimeoutMs, allowH2: false});
  const settleOnce = (answer: HelloAnswer | undefined): void => {
    void client.destroy();
    if (!signal.aborted) settle(answer);
  };
  client
    .request({method: 'GET', path: `${apiPaths.hello}?nonce=${nonce}`, signal})
    .then(readHello)
    // Nobody there, or nobody that speaks HTTP: which of them makes no difference.
    .then(settleOnce, () => settleOnce(undefined));
  return () => abort.abort();
}

async function readHello({statusCode, headers, body}: Dispatcher.ResponseData): Promise<HelloAnswer> {
  const bytes = await readBody(body, helloBytesMax);
  const headerOf = (name: string): string | undefined => {
    const value = headers[name.toLowerCase()];
    return typeof value === 'string' ? value : undefined;
  };
  const isOk = statusCode === 200 && bytes !== undefined && Buffer.from(bytes).toString() === 'ok';
  return {isOk, node: headerOf(headerNode), proof: headerOf(headerNodeProof)};
}

async function readBody(body: Dispatcher.ResponseData['body'], bytesMax: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    // Leaving the loop ends the socket.
    if (bytes > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}
