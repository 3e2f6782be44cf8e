// Writing the log to a file from a thread of its own. A hanging disk is simulated by a pipe with a blocking descriptor
// and no reader: the write does not return either.

import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, constants, existsSync, openSync, readFileSync, readSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import {LogFile, unwrittenBytesMax} from '../../../src/gateway/log/log-file.ts';
import {LogWriter, waitingBytesMax} from '../../../src/gateway/log/log-writer.ts';
import {emptyFolder, projectPath, writeIn} from '../../support/command.ts';
import {until} from '../../support/deadline.ts';

const line = (number: number): string => `${String(number).padStart(99, '0')}\n`;

/** A descriptor on which a write blocks once 64 KiB are unread. */
async function hungDisk(t: ExecutionContext): Promise<{path: string; descriptor: number}> {
  const path = join(await emptyFolder(t), 'log');
  execFileSync('mkfifo', [path]);
  // Open for both, so that neither opening nor writing fails for want of a reader.
  const descriptor = openSync(path, constants.O_RDWR);
  return {path, descriptor};
}

test('lines go to the file in order, and the end of the process waits for them', async (t) => {
  const path = join(await emptyFolder(t), 'log');
  const descriptor = openSync(path, 'w');
  t.teardown(() => closeSync(descriptor));
  const file = new LogFile(descriptor);
  const writer = new LogWriter({
    clock: new SimulatedClock(),
    writeSome: (bytes) => file.writeSome(bytes),
    isTTY: false,
  });
  let text = '';
  for (let number = 0; number < 1_000; number++) {
    text += line(number);
    writer.write(line(number));
  }
  t.true(file.finish(60_000));
  t.is(readFileSync(path, 'latin1'), text);
  t.is(writer.lost, 0);
});

test('a disk that hangs blocks no thread: lines wait up to a bound, then they are dropped and counted', async (t) => {
  const {path, descriptor} = await hungDisk(t);
  const file = new LogFile(descriptor);
  const clock = new SimulatedClock();
  const writer = new LogWriter({clock, writeSome: (bytes) => file.writeSome(bytes), isTTY: false});
  let written = 0;
  while (writer.lost === 0) writer.write(line(written++));
  t.true(writer.waitingBytes <= waitingBytesMax);
  t.true(100 * written <= unwrittenBytesMax + waitingBytesMax + 65_536 + 200);
  // It answers again, and nothing is missing but what was counted.
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  t.teardown(() => {
    closeSync(reader);
    closeSync(descriptor);
  });
  let text = '';
  const piece = Buffer.alloc(65_536);
  while (text.length < 100 * (written - 1)) {
    clock.advance(50);
    await new Promise((next) => setImmediate(next));
    try {
      text += piece.toString('latin1', 0, readSync(reader, piece));
    } catch {
      // Nothing there yet.
    }
  }
  t.true(text === Array.from({length: written - 1}, (_, number) => line(number)).join(''));
  t.true(file.finish(60_000));
});

const onLinux = existsSync('/dev/full') ? test : test.skip;

onLinux('a disk that is full holds up the end of the process no longer than asked', (t) => {
  const full = openSync('/dev/full', 'w');
  t.teardown(() => closeSync(full));
  const file = new LogFile(full);
  t.is(file.writeSome(Buffer.from(line(1))), 100);
  t.true(file.finish(0));
});

const program = (t: ExecutionContext): Promise<string> =>
  writeIn(
    t,
    'ending.ts',
    `import fs from 'node:fs';
     import {syncBuiltinESMExports} from 'node:module';
     const {fstatSync} = fs;
     // A pipe stands for the disk that hangs.
     fs.fstatSync = (descriptor, ...more) => Object.assign(fstatSync(descriptor, ...more), {isFile: () => true});
     syncBuiltinESMExports();
     const {standardOutput} = await import(${JSON.stringify(projectPath('src/gateway/log/standard-output.ts'))});
     const output = standardOutput();
     for (let number = 0; number < 2_000; number++) output.write('x'.repeat(99) + '\\n');
     if (process.argv[2] === 'wait') await new Promise((done) => process.stdin.once('end', done).resume());
     process.exit(7);`,
  );

test('a process whose log is a file ends with its code and has written all, also where it ends at once', async (t) => {
  const path = join(await emptyFolder(t), 'log');
  const descriptor = openSync(path, 'w');
  t.teardown(() => closeSync(descriptor));
  const child = spawn(process.execPath, [await program(t)], {stdio: ['ignore', descriptor, 'inherit']});
  t.deepEqual(await once(child, 'exit'), [7, null]);
  t.is(readFileSync(path, 'latin1').split('\n').length - 1, 2_000);
});

test('a process whose log is on a hanging disk still ends', async (t) => {
  const {path, descriptor} = await hungDisk(t);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  t.teardown(() => {
    closeSync(reader);
    closeSync(descriptor);
  });
  const child = spawn(process.execPath, [await program(t), 'wait'], {stdio: ['pipe', descriptor, 'inherit']});
  // One byte is read, and nothing more.
  await until(async () => readByte(reader), 'the log to be written', 60_000);
  child.stdin?.end();
  t.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
});

function readByte(descriptor: number): true | undefined {
  try {
    return readSync(descriptor, Buffer.alloc(1)) === 1 || undefined;
  } catch {
    // Nothing there yet.
    return undefined;
  }
}
