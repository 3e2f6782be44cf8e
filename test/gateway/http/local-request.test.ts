// `serverinfo = local`: who is on this machine, and means it.

import test from 'ava';
import fc from 'fast-check';
import {isLocalAddress, isLocalHost, isLocalRequest} from '../../../src/gateway/http/local-request.ts';
import {bodyOf, exchange, startApi} from './api-harness.ts';

function request(headers: Readonly<Record<string, string>> = {}, httpVersion = '1.1'): boolean {
  const {host = 'localhost:1984', ...others} = headers;
  const rawHeaders = ['Host', host, ...Object.entries(others).flat()];
  return isLocalRequest({httpVersion, rawHeaders, headers: {host}, socket: {remoteAddress: '::ffff:127.0.0.1'}});
}

test('loopback is 127.0.0.0/8 and ::1, however written, and no other address', (t) => {
  for (const address of ['127.0.0.1', '127.255.0.3', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1']) {
    t.true(isLocalAddress(address), address);
  }
  for (const address of [
    undefined,
    '',
    '10.0.0.1',
    '192.168.127.1',
    '1127.0.0.1',
    '::ffff:10.0.0.1',
    '::2',
    'fe80::1',
    '127.0.0.1.evil',
    'localhost',
  ]) {
    t.false(isLocalAddress(address), address);
  }
});

test('Host is localhost or a loopback address, with any port, and nothing else', (t) => {
  for (const host of [
    'localhost',
    'LocalHost:80',
    'localhost:',
    '127.0.0.1',
    '127.9.9.9:1984',
    '[::1]',
    '[::1]:1984',
  ]) {
    t.true(isLocalHost(host), host);
  }
  for (const host of [
    undefined,
    '',
    ':1984',
    'evil.example',
    'evil.example:1984',
    'localhost.evil.example',
    'localhost@evil.example',
    'evil.example#localhost',
    '127.0.0.1.evil.example',
    '127.0.0.1:80:80',
    '10.0.0.1',
    '[::2]:1984',
    '[::1',
    '2130706433',
    '127.0.0.1, evil.example',
  ]) {
    t.false(isLocalHost(host), host);
  }
});

const forwarding = [
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-Server',
  'Forwarded',
  'Via',
  'X-Real-IP',
  'CF-Connecting-IP',
  'CF-Ray',
  'CF-Visitor',
  'True-Client-IP',
  'X-Client-IP',
  'X-Cluster-Client-IP',
  'Fastly-Client-IP',
  'X-Envoy-External-Address',
  'X-Original-Forwarded-For',
  'X-Original-URL',
  'X-Amzn-Trace-Id',
  'X-ProxyUser-Ip',
  'CDN-Loop',
  'Fly-Client-IP',
  'X-Azure-ClientIP',
  'X-Scheme',
  'X-Newcomers-Client-IP',
  'Newcomer-Forwarded-By',
  'Do-Connecting-IP',
  'X-NginX-Proxy',
  'X-Haproxy-Server-State',
];

test('a header by which proxies pass requests on means not local, in every spelling and with any value', (t) => {
  t.true(request({'User-Agent': 'curl/8', Accept: '*/*', Cookie: 'a=b', 'X-Requested-With': 'x', Traceparent: '00'}));
  const property = fc.property(
    fc.constantFrom(...forwarding),
    fc.constantFrom('-', '_', '.'),
    fc.constantFrom('', '127.0.0.1', '203.0.113.9'),
    fc.infiniteStream(fc.boolean()),
    (name, dash, value, cases) => {
      const spelt = Array.from(name.replaceAll('-', dash), (letter) =>
        cases.next().value === true ? letter.toUpperCase() : letter.toLowerCase(),
      );
      t.false(request({[spelt.join('')]: value}), spelt.join(''));
    },
  );
  fc.assert(property, {numRuns: 500});
});

test('over HTTP/1.0, as nginx passes on by default, no caller is local', (t) => {
  t.false(request({}, '1.0'));
});

for (const path of ['/serverinfo/', '/serverinfo/?format=json', '/serverinfo/?cluster=1', '/metrics/']) {
  test(`${path} wants a signature where Host names another machine or a proxy shows`, async (t) => {
    const {port} = await startApi(t);
    const get = async (lines: readonly string[], version = '1.1'): Promise<string> =>
      exchange(t, port, `GET ${path} HTTP/${version}\r\nConnection: close\r\n${lines.join('\r\n')}\r\n\r\n`);
    t.regex(await get(['Host: localhost']), /^HTTP\/1\.1 200 /);
    t.regex(await get([`Host: 127.0.0.1:${port}`]), /^HTTP\/1\.1 200 /);
    for (const [lines, version] of [
      [['Host: evil.example'], '1.1'],
      [[`Host: evil.example:${port}`], '1.1'],
      [['Host: localhost', 'X-Real-IP: 9.9.9.9'], '1.1'],
      [['Host: localhost', 'x_forwarded_proto: https'], '1.1'],
      [['Host: localhost'], '1.0'],
    ] as const) {
      const answer = await get(lines, version);
      t.regex(answer, /^HTTP\/1\.1 401 /, lines.join());
      t.is(bodyOf(answer).code, 'RB_SIGNATURE_MISSING');
    }
  });
}
