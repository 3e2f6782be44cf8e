// Calls to a business server that behaves: what it sees and what comes back, through the real pool and worker.

import type {IncomingMessage} from 'node:http';
import test from 'ava';
import {isCallbackNonce, verify} from '../../src/protocol/signature.ts';
import {
  bodyText,
  closeCall,
  connectCall,
  listenHttp,
  messageCall,
  outcome,
  readBody,
  settingsOf,
  startHarness,
  token,
  utf8Header,
} from './harness.ts';

function queryOf(request: IncomingMessage): URLSearchParams {
  return new URL(request.url ?? '', 'http://h').searchParams;
}

test('the business server sees each kind of call as documented, validly signed', async (t) => {
  const seen: IncomingMessage[] = [];
  const business = await listenHttp(t, (request, response) => {
    seen.push(request);
    response.end('{"status":"success","identity":"chosen"}');
  });
  const harness = startHarness(t, settingsOf(business.url));
  const connected = await harness.call(connectCall({identity: 'me', headers: ['X-DEVICEID', 'd1']}));
  t.like(connected, {kind: 'accepted', identity: 'chosen', join: undefined});
  const answered = await harness.call(messageCall({identity: 'me', cookie: 'c', message: 'm1', type: 65_535}));
  t.is(bodyText(answered), '{"status":"success","identity":"chosen"}');
  const closed = await harness.call(closeCall({identity: 'me', cookie: 'c'}));
  t.like(closed, {kind: 'accepted', body: new Uint8Array(0)});

  const [connect, message, close] = seen;
  t.is(connect?.method, 'GET');
  t.regex(connect?.url ?? '', /^\/connect\/\?/);
  t.like(connect?.headers, {rainbowclientidentity: 'me', 'x-deviceid': 'd1', 'accept-encoding': 'identity'});
  t.is(message?.method, 'POST');
  t.regex(message?.url ?? '', /^\/message\/65535\/\?/);
  t.like(message?.headers, {
    rainbowclientidentity: 'me',
    rainbowclientcookie: 'c',
    rainbowmessageid: 'm1',
    'content-type': 'application/json',
    'content-length': '2',
  });
  t.is(close?.method, 'GET');
  t.regex(close?.url ?? '', /^\/close\/\?/);
  t.like(close?.headers, {rainbowclientidentity: 'me', rainbowclientcookie: 'c'});
  for (const request of seen) {
    const {timestamp, nonce, signature} = Object.fromEntries(queryOf(request));
    t.true(nonce !== undefined && isCallbackNonce(nonce));
    if (timestamp === undefined || nonce === undefined || signature === undefined) continue;
    t.is(verify(token, {timestamp, nonce, signature}, Date.now()), 'valid');
  }
});

test('URLs with a query keep it, and a placeholder is replaced', async (t) => {
  const paths: string[] = [];
  const business = await listenHttp(t, (request, response) => {
    paths.push((request.url ?? '').replace(/timestamp=.*/, 'SIGNED'));
    response.end('{"status":"success"}');
  });
  const harness = startHarness(
    t,
    settingsOf(business.url, {
      connectUrl: `${business.url}/connect/?app=1`,
      forwardUrl: `${business.url}/rainbow/{message_type}/?app=1`,
      closeUrl: `${business.url}/close`,
    }),
  );
  await harness.call(connectCall());
  await harness.call(messageCall({type: 7}));
  await harness.call(closeCall());
  t.deepEqual(paths, ['/connect/?app=1&SIGNED', '/rainbow/7/?app=1&SIGNED', '/close?SIGNED']);
});

test('a payload of every byte, a view of a larger buffer, arrives unchanged and comes back unchanged', async (t) => {
  const business = await listenHttp(t, (request, response) => void request.pipe(response));
  const harness = startHarness(t, settingsOf(business.url));
  const slab = Buffer.alloc(65_536, 7);
  for (let byte = 0; byte < 256; byte++) slab[1_000 + byte] = byte;
  const payload = slab.subarray(1_000, 1_256);
  const answer = await harness.call(messageCall({payload}));
  t.true(answer.kind === 'accepted' && Buffer.compare(answer.body, payload) === 0);
  t.is(slab.length, 65_536);
});

