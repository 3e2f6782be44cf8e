// The answers of the HTTP API, read: what a send came to, and what clients replied.

import {type ErrorCode, errorTable} from '../core/errors.ts';
import type {OutcomeCounts, RecipientOutcome} from '../protocol/api.ts';
import {type Payload, readPayload} from '../protocol/payload.ts';

/** One client's reply. */
export interface Reply extends Payload {
  readonly identity: string;
}

/** One recipient, and what happened to its message. */
export interface RecipientResult {
  readonly identity: string;
  readonly outcome: RecipientOutcome;
  /** Where it confirmed. */
  readonly reply: Payload | undefined;
  /** From the beginning of the publication to the outcome. */
  readonly ms: number;
}

/** The outcome of a message. */
export interface SendResult {
  /** Names the publication; empty from a server that names none. */
  readonly message: string;
  /** Clients that confirmed in time, each counted once [RB-61]; `undefined` at QoS 0, which clients do not confirm. */
  readonly connections: number | undefined;
  /** Whether time was up before every client had confirmed or gone: the others may yet. [RB-62] */
  readonly isTimedOut: boolean;
  /** Clients that were not sent the message since their queue was full. [RB-52] */
  readonly refused: number;
  /** How many recipients by outcome; `undefined` at QoS 0, and from a server that does not count them. */
  readonly outcomes: OutcomeCounts | undefined;
  /** Whether so many replied as `want` asked for; `undefined` where it was not given. */
  readonly isReached: boolean | undefined;
  /** Of `detail`: every recipient, in the order in which their outcomes came. */
  readonly recipients: readonly RecipientResult[] | undefined;
  /** Of `reduce`: one value made of the replies that are JSON; `null` where it has none. */
  readonly reduced: unknown;
  /** Whether a node of the gateway's cluster did not answer: its clients are not in here. */
  readonly isPartial: boolean;
  /** Names in the call that the gateway does not know and has ignored: it is of another version. */
  readonly ignored: readonly string[];
  /** The last reply that was not empty. */
  readonly reply: Payload | undefined;
}

/** What clients said to a question. */
export interface AskResult extends SendResult {
  /** Of each client that confirmed, in the order in which they came. */
  readonly replies: readonly Reply[];
  /** Whether {@link replies} leaves out the later ones, since all of them would be too long; `connections` counts all. */
  readonly isTruncated: boolean;
}

/** An object with a `status`, as every answer of the API is. */
export type ApiAnswer = Readonly<Record<string, unknown>> & {readonly status: number};

/** The answer in `text`, or `undefined` if it is not one. */
export function parseAnswer(text: string): ApiAnswer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // For example a proxy's page: the caller reports what came instead.
    return undefined;
  }
  const isAnswer = typeof value === 'object' && value !== null && 'status' in value && typeof value.status === 'number';
  return isAnswer ? (value as ApiAnswer) : undefined;
}

/**
 * The code of a refusal. One without a known code is from a server of the first version, which had texts alone, or from
 * a newer one.
 */
export function codeOfRefusal({code, msg}: ApiAnswer): ErrorCode {
  if (typeof code === 'string' && Object.hasOwn(errorTable, code)) return code as ErrorCode;
  const codes = Object.keys(errorTable) as ErrorCode[];
  return codes.find((candidate) => errorTable[candidate].message === msg) ?? 'RB_INTERNAL';
}

/** An answer of /send/ that is no refusal. */
export function readSendResult(answer: ApiAnswer): AskResult {
  const {message, connections, refused, replies} = answer;
  const last = readReply(answer);
  return {
    message: typeof message === 'string' ? message : '',
    connections: typeof connections === 'number' ? connections : answer.status === 0 ? undefined : 0,
    isTimedOut: answer.timeout === true || answer.status !== 0,
    refused: typeof refused === 'number' ? refused : 0,
    outcomes: readCounts(answer.outcomes),
    isReached: typeof answer.reached === 'boolean' ? answer.reached : undefined,
    recipients: Array.isArray(answer.recipients) ? answer.recipients.map(readRecipient) : undefined,
    reduced: answer.reduced,
    isPartial: answer.partial === true,
    ignored: readIgnored(answer),
    reply: last.bytes().length === 0 ? undefined : last,
    isTruncated: answer.truncated === true,
    replies: Array.isArray(replies) ? replies.map(readIdentified) : [],
  };
}

const recipientOutcomes = ['confirmed', 'timeout', 'refused', 'gone', 'failed', 'queued', 'open'] as const;

function readCounts(value: unknown): OutcomeCounts | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const counts = value as Partial<Record<RecipientOutcome, unknown>>;
  const entries = recipientOutcomes.map((outcome) => [outcome, Number(counts[outcome] ?? 0)] as const);
  return Object.fromEntries(entries) as OutcomeCounts;
}

/** Names that the gateway ignored, of any answer. */
export function readIgnored({ignored}: ApiAnswer): readonly string[] {
  return Array.isArray(ignored) ? ignored.filter((name) => typeof name === 'string') : [];
}

function readIdentified(value: unknown): Reply {
  const isObject = typeof value === 'object' && value !== null;
  const identity = isObject && 'identity' in value ? String(value.identity) : '';
  return {identity, ...readReply(isObject ? value : {})};
}

function readRecipient(value: unknown): RecipientResult {
  const entry: Readonly<Record<string, unknown>> = typeof value === 'object' && value !== null ? {...value} : {};
  const {identity, outcome, reply, encoding, ms} = entry;
  return {
    identity: typeof identity === 'string' ? identity : '',
    outcome: recipientOutcomes.find((name) => name === outcome) ?? 'open',
    reply: typeof reply === 'string' ? decodeReply(reply, encoding) : undefined,
    ms: typeof ms === 'number' ? ms : 0,
  };
}

function readReply(value: object): Payload {
  const data = 'data' in value && typeof value.data === 'string' ? value.data : '';
  return decodeReply(data, 'encoding' in value ? value.encoding : undefined);
}

function decodeReply(data: string, encoding: unknown): Payload {
  return readPayload(Buffer.from(data, encoding === 'base64' ? 'base64' : 'utf8'));
}
