// The query of an API call: the parameters that have a meaning in one of them, each decoded once. Fastify's router calls
// `parseQuery` for every request before anything is authenticated, so it never throws and takes time linear in the text.

import {shown} from '../../core/shown.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import {refuseEncoding, refuseName, refuseParameter, refuseRepeated} from './api-fault.ts';
import {joinNames, noteName} from './ignored-names.ts';

/**
 * Parameters as sent, percent-decoded; `undefined` where absent. Given twice, the last counts. A type rather than an
 * interface, since the router wants a record.
 */
export type ApiQuery = {
  readonly timestamp: string | undefined;
  readonly nonce: string | undefined;
  readonly signature: string | undefined;
  readonly channel: string | undefined;
  readonly identity: string | undefined;
  readonly user: string | undefined;
  /** Every open connection. */
  readonly broadcast: string | undefined;
  readonly except: string | undefined;
  readonly msgtype: string | undefined;
  readonly qos: string | undefined;
  readonly timeout: string | undefined;
  readonly ttl: string | undefined;
  readonly replies: string | undefined;
  readonly want: string | undefined;
  readonly detail: string | undefined;
  readonly reduce: string | undefined;
  readonly format: string | undefined;
  /** Who would get it, and nothing is sent. */
  readonly dry: string | undefined;
  /** Any value but an empty one: a call that another node repeats, for the clients of this node alone. */
  readonly cluster: string | undefined;
  /** The first parameter whose percent-encoding is not UTF-8; its value stands above as sent. */
  readonly malformed: string | undefined;
  /** Other names, see `noteName`. */
  readonly unknown: readonly string[] | undefined;
  /** Those of the above that were given more than once and that only count once. */
  readonly repeated: readonly string[] | undefined;
  /** All values of those that name recipients and were given more than once, in order. */
  readonly several: ReadonlyMap<string, readonly string[]> | undefined;
};

/** A parameter of a call. */
export type Parameter = Exclude<keyof ApiQuery, NotParameter>;

type NotParameter = 'malformed' | 'unknown' | 'repeated' | 'several';

/** Those that name recipients: each may be given several times. */
export type AddressParameter = 'channel' | 'identity' | 'user' | 'except';

const addressParameters: ReadonlySet<string> = new Set<AddressParameter>(['channel', 'identity', 'user', 'except']);

const absent: ApiQuery = {
  timestamp: undefined,
  nonce: undefined,
  signature: undefined,
  channel: undefined,
  identity: undefined,
  user: undefined,
  broadcast: undefined,
  except: undefined,
  msgtype: undefined,
  qos: undefined,
  timeout: undefined,
  ttl: undefined,
  replies: undefined,
  want: undefined,
  detail: undefined,
  reduce: undefined,
  format: undefined,
  dry: undefined,
  cluster: undefined,
  malformed: undefined,
  unknown: undefined,
  repeated: undefined,
  several: undefined,
};

const notParameters: ReadonlySet<string> = new Set<NotParameter>(['malformed', 'unknown', 'repeated', 'several']);

/** Every parameter that is read here; those of the trace are read by {@link readParameters}. */
export const parameterNames: readonly Parameter[] = (Object.keys(absent) as (keyof ApiQuery)[]).filter(isParameter);

/** What signs a call: known to every call, whether it needs a signature or not. */
export const signatureCounts = {timestamp: 'once', nonce: 'once', signature: 'once'} as const;

/** Reads a query string without its `?`. */
export function parseQuery(text: string): ApiQuery {
  if (text === '') return absent;
  const query: {-readonly [Name in keyof ApiQuery]: ApiQuery[Name]} = {...absent};
  let unknown: string[] | undefined;
  let repeated: string[] | undefined;
  let several: Map<string, string[]> | undefined;
  for (const pair of text.split('&')) {
    const {name, value, raw} = readPair(pair);
    if (!isParameter(name)) {
      if (name !== '') unknown = noteName(unknown, name);
      continue;
    }
    if (value === undefined) query.malformed ??= name;
    const before = query[name];
    query[name] = value ?? raw;
    if (before === undefined) continue;
    if (addressParameters.has(name)) several = noteValue(several, name, before, value ?? raw);
    else repeated = noteName(repeated, name);
  }
  query.unknown = unknown;
  query.repeated = repeated;
  query.several = several;
  return query;
}

