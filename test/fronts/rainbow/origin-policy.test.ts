import test from 'ava';
import {normalOrigin, OriginPolicy} from '../../../src/fronts/rainbow/origin-policy.ts';
import {originList} from '../../../src/gateway/config/configuration-access.ts';

const forms: readonly (readonly [written: string, normal: string | undefined])[] = [
  ['https://good.com', 'https://good.com'],
  ['HTTPS://GOOD.COM', 'https://good.com'],
  ['https://good.com:443', 'https://good.com'],
  ['http://good.com:80', 'http://good.com'],
  ['http://good.com:443', 'http://good.com:443'],
  ['https://good.com.', 'https://good.com'],
  ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ['https://xn--bcher-kva.example', 'https://xn--bcher-kva.example'],
  ['http://[::1]:8000', 'http://[::1]:8000'],
  ['http://[0:0:0:0:0:0:0:1]', 'http://[::1]'],
  ['http://0x7f.1', 'http://127.0.0.1'],
  ['capacitor://localhost', 'capacitor://localhost'],
  ['chrome-extension://ABCDEF', 'chrome-extension://abcdef'],
  ['null', 'null'],
  ['file://', 'null'],
  ['', undefined],
  ['NULL', undefined],
  ['good.com', undefined],
  ['https://', undefined],
  ['https://good.com/', undefined],
  ['https://good.com/path', undefined],
  ['https://good.com?x', undefined],
  ['https://good.com#x', undefined],
  ['https://user@good.com', undefined],
  ['https://good.com\\@evil.com', undefined],
  ['https://good.com, https://evil.com', undefined],
  ['https://good.com https://evil.com', undefined],
  ['HTTPS://GOOD.COM:443.', undefined],
  ['https://good.com:99999', undefined],
  ['https://[::1', undefined],
  ['javascript:alert(1)', undefined],
  [`https://${'a'.repeat(1_000)}`, undefined],
];

for (const [written, normal] of forms) {
  test(`the origin ${JSON.stringify(written.slice(0, 40))} is ${normal ?? 'none'}`, (t) => {
    t.is(normalOrigin(written), normal);
  });
}

test('self is the host that the browser connected to, on any port and by either scheme', (t) => {
  const policy = new OriginPolicy(['self']);
  const same = [
    ['https://app.example', 'app.example'],
    ['http://app.example:8000', 'APP.example:1984'],
    ['https://app.example.', 'app.example'],
    ['http://[::1]:8000', '[0:0::1]:1984'],
    ['http://localhost:8000', '127.0.0.1:1984'],
    ['http://127.0.0.1:8000', 'localhost:1984'],
    ['http://[::1]', '127.0.0.1'],
  ] as const;
  for (const [origin, host] of same) t.is(policy.judge(origin, host), 'admitted', `${origin} at ${host}`);
  const other = [
    ['https://evil.example', 'app.example'],
    ['https://app.example.evil.example', 'app.example'],
    ['https://sub.app.example', 'app.example'],
    ['http://localhost:8000', 'app.example'],
    ['http://app.example', '127.0.0.1'],
    ['null', 'app.example'],
    ['file://', 'localhost'],
    ['capacitor://localhost', 'localhost'],
    ['https://app.example, https://app.example', 'app.example'],
    ['', ''],
    ['https://app.example', undefined],
  ] as const;
  for (const [origin, host] of other) t.is(policy.judge(origin, host), 'refused', `${origin} at ${host}`);
});

test('a list admits what it names, in whatever spelling, and nothing else', (t) => {
  const policy = new OriginPolicy(['https://good.com', 'https://*.app.example:8443', 'null']);
  for (const origin of ['https://GOOD.com:443', 'https://a.app.example:8443', 'https://a.b.app.example:8443', 'null']) {
    t.is(policy.judge(origin, 'x'), 'admitted', origin);
  }
  const other = ['http://good.com', 'https://good.com:444', 'https://good.com.evil.com', 'https://app.example:8443'];
  other.push('https://.app.example:8443', 'https://a.app.example', 'https://evilapp.example:8443', 'https://x');
  for (const origin of other) t.is(policy.judge(origin, 'x'), 'refused', origin);
});

test('a client without Origin passes every list, also an empty one, and * passes all', (t) => {
  for (const list of [[], ['self'], ['*'], 'unset'] as const)
    t.is(new OriginPolicy(list).judge(undefined, 'x'), 'admitted');
  t.is(new OriginPolicy([]).judge('https://x', 'x'), 'refused');
  t.is(new OriginPolicy(['*']).judge('https://evil.example, x', 'x'), 'admitted');
});

test('without a list every origin passes, and one of another host is marked', (t) => {
  const policy = new OriginPolicy('unset');
  t.is(policy.judge('https://x:8000', 'x'), 'admitted');
  t.is(policy.judge('https://evil.example', 'x'), 'unchecked');
  t.is(policy.judge('junk, junk', 'x'), 'unchecked');
});

const lists: readonly (readonly [text: string, value: unknown])[] = [
  ['unset', 'unset'],
  ['', []],
  ['self', ['self']],
  ['SELF, Null,*', ['self', 'null', '*']],
  ['https://Good.com:443/, https://good.com', ['https://good.com']],
  ['https://*.Example.com', ['https://*.example.com']],
  ['https://*.example.com:8443', ['https://*.example.com:8443']],
  ['good.com', undefined],
  ['https://*', undefined],
  ['https://a*.example.com', undefined],
  ['https://*.a.*.com', undefined],
  ['https://good.com/path', undefined],
  [Array.from({length: 65}, (_, index) => `https://a${index}`).join(), undefined],
];
for (const [text, value] of lists) {
  test(`allowed_origins = ${text.slice(0, 40)} is ${value === undefined ? 'refused' : 'taken'}`, (t) => {
    const reading = originList.read(text);
    t.deepEqual(reading.kind === 'value' ? reading.value : undefined, value as never);
    if (reading.kind === 'value') t.deepEqual(originList.read(originList.write(reading.value)), reading);
  });
}
