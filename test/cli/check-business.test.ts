// `rainbow check` and the business server: it is called as the gateway calls it, and each failure is named with what to do.

import {mkdir, writeFile} from 'node:fs/promises';
import {createServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {checkBusiness} from '../../src/cli/check/business-check.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {readConfiguration} from '../../src/gateway/config/configuration.ts';
import {defaultOptions} from '../../src/gateway/config/options.ts';
import {startPython} from '../examples/python-server.ts';
import {
  after,
  answer,
  type BusinessServer,
  drop,
  garbage,
  hang,
  type Script,
  startBusinessServer,
  success,
} from '../support/business-server.ts';
import {emptyFolder, run, writeIn} from '../support/command.ts';
import {Latch} from '../support/deadline.ts';
import {securityToken, start} from '../support/gateway.ts';
import {holdPort} from '../support/ports.ts';
import {testWith} from '../support/programs.ts';
import {certificate, key} from '../upstream/certificate.ts';

interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly isCalled?: false;
  readonly detail: string;
}

interface Urls {
  readonly connect: string;
  readonly message: string;
  readonly close: string;
}

function urlsOf(base: string): Urls {
  return {connect: `${base}/connect/`, message: `${base}/message/`, close: `${base}/close/`};
}

function configuration({connect, message, close}: Urls, ...more: readonly string[]): string {
  const lines = [`connect_url = ${connect}`, `forward_url = ${message}`, `close_url = ${close}`, ...more];
  return `[main]\n${[...lines, `security_token = ${securityToken}`].join('\n')}\n`;
}

type Check = (urls: Urls, args?: readonly string[]) => Promise<readonly Finding[]>;

/** Starts a gateway, and runs the command; gives the findings about the business server. */
async function checker(t: ExecutionContext): Promise<Check> {
  const {gateway} = await start(t);
  return async (urls, args = []) => {
    const file = await writeIn(t, 'server.ini', configuration(urls));
    const {code, stdout, stderr} = await run(t, 'rainbow', ['check', gateway.url, '-f', file, '--json', ...args]);
    t.is(stderr, '');
    const {ok, findings}: {ok: boolean; findings: readonly Finding[]} = JSON.parse(stdout);
    t.is(code, ok ? 0 : 1);
    t.deepEqual(
      findings.slice(0, 2).map((finding) => `${finding.name} ${finding.ok}`),
      ['gateway true', 'credentials true'],
    );
    return findings.slice(2);
  };
}

function summary(findings: readonly Finding[]): readonly string[] {
  return findings.map(({name, ok, isCalled}) => `${name} ${ok}${isCalled === false ? ' not called' : ''}`);
}

/** The findings alone, without the command around them, which takes a process each time. */
async function findingsAt(t: ExecutionContext, urls: Urls, ...more: readonly string[]): Promise<readonly Finding[]> {
  const file = await writeIn(t, 'server.ini', configuration(urls, ...more));
  const read = readConfiguration({file, environment: {}, flags: {}});
  if (read.kind !== 'valid') throw new Error(JSON.stringify(read));
  return await checkBusiness({options: read.options, securityToken, headers: {}, type: undefined});
}

/** What is found where the connect call is answered so. */
async function failure(t: ExecutionContext, script: Script, ...more: readonly string[]): Promise<string> {
  const business = await startBusinessServer(t, securityToken);
  business.always('connect', script);
  const findings = await findingsAt(t, urlsOf(business.url), ...more);
  t.deepEqual(summary(findings), ['connect_url false', 'forward_url true not called', 'close_url true not called']);
  t.is(business.count('close') + business.count('message'), 0);
  return findings[0]?.detail ?? '';
}

function identityOf(business: BusinessServer): string | undefined {
  return business.calls('connect')[0]?.header('RAINBOWCLIENTIDENTITY');
}

