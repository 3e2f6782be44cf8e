import {availableParallelism} from 'node:os';
// Every form of value: at, below and above each bound, and in each way that it may be written.

import test from 'ava';
import fc from 'fast-check';
import {isLoopback} from '../../../src/core/loopback.ts';
import {configurationKeys, findKey, nearestKey} from '../../../src/gateway/config/configuration-keys.ts';
import {isPlaceholder} from '../../../src/gateway/config/configuration-values.ts';

/** The value of `text` under `key`, or what a fault would say it got. */
function read(key: string, text: string): unknown {
  const reading = findKey(key)?.form.read(text);
  return reading?.kind === 'value' ? reading.value : `got ${reading?.got}`;
}

/** So many items of a list. */
function names(count: number, before: string, after = ''): readonly string[] {
  return Array.from({length: count}, (_, index) => `${before}${index + 1}${after}`);
}

const numericBounds: readonly (readonly [key: string, min: string, max: string, below: string, above: string])[] = [
  ['port', '0', '65535', '-1', '65536'],
  ['window', '1', '65534', '0', '65535'],
  ['queue', '1', '1000000', '0', '1000001'],
  ['connections_max', '1', '10000000', '0', '10000001'],
  ['handshakes_max', '1', '1000000', '0', '1000001'],
  ['threads', '1', '256', '0', '257'],
  ['channels_max', '1', '1000000', '0', '1000001'],
  ['upstream_workers', '1', '64', '0', '65'],
  ['upstream_sockets', '1', '10000', '0', '10001'],
  ['upstream_queue', '1', '10000000', '0', '10000001'],
  ['keep_alive', '0.1', '86400', '0.09', '86400.1'],
  ['ping_interval', '0.1', '86400', '0.09', '86400.1'],
  ['message_timeout', '0.1', '86400', '0.09', '86400.1'],
  ['stall_timeout', '0.1', '86400', '0.09', '86400.1'],
  ['ack_timeout', '0', '86400', '-1', '86400.1'],
  ['packet_rate', '1', '10000000', '0', '10000001'],
  ['packet_burst', '1', '10000000', '0', '10000001'],
  ['memory_max', '1MiB', '1024GiB', '1048575', '1099511627777'],
  ['retry_interval', '0.1', '3600', '0', '3600.1'],
  ['peer_timeout', '0.1', '60', '0.09', '60.1'],
  ['call_timeout', '0.1', '600', '0.099', '601'],
  ['watchdog_timeout', '1', '600', '0.9', '600.1'],
  ['shutdown_grace', '0', '300', '-1', '300.001'],
  ['shutdown_max', '0', '3600', '-1', '3600.001'],
  ['close_retry_max', '0', '3600', '-1', '3600.001'],
  ['presence_type', '0', '65535', '-1', '65536'],
  ['presence_interval', '0.1', '3600', '0', '3600.1'],
  ['trace_events', '1024', '16777216', '1023', '16777217'],
  ['trace_keep', '1', '86400', '0.9', '86400.1'],
  ['queue_bytes', '64', '4GiB', '63', '4294967297'],
  ['session_expiry', '0', '604800', '-1', '604800.1'],
  ['session_expiry_max', '0', '604800', '-1', '604800.1'],
  ['session_keep_alive', '0.1', '86400', '0.09', '86400.1'],
  ['session_queue', '1', '1000000', '0', '1000001'],
  ['session_queue_bytes', '64', '4GiB', '63', '4294967297'],
  ['send_buffer', '64', '1GiB', '63', '1073741825'],
  ['payload_max', '64', '256MiB', '63', '268435457'],
  ['answer_max', '64', '256MiB', '63', '268435457'],
];

for (const [key, min, max, below, above] of numericBounds) {
  test(`${key} is ${min} to ${max}`, (t) => {
    t.is(typeof read(key, min), 'number');
    t.is(typeof read(key, max), 'number');
    t.is(read(key, below), `got ${below}`);
    t.is(read(key, above), `got ${above}`);
    t.true(findKey(key)?.form.expected.includes(`from ${min} to ${max}`));
  });
}

