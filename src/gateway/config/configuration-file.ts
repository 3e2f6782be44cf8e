// Reads a configuration file in the dialect of the original, Python's SafeConfigParser, and names the line of every
// fault. `ini` knows another dialect (it cuts values at any ; or #, knows no `key: value`, no continuation and no line
// numbers), so the lines are checked and translated first, and `ini` parses the translation. Called by configuration.ts
// only; never shows a value, nor a key that could be a piece of a secret.

import {isUtf8} from 'node:buffer';
import {getSystemErrorMessage} from 'node:util';
import {parse} from 'ini';
import {nearest} from '../../core/nearest.ts';
import {type BoundedFile, readBounded} from './bounded-file.ts';
import {findKey, nearestKey} from './configuration-keys.ts';
import {controlCharacter} from './configuration-values.ts';
import {findUnsafe} from './file-safety.ts';

/** One thing wrong with a file; `line` counts from 1. */
export interface FileFault {
  readonly line?: number;
  readonly key?: string;
  readonly message: string;
}

/** One key of the file. */
export interface FileEntry {
  readonly key: string;
  readonly line: number;
  /** Absent where a fault was already found: the key is there, its value is not known. */
  readonly value: string | undefined;
}

/** What a file holds, in its order; keys are known ones, each once. */
export interface FileReading {
  readonly entries: readonly FileEntry[];
  readonly faults: readonly FileFault[];
  /** What is unsafe about the file itself. */
  readonly warnings?: readonly FileFault[];
  /** Whether the file was read to its end, so that what is not in `entries` is missing. */
  readonly isWhole: boolean;
}

const fileBytesMax = 65_536;

/** Reads `file`, a pipe included; one that cannot be read in bounded time is a fault without a line. */
export function readConfigurationFile(file: string): FileReading {
  let read: BoundedFile;
  try {
    read = readBounded(file, fileBytesMax + 1);
  } catch (error) {
    return unreadable({message: describeReadError(file, error)});
  }
  const warnings = findUnsafe(read.stats).map((message) => ({message}));
  return {...readConfigurationText(read.bytes), warnings};
}

function describeReadError(file: string, error: unknown): string {
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  if (isMissing) return `The file does not exist. Correct the name, or create it: rainbow init ${file}`;
  return `The file cannot be read: ${describeError(error)}.`;
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const errno = 'errno' in error && typeof error.errno === 'number' ? error.errno : undefined;
  if (errno === undefined) return error.message;
  const code = 'code' in error ? String(error.code) : error.name;
  // ENXIO is all that the system says of a socket.
  if (code === 'ENXIO') return 'a socket, or a device that is not there';
  return `${code}: ${getSystemErrorMessage(errno)}`;
}

function unreadable(fault: FileFault): FileReading {
  return {entries: [], faults: [fault], isWhole: false};
}

/** Reads the content of a file. */
export function readConfigurationText(content: string | Uint8Array): FileReading {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  if (bytes.length > fileBytesMax) {
    return unreadable({message: `The file is longer than ${fileBytesMax} bytes. Shorten it.`});
  }
  if (bytes.includes(0)) {
    const line = bytes.subarray(0, bytes.indexOf(0)).filter((byte) => byte === 0x0a).length + 1;
    return unreadable({
      line,
      message: 'The file has a NUL byte, as UTF-16 and binary files do. Save it as UTF-8 text.',
    });
  }
  const translation = new Translation();
  for (const [index, line] of splitLines(bytes).entries()) translation.take(line, index + 1);
  return translation.end();
}

interface Line {
  readonly text: string;
  readonly isUtf8: boolean;
}

function splitLines(bytes: Uint8Array): readonly Line[] {
  const decoder = new TextDecoder('utf-8', {ignoreBOM: true});
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const lines: Line[] = [];
  for (let from = hasMark ? 3 : 0; from <= bytes.length; ) {
    const found = bytes.indexOf(0x0a, from);
    const to = found === -1 ? bytes.length : found;
    const line = bytes.subarray(from, to);
    lines.push({text: decoder.decode(line).replace(/\r$/, ''), isUtf8: isUtf8(line)});
    from = to + 1;
  }
  return lines;
}

interface DraftEntry {
  readonly key: string;
  readonly line: number;
  /** The lines of the value; dropped once one of them has a fault. */
  parts: string[] | undefined;
}

/**
 * Takes a file line by line. What a line is, in this order:
 *
 *     blank, # or ; first     nothing
 *     blank, then no key      goes on with the value above, where there is one
 *     [name]                  a section
 *     key = value, key: value a key; ` ;` in the value begins a comment, # does not
 */
class Translation {
  readonly #faults: FileFault[] = [];
  readonly #drafts = new Map<string, DraftEntry>();
  #section: 'none' | 'main' | 'other' = 'none';
  // Where continuation lines go; a draft that is not in the map swallows those of a line that had a fault.
  #open: DraftEntry | undefined;
  // Keys that misspelt ones were meant for, with their lines.
  readonly #misspelt = new Map<string, number>();
  readonly #misencoded: number[] = [];

