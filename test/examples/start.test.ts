// `npm start` and the terminal client as processes, on free ports.

import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {signedQuery} from '../../src/protocol/signature.ts';
import {buildPages} from '../support/pages.ts';
import {connectClient, startChatHarness, token} from './chat-harness.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const freePorts = {
  RAINBOW_PORT: '0',
  RAINBOW_CONNECT_URL: 'http://127.0.0.1:0/connect/',
  RAINBOW_FORWARD_URL: 'http://127.0.0.1:0/message/{message_type}/',
  RAINBOW_CLOSE_URL: 'http://127.0.0.1:0/close/',
};

test.before('the chat page is built', buildPages);

class Process {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output = '';
  readonly #waiting = new Set<() => void>();

  constructor(t: ExecutionContext, file: string, args: readonly string[], environment: Record<string, string>) {
    this.child = spawn(process.execPath, [file, ...args], {
      cwd: root,
      env: {...process.env, NO_COLOR: '1', ...environment},
      stdio: 'pipe',
    });
    const take = (chunk: Buffer): void => {
      this.output += chunk.toString();
      for (const look of this.#waiting) look();
    };
    this.child.stdout?.on('data', take);
    this.child.stderr?.on('data', take);
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
    t.teardown(() => this.child.kill('SIGKILL'));
  }

  /** Settles with the match once the output has it; rejects where the process ends without. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const found = new Promise<RegExpExecArray>((resolve) => {
      const look = (): void => {
        const match = pattern.exec(this.output);
        if (match === null) return;
        this.#waiting.delete(look);
        resolve(match);
      };
      this.#waiting.add(look);
      look();
    });
    const ended = this.ended.then((code) => {
      throw new Error(`Expected ${pattern}, ended with ${code} after: ${this.output}`);
    });
    return await Promise.race([found, ended]);
  }

  write(text: string): void {
    this.child.stdin?.write(text);
  }
}

test('npm start says in seven lines what runs where, serves the terminal client, and Ctrl-C ends it with 0', async (t) => {
  const start = new Process(t, 'examples/chat/start.ts', [], freePorts);
  const [, port] = await start.says(/^Gateway +http:\/\/127\.0\.0\.1:(\d+), .*\n.*\n.*\n.*\n.*\n.*\n.*Ctrl-C$/m);
  for (const word of ['Gateway', 'Business server', 'Chat page', 'Connect', 'Push', 'Inspector', 'End both']) {
    t.regex(start.output, new RegExp(`^${word} {2,}`, 'm'));
  }

  const [, pushKey = ''] = await start.says(/^Push +curl -H 'Authorization: Bearer (\S+)' "http:/m);
  const push = await fetch(`http://127.0.0.1:${port}/send/?channel=lobby&msgtype=2&qos=0`, {
    method: 'POST',
    headers: {authorization: `Bearer ${pushKey}`},
    body: '{}',
  });
  t.is(push.status, 200);
  const [, key = ''] = await start.says(/^Inspector .* its key is (\S+)$/m);
  const feed = await fetch(`http://127.0.0.1:${port}/inspector/feed/`, {headers: {authorization: `Bearer ${key}`}});
  t.is(feed.status, 200);
  await feed.body?.cancel();

  const ann = new Process(t, 'examples/chat/client.ts', ['ann', `ws://127.0.0.1:${port}`], {});
  const bob = new Process(t, 'examples/chat/client.ts', ['bob', `ws://127.0.0.1:${port}`], {});
  await Promise.all([ann.says(/^Write to the room/), bob.says(/^Write to the room/)]);
  ann.write('hello\n');
  await ann.says(/^ {2}Confirmed by 2$/m);
  await bob.says(/^ann: hello$/m);
  bob.write('/join den\n/who\n');
  await bob.says(/^ {2}You are in den\n {2}In den: bob$/m);
  ann.child.stdin?.end();
  t.is(await ann.ended, 0);
  await start.says(/chat: ann went/);

  start.child.kill('SIGINT');
  t.is(await start.ended, 0);
  t.regex(start.output, /chat: bob went/);
  await bob.says(/^Closed: 1001 shutting down\. Connecting again in \d\.\d s\.$/m);
  bob.child.stdin?.end();
  t.is(await bob.ended, 0);
});

test('npm start logs for people, also where its output is no terminal, unless log_format asks for JSON', async (t) => {
  // More clients than the process may have files, so that there is something to log.
  const many = {...freePorts, RAINBOW_CONNECTIONS_MAX: '10000000'};
  const plain = new Process(t, 'examples/chat/start.ts', [], many);
  await plain.says(/^.* INFO: at most \d+ clients: .* clients\.limitedByFiles /m);
  await plain.says(/Ctrl-C$/m);
  t.notRegex(plain.output, /^\{/m);
  const asked = new Process(t, 'examples/chat/start.ts', [], {...many, RAINBOW_LOG_FORMAT: 'json'});
  await asked.says(/^\{.*"event":"clients\.limitedByFiles"/m);
});

test('a port that is taken is reported with its number and the keys to change', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());
  const {port} = other.address() as AddressInfo;

  const business = new Process(t, 'examples/chat/start.ts', [], {
    ...freePorts,
    RAINBOW_CONNECT_URL: `http://127.0.0.1:${port}/connect/`,
  });
  t.is(await business.ended, 1);
  t.regex(business.output, new RegExp(`Port ${port} of 127\\.0\\.0\\.1 is taken: .*connect_url`));

  const gateway = new Process(t, 'examples/chat/start.ts', [], {...freePorts, RAINBOW_PORT: String(port)});
  t.is(await gateway.ended, 1);
  t.regex(gateway.output, new RegExp(`Port ${port} of 127\\.0\\.0\\.1 is taken: .*port`));
});

test('a configuration that is not right, or leads elsewhere, is reported and exits with 78', async (t) => {
  const faulty = new Process(t, 'examples/chat/start.ts', [], {...freePorts, RAINBOW_KEEP_ALIVE: 'long'});
  t.is(await faulty.ended, 78);
  t.regex(faulty.output, /RAINBOW_KEEP_ALIVE: keep_alive is not valid/);
  const elsewhere = new Process(t, 'examples/chat/start.ts', [], {RAINBOW_CONNECT_URL: 'http://example.com/connect/'});
  t.is(await elsewhere.ended, 78);
  t.regex(elsewhere.output, /connect_url leads to .*, and the chat runs on this machine\. Set it to/);
});

test('the terminal client prints its usage, and ends if it is not admitted', async (t) => {
  const lost = new Process(t, 'examples/chat/client.ts', [], {});
  t.is(await lost.ended, 2);
  t.regex(lost.output, /^Usage: /);
  const helped = new Process(t, 'examples/chat/client.ts', ['--help'], {});
  t.is(await helped.ended, 0);
  t.regex(helped.output, /^Usage: /);
  const other = createServer((_request, response) => response.writeHead(401).end()).listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());
  const {port} = other.address() as AddressInfo;
  const refused = new Process(t, 'examples/chat/client.ts', ['ann', `ws://127.0.0.1:${port}`], {});
  t.is(await refused.ended, 1);
  t.regex(refused.output, /^Closed: 1006\b.*\. ws:\S+ does not answer, or does not let ann in\.$/m);
});

test('the terminal client comes back after a restart, into its room and with what it could not say', async (t) => {
  const first = await startChatHarness(t);
  const {port} = first.gateway;
  const ann = new Process(t, 'examples/chat/client.ts', ['Ann Lee', `ws://127.0.0.1:${port}`], {});
  await ann.says(/^Write to the room/);
  ann.write('/join den\n');
  await ann.says(/You are in den/);
  await first.gateway.close();
  await ann.says(/^Closed: 1001.*Connecting again in \d\.\d s\.$/m);
  ann.write('still there\n');
  const second = await startChatHarness(t, {gatewayOptions: {port}});
  await ann.says(/^Connected again\.$/m);
  await ann.says(/Confirmed by 1/);
  const bob = await connectClient(t, second.gateway, 'bob');
  await bob.ask(1, {room: 'den'});
  const {said} = (await bob.ask(4, {})) as {readonly said: readonly {readonly from: string; readonly text: string}[]};
  t.deepEqual(
    said.map(({from, text}) => `${from}: ${text}`),
    ['Ann Lee: still there'],
  );
  ann.child.stdin?.end();
  t.is(await ann.ended, 0);
});

test('the terminal client acknowledges every message as its QoS asks for, also one it does not show [RB-60]', async (t) => {
  const {gateway} = await startChatHarness(t);
  const ann = new Process(t, 'examples/chat/client.ts', ['ann', `ws://127.0.0.1:${gateway.port}`], {});
  await ann.says(/^Write to the room/);
  for (const [index, query] of ['qos=1&msgtype=3', 'qos=2&msgtype=3', 'qos=1&msgtype=9', 'qos=2&msgtype=9'].entries()) {
    const url = `${gateway.url}/send/?channel=lobby&${query}&${signedQuery(token, Date.now(), String(index))}`;
    const answer = (await (await fetch(url, {method: 'POST', body: `push ${index}`})).json()) as {connections: number};
    t.is(answer.connections, 1, query);
  }
  await ann.says(/^push 2\npush 3$/m);
  t.notRegex(ann.output, /push [01]/);
  t.is(gateway.counters.retransmissions, 0);
});
