import test from 'ava';
import {TrustedProxies} from '../../../src/fronts/rainbow/trusted-proxies.ts';
import {proxyList} from '../../../src/gateway/config/configuration-access.ts';

const proxies = new TrustedProxies(['loopback', '10.0.0.0/8', '2001:db8:1::/48', '192.0.2.7']);

function addressOf(remoteAddress: string | undefined, headers: Readonly<Record<string, string>>): string {
  return proxies.read({headers, socket: {remoteAddress}}).address;
}

const chains: readonly (readonly [peer: string | undefined, forwardedFor: string, address: string])[] = [
  ['127.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['::1', '203.0.113.9', '203.0.113.9'],
  ['::ffff:127.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['192.0.2.7', '203.0.113.9', '203.0.113.9'],
  ['192.0.2.8', '203.0.113.9', '192.0.2.8'],
  ['::ffff:192.0.2.8', '203.0.113.9', '192.0.2.8'],
  ['127.0.0.1', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
  ['127.0.0.1', '6.6.6.6, 203.0.113.9, 10.1.2.3, 10.0.0.1', '203.0.113.9'],
  ['127.0.0.1', '10.1.2.3, 10.0.0.1', '10.1.2.3'],
  ['127.0.0.1', '203.0.113.9:51234', '203.0.113.9'],
  ['127.0.0.1', '2001:db8::9', '2001:db8::9'],
  ['127.0.0.1', '[2001:db8::9]:443', '2001:db8::9'],
  ['127.0.0.1', '[2001:DB8:0:0::9]', '2001:db8::9'],
  ['127.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
  ['127.0.0.1', '::FFFF:203.0.113.9', '203.0.113.9'],
  ['127.0.0.1', '::ffff:cb00:7109', '203.0.113.9'],
  ['127.0.0.1', '::ffff:203.0.113.999', '127.0.0.1'],
  ['127.0.0.1', '::ffff:::ffff:203.0.113.9', '127.0.0.1'],
  ['127.0.0.1', 'fe80::1%eth0', 'fe80::1'],
  ['127.0.0.1', '203.0.113.9, 2001:db8:1:2::3', '203.0.113.9'],
  ['127.0.0.1', '203.0.113.9, unknown', '127.0.0.1'],
  ['127.0.0.1', '203.0.113.9, 10.0.0.1, _hidden', '127.0.0.1'],
  ['127.0.0.1', '203.0.113.9, _hidden, 10.0.0.1', '10.0.0.1'],
  ['127.0.0.1', '203.0.113.9,', '127.0.0.1'],
  ['127.0.0.1', '203.0.113.999', '127.0.0.1'],
  ['127.0.0.1', '1.2.3.4.5, 0x7f.1', '127.0.0.1'],
  ['127.0.0.1', '[::1', '127.0.0.1'],
  ['127.0.0.1', '', '127.0.0.1'],
  [undefined, '203.0.113.9', ''],
];
for (const [peer, header, address] of chains) {
  test(`X-Forwarded-For: ${header} from ${peer} is ${address}`, (t) => {
    t.is(addressOf(peer, {'x-forwarded-for': header}), address);
  });
}

const elements: readonly (readonly [forwarded: string, address: string])[] = [
  ['for=203.0.113.9', '203.0.113.9'],
  ['For="203.0.113.9:443";proto=https;by=10.0.0.1', '203.0.113.9'],
  ['proto=https; for = "[2001:db8::9]:4711"', '2001:db8::9'],
  ['for=6.6.6.6, for=203.0.113.9, for=10.0.0.1', '203.0.113.9'],
  ['for="6.6.6.6, for=203.0.113.9', '203.0.113.9'],
  ['for=_secret', '127.0.0.1'],
  ['proto=https', '127.0.0.1'],
];
for (const [forwarded, address] of elements) {
  test(`Forwarded: ${forwarded} is ${address}`, (t) => {
    t.is(addressOf('127.0.0.1', {forwarded}), address);
  });
}

test('X-Forwarded-For goes before Forwarded, and X-Real-IP counts where there is neither', (t) => {
  const headers = {'x-forwarded-for': '203.0.113.1', forwarded: 'for=203.0.113.2', 'x-real-ip': '203.0.113.3'};
  t.is(addressOf('127.0.0.1', headers), '203.0.113.1');
  t.is(addressOf('127.0.0.1', {forwarded: headers.forwarded, 'x-real-ip': '203.0.113.3'}), '203.0.113.2');
  t.is(addressOf('127.0.0.1', {'x-real-ip': '203.0.113.3'}), '203.0.113.3');
});

test('only a trusted proxy may say which host the client asked for', (t) => {
  const read = (remoteAddress: string, headers: Readonly<Record<string, string>>) =>
    proxies.read({headers: {host: 'inner', ...headers}, socket: {remoteAddress}});
  t.like(read('127.0.0.1', {'x-forwarded-host': 'app.example, inner2'}), {
    host: 'app.example',
    areProxiesBelieved: true,
  });
  t.like(read('127.0.0.1', {forwarded: 'for=1.1.1.1;host="app.example:443"'}), {host: 'app.example:443'});
  t.like(read('127.0.0.1', {}), {host: 'inner', areProxiesBelieved: true});
  t.like(read('6.6.6.6', {'x-forwarded-host': 'app.example'}), {host: 'inner', areProxiesBelieved: false});
});

test('without a list the address is that of the socket, and headers pass; with an empty one they do not', (t) => {
  const request = {headers: {'x-forwarded-for': '6.6.6.6'}, socket: {remoteAddress: '127.0.0.1'}};
  t.like(new TrustedProxies('unset').read(request), {address: '127.0.0.1', areProxiesBelieved: true});
  t.like(new TrustedProxies([]).read(request), {address: '127.0.0.1', areProxiesBelieved: false});
});

const lists: readonly (readonly [text: string, value: unknown])[] = [
  ['unset', 'unset'],
  ['', []],
  ['Loopback, private', ['loopback', 'private']],
  ['10.0.0.0/8, 192.0.2.1,2001:DB8::/32', ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32']],
  ['10.0.0.0/33', undefined],
  ['::/129', undefined],
  ['10.0.0.0/', undefined],
  ['10.0.0.0/8/8', undefined],
  ['10.0.0', undefined],
  ['proxy.example', undefined],
];
for (const [text, value] of lists) {
  test(`trusted_proxies = ${text} is ${value === undefined ? 'refused' : 'taken'}`, (t) => {
    const reading = proxyList.read(text);
    t.deepEqual(reading.kind === 'value' ? reading.value : undefined, value as never);
    if (reading.kind === 'value') t.notThrows(() => new TrustedProxies(reading.value));
  });
}
