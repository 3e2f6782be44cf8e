// The proxies of the how-to guides, started with the blocks of the guides, and what each of them must do: pass on the
// upgrade and messages both ways, name the client's address whatever the client claims, keep the page's host, and show
// nothing but /connect/.

import {writeFile} from 'node:fs/promises';
import {request as httpRequest} from 'node:http';
import {request as httpsRequest} from 'node:https';
import {connect as connectSocket, type Socket} from 'node:net';
import {join} from 'node:path';
import {connect as connectTls} from 'node:tls';
import type {ExecutionContext} from 'ava';
import {answer, success} from '../../support/business-server.ts';
import {within} from '../../support/deadline.ts';
import {type Daemon, startDaemon} from '../../support/gateway.ts';
import type {Lifetime} from '../../support/lifetime.ts';
import {programPath} from '../../support/programs.ts';
import {RawClient} from '../../support/raw-client.ts';
import type {HandshakeOptions} from '../../support/upgrade.ts';
import type {Document} from '../documents.ts';
import {iniKeysOf, Program, type Shell} from './howto.ts';

/** The gateway with the keys of the guide, as the real command. */
export async function startGatewayOf(t: Lifetime, document: Document): Promise<Daemon> {
  const daemon = await startDaemon(t, iniKeysOf(document));
  daemon.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  daemon.business.always('message', answer(200, 'ok'));
  return daemon;
}

/** Starts nginx with these blocks; `nginx` of the shell is this one. */
export async function startNginx(t: Lifetime, shell: Shell, servers: string, port: number): Promise<Program> {
  const file = join(shell.folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${shell.folder}/${name};`,
  );
  await writeFile(
    file,
    `daemon off;
pid ${shell.folder}/nginx.pid;
error_log stderr;
events {}
http {
access_log off;
${temporary.join('\n')}
${servers}
}
`,
  );
  const args = ['-p', shell.folder, '-c', file];
  await shell.standIn('nginx', `PATH=${programPath} exec nginx ${args.join(' ')} "$@"`);
  const nginx = new Program(t, 'nginx', args);
  await nginx.listens(port);
  return nginx;
}

/** Starts HAProxy with this file as Debian's unit does; `systemctl reload haproxy` of the shell does what that unit does. */
export async function startHaproxy(t: Lifetime, shell: Shell, text: string, port: number): Promise<Program> {
  const file = join(shell.folder, 'haproxy.cfg');
  // On a busy machine the gateway may miss checks.
  await writeFile(file, text.replace(/ check$/m, ' check inter 60s'));
  const haproxy = new Program(t, 'haproxy', ['-W', '-f', file]);
  await haproxy.listens(port);
  await shell.standIn('systemctl', `test "$*" = 'reload haproxy' && exec kill -USR2 ${haproxy.child.pid}`);
  return haproxy;
}

/** A client of a proxy: it connects from 127.0.0.2, so that its address is not the proxy's. */
export interface ProxyPort {
  readonly port: number;
  /** The proxy's certificate, where it speaks TLS. */
  readonly ca?: string;
}

const clientAddress = '127.0.0.2';
const host = 'app.example';

function dial({port, ca}: ProxyPort): Socket {
  const at = {port, host: '127.0.0.1', localAddress: clientAddress};
  return ca === undefined ? connectSocket(at) : connectTls({socket: connectSocket(at), servername: 'localhost', ca});
}

async function handshake(t: Lifetime, proxy: ProxyPort, {headers, ...options}: HandshakeOptions = {}) {
  const socket = dial(proxy);
  t.teardown(() => {
    socket.destroy();
  });
  const client = new RawClient(socket);
  const isReady = new Promise<void>((resolve, reject) => {
    socket.once(proxy.ca === undefined ? 'connect' : 'secureConnect', resolve);
    socket.once('error', reject);
  });
  await within(isReady, 'a connection to the proxy');
  client.request({...options, headers: {Host: host, ...headers}});
  return {client, answer: await client.response()};
}

/** Headers that a client may send, and that must not count. */
const forged = {
  'X-Forwarded-For': '6.6.6.6',
  'X-Forwarded-Host': 'evil.example',
  'X-Real-IP': '6.6.6.6',
  Forwarded: 'for=6.6.6.6;host=evil.example',
};

/** What every guide promises of its proxy. */
export async function checkProxy(t: ExecutionContext, daemon: Daemon, proxy: ProxyPort): Promise<void> {
  const scheme = proxy.ca === undefined ? 'http' : 'https';
  const {client, answer: answered} = await handshake(t, proxy, {headers: {Origin: `${scheme}://${host}`, ...forged}});
  t.is(answered.status, 101, `${answered.statusLine} ${answered.body}`);
  const call = await daemon.business.next('connect');
  t.is(call.header('RAINBOWCLIENTADDRESS'), clientAddress);
  t.is(call.header('RAINBOWCLIENTORIGIN'), `${scheme}://${host}`);
  for (const name of ['X-Forwarded-For', 'X-Forwarded-Host', 'X-Real-IP', 'Forwarded']) {
    t.notRegex(call.header(name) ?? '', /6\.6\.6\.6|evil/, name);
  }

  client.send('SEND q1 id 7 "up"');
  t.is(await client.packet(), 'ACK id 7 "ok"');
  const published = daemon.api.send({channel: 'room', qos: 1}, 'down');
  const {id} = await client.parsed();
  client.sendAnswer('ack', id, 'got it');
  t.like((await published).json, {connections: 1, data: 'got it'});

  const evil = await handshake(t, proxy, {headers: {Origin: 'https://evil.example', ...forged}});
  t.is(evil.answer.status, 403, evil.answer.body);
  t.like(JSON.parse(evil.answer.body), {code: 'RB_ORIGIN'});
  t.is((await handshake(t, proxy, {path: '/connect?name=ann'})).answer.status, 101);

  for (const path of ['/', '/hello/', '/send/', '/serverinfo/', '/metrics/', '/inspector/', '/connect/x']) {
    t.is(await statusOf(proxy, path), 404, path);
  }
}

function statusOf({port, ca}: ProxyPort, path: string): Promise<number | undefined> {
  const at = {port, host: '127.0.0.1', path, headers: {Host: host}, servername: 'localhost', ca};
  const request = ca === undefined ? httpRequest(at) : httpsRequest(at);
  const status = new Promise<number | undefined>((resolve, reject) => {
    request.once('error', reject).once('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
  });
  request.end();
  return within(status, `an answer to ${path}`);
}

/** A time of nginx or HAProxy, in seconds. */
export function secondsOf(text: string, setting: RegExp): number {
  const [, amount = '', unit = ''] = new RegExp(`${setting.source}\\s+(\\d+)(ms|s|m|h)\\b`).exec(text) ?? [];
  const unitSeconds = {ms: 0.001, s: 1, m: 60, h: 3600}[unit];
  if (unitSeconds === undefined) throw new Error(`Expected a time at ${setting.source}`);
  return Number(amount) * unitSeconds;
}