test('an empty payload is a POST of no bytes', async (t) => {
  const business = await listenHttp(t, async (request, response) => {
    const body = await readBody(request);
    response.end(`${request.method} ${request.headers['content-length']} ${body.length}`);
  });
  const harness = startHarness(t, settingsOf(business.url));
  t.is(bodyText(await harness.call(messageCall({payload: new Uint8Array(0)}))), 'POST 0 0');
});

test('an answer without content accepts with an empty body', async (t) => {
  const business = await listenHttp(t, (_request, response) => void response.writeHead(204).end());
  const harness = startHarness(t, settingsOf(business.url));
  t.like(await harness.call(messageCall()), {kind: 'accepted', body: new Uint8Array(0)});
});

test('an informational answer before the real one is passed over', async (t) => {
  const business = await listenHttp(t, (_request, response) => {
    response.writeEarlyHints({link: '</style.css>; rel=preload'}, () => void response.end('real'));
  });
  const harness = startHarness(t, settingsOf(business.url));
  t.is(bodyText(await harness.call(messageCall())), 'real');
});

test('a chunked body and one that ends with its connection are read whole', async (t) => {
  const business = await listenHttp(t, (request, response) => {
    if (request.url?.startsWith('/message/1/') === true) {
      response.write('in ');
      response.write('chunks ');
      response.end('whole');
    } else {
      request.socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end');
    }
  });
  const harness = startHarness(t, settingsOf(business.url));
  t.is(bodyText(await harness.call(messageCall({type: 1}))), 'in chunks whole');
  t.is(bodyText(await harness.call(messageCall({type: 2}))), 'to the end');
  t.is(bodyText(await harness.call(messageCall({type: 1}))), 'in chunks whole');
});

test('channel names in UTF-8 are read, and a cookie goes back byte for byte', async (t) => {
  const cookies: (string | string[] | undefined)[] = [];
  const business = await listenHttp(t, (request, response) => {
    cookies.push(request.headers.rainbowclientcookie);
    response.setHeader('RAINBOWCLIENTCHANNEL', [utf8Header('čaj;;комната'), utf8Header('b')]);
    response.setHeader('RAINBOWCLIENTCHANNELUNSUB', 'caf\xe9');
    response.setHeader('RAINBOWCLIENTCOOKIE', `${utf8Header('čaj')}\xe9`);
    // Not a string: node:http would write the headers together with it, and as UTF-8 once more.
    response.end(Buffer.from('{"status":"success"}'));
  });
  const harness = startHarness(t, settingsOf(business.url));
  const answer = await harness.call(connectCall());
  t.like(answer, {kind: 'accepted', join: 'čaj;;комната;;b', leave: 'café'});
  if (answer.kind !== 'accepted') return;
  await harness.call(messageCall({cookie: answer.cookie}));
  await harness.call(closeCall({cookie: answer.cookie}));
  t.deepEqual(cookies, [undefined, `${utf8Header('čaj')}\xe9`, `${utf8Header('čaj')}\xe9`]);
});

test('an empty cookie header clears and an absent one keeps', async (t) => {
  const business = await listenHttp(t, (request, response) => {
    if (request.url?.startsWith('/message/1/') === true) response.setHeader('RAINBOWCLIENTCOOKIE', '');
    response.end();
  });
  const harness = startHarness(t, settingsOf(business.url));
  const cleared = await harness.call(messageCall({type: 1}));
  t.true(cleared.kind === 'accepted' && cleared.cookie === '');
  const kept = await harness.call(messageCall({type: 2}));
  t.true(kept.kind === 'accepted' && kept.cookie === undefined);
});

test('a call with a header that HTTP cannot carry fails as invalid, and the next one goes through', async (t) => {
  const business = await listenHttp(t, (_request, response) => void response.end('{"status":"success"}'));
  const harness = startHarness(t, settingsOf(business.url, {socketsMax: 1}));
  const answers = await harness.callAll([
    messageCall({cookie: 'a\r\nRAINBOWCLIENTIDENTITY: other'}),
    messageCall({identity: 'a\0b'}),
    connectCall({headers: ['no name', 'x']}),
    connectCall({headers: ['x-name', 'a\nb']}),
    messageCall(),
  ]);
  t.deepEqual(answers.map(outcome), [
    'failed/invalid',
    'failed/invalid',
    'failed/invalid',
    'failed/invalid',
    'accepted',
  ]);
});