test('the business server gets a signed connect call and the close call of the same identity, and no message', async (t) => {
  const check = await checker(t);
  const business = await startBusinessServer(t, securityToken);
  business.always('connect', success({RAINBOWCLIENTCHANNEL: 'news;;room', RAINBOWCLIENTCOOKIE: 'c7'}));
  const findings = await check(urlsOf(business.url));
  t.deepEqual(summary(findings), ['connect_url true', 'forward_url true not called', 'close_url true']);
  t.regex(findings[0]?.detail ?? '', /answers yes in \d+ ms, and puts the client into news, room$/);
  t.regex(findings[1]?.detail ?? '', /accepts connections; not called, since a message may have effects: --type N/);
  t.regex(identityOf(business) ?? '', /^rainbow-check-[0-9a-f]{16}$/);
  const [close] = business.calls('close');
  t.is(close?.header('RAINBOWCLIENTIDENTITY'), identityOf(business));
  t.is(close?.header('RAINBOWCLIENTCOOKIE'), 'c7');
  t.is(close?.header('RAINBOWCLOSEREASON'), 'client');
  t.deepEqual([business.count('connect'), business.count('message'), business.count('close')], [1, 0, 1]);
  t.true([...business.calls('connect'), ...business.calls('close')].every(({isSigned}) => isSigned));
});

test('with --type it also gets an empty message, between the two, as the identity of the connect answer', async (t) => {
  const check = await checker(t);
  const business = await startBusinessServer(t, securityToken);
  business.always('connect', success({}, {identity: 'ann'})).always('message', answer(200, 'four'));
  const findings = await check(urlsOf(business.url), ['--type', '65535', '-H', 'name: ann']);
  t.deepEqual(summary(findings), ['connect_url true', 'forward_url true', 'close_url true']);
  t.regex(findings[1]?.detail ?? '', /message\/65535\/ answers yes in \d+ ms, 4 bytes of reply$/);
  t.is(business.calls('connect')[0]?.header('name'), 'ann');
  const [message] = business.calls('message');
  t.is(message?.path, '/message/65535/');
  t.is(message?.header('RAINBOWCLIENTIDENTITY'), 'ann');
  t.is(message?.body.length, 0);
  t.true(message?.isSigned);
  t.is(business.calls('close')[0]?.header('RAINBOWCLIENTIDENTITY'), 'ann');
});

test('a server that fails on the empty message is named with that cause', async (t) => {
  const check = await checker(t);
  const business = await startBusinessServer(t, securityToken);
  business.always('connect', success());
  for (const [status, isPerhapsPayload] of [
    [400, true],
    [500, true],
    [404, false],
  ] as const) {
    business.always('message', answer(status));
    const [, message] = await check(urlsOf(business.url), ['--type', '7']);
    t.is(message?.ok, false);
    t.is(message?.detail.includes('The message of this check is empty'), isPerhapsPayload, message?.detail);
  }
});

test('a refusal in JSON of the client without headers is fine, and said', async (t) => {
  const check = await checker(t);
  const business = await startBusinessServer(t, securityToken);
  business.always('connect', answer(200, '{"status":"fail"}'));
  const findings = await check(urlsOf(business.url), ['--type', '7']);
  t.deepEqual(summary(findings), ['connect_url true', 'forward_url true not called', 'close_url true not called']);
  t.regex(findings[0]?.detail ?? '', /refuses a client without headers in \d+ ms, as it may: the token is right; -H /);
  t.is(business.count('message') + business.count('close'), 0);
});

