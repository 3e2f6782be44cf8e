// `rainbow ps`: who is connected, in a table.

import {type Command, InvalidArgumentError} from 'commander';
import type {Listing} from '../business/api-lists.ts';
import type {Channel, Connection} from '../business/api-rows.ts';
import {RainbowApi} from '../business/rainbow-api.ts';
import {systemClock} from '../core/clock.ts';
import {describeApiError} from './answer.ts';
import {exitCodes} from './exit.ts';
import {printable, printJson, printLine} from './output.ts';
import {type Column, formatColumns} from './table.ts';
import {addTargetOptions, resolveTarget, type TargetFlags} from './target.ts';

interface PsFlags extends TargetFlags {
  readonly identity?: string;
  readonly prefix?: string;
  readonly channels?: true;
  readonly limit: number;
  readonly json?: true;
}

const examples = `
Examples:
  rainbow ps                       everybody
  rainbow ps room-1                the members of a channel
  rainbow ps --identity 5f3a…      one client, with its channels
  rainbow ps --channels            the channels, and how many members each has
  rainbow ps --limit 0 --json      everybody, a line of JSON each`;

/** Adds the command. */
export function addPs(program: Command): void {
  const command = program
    .command('ps')
    .summary('list the connected clients')
    .description('Lists the connected clients of the gateway and its cluster, or its channels.')
    .argument('[CHANNEL]', 'only members of this channel')
    .option('-i, --identity <ID>', 'only this client')
    .option('--prefix <TEXT>', 'only identities, or channels, that begin with this text')
    .option('--channels', 'list channels instead')
    .option('-n, --limit <N>', 'at most so many; 0: all', readLimit, 100)
    .option('--json', 'print a line of JSON for each');
  addTargetOptions(command).addHelpText('after', examples).action(ps);
}

async function ps(channel: string | undefined, flags: PsFlags): Promise<void> {
  const {url, credentials, fetch} = resolveTarget(flags);
  const api = new RainbowApi({
    url,
    ...(credentials.kind === 'key' ? {apiKey: credentials.key} : {token: credentials.token}),
    ...(fetch !== undefined && {fetch}),
  });
  const {identity, prefix, limit} = flags;
  const options = {pageSize: limit === 0 ? 1_000 : Math.min(limit, 1_000)};
  const filter = {
    ...(channel !== undefined && {channel}),
    ...(identity !== undefined && {identity}),
    ...(prefix !== undefined && {prefix}),
  };
  if (flags.channels === true)
    await print(api.channels(prefix === undefined ? {} : {prefix}, options), channelColumns, flags);
  else await print(api.connections(filter, options), connectionColumns(systemClock.wallNow()), flags);
}

async function print<Row>(list: Listing<Row>, columns: readonly Column<Row>[], {limit, json}: PsFlags): Promise<void> {
  const rows: Row[] = [];
  try {
    for await (const row of list) {
      if (limit > 0 && rows.length === limit) break;
      rows.push(row);
      if (json === true) printJson(row);
    }
  } catch (error) {
    process.exitCode = exitCodes.failure;
    process.stderr.write(`rainbow: ${describeApiError(error)}\n`);
    return;
  }
  if (json !== true && rows.length > 0) for (const line of formatColumns(columns, rows)) printLine(line);
  const total = list.total ?? rows.length;
  if (rows.length < total) process.stderr.write(`rainbow: ${total - rows.length} more; see --limit\n`);
  else if (rows.length === 0) process.stderr.write('rainbow: none\n');
  if (list.isPartial) process.stderr.write('rainbow: a thread or a node did not answer; its clients are not listed\n');
}

const channelColumns: readonly Column<Channel>[] = [
  {head: 'CHANNEL', read: ({name}) => printable(name)},
  {head: 'CLIENTS', isNumber: true, read: ({connections}) => String(connections)},
];

function connectionColumns(nowMs: number): readonly Column<Connection>[] {
  const count = (value: number): string => (value === 0 ? '' : String(value));
  return [
    {head: 'IDENTITY', read: ({identity}) => printable(identity)},
    {head: 'USER', read: ({user = ''}) => printable(user)},
    {head: 'ADDRESS', read: ({address = ''}) => printable(address)},
    {head: 'STATE', read: ({state}) => printable(state)},
    {head: 'FOR', isNumber: true, read: ({since}) => age(nowMs - since)},
    {head: 'SILENT', isNumber: true, read: ({heardAt}) => (heardAt === undefined ? '' : age(nowMs - heardAt))},
    {head: 'IN FLIGHT', isNumber: true, read: ({inFlight}) => count(inFlight)},
    {head: 'QUEUED', isNumber: true, read: ({queued}) => count(queued)},
    {head: 'CALLS', isNumber: true, read: ({inbound}) => count(inbound)},
    {head: 'UNREAD', isNumber: true, read: ({bufferedBytes}) => count(bufferedBytes)},
    {head: 'CHANNELS', read: ({channels, channelCount}) => printable(channels?.join(' ') ?? String(channelCount))},
    {head: 'NODE', read: ({node = ''}) => printable(node)},
  ];
}

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const;

/** `3 s`, `12 m`, `2 d`: the greatest unit alone. */
function age(elapsedMs: number): string {
  const seconds = Math.max(0, Math.round(elapsedMs / 1000));
  for (const [unit, length] of units) if (seconds >= 2 * length) return `${Math.floor(seconds / length)} ${unit}`;
  return `${seconds} s`;
}

function readLimit(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected a whole number; 0: all.');
  return Number(text);
}
