import test from 'ava';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {SeededRandom} from '../../src/core/random-seeded.ts';
import {isCallbackNonce, verify} from '../../src/protocol/signature.ts';
import {type CallRequest, CallRequestMaker} from '../../src/upstream/call-request.ts';
import {closeCall, connectCall, messageCall, settingsOf, token} from './harness.ts';

const clock = new SimulatedClock();

function makeRequests(changes: Parameters<typeof settingsOf>[1] = {}): CallRequestMaker {
  return new CallRequestMaker(settingsOf('http://h', changes), clock, new SeededRandom(1));
}

function queryOf(request: CallRequest): {timestamp: string; nonce: string; signature: string} {
  const query = new URL(request.path, 'http://h').searchParams;
  return {
    timestamp: query.get('timestamp') ?? '',
    nonce: query.get('nonce') ?? '',
    signature: query.get('signature') ?? '',
  };
}

function headersOf(request: CallRequest): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (let index = 0; index < request.headers.length; index += 2) {
    const name = request.headers[index]?.toLowerCase() ?? '';
    headers[name] = [...(headers[name] ?? []), request.headers[index + 1] ?? ''];
  }
  return headers;
}

test('every call is signed with a nonce of our own, never the same twice', (t) => {
  const requests = makeRequests();
  const nonces = new Set<string>();
  for (const call of [connectCall(), messageCall(), closeCall(), messageCall()]) {
    const query = queryOf(requests.make(call));
    t.is(verify(token, query, clock.wallNow()), 'valid');
    t.true(isCallbackNonce(query.nonce));
    nonces.add(query.nonce);
  }
  t.is(nonces.size, 4);
});

test('a batch of events is a signed POST of JSON with its id, and without a client', (t) => {
  const payload = Buffer.from('{"events":[]}');
  const requests = makeRequests({eventsUrl: 'http://h/events/?a=1'});
  const request = requests.make({kind: 'events', call: 1, identity: '', message: 'e1', payload});
  t.is(request.method, 'POST');
  t.is(request.body, payload);
  t.true(request.path.startsWith('/events/?a=1&timestamp='));
  t.is(verify(token, queryOf(request), clock.wallNow()), 'valid');
  t.deepEqual(headersOf(request), {
    'accept-encoding': ['identity'],
    rainbowmessageid: ['e1'],
    'content-type': ['application/json'],
  });
});

test('nonces wrap around after the last one', (t) => {
  const last = {integer: (_min: number, max: number) => max, hex: () => ''};
  const requests = new CallRequestMaker(settingsOf('http://h'), clock, last);
  t.is(queryOf(requests.make(closeCall())).nonce, '19841984190000000000');
});

test('a connect call is a GET with the identity and the headers of the client', (t) => {
  const request = makeRequests().make(connectCall({identity: 'me', headers: ['X-DEVICEID', 'd1', 'User-Agent', 'u']}));
  t.is(request.method, 'GET');
  t.is(request.body, null);
  t.true(request.path.startsWith('/connect/?timestamp='));
  t.deepEqual(headersOf(request), {
    'accept-encoding': ['identity'],
    rainbowclientidentity: ['me'],
    'x-deviceid': ['d1'],
    'user-agent': ['u'],
  });
});

test('headers of the client that concern its own request are not sent with the call', (t) => {
  const headers = ['Accept-Encoding', 'gzip', 'Content-Length', '5', 'Expect', '100-continue', 'Connection', 'close'];
  const made = headersOf(makeRequests().make(connectCall({headers})));
  t.deepEqual(Object.keys(made).sort(), ['accept-encoding', 'rainbowclientidentity']);
  t.deepEqual(made['accept-encoding'], ['identity']);
});

test('a message call is a POST of the payload as JSON, with its id and cookie [RB-63]', (t) => {
  const call = messageCall({identity: 'me', cookie: 'c', message: 'm1', type: 9, payload: new Uint8Array([0, 255])});
  const request = makeRequests().make(call);
  t.is(request.method, 'POST');
  t.is(request.body, call.payload);
  t.true(request.path.startsWith('/message/9/?timestamp='));
  t.deepEqual(headersOf(request), {
    'accept-encoding': ['identity'],
    rainbowclientidentity: ['me'],
    rainbowclientcookie: ['c'],
    rainbowmessageid: ['m1'],
    'content-type': ['application/json'],
  });
});

test('a close call is a GET with identity, cookie, message id and reason', (t) => {
  const call = closeCall({identity: 'me', cookie: 'c', message: 'c7', reason: 'timeout'});
  const request = makeRequests().make(call);
  t.is(request.method, 'GET');
  t.true(request.path.startsWith('/close/?timestamp='));
  t.deepEqual(headersOf(request), {
    'accept-encoding': ['identity'],
    rainbowclientidentity: ['me'],
    rainbowclientcookie: ['c'],
    rainbowmessageid: ['c7'],
    rainbowclosereason: ['timeout'],
  });
});

test('an empty cookie is no cookie', (t) => {
  t.is(headersOf(makeRequests().make(messageCall({cookie: ''}))).rainbowclientcookie, undefined);
  t.is(headersOf(makeRequests().make(closeCall({cookie: ''}))).rainbowclientcookie, undefined);
});

test('a value of bytes is sent as these bytes, one past them as its UTF-8', (t) => {
  const requests = makeRequests();
  const cookieOf = (cookie: string) => headersOf(requests.make(closeCall({cookie}))).rainbowclientcookie;
  t.deepEqual(cookieOf('caf\xc3\xa9'), ['caf\xc3\xa9']);
  t.deepEqual(cookieOf('\u010daj'), ['\xc4\x8daj']);
});

test('credentials of the URL take the place of those of the client', (t) => {
  const requests = makeRequests({connectUrl: 'http://a:b@h/connect/'});
  const made = headersOf(requests.make(connectCall({headers: ['Authorization', 'Bearer x']})));
  t.deepEqual(made.authorization, ['Basic YTpi']);
  const plain = headersOf(makeRequests().make(connectCall({headers: ['Authorization', 'Bearer x']})));
  t.deepEqual(plain.authorization, ['Bearer x']);
});