const statuses: readonly (readonly [number, RegExp])[] = [
  [401, /security_token of the gateway and compare the clocks\. If this client is refused, answer 200/],
  [403, /security_token of the gateway and compare the clocks/],
  [404, /Set connect_url to a path that the server knows/],
  [405, /not for GET/],
  [502, /A proxy answers/],
  [503, /overloaded or not ready/],
  [500, /Look at the server's log/],
];

for (const [status, advice] of statuses) {
  test(`a connect call answered ${status} fails with advice`, async (t) => {
    const detail = await failure(t, answer(status, '{"status":"fail","code":"RB_SAMPLE"}'));
    t.regex(detail, new RegExp(`/connect/ answers ${status} \\(RB_SAMPLE\\)\\. `));
    t.regex(detail, advice);
  });
}

test('a redirect is a failure that names the target, without the signature', async (t) => {
  const detail = await failure(t, (response, call) => {
    response.writeHead(308, {location: `/connect?${call.query.toString()}`}).end();
  });
  t.regex(
    detail,
    /answers 308\. The gateway does not follow redirects\. It leads to http:\S+\/connect: set connect_url/,
  );
  t.regex(detail, /Next\.js, redirect because of the slash at the end/);
  const elsewhere = await failure(t, answer(302, '', {location: 'https://login.example/?next=1'}));
  t.regex(elsewhere, /It leads to https:\/\/login\.example\//);
  t.notRegex(elsewhere, /slash/);
  t.regex(await failure(t, answer(301)), /does not follow redirects\. Set connect_url to the URL that answers\.$/);
});

test('a forward_url that is not called is asked for a redirect, without a signature', async (t) => {
  const business = await startBusinessServer(t, securityToken);
  business.always('other', (response, call) => {
    response.writeHead(308, {location: call.path.slice(0, -1)}).end();
  });
  const findings = await findingsAt(t, urlsOf(business.url));
  t.deepEqual(summary(findings), ['connect_url true', 'forward_url false', 'close_url true']);
  t.regex(
    findings[1]?.detail ?? '',
    /message\/0\/ answers 308\. The gateway does not follow redirects\. It leads to http:\S+\/message\/0: set forward_url .*Next\.js/,
  );
  const asked = business.calls('other');
  t.deepEqual(
    asked.map(({method, path, isSigned, body}) => [method, path, isSigned, body.length]),
    [['GET', '/message/0/', false, 0]],
  );
  t.is(business.count('message'), 0);
  for (const status of [200, 304, 400, 403, 404, 405, 500]) {
    business.always('other', answer(status));
    t.deepEqual(
      summary(await findingsAt(t, urlsOf(business.url))).slice(1, 2),
      ['forward_url true not called'],
      String(status),
    );
  }
});

test('what is no JSON with a status is named as what it is', async (t) => {
  const html = answer(200, '<!doctype html><title>Log in</title>', {'content-type': 'text/html'});
  t.regex(
    await failure(t, html),
    /answers 200 with an HTML page\. Expected a JSON object such as {"status":"success"}/,
  );
  t.regex(await failure(t, answer(200)), /answers 200 with an empty body/);
  t.regex(await failure(t, answer(200, 'ok')), /answers 200 with something other than a JSON object/);
  t.regex(await failure(t, answer(200, '{"ok":true}')), /answers 200 with JSON that has no status/);
});

test('a server that hangs, hangs up, or does not speak HTTP gets a message for each case', async (t) => {
  const slow = await failure(t, hang(), 'call_timeout = 3');
  t.regex(slow, /does not answer within 3 s \(call_timeout\)/);
  t.regex(await failure(t, drop()), /closes the connection without an answer/);
  t.regex(await failure(t, garbage()), /does not answer in HTTP \(\w+\)/);
});

test('a connect call answered yes after call_timeout fails, and the close call follows', async (t) => {
  const business = await startBusinessServer(t, securityToken);
  const release = new Latch();
  business.always('connect', after(release, success({}, {identity: 'late'})));
  const {connect, message, close} = urlsOf(business.url);
  const clock = new SimulatedClock(Date.now());
  const options = {...defaultOptions, connectUrl: connect, forwardUrl: message, closeUrl: close};
  const checked = checkBusiness({options, securityToken, headers: {}, type: undefined}, clock);
  await business.next('connect');
  clock.advance(options.callTimeoutMs);
  release.release();
  const findings = await checked;
  t.deepEqual(summary(findings), ['connect_url false', 'forward_url true not called', 'close_url true']);
  t.regex(findings[0]?.detail ?? '', /does not answer within 10 s/);
  t.is(business.calls('close')[0]?.header('RAINBOWCLIENTIDENTITY'), 'late');
});

test('nothing that listens, no such host, and TLS on one side get a message each', async (t) => {
  const port = await holdPort(t);
  const refused = await findingsAt(t, urlsOf(`http://127.0.0.1:${port}`));
  t.deepEqual(summary(refused), ['connect_url false', 'forward_url false', 'close_url false']);
  for (const [index, name] of ['connect_url', 'forward_url', 'close_url'].entries()) {
    const expected = new RegExp(
      `cannot be reached: connection refused\\. Start the business server, or correct ${name}`,
    );
    t.regex(refused[index]?.detail ?? '', expected);
  }
  const [unknown] = await findingsAt(t, urlsOf('http://nosuch.invalid'));
  t.regex(unknown?.detail ?? '', /no such host|cannot be resolved now/);
  const plain = await startBusinessServer(t, securityToken);
  const [tls] = await findingsAt(t, urlsOf(plain.url.replace('http', 'https')));
  t.regex(tls?.detail ?? '', /does not speak TLS \(\w+\)\. Check whether connect_url needs http/);
});

test('a certificate that is not trusted is named, for URLs that are called and for those that are not', async (t) => {
  const server = createServer({key, cert: certificate}, (_request, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const findings = await findingsAt(t, urlsOf(`https://127.0.0.1:${(server.address() as AddressInfo).port}`));
  t.deepEqual(summary(findings), ['connect_url false', 'forward_url false', 'close_url false']);
  for (const {detail} of findings) t.regex(detail, /certificate that is not trusted \(\w+\)\. .*NODE_EXTRA_CA_CERTS/);
});

test('message and close calls are judged like the connect call', async (t) => {
  const check = await checker(t);
  const business = await startBusinessServer(t, securityToken);
  business.always('message', answer(404, '{"code":"RB_NO_HANDLER"}')).always('close', answer(500));
  const findings = await check(urlsOf(business.url), ['-t', '9']);
  t.deepEqual(summary(findings), ['connect_url true', 'forward_url false', 'close_url false']);
  t.regex(
    findings[1]?.detail ?? '',
    /message\/9\/ answers 404 \(RB_NO_HANDLER\)\. Either forward_url .* no such message type/,
  );
  t.regex(findings[2]?.detail ?? '', /close\/ answers 500\. The server failed/);
});

test('without -f the file in its usual place is used, also where the environment has the token', async (t) => {
  const {gateway} = await start(t);
  const business = await startBusinessServer(t, securityToken);
  const folder = await emptyFolder(t);
  await mkdir(join(folder, 'config'));
  await writeFile(join(folder, 'config/server.ini'), configuration(urlsOf(business.url)));
  for (const environment of [{}, {RAINBOW_SECURITY_TOKEN: securityToken}]) {
    const {code, stdout} = await run(t, 'rainbow', ['check', gateway.url], {folder, environment});
    t.is(code, 0, stdout);
    t.regex(stdout, /^ok {4}connect_url {2}http.*\n- {5}forward_url {2}http.*\nok {4}close_url {4}http.*\n$/m);
  }
  t.is(business.count('connect'), 2);
});

testWith('python3')('the business server in Python is found right, and named where it has another token', async (t) => {
  const check = await checker(t);
  const port = await startPython(t, 'http://127.0.0.1:9', {token: securityToken});
  t.deepEqual(summary(await check(urlsOf(`http://127.0.0.1:${port}`))), [
    'connect_url true',
    'forward_url true not called',
    'close_url true',
  ]);
  const other = await startPython(t, 'http://127.0.0.1:9', {token: 'another-token'});
  const [connect] = await check(urlsOf(`http://127.0.0.1:${other}`));
  t.false(connect?.ok);
  t.regex(
    connect?.detail ?? '',
    /answers 403\. If the signature is refused, give the business server the security_token/,
  );
});