test('threads may be auto, for one a core', (t) => {
  t.is(read('threads', 'auto'), availableParallelism());
});

test('watchdog_timeout may be 0, for none', (t) => {
  t.is(read('watchdog_timeout', '0'), 0);
  t.is(read('watchdog_timeout', '0 s'), 0);
});

test('memory_max may be auto, which is worked out at the start', (t) => {
  t.is(read('memory_max', 'auto'), 0);
  t.is(findKey('memory_max')?.form.write(0), 'auto');
});

test('the table of bounds above has every key with numbers', (t) => {
  const numeric = configurationKeys.filter(({form}) => /^(a whole|a number|a size)/.test(form.expected));
  t.deepEqual(numeric.map(({key}) => key).sort(), numericBounds.map(([key]) => key).sort());
});

const spellings: readonly (readonly [key: string, text: string, value: unknown])[] = [
  ['presence_channels', 'lobby, room:*\nroom:*', ['lobby', 'room:*']],
  ['presence_channels', '', []],
  ['presence_channels', 'lobby, a;;b', 'got a;;b in place 2'],
  ['events_url', '', ''],
  ['events_url', 'http://h/events/', 'http://h/events/'],
  ['events_url', 'ftp://h/', 'got ftp://h/'],
  ['window', '', 'got nothing'],
  ['window', '1.5', 'got 1.5'],
  ['window', '1e3', 'got 1e3'],
  ['window', 'nineteen hundred and eighty-four', 'got 32 characters'],
  ['keep_alive', '0.25', 250],
  ['keep_alive', '.5', 500],
  ['keep_alive', '60s', 60_000],
  ['keep_alive', '1 minute', 'got 1 minute'],
  ['payload_max', '64KiB', 65_536],
  ['payload_max', '16MB', 16_000_000],
  ['payload_max', '1 mib', 1_048_576],
  ['payload_max', '1kb', 1_000],
  ['payload_max', '1M', 'got 1M'],
  ['payload_max', '1.5MiB', 'got 1.5MiB'],
  ['require_device', 'TRUE', true],
  ['require_device', 'yes', true],
  ['require_device', 'on', true],
  ['require_device', '1', true],
  ['require_device', 'False', false],
  ['require_device', 'no', false],
  ['require_device', 'off', false],
  ['require_device', '0', false],
  ['require_device', 'maybe', 'got maybe'],
  ['trace', 'off', 0],
  ['trace', 'ON', 1],
  ['trace', '0', 0],
  ['trace', '1', 1],
  ['trace', '0.01', 0.01],
  ['trace', '.5', 0.5],
  ['trace', '1.01', 'got 1.01'],
  ['trace', '-1', 'got -1'],
  ['trace', 'some', 'got some'],
  ['inspector', 'On', 'on'],
  ['inspector', 'yes', 'got yes'],
  ['inspector_key', '', ''],
  ['inspector_key', 'abcdefghijklmnopqrstuvwx', 'abcdefghijklmnopqrstuvwx'],
  ['inspector_key', 'abcdefghijklmnopqrstuvw', 'got 23 characters in place 1'],
  ['inspector_key', 'abcdefghijklmnopqrstuvwx, 0123456789012345678901234', 'got 2 keys'],
  ['replay', 'Strict', 'strict'],
  ['replay', 'loose', 'got loose'],
  ['udp_ports', '[1984, 1985, 1986]', [1984, 1985, 1986]],
  ['udp_ports', '[1984,]', [1984]],
  ['udp_ports', '[]', []],
  ['udp_ports', '', []],
  ['udp_ports', '1984,\n1985', [1984, 1985]],
  ['udp_ports', '[1984, 1984]', [1984]],
  ['udp_ports', '[,]', 'got nothing in place 1'],
  ['udp_ports', '[1984', 'got [1984 in place 1'],
  ['udp_ports', '[1984, 65536]', 'got 65536 in place 2'],
  ['udp_ports', '[0]', 'got 0 in place 1'],
  [
    'udp_ports',
    Array.from({length: 64}, (_, index) => index + 1).join(','),
    Array.from({length: 64}, (_, index) => index + 1),
  ],
  ['udp_ports', Array.from({length: 65}, (_, index) => index + 1).join(','), 'got 65 of them'],
  ['udp_broadcast', '127.255.255.255', '127.255.255.255'],
  ['udp_broadcast', '::1', 'got ::1'],
  ['udp_broadcast', 'localhost', 'got localhost'],
  ['peers', '', []],
  ['peers', 'node-a:1984, Node-B:1985,\n[::1]:1986', ['node-a:1984', 'node-b:1985', '[::1]:1986']],
  ['peers', '10.0.0.1:1984, 10.0.0.1:1984', ['10.0.0.1:1984']],
  ['peers', 'node-a', 'got node-a in place 1'],
  ['peers', 'node-a:1984, node-b:0', 'got node-b:0 in place 2'],
  ['peers', '10.0.0.256:1984', 'got 10.0.0.256:1984 in place 1'],
  ['peers', '::1:1984', 'got ::1:1984 in place 1'],
  ['peers', 'http://node-a:1984', 'got http://node-a:1984 in place 1'],
  ['peers', Array.from({length: 65}, (_, index) => `n:${index + 1}`).join(','), 'got 65 of them'],
  ['peers', names(64, 'n', ':1').join(','), names(64, 'n', ':1')],
  ['allowed_origins', names(64, 'https://h').join(','), names(64, 'https://h')],
  ['allowed_origins', names(65, 'https://h').join(','), 'got 65 of them'],
  ['trusted_proxies', names(64, '10.0.0.').join(','), names(64, '10.0.0.')],
  ['trusted_proxies', names(65, '10.0.0.').join(','), 'got 65 of them'],
  ['unordered_types', '0, 65535', [0, 65_535]],
  ['unordered_types', '65536', 'got 65536 in place 1'],
  ['host', '0.0.0.0', '0.0.0.0'],
  ['host', '[::1]', '::1'],
  ['host', 'gateway-1.example.org', 'gateway-1.example.org'],
  ['host', '256.1.1.1', 'got 256.1.1.1'],
  ['host', '*', 'got *'],
  ['host', '[localhost]', 'got [localhost]'],
  ['host', '', 'got nothing'],
  ['security_token', 'a b', 'a b'],
  ['security_token', 'a'.repeat(1024), 'a'.repeat(1024)],
  ['security_token', 'a'.repeat(1025), 'got 1025 characters'],
  ['security_token', '', 'got nothing'],
  ['api_keys', '', []],
  [
    'api_keys',
    ' abcdefghijklmnopqrstuvwx ,\n 0123456789012345678901234,',
    ['abcdefghijklmnopqrstuvwx', '0123456789012345678901234'],
  ],
  ['api_keys', 'abcdefghijklmnopqrstuvw', 'got 23 characters in place 1'],
  ['api_keys', 'ab'.repeat(200), 'got 400 characters in place 1'],
  [
    'api_keys',
    'short,abcdefghijklmnopqrstu wx,0123456789012345678901234',
    'got 5 characters in place 1, a blank or foreign character in place 2',
  ],
  ['inspector_key', 'change-me-please-inspector', 'got a placeholder'],
  ['connect_url', 'http://h/a?b=c', 'http://h/a?b=c'],
  ['connect_url', 'HTTPS://Host', 'https://host/'],
  ['connect_url', 'http://h/连接/', 'http://h/%E8%BF%9E%E6%8E%A5/'],
  ['connect_url', '', 'got nothing'],
  ['connect_url', '/connect/', 'got /connect/'],
  ['connect_url', 'ftp://h/', 'got ftp://h/'],
  ['connect_url', 'k3y-0123456789abcdefghijklmn', 'got 28 characters'],
  ['connect_url', 'http:h', 'got http:h'],
  ['connect_url', 'http:///h', 'got http:///h'],
  ['connect_url', 'http://h:99999/', 'got http://h:99999/'],
  ['connect_url', 'http://h/#a', 'got one with a #'],
  ['connect_url', 'http://h/ b', 'got one with a blank in it'],
  ['connect_url', '"http://h/"', 'got "http://h/"'],
  ['connect_url', 'http://user:word@h/', 'got ***@h/'],
  ['connect_url', 'httq://user:w?rd#@h/?key=word', 'got ***@h/?***'],
  ['connect_url', `http://h/${'a'.repeat(2048)}`, 'got 2057 characters'],
  ['forward_url', 'http://h/chat/', 'http://h/chat/'],
  ['forward_url', 'http://h/chat', 'http://h/chat/'],
  ['forward_url', 'http://h', 'http://h/'],
  ['forward_url', 'http://h/{message_type}/', 'http://h/{message_type}/'],
  ['forward_url', 'http://h/{{message_type}}', 'http://h/{{message_type}}'],
  ['forward_url', 'http://h/?type={message_type}', 'http://h/?type={message_type}'],
  ['forward_url', 'http://h/chat/?a=b', 'http://h/chat/{message_type}/?a=b'],
  ['forward_url', 'http://h/{type}/', 'got {type}'],
  ['forward_url', 'http://h/{type}/{message_type}', 'got {type}'],
  ['forward_url', 'http://{message_type}.h/', 'got it in the host'],
];

