// The gateway as the chat's business server sees it: takes POST /send/, keeps the requests, and answers as the test
// sets.

import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {ExecutionContext} from 'ava';

/** One call of /send/. */
export interface SendCall {
  readonly query: URLSearchParams;
  readonly payload: string;
}

export interface FakeGateway {
  readonly url: string;
  readonly calls: SendCall[];
  /** The next call that comes. */
  next(): Promise<SendCall>;
  /** What the next calls are answered. */
  answer: object;
}

/** Listens until the test ends. */
export async function startFakeGateway(t: ExecutionContext): Promise<FakeGateway> {
  const calls: SendCall[] = [];
  let onCall: ((call: SendCall) => void) | undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const {searchParams} = new URL(request.url ?? '/', 'http://localhost');
      const call = {query: searchParams, payload: Buffer.concat(chunks).toString()};
      calls.push(call);
      onCall?.(call);
      response.end(JSON.stringify(gateway.answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const gateway: FakeGateway = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    next: () =>
      new Promise((resolve) => {
        onCall = resolve;
      }),
    answer: {status: 0, connections: 0, data: ''},
  };
  return gateway;
}
