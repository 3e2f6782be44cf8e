// HTTP to other nodes, over undici: the way of calls, and the question /hello/. No call is ever sent twice: one that broke
// may have been carried out, and a message sent again is a message doubled.

import {buildConnector, Client, type Dispatcher, Pool} from 'undici';
import {apiPaths} from '../../protocol/api.ts';
import {
  headerNode,
  headerNodeAnswer,
  headerNodePlace,
  headerNodeProof,
  headerNodeTime,
} from '../../protocol/header-name.ts';
import {
  addressOf,
  type HelloAnswer,
  type HelloFailure,
  type HelloPath,
  type HelloProof,
  type HelloQuestion,
  placeOf,
} from './hello.ts';
import type {NodeAnswer, NodeTransport} from './node-transport.ts';

const linesType = 'application/x-ndjson';
/** Of one answer: replies of many clients. */
const answerBytesMax = 16 * 1024 * 1024;
/** Of the answer to /hello/, and of its headers: two letters, or a page of another server. */
const helloBytesMax = 4_096;
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
    send({method, path, headers, body}, settle, onChunk) {
      const abort = new AbortController();
      const {signal} = abort;
      const settleOnce = (answer: NodeAnswer | undefined): void => {
        if (!signal.aborted) settle(answer);
      };
      pool
        .request({method, path, headers, body: method === 'GET' ? null : body, signal})
        .then((response) => readAnswer(response, signal, onChunk))
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

async function readAnswer(
  {statusCode, headers, body}: Dispatcher.ResponseData,
  signal: AbortSignal,
  onChunk: ((chunk: Uint8Array) => void) | undefined,
): Promise<NodeAnswer | undefined> {
  if (
    onChunk !== undefined &&
    statusCode === 200 &&
    headerOf(headers, 'content-type')?.startsWith(linesType) === true
  ) {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      if (signal.aborted) return undefined;
      onChunk(chunk);
    }
    return {body: new Uint8Array(0), proof: undefined};
  }
  const bytes = await readBody(body, statusCode === 200 ? answerBytesMax : helloBytesMax);
  if (bytes === undefined || statusCode !== 200) return undefined;
  return {body: bytes, proof: headerOf(headers, headerNodeAnswer)};
}

/** Asks the node at `origin` for its id. `settle` gets the outcome once, unless the returned function cancels it. */
export function askHello(
  origin: string,
  question: HelloQuestion,
  connectTimeoutMs: number,
  settle: (answer: HelloAnswer | HelloFailure) => void,
): () => void {
  const abort = new AbortController();
  const {signal} = abort;
  const connect = buildConnector({timeout: connectTimeoutMs, allowH2: false});
  let path: HelloPath | undefined;
  // Of its own, so that it waits behind no call, and shows both ends of its connection. No redirect is followed.
  const client = new Client(origin, {
    allowH2: false,
    maxHeaderSize: helloBytesMax,
    connect(options, callback) {
      connect(options, (...[error, socket]) => {
        if (error === null) {
          const {remoteAddress, remotePort, localAddress} = socket;
          path = {place: placeOf(remoteAddress, remotePort), asker: addressOf(localAddress)};
          callback(null, socket);
        } else {
          callback(error, null);
        }
      });
    },
  });
  const settleOnce = (answer: HelloAnswer | HelloFailure): void => {
    void client.destroy();
    if (!signal.aborted) settle(answer);
  };
  const {nonce, node, proof} = question;
  client
    .request({
      method: 'GET',
      path: `${apiPaths.hello}?nonce=${nonce}`,
      headers: {[headerNode]: node, [headerNodeProof]: proof},
      signal,
    })
    .then((response) => readHello(response, path))
    .then(settleOnce, (error: unknown) => settleOnce({failure: describe(error)}));
  return () => {
    abort.abort();
    void client.destroy();
  };
}

async function readHello(
  {statusCode: status, headers, body}: Dispatcher.ResponseData,
  path: HelloPath = {place: '', asker: ''},
): Promise<HelloAnswer> {
  const bytes = await readBody(body, helloBytesMax);
  const isOk = status === 200 && bytes !== undefined && Buffer.from(bytes).toString() === 'ok';
  return {isOk, status, said: readProof(headers), path};
}

function readProof(headers: Headers): HelloProof | undefined {
  const [node, time, ends, proof] = [headerNode, headerNodeTime, headerNodePlace, headerNodeProof].map((name) =>
    headerOf(headers, name),
  );
  const [place, asker] = ends?.split(' ') ?? [];
  if (node === undefined || proof === undefined || place === undefined || asker === undefined) return undefined;
  if (!/^\d{1,15}$/.test(time ?? '')) return undefined;
  return {node, wallMs: Number(time), place, asker, proof};
}

type Headers = Dispatcher.ResponseData['headers'];

/** A header that came once. */
function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  return typeof value === 'string' ? value : undefined;
}

/** For the log; the code of a system error says more than its message. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return code === 'ECONNREFUSED'
    ? 'the connection is refused: no server listens there'
    : `no answer: ${code ?? error.message}`;
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