test('a value is read in each way that it may be written, and in no other', (t) => {
  for (const [key, text, value] of spellings) t.deepEqual(read(key, text), value, `${key} = ${text}`);
});

test('a value comes back from the form in which it is written', (t) => {
  for (const {key, form, defaultValue} of configurationKeys) {
    if (defaultValue === undefined || form.isSecret === true) continue;
    t.deepEqual(read(key, form.write(defaultValue)), defaultValue, key);
  }
  fc.assert(
    fc.property(fc.integer({min: 64, max: 2 ** 28}), (count) => {
      t.is(read('payload_max', findKey('payload_max')?.form.write(count) ?? ''), count);
      t.is(
        read('keep_alive', findKey('keep_alive')?.form.write((count % 86_000_000) + 100) ?? ''),
        (count % 86_000_000) + 100,
      );
    }),
  );
});

test('a forward_url is read again as it was read', (t) => {
  for (const [key, , value] of spellings) {
    if (key === 'forward_url' && String(value).startsWith('http')) t.is(read(key, String(value)), value);
  }
});

test('no form throws on any text, and none shows a long text', (t) => {
  fc.assert(
    fc.property(fc.constantFrom(...configurationKeys), fc.string({unit: 'binary'}), ({form}, text) => {
      const reading = form.read(text.trim());
      t.true(
        reading.kind === 'value' ||
          text.trim().length < 24 ||
          !reading.got.includes(text.trim()) ||
          text.includes('://'),
      );
    }),
    {numRuns: 2_000},
  );
});

