// The query of an API call: the parameters that have a meaning here, each decoded once. Fastify's router calls
// `parseQuery` for every request before anything is authenticated, so it never throws and takes time linear in the text.

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
  readonly msgtype: string | undefined;
  readonly qos: string | undefined;
  readonly timeout: string | undefined;
  readonly replies: string | undefined;
  readonly format: string | undefined;
  /** Any value: who would get it, and nothing is sent. */
  readonly dry: string | undefined;
  readonly message: string | undefined;
  readonly follow: string | undefined;
  /** Any value but an empty one: a call that another node repeats, for the clients of this node alone. */
  readonly cluster: string | undefined;
  /** The first parameter whose percent-encoding is not UTF-8; its value stands above as sent. */
  readonly malformed: string | undefined;
};

type Parameter = Exclude<keyof ApiQuery, 'malformed'>;

const absent: ApiQuery = {
  timestamp: undefined,
  nonce: undefined,
  signature: undefined,
  channel: undefined,
  identity: undefined,
  msgtype: undefined,
  qos: undefined,
  timeout: undefined,
  replies: undefined,
  format: undefined,
  dry: undefined,
  message: undefined,
  follow: undefined,
  cluster: undefined,
  malformed: undefined,
};

/** Every parameter that is read; what else a query holds is ignored. */
export const parameterNames: readonly string[] = Object.keys(absent).filter((name) => name !== 'malformed');

/** Reads a query string without its `?`. Unknown parameters are ignored. */
export function parseQuery(text: string): ApiQuery {
  if (text === '') return absent;
  const query: {-readonly [Name in keyof ApiQuery]: ApiQuery[Name]} = {...absent};
  for (const pair of text.split('&')) {
    const split = pair.indexOf('=');
    const rawName = split === -1 ? pair : pair.slice(0, split);
    const name = decode(rawName) ?? rawName;
    if (!isParameter(name)) continue;
    const rawValue = split === -1 ? '' : pair.slice(split + 1);
    const value = decode(rawValue);
    if (value === undefined) query.malformed ??= name;
    query[name] = value ?? rawValue;
  }
  return query;
}

/** Whether another node repeats a call that was made of it. */
export function isFromNode({cluster}: ApiQuery): boolean {
  return cluster !== undefined && cluster !== '';
}

function isParameter(name: string): name is Parameter {
  return name !== 'malformed' && Object.hasOwn(absent, name);
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
