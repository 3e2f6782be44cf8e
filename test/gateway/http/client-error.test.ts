import {createServer} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {createCounters} from '../../../src/core/counters.ts';
import {answerClientError} from '../../../src/gateway/http/client-error.ts';
import {bodyOf, openSocket, readToEnd} from './api-harness.ts';

const errors = [
  ['ERR_HTTP_REQUEST_TIMEOUT', 'HTTP/1.1 408 Request Timeout', 'RB_REQUEST_TIMEOUT'],
  ['HPE_HEADER_OVERFLOW', 'HTTP/1.1 431 Request Header Fields Too Large', 'RB_HEADERS_TOO_LARGE'],
  ['HPE_INVALID_METHOD', 'HTTP/1.1 400 Bad Request', 'RB_REQUEST_MALFORMED'],
] as const;

/** What a client reads of a connection that met `nodeCode`, and what was counted. */
async function answerOf(t: ExecutionContext, nodeCode: string): Promise<{text: string; apiErrors: number}> {
  const counters = createCounters();
  const server = createServer((socket) => {
    answerClientError(Object.assign(new Error('x'), {code: nodeCode}), socket, counters);
  });
  t.teardown(() => server.close());
  const port = await new Promise<number>((resolve) => {
    server.listen({host: '127.0.0.1', port: 0}, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return {text: await readToEnd(await openSocket(t, port)), apiErrors: counters.apiErrors};
}

for (const [nodeCode, statusLine, code] of errors) {
  test(`${nodeCode} is answered ${statusLine} as JSON, and the connection closed`, async (t) => {
    const {text, apiErrors} = await answerOf(t, nodeCode);
    t.true(text.startsWith(`${statusLine}\r\ncontent-type: application/json; charset=utf-8\r\n`), text);
    t.true(text.includes('\r\nconnection: close\r\n'));
    t.like(bodyOf(text), {status: 1, code});
    t.is(apiErrors, 1);
  });
}

test('a connection that was reset gets no answer', async (t) => {
  t.deepEqual(await answerOf(t, 'ECONNRESET'), {text: '', apiErrors: 0});
});

test('what the parser refuses is named, and a character that must be encoded is said to be one', async (t) => {
  const url = bodyOf((await answerOf(t, 'HPE_INVALID_URL')).text) as {readonly detail?: string};
  t.regex(url.detail ?? '', /Percent-encode them, as %20\.$/);
  const method = bodyOf((await answerOf(t, 'HPE_INVALID_METHOD')).text) as {readonly detail?: string};
  t.regex(method.detail ?? '', /HPE_INVALID_METHOD/);
});