  take({text, isUtf8}: Line, line: number): void {
    if (!isUtf8) this.#misencoded.push(line);
    const trimmed = text.trim();
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith(';')) return;
    const control = controlCharacter.exec(text)?.[0];
    if (control !== undefined) {
      const code = control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
      this.#faults.push({line, message: `The line has the character U+${code}. Remove it.`});
    }
    const isSound = isUtf8 && control === undefined;
    const separatorAt = trimmed.search(/[:=]/);
    const key = trimmed.slice(0, Math.max(separatorAt, 0)).trim().toLowerCase();
    const value = trimmed.slice(separatorAt + 1);
    const isIndented = /^\s/.test(text);
    // Python would take an indented key for a continuation too; but that is never what the author means.
    if (isIndented && this.#open !== undefined && findKey(key) === undefined) {
      if (isSound) this.#open.parts?.push(cutComment(trimmed));
      else this.#open.parts = undefined;
    } else if (trimmed.startsWith('[')) this.#takeSection(trimmed, line);
    else if (this.#section !== 'other') this.#takeKey(key, isSound ? cutComment(value) : undefined, trimmed, line);
  }

  #takeSection(trimmed: string, line: number): void {
    const name = /^\[([^\]]*)\]\s*([#;].*)?$/.exec(trimmed)?.[1]?.trim();
    // What looks like no name may be a piece of a secret that was broken into lines.
    const shown =
      name !== undefined && /^[\w. -]{1,23}$/.test(name) ? `The section [${name}]` : 'A line that begins with [';
    this.#open = undefined;
    if (name === 'main') {
      this.#section = 'main';
      return;
    }
    // One that is nearly right is read as if it were, so that its keys are neither missing nor unchecked.
    const isMeant = nearest(name?.toLowerCase() ?? trimmed.slice(1), ['main']) !== undefined;
    this.#section = isMeant ? 'main' : 'other';
    this.#faults.push({
      line,
      message: `${shown} is not [main]. ${isMeant ? 'Did you mean [main]?' : 'Only keys in [main] are read.'}`,
    });
  }

  #takeKey(key: string, value: string | undefined, trimmed: string, line: number): void {
    if (this.#section === 'none' && key !== '') {
      this.#section = 'main';
      this.#faults.push({line, message: 'The first key stands before [main]. Write [main] above it.'});
    }
    const first = this.#drafts.get(key);
    this.#open = {key, line, parts: value === undefined ? undefined : [value]};
    if (first !== undefined) {
      this.#faults.push({line, key, message: `${key} is set on lines ${first.line} and ${line}. Keep one of them.`});
    } else if (findKey(key) !== undefined) this.#drafts.set(key, this.#open);
    else this.#takeStranger(key, trimmed, line);
  }

  #takeStranger(key: string, trimmed: string, line: number): void {
    const word = key === '' ? (trimmed.split(/\s/, 1)[0] ?? '').toLowerCase() : key;
    const meant = findKey(word)?.key ?? nearestKey(word);
    if (key === '') {
      const where = meant === undefined ? '' : ` after ${meant}`;
      this.#faults.push({
        line,
        message: `The line has no = or :${where}. Write key = value, or key: value.`,
      });
    } else {
      // What looks like no key may be a piece of a secret that was broken into lines.
      const shown = meant !== undefined || /^[a-z][a-z_]{0,22}$/.test(key) ? ` \`${key}\`` : ', not shown here';
      const hint = meant === undefined ? '' : `; did you mean \`${meant}\`?`;
      this.#faults.push({line, ...(meant !== undefined && {key: meant}), message: `Unknown key${shown}${hint}`});
    }
    // The key that was meant is there, if faulty: it is not reported as missing a second time.
    if (meant !== undefined && !this.#drafts.has(meant)) this.#misspelt.set(meant, line);
  }

  end(): FileReading {
    const [line, ...others] = this.#misencoded;
    if (line !== undefined) {
      const which = others.length === 0 ? 'The line is' : `${others.length + 1} lines from here are`;
      this.#faults.push({line, message: `${which} not UTF-8. Save the file as UTF-8.`});
    }
    const entries = [...this.#drafts.values()].map((draft) => this.#finish(draft));
    // One line a value, in quotes, which `ini` reads as JSON.
    const translated = entries.flatMap(({key, value}) =>
      value === undefined ? [] : [`${key}=${JSON.stringify(value)}`],
    );
    const values: Readonly<Record<string, unknown>> = parse(['[main]', ...translated].join('\n')).main;
    return {
      entries: [
        // `ini` makes a boolean of "true".
        ...entries.map((entry) => ({
          ...entry,
          value: entry.value === undefined ? undefined : String(values[entry.key]),
        })),
        ...[...this.#misspelt]
          .filter(([key]) => !this.#drafts.has(key))
          .map(([key, at]) => ({key, line: at, value: undefined})),
      ],
      faults: this.#faults,
      isWhole: true,
    };
  }

  #finish({key, line, parts}: DraftEntry): FileEntry {
    const value = parts?.join('\n').trim().replace(/^""$/, '');
    if (value !== undefined && /%\([^)]{0,64}\)s/.test(value.replaceAll('%%', ''))) {
      const message = `${key} has a reference of the form %(name)s. Write the value out; for a plain % before ( write %%.`;
      this.#faults.push({line, key, message});
      return {key, line, value: undefined};
    }
    return {key, line, value: value?.replaceAll('%%', '%')};
  }
}

/** `text` before its comment: a semicolon that begins it or follows a blank. */
function cutComment(text: string): string {
  return text.replace(/(^|\s);.*$/s, '').trim();
}
