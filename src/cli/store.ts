// `rainbow store`: looks after the file that sessions are stored in, beside a running gateway or without one.

import type {Command} from 'commander';
import {backupStore, checkStore, compactStore, readStoreInfo} from '../store/sqlite/care.ts';
import {StoreError} from '../store/store.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {plural, printJson, printLine} from './output.ts';

interface StoreFlags {
  readonly json?: true;
}

const examples = `
info, check and backup can run while a gateway uses the store; compact cannot.

To restore a backup, stop the gateway and remove the files FILE, FILE-wal and FILE-shm. Then copy the backup to FILE.
Leave no FILE-wal behind: it belongs to the file that was there before.

Examples:
  rainbow store info /var/lib/rainbow/store.db
  rainbow store backup /var/lib/rainbow/store.db /backup/store-$(date +%F).db
  rainbow store check /backup/store-2026-11-28.db`;

/** Adds the command. */
export function addStore(program: Command): void {
  const store = program
    .command('store')
    .summary('inspect, check, compact or back up a store')
    .description('Inspects, checks, compacts or backs up the file that a gateway stores sessions in.')
    .helpCommand(false)
    .addHelpText('after', examples);
  addAction(store, 'info', 'print what a store holds', (path) => {
    const info = readStoreInfo(path);
    return {result: info, lines: describeInfo(info)};
  });
  addAction(store, 'check', 'read everything, and report what is wrong', (path) => {
    const faults = checkStore(path);
    const lines =
      faults.length === 0 ? [`${path} is sound.`] : [`${path} has ${plural(faults.length, 'fault')}:`, ...faults];
    return {result: {path, faults}, lines, isFailure: faults.length > 0};
  });
  addAction(store, 'compact', 'give unused space back to the disk', (path) => {
    const result = compactStore(path);
    return {
      result,
      lines: [`${path} had ${describeBytes(result.bytesBefore)}, and has ${describeBytes(result.bytes)}.`],
    };
  });
  store
    .command('backup')
    .argument('<FILE>', 'the store')
    .argument('<TARGET>', 'file to write; an existing file is not overwritten')
    .description('copy a store as its latest commit left it')
    .option('--json', 'print JSON')
    .action((path: string, target: string, flags: StoreFlags) => {
      run(flags, () => {
        const {bytes} = backupStore(path, target);
        return {result: {path, target, bytes}, lines: [`${target} holds ${path}, ${describeBytes(bytes)}.`]};
      });
    });
}

interface Outcome {
  readonly result: unknown;
  readonly lines: readonly string[];
  readonly isFailure?: boolean;
}

function addAction(store: Command, name: string, description: string, act: (path: string) => Outcome): void {
  store
    .command(name)
    .argument('<FILE>', 'the store')
    .description(description)
    .option('--json', 'print JSON')
    .action((path: string, flags: StoreFlags) => run(flags, () => act(path)));
}

function run({json}: StoreFlags, act: () => Outcome): void {
  const {result, lines, isFailure = false} = attempt(act);
  if (json) printJson(result);
  else for (const line of lines) printLine(line);
  if (isFailure) process.exitCode = exitCodes.failure;
}

function attempt(act: () => Outcome): Outcome {
  try {
    return act();
  } catch (error) {
    if (error instanceof StoreError) throw new CommandFailure(exitCodes.failure, error.message);
    throw error;
  }
}

function describeInfo(info: ReturnType<typeof readStoreInfo>): readonly string[] {
  const {path, sessions, rows, deadLetters} = info;
  const {attached, detached, ended} = sessions;
  return [
    `${path}, schema version ${info.schemaVersion}, ${info.isInUse ? 'in use' : 'not in use'}`,
    `size          ${describeBytes(info.fileBytes)}, ${describeBytes(info.journalBytes)} in the journal, ${describeBytes(info.freeBytes)} unused`,
    `sessions      ${rows.session}: ${attached} attached, ${detached} detached, ${ended} ended; ${plural(rows.member, 'membership')}`,
    `downwards     ${rows.publication} publications, ${rows.delivery} deliveries`,
    `upwards       ${rows.message - deadLetters} messages, ${plural(deadLetters, 'dead letter')}, ${plural(rows.receipt, 'receipt')}`,
    `events        ${rows.event}`,
    `histories     ${rows.channel}`,
  ];
}

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `512 bytes`, `4.0 KiB`, `1.5 GiB`. */
function describeBytes(bytes: number): string {
  const unit = Math.min(units.length - 1, bytes === 0 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return unit === 0 ? `${bytes} bytes` : `${(bytes / 1_024 ** unit).toFixed(1)} ${units[unit]}`;
}
