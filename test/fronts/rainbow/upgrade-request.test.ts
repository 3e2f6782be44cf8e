import test from 'ava';
import {connectHeaders} from '../../../src/fronts/rainbow/connect-headers.ts';
import {cgiName, hasMeaning, isSaidByProxies} from '../../../src/fronts/rainbow/header-meaning.ts';
import {originForm, targetFault} from '../../../src/fronts/rainbow/request-target.ts';
import {
  listTokens,
  type RequestHead,
  refuseRequest,
  refuseUpgrade,
} from '../../../src/fronts/rainbow/upgrade-request.ts';

/** A request as node:http has it: of Host the first counts, other repeated headers are joined. */
function request(rawHeaders: readonly string[], httpVersion = '1.1', method = 'GET'): RequestHead {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    const known = headers[name];
    if (known === undefined) headers[name] = value;
    else if (name !== 'host') headers[name] = `${known}, ${value}`;
  }
  return {method, httpVersion, headers, rawHeaders: [...rawHeaders]};
}

const upgrade = [
  ['Host', 'a.example'],
  ['Connection', 'keep-alive, Upgrade'],
  ['Upgrade', 'websocket'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ['Sec-WebSocket-Version', '13'],
] as const;

/** The valid upgrade with headers added or, where `undefined`, taken away. */
function changed(changes: Readonly<Record<string, string | undefined>>): RequestHead {
  const names = Object.keys(changes).map((name) => name.toLowerCase());
  const kept = upgrade.filter(([name]) => !names.includes(name.toLowerCase()));
  const added = Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
  return request([...kept.flat(), ...added]);
}

const goodHosts = [
  'a',
  'a.example',
  'a.example:1984',
  'a.example:',
  '127.0.0.1:80',
  '[::1]',
  '[::1]:1984',
  'a_b',
  'a.',
];
const badHosts = [
  '',
  ' ',
  'a b',
  'user@a',
  'a/b',
  'a:b',
  'a:123456',
  '[::1',
  '::1',
  '[a]',
  'a,b',
  'a?b',
  'a#b',
  'a\\b',
  '[::1]x',
  'ä',
];

for (const host of goodHosts) {
  test(`Host ${host} is one`, (t) => {
    t.is(refuseRequest(request(['Host', host])), undefined);
  });
}
for (const host of badHosts) {
  test(`Host ${JSON.stringify(host)} is malformed`, (t) => {
    t.is(refuseRequest(request(['Host', host]))?.code, 'RB_REQUEST_MALFORMED');
  });
}

test('a request has one Host, and only HTTP/1.0 may have none', (t) => {
  t.is(refuseRequest(request([]))?.code, 'RB_REQUEST_MALFORMED');
  t.is(refuseRequest(request([], '1.0')), undefined);
  t.is(refuseRequest(request(['Host', 'a', 'host', 'a']))?.code, 'RB_REQUEST_MALFORMED');
  t.is(refuseRequest(request(['Host', 'a', 'Host', 'b'], '1.0'))?.code, 'RB_REQUEST_MALFORMED');
  for (const version of ['0.9', '2.0', '1.2', '3.0']) {
    t.is(refuseRequest(request(['Host', 'a'], version))?.code, 'RB_HTTP_VERSION', version);
  }
});

test('no expectation but 100-continue is known', (t) => {
  t.is(refuseRequest(request(['Host', 'a', 'Expect', '100-Continue'])), undefined);
  t.is(refuseRequest(request(['Host', 'a', 'Expect', 'x']))?.code, 'RB_EXPECTATION');
});

const upgrades: readonly (readonly [changes: Readonly<Record<string, string | undefined>>])[] = [
  [{}],
  [{Upgrade: 'h2c, WebSocket'}],
  [{'Content-Length': '0'}],
  [{'Sec-WebSocket-Version': '8'}],
  [{'Sec-WebSocket-Protocol': 'chat'}],
  [{'Sec-WebSocket-Protocol': 'chat, \tsuperchat , rainbow.v2'}],
];
for (const [changes] of upgrades) {
  test(`an upgrade with ${JSON.stringify(changes)} is one`, (t) => {
    t.is(refuseUpgrade(changed(changes)), undefined);
  });
}

const notUpgrades: readonly Readonly<Record<string, string | undefined>>[] = [
  {Upgrade: undefined},
  {Upgrade: 'websockets'},
  {Connection: undefined},
  {Connection: 'keep-alive'},
  {'Content-Length': '1'},
  {'Content-Length': '00001'},
  {'Content-Length': 'x'},
  {'Transfer-Encoding': 'chunked'},
  {'Transfer-Encoding': ''},
  {'Sec-WebSocket-Key': undefined},
  {'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=='},
  {'Sec-WebSocket-Version': '13, 13'},
  {'Sec-WebSocket-Version': '013'},
  {'Sec-WebSocket-Protocol': ''},
  {'Sec-WebSocket-Protocol': 'a,'},
  {'Sec-WebSocket-Protocol': 'a,,b'},
  {'Sec-WebSocket-Protocol': 'a, a'},
  {'Sec-WebSocket-Protocol': 'a b'},
  {'Sec-WebSocket-Protocol': 'a/b'},
  {'Sec-WebSocket-Protocol': 'a\u00a0, b'},
];
for (const changes of notUpgrades) {
  test(`an upgrade with ${JSON.stringify(Object.entries(changes))} is not one`, (t) => {
    t.is(refuseUpgrade(changed(changes))?.code, 'RB_REQUEST_MALFORMED');
  });
}

const absolute = [
  ['http://a.example', 'a.example', '/'],
  ['http://a.example/send/?x=1', 'a.example', '/send/?x=1'],
  ['HTTPS://A.example:443?x', 'a.EXAMPLE', '/?x'],
  ['http://a.example:80/', 'a.example:', '/'],
  ['http://[::1]:1984/hello/', '[::1]:1984', '/hello/'],
  ['http://a.example/', undefined, '/'],
  ['http://a.example//b.example/', 'a.example', '//b.example/'],
] as const;
for (const [url, host, path] of absolute) {
  test(`the target ${url} with Host ${host} is the path ${path}`, (t) => {
    t.is(originForm({url, headers: {host}}), path);
    t.is(targetFault({url: path, headers: {host}}), undefined);
  });
}

const wrongTargets = [
  ['http://b.example/', 'a.example'],
  ['http://a.example:81/', 'a.example'],
  ['https://a.example/', 'a.example:80'],
  ['http://a@a.example/', 'a.example'],
  ['http://a.example@b.example/', 'b.example'],
  ['http:///send/', 'a.example'],
  ['http:/send/', 'a.example'],
  ['ws://a.example/connect/', 'a.example'],
  ['file:///etc/passwd', 'a.example'],
  ['send/', 'a.example'],
  ['', 'a.example'],
] as const;
for (const [url, host] of wrongTargets) {
  test(`the target ${JSON.stringify(url)} with Host ${host} is refused, with both in the answer`, (t) => {
    t.is(originForm({url, headers: {host}}), url);
    const refusal = refuseRequest({...request(['Host', host]), url});
    t.is(refusal?.code, 'RB_REQUEST_MALFORMED');
    t.regex(refusal?.detail ?? '', /target/);
  });
}

test('an upgrade is a GET over HTTP/1.1, and its length is given once', (t) => {
  t.not(refuseUpgrade(request(upgrade.flat(), '1.0')), undefined);
  t.not(refuseUpgrade(request(upgrade.flat(), '1.1', 'POST')), undefined);
  t.not(refuseUpgrade(request([...upgrade.flat(), 'Content-Length', '0', 'Content-Length', '0'])), undefined);
});

test('a list of tokens is read without blanks and empty ones', (t) => {
  t.deepEqual(listTokens(' Upgrade ,, X-Hop\t,'), ['upgrade', 'x-hop']);
  t.deepEqual(listTokens(undefined), []);
});

// Of tools that sit between a browser and an application, and of applications; each in the spelling of its document.
const meaningful =
  `Accept Accept-Language Access-Control-Request-Method Authorization Baggage Cache-Control Content-Type Cookie
  Date DNT Expect From Host If If-Match If-Modified-Since If-None-Match If-Range Last-Event-ID Max-Forwards Origin Pragma Priority
  Proxy Proxy-Authorization Range Referer Sec-CH-UA Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Sec-Fetch-User Sec-GPC TE Traceparent Upgrade
  Upgrade-Insecure-Requests User-Agent X-CSRF-Token X-CSRFToken X-XSRF-TOKEN X-HTTP-Method X-HTTP-Method-Override X-Method-Override
  X-Request-ID X-Requested-With Impersonate-User Idempotency-Key Service-Worker`.split(/\s+/);
const proxies =
  `Forwarded Via X-Real-IP X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-Forwarded-Port X-Forwarded-User
  X-Forwarded-Client-Cert X-Forwarded-Prefix X-Original-URL X-Original-Forwarded-For X-Rewrite-URL X-Remote-User X-Remote-Addr Remote-User
  Remote-Groups Remote-Addr X-Auth-Request-User X-Auth-Request-Email X-WebAuth-User True-Client-IP CF-Connecting-IP CF-IPCountry
  CF-Access-Jwt-Assertion X-Client-IP X-Cluster-Client-IP Client-IP Fastly-Client-IP Fly-Client-IP X-Amzn-Oidc-Identity X-Amzn-Trace-Id X-SSL-Client-Verify
  X-SSL-Client-S-DN SSL-Client-Cert X-ProxyUser-Ip X-Envoy-External-Address X-Envoy-Peer-Metadata X-ARR-ClientCert X-MS-Client-Principal
  X-MS-Client-Principal-Id X-Goog-Authenticated-User-Email X-Goog-IAP-JWT-Assertion X-Appengine-User-IP CloudFront-Viewer-Address
  X-Azure-ClientIP X-Azure-SocketIP Akamai-Origin-Hop X-Consumer-Username X-Authentik-Username Tailscale-User-Login Shib-Identity-Provider
  OIDC-Claim-Sub X-Scheme X-Forwarded X-Client-Cert Client-Cert X-Client-Verify Front-End-Https X-Host X-NginX-Proxy X-Haproxy-Server-State
  WL-Proxy-Client-IP Ali-CDN-Real-IP Incap-Client-IP DO-Connecting-IP X-Endpoint-API-UserInfo X-Apigateway-Api-Userinfo X-JWT-Assertion X-Userinfo
  X-Token-User-Email X-Sandstorm-User-Id X-Replit-User-Name Ngrok-Auth-User-Email SM-User IV-User X-Newcomers-Client-IP Newcomer-Forwarded-By`.split(
    /\s+/,
  );
const ofApplications =
  `name room token user id lang version age location timeout title label position signature timestamp nonce session
  session_id X-App X-Custom X-DEVICEID X_DEVICEID X-CLIENT-OS X_CLIENT_OS y.app user-id uid access_token api_key app platform os channel
  X-Auth-Token X-User-Id X-Tenant client clientid real remote via2 refer proxying accepted ifs`.split(/\s+/);

/** Spellings that are one CGI variable. */
function spellings(name: string): readonly string[] {
  return [name, name.toLowerCase(), name.toUpperCase(), name.replaceAll('-', '_'), name.replaceAll('-', '.')];
}

/** What the business server would see of a URL's parameters. */
function fromQuery(parameters: readonly string[]): readonly string[] {
  const query = parameters.map((name) => `${name}=forged`).join('&');
  return connectHeaders({headers: {}, rawHeaders: []}, query, true).filter((_, index) => index % 2 === 0);
}

test('no query parameter to which browsers, proxies or servers give a meaning becomes a header, in any spelling', (t) => {
  const names = [...meaningful, ...proxies].flatMap(spellings);
  t.deepEqual(fromQuery(names), []);
  for (const name of names) t.true(hasMeaning(cgiName(name)), name);
  for (const name of proxies) t.true(isSaidByProxies(cgiName(name)), name);
});

test("an application's own query parameters become headers", (t) => {
  const unique = ofApplications.filter((name) => !/^X_(DEVICEID|CLIENT_OS)$/.test(name));
  t.deepEqual(fromQuery(unique), unique);
  t.deepEqual(fromQuery(['X_DEVICEID', 'X_CLIENT_OS']), ['X_DEVICEID', 'X_CLIENT_OS', 'X-DEVICEID', 'X-CLIENT-OS']);
});

test('of headers that are one CGI variable the one with dashes counts, and all of its repetitions', (t) => {
  const rawHeaders = ['X_App', 'a', 'X-App', 'b', 'x-app', 'c', 'X.App', 'd', 'Y_Z', 'e', 'Y.Z', 'f'];
  t.deepEqual(connectHeaders({headers: {}, rawHeaders}, 'x.app=g&Y-Z=h', true), [
    'X-App',
    'b',
    'x-app',
    'c',
    'Y_Z',
    'e',
  ]);
});

test('headers that the gateway keeps back are kept back in every spelling', (t) => {
  const names = [
    'Host',
    'Content-Length',
    'Keep-Alive',
    'Proxy',
    'Sec-WebSocket-Key',
    'RAINBOWCLIENTIDENTITY',
    'X-Hop',
  ];
  const rawHeaders = [...names.flatMap(spellings), 'R-A-I-N-B-O-WX', 'rain_bow', 'rain.bow.x'].flatMap((name) => [
    name,
    'x',
  ]);
  t.deepEqual(connectHeaders({headers: {connection: 'upgrade, x_hop'}, rawHeaders}, '', true), []);
  // Nor does a parameter take the place of what Connection names.
  t.deepEqual(connectHeaders({headers: {connection: 'upgrade, x_hop'}, rawHeaders: []}, 'X-Hop=y&x-app=z', true), [
    'x-app',
    'z',
  ]);
});

test('what only proxies say is passed on where a proxy is believed, and nowhere else', (t) => {
  const rawHeaders = [...proxies, 'X-App'].flatMap((name) => [name, 'x']);
  t.is(connectHeaders({headers: {}, rawHeaders}, '', true).length, rawHeaders.length);
  t.deepEqual(connectHeaders({headers: {}, rawHeaders}, '', false), ['X-App', 'x']);
});
