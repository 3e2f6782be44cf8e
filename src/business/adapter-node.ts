// A business server in node:http, or in whatever hands out Node's requests and responses.

import type {IncomingMessage, ServerResponse} from 'node:http';
import {viewBytes} from '../core/bytes.ts';
import type {Business} from './business.ts';
import {bodyReadBefore} from './request-body.ts';

/** `createServer(toNodeListener(app))`. */
export function toNodeListener(app: Business): (incoming: ReadableIncoming, outgoing: ServerResponse) => void {
  return (incoming, outgoing) => {
    const body = bodyOf(incoming);
    if (body === undefined) {
      outgoing.writeHead(500, {'content-type': 'text/plain; charset=utf-8'}).end(bodyReadBefore);
      process.emitWarning(bodyReadBefore, 'RainbowWarning', 'RB_BODY_READ');
      return;
    }
    answerNode(app, incoming, outgoing, body).catch((error: unknown) => {
      // What cannot even be a Request, as by a method that none may have; or a connection that is gone.
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(400, {'content-type': 'text/plain; charset=utf-8'}).end(String(error));
    });
  };
}

const unreadBytesMax = 65_536;

/** Has `app` answer a request of Node's, whose body may have been read already. */
export async function answerNode(
  app: Business,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  body: ReadableStream<Uint8Array> | Uint8Array,
): Promise<void> {
  const response = await app(toRequest(incoming, body));
  const bytes = Buffer.from(await response.arrayBuffer());
  // What was not read of a body is read all the same before the next request of the connection, so that a long one costs
  // more than a new connection.
  const isLong = !incoming.complete && !(Number(incoming.headers['content-length']) <= unreadBytesMax);
  outgoing.writeHead(response.status, {
    ...Object.fromEntries(response.headers),
    'content-length': bytes.length,
    ...(isLong && {connection: 'close'}),
  });
  // As bytes: Node would write head and text together, and the head then as UTF-8.
  outgoing.end(bytes);
}

/** A request of Node's as the web has it. */
export function toRequest(
  {method = 'GET', url = '/', rawHeaders}: Pick<IncomingMessage, 'method' | 'url' | 'rawHeaders'>,
  body: ReadableStream<Uint8Array> | Uint8Array,
): Request {
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
  }
  const hasBody = method !== 'GET' && method !== 'HEAD';
  // `duplex` is what Node wants said of a body that is a stream, and the DOM's types do not know.
  const init: RequestInit & {readonly duplex: 'half'} = {
    method,
    headers,
    duplex: 'half',
    ...(hasBody && {body: 'byteLength' in body ? Uint8Array.from(body) : body}),
  };
  // The host does not matter here, and `//x` is a path.
  return new Request(`http://business${url.startsWith('/') ? url : '/'}`, init);
}

/** A request of Node's, of which a framework may have read the body. */
export type ReadableIncoming = IncomingMessage & {readonly body?: unknown};

/** The body as it came, read or unread; `undefined` where it was parsed, so that its bytes are lost. */
export function bodyOf(incoming: ReadableIncoming): ReadableStream<Uint8Array> | Uint8Array | undefined {
  const {body} = incoming;
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  return viewBytes(body) ?? (incoming.readableDidRead ? undefined : streamOf(incoming));
}

/** The body as a stream of which nothing is read before it is pulled. */
export function streamOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = incoming[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const {value, done} = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
    },
    {highWaterMark: 0},
  );
}
