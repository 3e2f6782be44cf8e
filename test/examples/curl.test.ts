// examples/curl/calls.sh against a real gateway.

import {spawn} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {testWith} from '../support/programs.ts';
import {connectClient, startChatHarness, token} from './chat-harness.ts';

const file = fileURLToPath(new URL('../../examples/curl/calls.sh', import.meta.url));

/** Of these at least the first is on every machine; dash is the `sh` of Debian and Ubuntu. */
const shells = ['sh', 'dash', 'bash', 'busybox'];

async function runCalls(
  t: ExecutionContext,
  url: string,
  args: readonly string[],
  more: Record<string, string> = {},
  shell = 'sh',
) {
  const {PATH = '', HOME = ''} = process.env;
  const env = {PATH, HOME, RAINBOW_URL: url, RAINBOW_SECURITY_TOKEN: token, ...more};
  const words = shell === 'busybox' ? ['sh', file] : [file];
  const child = spawn(shell, [...words, ...args], {env, stdio: ['ignore', 'pipe', 'pipe']});
  t.teardown(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const answers = output.match(/^\{"status":.*\}$/gm)?.map((line) => JSON.parse(line) as Record<string, unknown>) ?? [];
  return {code, output, answers};
}

for (const shell of shells) {
  testWith(
    shell,
    'curl',
    'openssl',
  )(`the calls with curl are all of the API’s, and all succeed in ${shell}`, async (t) => {
    await callAll(t, shell);
  });
}

async function callAll(t: ExecutionContext, shell: string): Promise<void> {
  const {gateway} = await startChatHarness(t);
  await connectClient(t, gateway, 'ann');
  const first = await runCalls(t, gateway.url, ['lobby'], {}, shell);
  t.is(first.code, 0, first.output);
  const [accepted, once, twice, asked] = first.answers;
  t.deepEqual(Object.keys(accepted ?? {}), ['status', 'message']);
  t.deepEqual([once?.connections, twice?.connections, asked?.connections], [1, 1, 1]);
  const identity = /"identity":"(\w+)"/.exec(first.output)?.[1] ?? '';

  const all = await runCalls(t, gateway.url, ['lobby', identity], {}, shell);
  t.is(all.code, 0, all.output);
  t.is(all.answers.length, 10);
  t.true(all.answers.every(({status}) => status === 0));
  for (const path of ['hello', 'send', 'sub', 'unsub', 'serverinfo', 'metrics'])
    t.regex(all.output, new RegExp(`(GET|POST) /${path}/`));
  t.regex(all.output, /^# HELP /m);
}

testWith(
  'sh',
  'curl',
  'openssl',
)('a channel’s name may have any character, and a call that is refused ends them', async (t) => {
  const {gateway} = await startChatHarness(t);
  const odd = await runCalls(t, gateway.url, ['部屋 & 100%']);
  t.is(odd.code, 0, odd.output);
  t.regex(odd.output, /channel=%E9%83%A8%E5%B1%8B%20%26%20100%25&/);
  const refused = await runCalls(t, gateway.url, ['lobby'], {RAINBOW_SECURITY_TOKEN: 'wrong'});
  t.is(refused.code, 22);
  t.regex(refused.output, /"code":"RB_SIGNATURE"/);
});
