// Which connections and messages a command wants to see: the options that `trace` and `record` have in common.

import {type Command, InvalidArgumentError} from 'commander';
import {readDecimal} from '../core/decimal.ts';
import {parseMessageType} from '../protocol/api.ts';
import type {TraceSelection} from '../story/trace-feed.ts';

/** What commander makes of {@link addSelectionOptions}. */
export interface SelectionFlags {
  readonly identity?: readonly string[];
  readonly channel?: readonly string[];
  readonly type?: readonly number[];
  readonly connection?: readonly string[];
  readonly rate?: number;
}

/** Adds `--identity`, `--channel`, `--type`, `--connection` and `--rate`; each but the last may be given several times. */
export function addSelectionOptions(command: Command): Command {
  return command
    .option('-i, --identity <ID>', 'of this client', gather)
    .option('-c, --channel <NAME>', 'of messages to this channel', gather)
    .option('-t, --type <N>', 'of messages of this type', gatherType)
    .option('--connection <THREAD:N>', 'of this connection', gather)
    .option('--rate <SHARE>', 'of this share of all, 0 to 1 (default: 1 if nothing else is selected)', readRate);
}

/** Everything, where nothing was chosen. */
export function selectionOf(flags: SelectionFlags, payloads: boolean): TraceSelection {
  const {identity = [], channel = [], type = [], connection = []} = flags;
  const isChosen = identity.length + channel.length + type.length + connection.length > 0;
  return {
    rate: flags.rate ?? (isChosen ? 0 : 1),
    identities: identity,
    channels: channel,
    types: type,
    connections: connection,
    payloads,
  };
}

function gather(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function gatherType(text: string, before: readonly number[] = []): readonly number[] {
  const type = parseMessageType(text);
  if (type === undefined) throw new InvalidArgumentError('Expected a whole number from 0 to 65535.');
  return [...before, type];
}

function readRate(text: string): number {
  const rate = readDecimal(text, 0, 1);
  if (rate === undefined) throw new InvalidArgumentError('Expected a decimal number from 0 to 1.');
  return rate;
}
