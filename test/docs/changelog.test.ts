// CHANGELOG.md: releases are named by version and commit, in the order and with the headings of Keep a Changelog, and what
// is new stands under Unreleased alone.

import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {readDocument, root} from './documents.ts';

const headings = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];

interface Section {
  /** A version, or `Unreleased`. */
  readonly name: string;
  readonly date: string | undefined;
  readonly text: string;
}

function readSections(changelog: string): readonly Section[] {
  return changelog
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const [, name = '', date] = /^\[?([\w.]+)\]?(?: - (\d{4}-\d\d-\d\d))?$/m.exec(part) ?? [];
      return {name, date, text: part};
    });
}

const changelog = readDocument('CHANGELOG.md').text;
const [unreleased, ...releases] = readSections(changelog);

function commitOf({text}: Section): string | undefined {
  return /\bcommit `([0-9a-f]{7,40})`/i.exec(text)?.[1];
}

function entryCount({text}: Section): number {
  return [...text.matchAll(/^- /gm)].length;
}

/** A file at a commit; `undefined` where the history is not here, as in a package or a shallow clone. */
function fileAt(commit: string, path: string): string | undefined {
  const {status, stdout} = spawnSync('git', ['show', `${commit}:${path}`], {cwd: root, encoding: 'utf8'});
  return status === 0 ? stdout : undefined;
}

test('what is not released comes first, and the latest release is the version of the package', (t) => {
  t.is(unreleased?.name, 'Unreleased');
  const {version} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {readonly version: string};
  t.is(releases[0]?.name, version);
  t.deepEqual(
    releases.map(({date = ''}) => date),
    releases
      .map(({date = ''}) => date)
      .toSorted()
      .toReversed(),
  );
});

test('each section has headings of Keep a Changelog, each once and in its order', (t) => {
  for (const {name, text} of readSections(changelog)) {
    const found = [...text.matchAll(/^### (.+)$/gm)].map(([, heading = '']) => heading);
    t.deepEqual(
      found,
      headings.filter((heading) => found.includes(heading)),
      name,
    );
  }
});

test('no two entries of a section begin alike, as after a merge that kept both', (t) => {
  for (const {name, text} of readSections(changelog)) {
    const beginnings = [...text.matchAll(/^- (.{30})/gm)].map(([, beginning = '']) => beginning);
    t.deepEqual(beginnings, [...new Set(beginnings)], name);
  }
});

test('each release names its date and the commit that set its version', (t) => {
  for (const release of releases) {
    t.not(release.date, undefined, release.name);
    const commit = commitOf(release);
    t.not(commit, undefined, release.name);
    t.true(changelog.includes(`\n[${release.name}]: https://github.com/rainbow-server/rainbow/`), release.name);
    const manifest = fileAt(commit ?? '', 'package.json');
    if (manifest === undefined) continue;
    t.is((JSON.parse(manifest) as {readonly version: string}).version, release.name);
  }
});

test('a release has got no entry since its commit', (t) => {
  for (const release of releases) {
    const then = readSections(fileAt(commitOf(release) ?? '', 'CHANGELOG.md') ?? '');
    const section = then.find(({name}) => name === release.name);
    // The first release had no section of its own at its commit.
    if (section !== undefined) t.is(entryCount(release), entryCount(section), release.name);
  }
});
