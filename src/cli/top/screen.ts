// What `rainbow top` shows of a reading and the one before it. Pure.

import type {Connection} from '../../business/api-rows.ts';
import {duration} from '../../story/duration.ts';
import {printable} from '../output.ts';
import {type Column, formatColumns} from '../table.ts';
import type {Sample} from './sample.ts';

const callKinds = ['connect', 'message', 'close'] as const;

/** One line for each array element. */
export function renderTop(url: string, before: Sample | undefined, sample: Sample, rows: number): string[] {
  return [
    ...head(url, sample),
    ...rates(before, sample),
    ...calls(before, sample),
    ...list(
      'Longest queues',
      sample,
      rows,
      ({queued, queuedBytes, bufferedBytes}) => queued + queuedBytes + bufferedBytes,
    ),
    ...list('Do not acknowledge', sample, rows, ({owesSince}) =>
      owesSince === undefined ? 0 : sample.wallMs - owesSince,
    ),
    ...list('Most calls waiting', sample, rows, ({inbound}) => inbound),
  ];
}

function head(url: string, {facts, read, total, isPartial}: Sample): string[] {
  const nodes = Array.isArray(facts.nodes) ? facts.nodes.length + 1 : 1;
  const parts = [
    `${printable(url)}  version ${printable(String(facts.version))}`,
    `up ${duration(number(facts.uptimeSeconds) * 1_000)}`,
    `${total} clients`,
    `${number(facts.channelsCount)} channels`,
    `${nodes} node${nodes === 1 ? '' : 's'}`,
    `CPU ${number(facts.cpuPercent)} % since the start`,
    `held ${mebibytes(facts.heldBytes)} of ${mebibytes(facts.heldBytesMax)} MiB`,
  ];
  const notes = [
    ...(isPartial ? ['A thread or a node did not answer; its clients are missing.'] : []),
    ...(read < total ? [`Only the first ${read} of ${total} clients are in the lists.`] : []),
  ];
  return [parts.join('  '), ...notes];
}

function rates(before: Sample | undefined, sample: Sample): string[] {
  if (before === undefined) return [];
  const rate = (name: string): string => perSecond(before, sample, name).toFixed(1);
  const names: readonly (readonly [string, string])[] = [
    ['packets in', 'packetsIn'],
    ['deliveries', 'deliveries'],
    ['confirmed', 'deliveriesConfirmed'],
    ['sent again', 'retransmissions'],
    ['refused', 'deliveriesRefused'],
    ['dropped at QoS 0', 'framesDropped'],
    ['lost', 'deliveriesLost'],
    ['API requests', 'apiRequests'],
    ['API errors', 'apiErrors'],
  ];
  return ['', `Per second: ${names.map(([label, name]) => `${label} ${rate(name)}`).join(', ')}`];
}

interface CallRow {
  readonly kind: string;
  readonly rate: number;
  readonly meanMs: number;
}

function calls(before: Sample | undefined, sample: Sample): string[] {
  if (before === undefined) return [];
  const rows: CallRow[] = callKinds.map((kind) => {
    const rate = perSecond(before, sample, `${kind}CallsEnded`);
    const ms = perSecond(before, sample, `${kind}CallsMs`);
    return {kind, rate, meanMs: rate === 0 ? 0 : ms / rate};
  });
  rows.sort((left, right) => right.meanMs - left.meanMs);
  const columns: readonly Column<CallRow>[] = [
    {head: 'CALLS', read: ({kind}) => kind},
    {head: 'PER SECOND', isNumber: true, read: ({rate}) => rate.toFixed(1)},
    {head: 'MEAN', isNumber: true, read: ({rate, meanMs}) => (rate === 0 ? '' : duration(meanMs))},
  ];
  const failed = perSecond(before, sample, 'callsFailed');
  return ['', ...formatColumns(columns, rows), `failed ${failed.toFixed(1)} per second`];
}

/** The first by `rank`, largest first, without those at 0. */
function list(title: string, sample: Sample, rows: number, rank: (row: Connection) => number): string[] {
  const ranked = sample.busy.filter((row) => rank(row) > 0).sort((left, right) => rank(right) - rank(left));
  if (ranked.length === 0) return [];
  const more = ranked.length > rows ? ` (${rows} of ${ranked.length})` : '';
  return ['', `${title}${more}`, ...formatColumns(columnsAt(sample.wallMs), ranked.slice(0, rows))];
}

function columnsAt(wallMs: number): readonly Column<Connection>[] {
  const since = (at: number | undefined): string => (at === undefined ? '' : duration(wallMs - at));
  return [
    {head: 'IDENTITY', read: ({identity}) => printable(identity)},
    {head: 'USER', read: ({user = ''}) => printable(user)},
    {head: 'IN FLIGHT', isNumber: true, read: ({inFlight}) => String(inFlight)},
    {head: 'QUEUED', isNumber: true, read: ({queued}) => String(queued)},
    {head: 'BYTES', isNumber: true, read: ({queuedBytes}) => String(queuedBytes)},
    {head: 'UNREAD', isNumber: true, read: ({bufferedBytes}) => String(bufferedBytes)},
    {head: 'CALLS', isNumber: true, read: ({inbound}) => String(inbound)},
    {head: 'OWES FOR', isNumber: true, read: ({owesSince}) => since(owesSince)},
    {head: 'SILENT', isNumber: true, read: ({heardAt}) => since(heardAt)},
    {head: 'NODE', read: ({node = ''}) => printable(node)},
  ];
}

function perSecond(before: Sample, sample: Sample, name: string): number {
  const seconds = Math.max(1, sample.at - before.at) / 1_000;
  // A gateway that started again counts from 0.
  return Math.max(0, counter(sample, name) - counter(before, name)) / seconds;
}

function counter({facts}: Sample, name: string): number {
  const {counters} = facts;
  return typeof counters === 'object' && counters !== null ? number((counters as Record<string, unknown>)[name]) : 0;
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function mebibytes(bytes: unknown): string {
  return (number(bytes) / 1_048_576).toFixed(1);
}
