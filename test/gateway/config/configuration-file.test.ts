// The dialect of the file: what Python's reader took must be taken alike, and each fault must name its line.

import test from 'ava';
import fc from 'fast-check';
import {type FileReading, readConfigurationText} from '../../../src/gateway/config/configuration-file.ts';

function valuesOf(reading: FileReading): Record<string, string | undefined> {
  return Object.fromEntries(reading.entries.map(({key, value}) => [key, value]));
}

function faultsOf(reading: FileReading): string[] {
  return reading.faults.map(({line, message}) => `${line}: ${message}`);
}

/** One accepted text and the values that it must give. */
interface Dialect {
  readonly title: string;
  readonly text: string;
  readonly values: Record<string, string>;
}

const dialect: readonly Dialect[] = [
  {title: 'a key and its value are separated by =', text: '[main]\nhost = a', values: {host: 'a'}},
  {title: 'a key and its value are separated by :', text: '[main]\nhost: a', values: {host: 'a'}},
  {
    title: 'the first separator counts',
    text: '[main]\nconnect_url: http://h/?a=b\nclose_url=http://h:1/',
    values: {connect_url: 'http://h/?a=b', close_url: 'http://h:1/'},
  },
  {
    title: 'a key is read in any case',
    text: '[main]\nHOST = a\nConnect_URL = b',
    values: {host: 'a', connect_url: 'b'},
  },
  {title: 'a line that begins with # or ; is a comment', text: '# x\n; y\n[main]\n#host = a\n;port = 1', values: {}},
  {title: 'an indented comment is a comment', text: '[main]\nhost = a\n  # b\n\t; c', values: {host: 'a'}},
  {
    title: 'a semicolon behind a blank begins a comment',
    text: '[main]\nhost = a ; b\nport = 1\t;x',
    values: {host: 'a', port: '1'},
  },
  {title: 'a semicolon within a word stays', text: '[main]\nhost = a;b', values: {host: 'a;b'}},
  {
    title: 'a value that is only a comment is empty',
    text: '[main]\nhost = ; b\nport =;x',
    values: {host: '', port: ''},
  },
  {title: 'a # in a value stays', text: '[main]\nhost = a # b', values: {host: 'a # b'}},
  {
    title: 'a line that begins with a blank continues the value',
    text: '[main]\nudp_ports = [1,\n  2 ; two\n\t3]',
    values: {udp_ports: '[1,\n2\n3]'},
  },
  {
    title: 'blank lines and comments do not end a value',
    text: '[main]\napi_keys = a\n\n# x\n  b',
    values: {api_keys: 'a\nb'},
  },
  {title: 'an indented key is a key', text: '[main]\n  host = a\n  port = 1', values: {host: 'a', port: '1'}},
  {title: 'two percent signs mean one', text: '[main]\nhost = a%%b', values: {host: 'a%b'}},
  {title: 'a single percent sign stays', text: '[main]\nhost = a%20b%', values: {host: 'a%20b%'}},
  {title: 'two quotes are an empty value', text: '[main]\nhost = ""', values: {host: ''}},
  {title: 'quotes around a value stay', text: '[main]\nhost = "a"', values: {host: '"a"'}},
  {
    title: 'words that JSON knows stay words',
    text: '[main]\nhost = true\nreplay = null',
    values: {host: 'true', replay: 'null'},
  },
  {
    title: 'a byte order mark and carriage returns are tolerated',
    text: '\uFEFF[main]\r\nhost = a\r\n',
    values: {host: 'a'},
  },
  {
    title: 'the section may be opened twice',
    text: '[main]\nhost = a\n[main] ; again\nport = 1',
    values: {host: 'a', port: '1'},
  },
  {title: 'an empty file has no values', text: '', values: {}},
];

for (const {title, text, values} of dialect) {
  test(title, (t) => {
    const reading = readConfigurationText(text);
    t.deepEqual(faultsOf(reading), []);
    t.deepEqual(valuesOf(reading), values);
  });
}

/** One refused text, its faults as `line: message`, and the keys that must not be reported as missing. */
interface Refused {
  readonly title: string;
  readonly text: string | Uint8Array;
  readonly faults: readonly string[];
  readonly known?: readonly string[];
}

