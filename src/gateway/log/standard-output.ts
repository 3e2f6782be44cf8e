// The standard output of this process as a writer of log lines that never blocks, whatever stands behind it: a pipe, a
// socket, a file or a terminal. Only the main thread writes to it; other threads hand it their lines, since two writers
// would cut into each other's lines as soon as the reader is slow.

import {constants, fstatSync, openSync, write, writeSync} from 'node:fs';
import {isatty} from 'node:tty';
import {isMainThread} from 'node:worker_threads';
import {systemClock} from '../../core/clock.ts';
import {LogFile} from './log-file.ts';
import {LogWriter} from './log-writer.ts';

const standard = 1;

/** How long the end of the process waits for a reader that has stalled. */
const lastLinesMs = 500;

let writer: LogWriter | undefined;

/** The one writer of this process. */
export function standardOutput(): LogWriter {
  writer ??= openStandardOutput();
  return writer;
}

function openStandardOutput(): LogWriter {
  if (isFile(standard)) return isMainThread ? openFile() : openLastWords();
  const descriptor = openNonBlocking();
  const opened = new LogWriter({
    clock: systemClock,
    writeSome: (bytes) => writeSync(descriptor, bytes),
    isTTY: isatty(descriptor),
  });
  process.on('exit', () => opened.flush(lastLinesMs));
  return opened;
}

/** A file, which a thread of its own writes. */
function openFile(): LogWriter {
  process.stderr.on('error', ignore);
  const file = new LogFile(standard);
  const opened = new LogWriter({clock: systemClock, writeSome: (bytes) => file.writeSome(bytes), isTTY: false});
  process.on('exit', () => {
    opened.flush(lastLinesMs);
    // The disk hangs, and with it the end of the process, which would wait for the thread, for ever perhaps.
    if (!file.finish(lastLinesMs)) process.kill(process.pid, 'SIGKILL');
  });
  return opened;
}

/** A file, for the thread that watches the main one: it has one line to write, and must not wait for a disk. */
function openLastWords(): LogWriter {
  const writeSome = (bytes: Uint8Array): number => {
    write(standard, bytes, ignore);
    return bytes.length;
  };
  return new LogWriter({clock: systemClock, writeSome, isTTY: false});
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    // Closed: as any other that cannot be written.
    return false;
  }
}

/** Descriptor 1, or another one for the same, on which a write that cannot be done now fails with EAGAIN. */
function openNonBlocking(): number {
  // Node makes pipes and sockets non-blocking when it opens the stream.
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
