// What commands print. What came from a client or a server never reaches the terminal raw: it could steer it.

import {exitCodes} from './exit.ts';

/** Ends a command whose output cannot be written: the reader may have seen enough, as in `rainbow config | head -1`. */
export function endUnread(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? exitCodes.success : exitCodes.failure);
}

/** One line on standard output. */
export function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** One value as one line of JSON on standard output. */
export function printJson(value: unknown): void {
  printLine(JSON.stringify(value));
}

// Control characters, line ends among them, and those that reverse the direction of what follows.
const steering = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** `text` on one line, with escapes where a terminal would obey a character instead of showing it. */
export function printable(text: string): string {
  return text.replace(steering, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** `1 client`, `2 clients`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
