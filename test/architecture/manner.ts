// What the conventions say of every file of the source and a program can see. Exceptions stand here, each with its reason.

import {lineAt, type SourceFile} from './source.ts';

interface Ban {
  readonly what: string;
  /** Searched in code without comments and strings. */
  readonly pattern: RegExp;
  /** Files that may, with the reason. */
  readonly exceptions: Readonly<Record<string, string>>;
}

const linesMax = 300;

/** Time and chance of the machine, output that is no event, types that check nothing. */
const bans: readonly Ban[] = [
  {
    what: "the machine's time, which is core/clock.ts's",
    pattern: /\b(?:Date\.now|performance\.now|process\.hrtime|setTimeout|setInterval)\b|\bnew Date\(\s*\)/g,
    exceptions: {'src/core/clock.ts': 'is the clock', 'src/core/clock-web.ts': 'is the clock of browsers'},
  },
  {
    what: "the machine's chance, which is core/random.ts's",
    pattern: /\b(?:Math\.random|randomBytes|randomInt|randomUUID|getRandomValues)\b/g,
    exceptions: {'src/core/random.ts': 'is chance', 'src/core/random-web.ts': 'is chance in browsers'},
  },
  {
    what: 'console, which only a person at a terminal reads',
    pattern: /\bconsole\b/g,
    exceptions: {
      'src/client/warning.ts': 'is for developers, whose browser has no other place',
      'src/business/refusal-warnings.ts': 'is for developers, unless they hand in a place',
    },
  },
  {
    what: 'any, which turns the type checker off',
    pattern: /(?<![.\w$])any\b(?!\s*[(:=?])/g,
    exceptions: {
      'src/client/schema.ts':
        'says that a handler may answer anything: with unknown no typed client would be a plain one',
    },
  },
  {
    what: 'a default export, whose name is up to its importer',
    pattern: /^export default\b|\bas default\b/gm,
    exceptions: {'src/upstream/upstream-worker.ts': 'piscina calls the default export of its worker'},
  },
];

/** Every breach, as a sentence with file and line. */
export function findMannerFaults(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) => [...formFaults(file), ...bans.flatMap((ban) => banFaults(file, ban))]);
}

/** Exceptions whose file is gone or has no need of one: they would hide the next breach. */
export function findIdleExceptions(files: readonly SourceFile[]): readonly string[] {
  return bans.flatMap(({what, pattern, exceptions}) =>
    Object.keys(exceptions)
      .filter((path) => !files.some((file) => file.path === path && [...file.bareCode.matchAll(pattern)].length > 0))
      .map((path) => `${path} has no need of its exception from the ban on ${what}`),
  );
}

function formFaults({path, text}: SourceFile): readonly string[] {
  const faults: string[] = [];
  const name = path.split('/').at(-1) ?? '';
  const lines = text.trimEnd().split('\n').length;
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z]+)+$/.test(name)) faults.push(`${path}: expected a name in kebab-case`);
  if (!/^(?:\/\/|\/\*)/.test(text)) faults.push(`${path}:1: expected a comment that says what the file is`);
  if (lines > linesMax) faults.push(`${path}: expected at most ${linesMax} lines, got ${lines}`);
  return faults;
}

function banFaults(file: SourceFile, {what, pattern, exceptions}: Ban): readonly string[] {
  // The terminal is what the command line is for.
  const isExempt =
    Object.hasOwn(exceptions, file.path) || (what.startsWith('console') && file.path.startsWith('src/cli/'));
  if (isExempt) return [];
  return [...file.bareCode.matchAll(pattern)].map((match) => {
    return `${file.path}:${lineAt(file.text, match.index)}: expected no ${match[0]}: ${what}`;
  });
}
