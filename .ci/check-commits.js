// `npm run check:commits [-- BASE]`: the subjects of the commits since BASE (origin/main, else main; if there are no such commits,
// of the last one) follow CONTRIBUTING.md.

import {execFileSync} from 'node:child_process';

const subjectMax = 72;

const git = (...args) => execFileSync('git', args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']}).trim();

/** What is wrong with a subject; `undefined` where nothing is. */
export function subjectFault(subject) {
  if (subject.length > subjectMax) return `has ${subject.length} characters (at most ${subjectMax})`;
  if (/[.!?]$/.test(subject)) return 'ends with a full stop';
  if (/^(?:fixup|squash|amend)!|^wip\b/i.test(subject)) return 'is not meant to stay';
  // Imperative, so neither "Added" nor "Adds".
  if (!/^[A-Z`]/.test(subject)) return 'does not begin with a capital letter';
  return undefined;
}

function commitsSince(base) {
  for (const ref of base === undefined ? ['origin/main', 'main'] : [base]) {
    try {
      const lines = git('log', '--no-merges', '--format=%h %s', `${ref}..HEAD`);
      if (lines !== '' || base !== undefined) return lines.split('\n').filter((line) => line !== '');
    } catch {
      // A clone of one branch does not know the other: the next one, or the last commit.
      if (base !== undefined) throw new Error(`${base} is not a commit of this clone.`);
    }
  }
  try {
    return [git('log', '-1', '--format=%h %s')];
  } catch {
    // A copy of the files without their history.
    return [];
  }
}

if (import.meta.main) {
  const faults = commitsSince(process.argv[2]).flatMap((line) => {
    const [hash, ...words] = line.split(' ');
    const fault = subjectFault(words.join(' '));
    return fault === undefined ? [] : [`${hash}: the subject ${fault}: ${words.join(' ')}`];
  });
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
