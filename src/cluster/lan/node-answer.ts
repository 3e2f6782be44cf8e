// What other nodes answer, read with the distrust that the network deserves: wrong JSON, HTML, a wrong type are no answer.
// Nodes of the original answer less than ours; what they leave out is absent here.

import {readDecimal} from '../../core/decimal.ts';
import {readChannelToken} from '../../protocol/channel-tokens.ts';
import type {
  ClientReply,
  Disconnected,
  Joined,
  NodeFacts,
  PublishOutcome,
  SubscribeOutcome,
} from '../../router/router.ts';
import {count, type Members, readJson, readMembers} from './node-json.ts';

const versionLengthMax = 64;

/** The outcome in an answer to /send/; `undefined` if it contains no outcome, or the node refused the call. */
export function readPublishAnswer(body: Uint8Array, isOriginal: boolean): Omit<PublishOutcome, 'message'> | undefined {
  const answer = readJson(body);
  if (answer?.status === 1 && answer.msg === 'timeout') {
    // The original forgets who confirmed when it answers so, and the count is then not known.
    return {...noReply, ...readCounts(answer, 0), isTimedOut: true, isPartial: isOriginal};
  }
  if (answer?.status !== 0) return undefined;
  const connections = clients(answer.connections);
  if (connections === undefined || clients(answer.refused ?? 0) === undefined) return undefined;
  return {
    ...readCounts(answer, connections),
    isTimedOut: answer.timeout === true,
    lastReply: readReply(answer),
    replies: Array.isArray(answer.replies) ? answer.replies.flatMap(readIdentifiedReply) : [],
    isPartial: answer.partial === true,
    ...(answer.truncated === true && {isTruncated: true}),
  };
}

const noReply = {lastReply: undefined, replies: []} as const;

/** The counts by outcome; nodes of the original know only who confirmed. */
function readCounts({refused, outcomes}: Members, connections: number) {
  const counts = readMembers(outcomes) ?? {};
  return {
    connections,
    refused: clients(refused) ?? 0,
    gone: clients(counts.gone) ?? 0,
    late: clients(counts.timeout) ?? 0,
    open: clients(counts.open) ?? 0,
    failed: clients(counts.failed) ?? 0,
    queued: clients(counts.queued) ?? 0,
  };
}

const outcomesByCode: ReadonlyMap<unknown, SubscribeOutcome> = new Map([
  ['RB_NO_SUCH_CONNECTION', 'noSuchConnection'],
  ['RB_TOO_MANY_CHANNELS', 'tooManyChannels'],
  ['RB_OCCUPIED', 'occupied'],
  ['RB_OVERLOADED', 'overloaded'],
]);

/** The outcome in an answer to /sub/, with the token of an occupant; `undefined` if it contains no outcome. */
export function readJoinAnswer(body: Uint8Array): Joined | undefined {
  const outcome = readChangeAnswer(body);
  const token = readChannelToken(readJson(body)?.token);
  return outcome && {outcome, ticket: 0, ...(token !== undefined && {token})};
}

/** The outcome in an answer to /sub/ or /unsub/; `undefined` if it contains no outcome. */
export function readChangeAnswer(body: Uint8Array): SubscribeOutcome | undefined {
  const answer = readJson(body);
  if (answer?.status === 0) return 'done';
  if (answer?.status !== 1) return undefined;
  return answer.msg === 'no such connection' ? 'noSuchConnection' : outcomesByCode.get(answer.code);
}

/** The count in an answer to /disconnect/; `undefined` if it contains none. */
export function readDisconnectAnswer(body: Uint8Array): Disconnected | undefined {
  const answer = readJson(body);
  const connections = clients(answer?.connections);
  return answer?.status !== 0 || connections === undefined
    ? undefined
    : {connections, isPartial: answer.partial === true};
}

/** The facts in an answer to /serverinfo/; `undefined` if it contains no facts. */
export function readFactsAnswer(body: Uint8Array): NodeFacts | undefined {
  const answer = readJson(body);
  const process = readMembers(answer?.process);
  const channelsCount = count(answer?.channels_cnt);
  if (answer?.status !== 0 || process === undefined || channelsCount === undefined) return undefined;
  return {
    version: typeof answer.version === 'string' ? answer.version.slice(0, versionLengthMax) : undefined,
    uptimeSeconds: count(answer.uptime),
    connections: count(answer.connections),
    channelsCount,
    channels: Array.isArray(answer.channels) ? answer.channels.flatMap(readChannel) : [],
    // The original has them from `ps`, as texts.
    cpuPercent: percent(process.cpu),
    memoryPercent: percent(process.mem),
    memoryBytes: count(process.memory),
    ...(answer.partial === true && {isPartial: true as const}),
  };
}

/** Clients of one node: more than 10,000,000 (the bound of `connections_max`) is a lie. */
function clients(value: unknown): number | undefined {
  const number = count(value);
  return number !== undefined && number <= 10_000_000 ? number : undefined;
}

function percent(value: unknown): number {
  if (typeof value === 'string') return readDecimal(value.trim(), 0, 1e6) ?? 0;
  return typeof value === 'number' && value >= 0 && value <= 1e6 ? value : 0;
}

function readReply({data, encoding}: Members): Uint8Array | undefined {
  if (typeof data !== 'string' || data === '') return undefined;
  return Buffer.from(data, encoding === 'base64' ? 'base64' : 'utf8');
}

function readIdentifiedReply(value: unknown): readonly ClientReply[] {
  const reply = readMembers(value);
  if (reply === undefined || typeof reply.identity !== 'string') return [];
  return [{identity: reply.identity, data: readReply(reply) ?? new Uint8Array(0)}];
}

function readChannel(value: unknown): NodeFacts['channels'] {
  if (!Array.isArray(value)) return [];
  const [name, connections] = value as readonly unknown[];
  const members = count(connections);
  return typeof name === 'string' && members !== undefined ? [{name, connections: members}] : [];
}