function noteValue(
  several: Map<string, string[]> | undefined,
  name: string,
  first: string,
  value: string,
): Map<string, string[]> {
  const noted = several ?? new Map<string, string[]>();
  const values = noted.get(name);
  if (values === undefined) noted.set(name, [first, value]);
  else values.push(value);
  return noted;
}

/** All values of a parameter that names recipients. */
export function valuesOf(query: ApiQuery, name: AddressParameter): readonly string[] {
  const last = query[name];
  return query.several?.get(name) ?? (last === undefined ? [] : [last]);
}

/** Whether another node repeats a call that was made of it. */
export function isFromNode({cluster}: ApiQuery): boolean {
  return cluster !== undefined && cluster !== '';
}

/** What a node wants to hear of another one's recipients while it waits: how many there are, or their names as well. */
export type Following = 'counts' | 'names';

/** `undefined`: a caller, or a node that waits for the answer alone. */
export function followingOf({cluster}: ApiQuery): Following | undefined {
  return cluster === 'counts' || cluster === 'names' ? cluster : undefined;
}

/** For a call of the original: finds the parameters that mean nothing in it. `known`: those that do, beside the signature. */
export function ignoredBy(known: readonly Parameter[]): (query: ApiQuery) => readonly string[] | undefined {
  const others = parameterNames.filter((name) => !known.includes(name) && !Object.hasOwn(signatureCounts, name));
  return (query) => {
    let found: string[] | undefined;
    for (const name of others) if (query[name] !== undefined) found = noteName(found, name);
    if (found === undefined && query.unknown === undefined && query.repeated === undefined) return undefined;
    return joinNames(joinNames(found, query.unknown), query.repeated);
  };
}

/** How often a parameter may be given. */
export type ParameterCount = 'once' | 'often';

/** Values of each parameter that was given, in order. */
export type Parameters = ReadonlyMap<string, readonly string[]>;

/** For all other calls: the parameters of a URL, each of them known, and as often as it may be given. */
export function readParameters(url: string, known: Readonly<Record<string, ParameterCount>>): Parameters | Refusal {
  const mark = url.indexOf('?');
  const parameters = new Map<string, string[]>();
  for (const pair of mark === -1 ? [] : url.slice(mark + 1).split('&')) {
    const {name, value} = readPair(pair);
    if (name === '') continue;
    if (!Object.hasOwn(known, name)) return refuseName('parameter', name, Object.keys(known));
    if (value === undefined) return refuseEncoding(name);
    const values = parameters.get(name);
    if (values === undefined) parameters.set(name, [value]);
    else if (known[name] === 'once') return refuseRepeated('parameter', name);
    else values.push(value);
  }
  return parameters;
}

/** For a call without parameters of its own: the refusal of one that has some. */
export function refuseParameters(url: string): Refusal | undefined {
  const parameters = readParameters(url, signatureCounts);
  return 'code' in parameters ? parameters : undefined;
}

/** A switch: on where it is empty, `1` or `true`, off where it is absent, `0` or `false`. */
export function readFlag(name: string, value: string | undefined): boolean | Refusal {
  switch (value) {
    case '':
    case '1':
    case 'true':
      return true;
    case undefined:
    case '0':
    case 'false':
      return false;
    default:
      return refuseParameter(`${name} is ${shown(value)}. Send 1 or 0.`);
  }
}

function isParameter(name: string): name is Parameter {
  return Object.hasOwn(absent, name) && !notParameters.has(name);
}

/** One parameter; its value is `undefined` where its bytes are not UTF-8. */
function readPair(pair: string): {readonly name: string; readonly value: string | undefined; readonly raw: string} {
  const split = pair.indexOf('=');
  const rawName = split === -1 ? pair : pair.slice(0, split);
  const raw = split === -1 ? '' : pair.slice(split + 1);
  return {name: decode(rawName) ?? rawName, value: decode(raw), raw};
}

/** The text, or `undefined` where its bytes are not UTF-8. */
function decode(raw: string): string | undefined {
  if (!/[%+]/.test(raw)) return raw;
  try {
    return decodeURIComponent(raw.replaceAll('+', ' '));
  } catch {
    // A URIError, which says nothing more: the caller names the parameter.
    return undefined;
  }
}
