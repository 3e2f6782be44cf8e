// The gateway's HTTP API under the test's control: real HTTP, each call recorded, each answered as the script says.

import type {IncomingMessage, ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {ExecutionContext} from 'ava';
import {createServer} from '../support/node-http.ts';

/** One call as it came. */
export interface ApiCall {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** The query as it came. */
  readonly search: string;
  readonly authorization: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly body: string;
}

/** What is done with one call. */
export type Script = (response: ServerResponse) => void;

/** A JSON answer. */
export function answer(status: number, value: object): Script {
  return (response) => response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(value));
}

/** A refusal as the gateway gives it. */
export function refusal(status: number, code: string, detail?: string): Script {
  return answer(status, {status: 1, msg: 'refused', code, ...(detail !== undefined && {detail})});
}

/** Ends the connection without an answer. */
export const drop: Script = (response) => {
  response.socket?.destroy();
};

/** Never answers. */
export const hang: Script = () => {};

/** A gateway that answers its first calls with `scripts`, in order, and every further one with the last of them. */
export async function startScripted(t: ExecutionContext, ...scripts: Script[]) {
  const calls: ApiCall[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const {pathname, search, searchParams} = new URL(request.url ?? '', 'http://gateway');
      const {authorization, 'idempotency-key': key} = request.headers;
      const idempotencyKey = typeof key === 'string' ? key : undefined;
      const body = Buffer.concat(chunks).toString();
      calls.push({
        path: pathname,
        query: Object.fromEntries(searchParams),
        search,
        authorization,
        idempotencyKey,
        body,
      });
      (scripts.length > 1 ? scripts.shift() : scripts[0])?.(response);
      for (const wake of waiting.splice(0)) wake();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const {port} = server.address() as AddressInfo;
  /** Settles with the next call. */
  const called = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
  return {url: `http://127.0.0.1:${port}`, calls, called};
}