const refused: readonly Refused[] = [
  {
    title: 'a misspelt key is reported with the nearest right one, which counts as present',
    text: '[main]\nconect_url = x',
    faults: ['2: Unknown key `conect_url`; did you mean `connect_url`?'],
    known: ['connect_url'],
  },
  {
    title: 'a key of an earlier release is reported with its successor',
    text: '[main]\nsecurity_key = x\nauth_url = y',
    faults: [
      '2: Unknown key `security_key`; did you mean `security_token`?',
      '3: Unknown key `auth_url`; did you mean `connect_url`?',
    ],
    known: ['security_token', 'connect_url'],
  },
  {title: 'a key like no other is reported by itself', text: '[main]\ncolour = x', faults: ['2: Unknown key `colour`']},
  {
    title: 'an unknown key that could be a piece of a secret is not shown',
    text: '[main]\nq83hfhsnwos92aa = x\nabcdefghijklmnopqrstuvwxyz = y',
    faults: ['2: Unknown key, not shown here', '3: Unknown key, not shown here'],
  },
  {
    title: 'a repeated key is reported with both lines, and the first one counts',
    text: '[main]\nhost = a\n\nHost = b',
    faults: ['4: host is set on lines 2 and 4. Keep one of them.'],
    known: ['host'],
  },
  {
    title: 'keys before any section are reported once and read on',
    text: 'host = a\nport = 1',
    faults: ['1: The first key stands before [main]. Write [main] above it.'],
    known: ['host', 'port'],
  },
  {
    title: 'a misspelt section is reported and read as [main]',
    text: '[Main]\nhost = a\n[mian]\nport = 1',
    faults: [
      '1: The section [Main] is not [main]. Did you mean [main]?',
      '3: The section [mian] is not [main]. Did you mean [main]?',
    ],
    known: ['host', 'port'],
  },
  {
    title: 'a section of something else is reported once and skipped',
    text: '[logging]\nhost = a\nnonsense\n[main]\nport = 1',
    faults: ['1: The section [logging] is not [main]. Only keys in [main] are read.'],
    known: ['port'],
  },
  {
    title: 'a section without its end is reported',
    text: '[logging\n[main',
    faults: [
      '1: A line that begins with [ is not [main]. Only keys in [main] are read.',
      '2: A line that begins with [ is not [main]. Did you mean [main]?',
    ],
  },
  {
    title: 'a line without separator is reported, with its key if that is known',
    text: '[main]\nsecurity_token hunter2hunter2\nnonsense',
    faults: [
      '2: The line has no = or : after security_token. Write key = value, or key: value.',
      '3: The line has no = or :. Write key = value, or key: value.',
    ],
    known: ['security_token'],
  },
  {
    title: 'a control character is reported by its number',
    text: '[main]\nhost = a\u0007b\nreplay = a\u2028b\nport = 1\n  \u001b2',
    faults: [
      '2: The line has the character U+0007. Remove it.',
      '3: The line has the character U+2028. Remove it.',
      '5: The line has the character U+001B. Remove it.',
    ],
    known: ['host', 'replay', 'port'],
  },
  {
    title: 'a reference to another key is reported',
    text: '[main]\nhost = %(port)s\nclose_url = %%(port)s',
    faults: ['2: host has a reference of the form %(name)s. Write the value out; for a plain % before ( write %%.'],
    known: ['host', 'close_url'],
  },
  {
    title: 'bytes that are not UTF-8 are reported once, with the first line',
    text: Buffer.from('[main]\n# \xc1\xac\nhost = \xbd\nport = 1', 'latin1'),
    faults: ['2: 2 lines from here are not UTF-8. Save the file as UTF-8.'],
    known: ['host', 'port'],
  },
  {
    title: 'UTF-16 is reported',
    text: Buffer.from('[main]\nhost = a', 'utf16le'),
    faults: ['1: The file has a NUL byte, as UTF-16 and binary files do. Save it as UTF-8 text.'],
  },
  {
    title: 'a file of more than 64 KiB is refused',
    text: `[main]\n${'#'.repeat(65_536)}`,
    faults: ['undefined: The file is longer than 65536 bytes. Shorten it.'],
  },
];

for (const {title, text, faults, known} of refused) {
  test(title, (t) => {
    const reading = readConfigurationText(text);
    t.deepEqual(faultsOf(reading), faults);
    t.deepEqual(Object.keys(valuesOf(reading)), known ?? []);
  });
}

test('a file of exactly 64 KiB is read', (t) => {
  const head = '[main]\nhost = a\n#';
  const reading = readConfigurationText(head.padEnd(65_536, '#'));
  t.deepEqual(valuesOf(reading), {host: 'a'});
  t.true(reading.isWhole);
});

test('a file of 64 KiB is read without delay, whatever it repeats', (t) => {
  for (const unit of [' ', '%(', '[', ';', ' ;', '\\', '"', '=', '(', 'x ', 'a=\n', '\n ']) {
    // Of this thread, whatever else the machine does meanwhile.
    const start = process.threadCpuUsage();
    readConfigurationText(`[main]\nhost = a${unit.repeat(62_000 / unit.length)}b`);
    readConfigurationText(`[main]\n${unit.repeat(62_000 / unit.length)}`);
    const {user, system} = process.threadCpuUsage(start);
    t.true(user + system < 2_000_000, unit);
  }
});

test('a value comes out as it went in', (t) => {
  const value = fc
    .string({unit: 'binary', minLength: 1})
    .filter((text) => text === text.trim() && text.isWellFormed() && text !== '""')
    .filter((text) => !/(?!\t)[\p{Cc}\u2028\u2029]|(^|\s);/u.test(text));
  fc.assert(
    fc.property(value, (text) => {
      const reading = readConfigurationText(`[main]\nsecurity_token = ${text.replaceAll('%', '%%')}`);
      t.deepEqual(faultsOf(reading), []);
      t.is(valuesOf(reading).security_token, text);
    }),
    {numRuns: 1_000},
  );
  t.pass();
});
