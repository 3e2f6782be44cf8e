// The curl lines of README and of the first tutorials, against the chat and a real gateway, in their order. They are not given
// to curl, which is not everywhere, but read as curl would and sent by fetch.

import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {signedQuery} from '../../src/protocol/signature.ts';
import {apiKey, connectClient, startChatHarness, token} from '../examples/chat-harness.ts';
import {type CodeBlock, codeBlocks, readDocument, root} from './documents.ts';

const readmeBlocks = codeBlocks(readDocument('README.md'));
const blocks = [
  ...codeBlocks(readDocument('docs/tutorials/first-gateway.md')),
  ...codeBlocks(readDocument('docs/tutorials/first-backend.md')),
];
const curlLines = curlLinesOf(blocks);

function curlLinesOf(ofDocuments: readonly CodeBlock[]): readonly string[] {
  return ofDocuments.flatMap(({language, code}) => (language === 'sh' ? (code.match(/^curl .*$/gm) ?? []) : []));
}

test("README's first call and its answer are those of the tutorial", (t) => {
  t.deepEqual(curlLinesOf(readmeBlocks), curlLines.slice(0, 1));
  const answers = (of: readonly CodeBlock[]): readonly string[] =>
    of.filter(({language}) => language === 'json').map(({code}) => code);
  t.deepEqual(answers(readmeBlocks), answers(blocks).slice(0, 1));
});

test('each curl line of the tutorials gets a good answer, and the clients get what it says they do', async (t) => {
  const {gateway, chat} = await startChatHarness(t);
  const ann = await connectClient(t, gateway, 'ann');
  let identity = '';
  let nonce = 0;
  t.true(curlLines.length >= 9);
  for (const line of curlLines) {
    const {url, headers, body} = readCurl(
      line.replaceAll('IDENTITY"', `${identity}"`).replaceAll('IDENTITY&', `${identity}&`),
    );
    const query = signedQuery(token, Date.now(), String(nonce++));
    const target = url
      .replace('http://127.0.0.1:1984', gateway.url)
      .replace('http://127.0.0.1:8000', `http://127.0.0.1:${chat.port}`)
      .replace('$(npx rainbow sign)', query);
    t.true(target.includes(query) || headers.Authorization === `Bearer ${apiKey}`, line);
    const response = await fetch(target, {headers, ...(body !== undefined && {method: 'POST', body})});
    const text = await response.text();
    t.is(response.status, 200, `${line}\n${text}`);
    if (!target.startsWith(gateway.url)) continue;
    const answer = JSON.parse(text) as {
      readonly status: number;
      readonly connections?: number;
      readonly replies?: Reply[];
    };
    t.is(answer.status, 0, line);
    if (target.includes('/send/')) t.is(answer.connections, 1, line);
    identity = answer.replies?.[0]?.identity ?? identity;
  }
  t.deepEqual(await ann.heard(), {text: 'hello from curl'});
  t.deepEqual(await ann.heard(), {});
  t.deepEqual(await ann.heard(), {text: 'only for subscribers'});
  t.deepEqual(await ann.heard(), {text: 'only you'});
});

interface Reply {
  readonly identity: string;
}

/** One curl command: its URL, `-H`, `-d` and `-i`. */
function readCurl(line: string): {url: string; headers: Record<string, string>; body: string | undefined} {
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
  const headers: Record<string, string> = {};
  let url = '';
  let body: string | undefined;
  for (let index = 1; index < words.length; index++) {
    const word = words[index] ?? '';
    if (word === '-H') {
      const [name = '', value = ''] = (words[++index] ?? '').split(': ');
      headers[name] = value;
    } else if (word === '-d') {
      body = words[++index];
    } else if (word !== '-i') {
      url = word;
    }
  }
  return {url, headers, body};
}

test('the answers of the tutorials are of the form that the gateway gives', async (t) => {
  const {gateway} = await startChatHarness(t);
  await connectClient(t, gateway, 'ann');
  const documented = blocks.filter(({language}) => language === 'json').map(({code}) => JSON.parse(code) as object);
  t.is(documented.length, 2);
  for (const [index, query] of ['qos=1', 'qos=2&replies=all'].entries()) {
    const url = `${gateway.url}/send/?channel=lobby&${query}&${signedQuery(token, Date.now(), String(index))}`;
    const answer = (await (await fetch(url, {method: 'POST', body: '{}'})).json()) as object;
    t.deepEqual(Object.keys(documented[index] ?? {}), Object.keys(answer));
  }
});

test('the backend in Python is the one of the examples, where it is run', (t) => {
  const block = blocks.find(({language}) => language === 'python');
  t.is(block?.code, readFileSync(join(root, 'examples/python/business.py'), 'utf8'));
});
