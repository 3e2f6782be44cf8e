// The log: events with fields, never a secret or a payload.

import test from 'ava';
import {createLog, isPretty, type LogOptions} from '../../src/gateway/log/log.ts';

/** A log whose lines are kept. */
function kept(options: Partial<LogOptions> = {}) {
  let text = '';
  const output = {
    write: (line: string) => {
      text += line;
    },
  };
  const log = createLog({logLevel: 'info', logFormat: 'json', ...options}, output);
  return {
    log,
    text: () => text,
    lines: () =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
  };
}

test('a line has level, time, process, event and fields', (t) => {
  const {log, lines} = kept();
  log.warn({port: 1984}, 'sample.happened');
  const [line] = lines();
  t.like(line, {level: 'warn', pid: process.pid, event: 'sample.happened', port: 1984});
  t.regex(line.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  t.deepEqual(Object.keys(line), ['level', 'time', 'pid', 'port', 'event']);
});

test('a line below the level is not written', (t) => {
  const {log, lines} = kept({logLevel: 'warn'});
  log.info('sample.unheard');
  log.error('sample.heard');
  t.deepEqual(
    lines().map(({event}) => event),
    ['sample.heard'],
  );
  const silent = kept({logLevel: 'silent'});
  silent.log.fatal('sample.unheard');
  t.is(silent.text(), '');
});

for (const logFormat of ['json', 'pretty'] as const) {
  test(`secrets and payloads are hidden, however they got there: ${logFormat}`, (t) => {
    const {log, text} = kept({logFormat});
    const secret = 'must-not-show';
    log.info(
      {
        securityToken: secret,
        apiKeys: [secret],
        payload: secret,
        options: {security_token: secret, nested: {signature: secret}},
        headers: {authorization: secret, cookie: secret, RAINBOWCLIENTCOOKIE: secret},
        url: `http://user:${secret}@host/send/?signature=${secret}`,
        connectUrl: `http://host/connect/?key=${secret}`,
      },
      'sample.happened',
    );
    t.false(text().includes(secret), text());
    t.true(text().includes('sample.happened'));
    t.true(text().includes('http://host/connect/?***'));
  });
}

test('an error is written with its stack', (t) => {
  const {log, lines} = kept();
  log.error({err: new Error('sample failure')}, 'sample.failed');
  const [{err}] = lines();
  t.is(err.message, 'sample failure');
  t.regex(err.stack, /log\.test\.ts/);
});

test('a person reads one line an event', (t) => {
  const {log, text} = kept({logFormat: 'pretty'});
  log.info({port: 1984}, 'sample.happened');
  t.regex(text(), /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: sample\.happened \{"port":1984\}\n$/);
});

test('lines are for people on a terminal, unless configured otherwise', (t) => {
  const terminal = {write: () => {}, isTTY: true};
  const pipe = {write: () => {}};
  t.true(isPretty({logLevel: 'info', logFormat: 'auto'}, terminal));
  t.false(isPretty({logLevel: 'info', logFormat: 'auto'}, pipe));
  t.false(isPretty({logLevel: 'info', logFormat: 'json'}, terminal));
  t.true(isPretty({logLevel: 'info', logFormat: 'pretty'}, pipe));
});

test('for people, a line with a sentence begins with it; other fields follow, and JSON keeps it as a field', (t) => {
  const pretty = kept({logFormat: 'pretty'});
  pretty.log.info({clientsMax: 5, hint: 'at most 5 clients: raise\u001b[2J the limit'}, 'sample.limited');
  pretty.log.warn({warning: 'server.ini:3: unknown key'}, 'sample.warned');
  pretty.log.info({port: 1}, 'sample.plain');
  const [limited = '', warned = '', plain = ''] = pretty.text().split('\n');
  t.true(limited.endsWith('INFO: at most 5 clients: raise [2J the limit  sample.limited {"clientsMax":5}'), limited);
  t.true(warned.endsWith('WARN: server.ini:3: unknown key  sample.warned'), warned);
  t.true(plain.endsWith('INFO: sample.plain {"port":1}'), plain);
  const json = kept();
  json.log.warn({warning: 'server.ini:3: unknown key', hint: 'fix it'}, 'sample.warned');
  t.like(json.lines()[0], {event: 'sample.warned', warning: 'server.ini:3: unknown key', hint: 'fix it'});
});