test('a token of a manual, a short one, and one of two characters are placeholders', (t) => {
  for (const token of [
    '',
    'xxxxxxx',
    'Zq83hfH',
    'xxxxxxxxxxxxxxxx',
    '1212121212',
    'change-me-please',
    'CHANGEME123',
    'Your token here',
    'my_secret',
    'tokentoken',
    'security_token',
    'password1',
    '123456789',
  ]) {
    t.true(isPlaceholder(token), token);
  }
  for (const token of ['Zq83hfHS', 'secret-of-the-blue-rainbow', 'correct horse battery staple', 'f3b1c2d4e5']) {
    t.false(isPlaceholder(token), token);
  }
});

test('loopback is 127.0.0.0/8, ::1 and localhost', (t) => {
  for (const host of [
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    'localhost',
    'a.LOCALHOST',
  ]) {
    t.true(isLoopback(host), host);
  }
  for (const host of [
    '0.0.0.0',
    '::',
    '128.0.0.1',
    '126.255.255.255',
    'localhost.example.org',
    '127.0.0.1.example.org',
  ]) {
    t.false(isLoopback(host), host);
  }
});

test('the nearest key is at most a third of its letters away', (t) => {
  t.is(nearestKey('hots'), 'host');
  t.is(nearestKey('connect-url'), 'connect_url');
  t.is(nearestKey('udp_port'), 'udp_ports');
  t.is(nearestKey('xyz'), undefined);
  t.is(nearestKey('h'.repeat(49)), undefined);
});
