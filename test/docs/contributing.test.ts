// Checks CONTRIBUTING.md: the scripts, files and folders that it names exist, and the check of commit subjects refuses
// what the page rules out.

import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {codeSpans, readDocument, root} from './documents.ts';

const guide = readDocument('CONTRIBUTING.md');
const {scripts} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {scripts: Record<string, string>};

test('every npm script that CONTRIBUTING.md names exists', (t) => {
  const named = [...guide.text.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name);
  t.true(named.length > 5);
  t.deepEqual(
    named.filter((name) => scripts[name] === undefined),
    [],
  );
});

test('every file and folder that CONTRIBUTING.md names exists', (t) => {
  const named = codeSpans(guide)
    .map((span) => span.replace(/^npx ava /, ''))
    .filter((span) => /^(?:src|test|verification|config|docs|\.ci)\/[\w./-]+$/.test(span));
  t.true(named.length > 10);
  t.deepEqual(
    named.filter((name) => !existsSync(join(root, name))),
    [],
  );
});

test('the check of commits refuses long, unfinished and decorated subjects, and names each', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rainbow-commits-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const git = (...args: readonly string[]): void => {
    const {status, stderr} = spawnSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {cwd: folder});
    t.is(status, 0, String(stderr));
  };
  const commit = (subject: string): void => git('commit', '--allow-empty', '--no-verify', '-m', subject);
  const check = (): {readonly status: number | null; readonly stderr: string} =>
    spawnSync(process.execPath, [join(root, '.ci/check-commits.js'), 'base'], {cwd: folder, encoding: 'utf8'});
  git('init', '-q');
  commit('Begin');
  git('branch', 'base');
  commit('Close idle connections');
  commit('a'.replace('a', 'A'.padEnd(72, 'b')));
  t.is(check().status, 0, check().stderr);
  commit('A'.padEnd(73, 'b'));
  commit('Close idle connections.');
  commit('close idle connections');
  commit('fixup! Close idle connections');
  const {status, stderr} = check();
  t.is(status, 1);
  t.is(stderr.trim().split('\n').length, 4, stderr);
  t.regex(stderr, /has 73 characters \(at most 72\)/);
});
