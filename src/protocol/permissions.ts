// What a client may do: which types of messages it may send, which channels it may ask to join, and until when. Named by the
// connect answer and by POST /permissions/, both read here, strictly: a typing error must not give more rights. Pure.
//
//   {"send": ["7", "1000-1999"], "join": ["lobby", "room:*"], "expiresAt": 1767225600000}

import {channelBytesMax, isChannelName, messageTypeMax} from './api.ts';

/** As it is written; plain data. */
export interface PermissionGrant {
  /** Types, and ranges of them, as `7` and `1000-1999`. Absent: every type. */
  readonly send?: readonly string[];
  /** Names of channels; one that ends with `*` stands for all that begin so. Absent: every channel. */
  readonly join?: readonly string[];
  /** Unix time in milliseconds, as `Date.now()` has it. Absent: they do not expire. */
  readonly expiresAt?: number;
}

/** The names of its members. */
export const permissionNames = ['send', 'join', 'expiresAt'] as const;

/** Entries of one list. */
export const permissionsMax = 256;
// In 1973, so that a time in seconds is noticed; and the last one that a Date has.
const expiresAtMin = 100_000_000_000;
const expiresAtMax = 8_640_000_000_000_000;
const rangeFormat = /^(0|[1-9]\d{0,4})(?:-(0|[1-9]\d{0,4}))?$/;

/** The permissions in a JSON value, or what is wrong with it: never a value of it, which may be a secret. */
export function readPermissions(value: unknown): {readonly grant: PermissionGrant} | {readonly fault: string} {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return {fault: 'permissions is not an object'};
  const unknown = Object.keys(value).find((name) => !permissionNames.some((known) => known === name));
  if (unknown !== undefined) return {fault: 'permissions has an unknown member: send, join and expiresAt are known'};
  const {send, join, expiresAt} = value as Readonly<Record<string, unknown>>;
  const fault =
    findFault(
      'send',
      send,
      isTypeRange,
      `a type from 0 to ${messageTypeMax}, or a range such as 1000-1999, as a string`,
    ) ??
    findFault(
      'join',
      join,
      isChannelPattern,
      `a channel of at most ${channelBytesMax} bytes, with * at its end or none`,
    ) ??
    (expiresAt === undefined || isTime(expiresAt) ? undefined : 'expiresAt is not a whole number of Unix milliseconds');
  if (fault !== undefined) return {fault};
  return {
    grant: {
      ...(send !== undefined && {send: send as readonly string[]}),
      ...(join !== undefined && {join: join as readonly string[]}),
      ...(expiresAt !== undefined && {expiresAt: expiresAt as number}),
    },
  };
}

function findFault(name: string, list: unknown, isRight: (text: string) => boolean, rule: string): string | undefined {
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) return `${name} is not a list`;
  if (list.length > permissionsMax) return `${name} has ${list.length} entries, at most ${permissionsMax} are possible`;
  const place = list.findIndex((entry: unknown) => typeof entry !== 'string' || !isRight(entry));
  return place < 0 ? undefined : `${name}[${place}] is not ${rule}`;
}

function isTime(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= expiresAtMin && (value as number) <= expiresAtMax;
}

function isTypeRange(text: string): boolean {
  return readRange(text) !== undefined;
}

/** Whether `text` is a channel's name, or one with `*` at its end; `*` alone stands for every channel. */
function isChannelPattern(text: string): boolean {
  if (!isChannelName(text)) return false;
  const star = text.indexOf('*');
  return star < 0 || star === text.length - 1;
}

function readRange(text: string): readonly [first: number, last: number] | undefined {
  const [, from, to = from] = rangeFormat.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  return first <= last && last <= messageTypeMax ? [first, last] : undefined;
}

/** A grant as it is looked up. */
export class Permissions {
  /** First and last of each range in turn; absent: every type. */
  readonly #send: Uint16Array | undefined;
  readonly #join: readonly string[] | undefined;

  constructor({send, join}: PermissionGrant) {
    this.#send = send && Uint16Array.from(send.flatMap((text) => readRange(text) ?? []));
    this.#join = join;
  }

  /** Whether messages of `type` may be sent. */
  maySend(type: number): boolean {
    const ranges = this.#send;
    if (ranges === undefined) return true;
    for (let place = 0; place < ranges.length; place += 2) {
      if (type >= (ranges[place] as number) && type <= (ranges[place + 1] as number)) return true;
    }
    return false;
  }

  /** Whether the client may itself ask to join `channel`. */
  mayJoin(channel: string): boolean {
    return (
      this.#join?.some((pattern) =>
        pattern.endsWith('*') ? channel.startsWith(pattern.slice(0, -1)) : channel === pattern,
      ) !== false
    );
  }
}
