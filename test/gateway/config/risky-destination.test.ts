// URLs with destinations that are never intended: metadata services in every spelling, no machine, the gateway itself.

import test from 'ava';
import {describeRisk} from '../../../src/gateway/config/risky-destination.ts';
import {input, minimal, readValid} from './configuration-harness.ts';

const own = {host: '0.0.0.0', port: 1984};

const risky: readonly (readonly [string, RegExp])[] = [
  ['169.254.169.254', /link-local/],
  ['169.254.170.2', /link-local/],
  ['2852039166', /169\.254\.169\.254, a link-local/],
  ['0xa9fea9fe', /169\.254\.169\.254, a link-local/],
  ['0251.0376.0251.0376', /169\.254\.169\.254, a link-local/],
  ['169.16689662', /169\.254\.169\.254, a link-local/],
  ['[::ffff:169.254.169.254]', /169\.254\.169\.254\), a link-local/],
  ['[::ffff:a9fe:a9fe]', /link-local/],
  ['[::a9fe:a9fe]', /link-local/],
  ['[64:ff9b::a9fe:a9fe]', /link-local/],
  ['[2002:a9fe:a9fe::1]', /link-local/],
  ['[fe80::1]', /link-local/],
  ['[febf::1]', /link-local/],
  ['[fd00:ec2::254]', /metadata/],
  ['[fd00:0ec2:0:0:0:0:0:0254]', /metadata/],
  ['metadata.google.internal', /metadata/],
  ['METADATA.google.internal.', /metadata/],
  ['metadata', /metadata/],
  ['100.100.100.200', /metadata/],
  ['168.63.129.16', /metadata/],
  ['0.0.0.0', /no address/],
  ['0', /no address/],
  ['[::]', /no address/],
  ['224.0.0.1', /multicast/],
  ['[ff02::1]', /multicast/],
  ['255.255.255.255', /broadcast/],
  ['127.0.0.1:1984', /port 1984, on which the gateway itself listens/],
  ['localhost:1984', /itself/],
  ['[::1]:1984', /itself/],
  ['[::ffff:127.0.0.1]:1984', /itself/],
];

for (const [host, reason] of risky) {
  test(`risky: ${host}`, (t) => {
    t.regex(describeRisk(`http://${host}/message/{message_type}/`, own) ?? 'not risky', reason);
  });
}

test('other addresses and names are not risky', (t) => {
  for (const host of [
    'business',
    'business.example:8080',
    '127.0.0.1:8080',
    'localhost',
    '10.0.0.7:1984',
    '192.168.1.1',
    '172.17.0.1',
    '169.253.0.1',
    '100.100.100.201',
    '[::1]:8080',
    '[2001:db8::1]:1984',
    '[fd00:ec2::253]',
    '[fec0::1]',
  ]) {
    t.is(describeRisk(`http://${host}/`, own), undefined, host);
  }
});

test('a risky URL is a warning with its line, not a fault', (t) => {
  const text = `${minimal.replace('http://h/close/', 'http://169.254.169.254/latest/')}port = 80\nhost = h\n`;
  const {warnings} = readValid(t, input(text));
  t.is(warnings.length, 3);
  t.regex(warnings.join('\n'), /^server\.ini:4: close_url leads to 169\.254\.169\.254, a link-local address/m);
  t.regex(warnings.join('\n'), /^server\.ini:2: connect_url leads to port 80, on which the gateway itself listens/m);
});
