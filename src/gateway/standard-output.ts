// The standard output of this process as a writer of log lines that never blocks, whatever stands behind it: a pipe, a
// socket, a file or a terminal. Only the main thread writes to it; other threads hand it their lines, since two writers
// would cut into each other's lines as soon as the reader is slow.

import {constants, openSync, writeSync} from 'node:fs';
import {isatty} from 'node:tty';
import {systemClock} from '../core/clock.ts';
import {LogWriter} from './log-writer.ts';

/** How long the end of the process waits for a reader that has stalled. */
const lastLinesMs = 500;

let writer: LogWriter | undefined;

/** The one writer of this process. */
export function standardOutput(): LogWriter {
  writer ??= openStandardOutput();
  return writer;
}

function openStandardOutput(): LogWriter {
  const descriptor = openNonBlocking();
  const opened = new LogWriter({
    clock: systemClock,
    writeSome: (bytes) => writeSync(descriptor, bytes),
    isTTY: isatty(descriptor),
  });
  process.on('exit', () => opened.flush(lastLinesMs));
  return opened;
}

/** Descriptor 1, or another one for the same, on which a write that cannot be done now fails with EAGAIN. */
function openNonBlocking(): number {
  const standard = 1;
  // Node makes pipes and sockets non-blocking when it opens the stream. A file needs nothing.
  process.stdout.on('error', ignore);
  // What Node itself prints there, such as deprecations, must not end the process on a full disk either.
  process.stderr.on('error', ignore);
  if (!isatty(standard)) return standard;
  // Terminals stay blocking, and Ctrl-S stops one. Opened once more, it has flags of its own.
  const path = process.platform === 'linux' ? '/proc/self/fd/1' : '/dev/tty';
  const {O_WRONLY, O_NONBLOCK, O_NOCTTY} = constants;
  try {
    return openSync(path, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    // No such path, or not permitted: then as before, blocking.
    return standard;
  }
}

// The writer counts what it loses; nothing is to be done about the rest.
function ignore(): void {}
