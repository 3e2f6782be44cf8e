// The headers of a connect call, made of a client's upgrade request: which of its headers and query parameters the business
// server gets (PROTOCOL section 2). Two headers with the same CGI name count as one header, since many business servers
// cannot distinguish them. Pure.

import type {IncomingMessage} from 'node:http';
import {headerDevice, headerPlatform} from '../../protocol/header-name.ts';
import {cgiName, hasMeaning, headerFacts, isKeptBack} from './header-meaning.ts';
import {listTokens} from './upgrade-request.ts';

/** What of the request is read. */
export type ConnectRequest = Pick<IncomingMessage, 'headers' | 'rawHeaders'>;

/**
 * Names and values in turn. `query` is that of the request's URL, without `?`. `areProxiesBelieved`: whether headers that
 * only proxies may set are passed on, as those of a trusted proxy are.
 */
export function connectHeaders(request: ConnectRequest, query: string, areProxiesBelieved: boolean): string[] {
  const {connection} = request.headers;
  // Nearly always only what every upgrade names, and that is kept back anyway.
  const nominated = connection === 'Upgrade' ? noNames : namesIn(connection);
  const headers: string[] = [];
  const {rawHeaders} = request;
  const spellings = query === '' && arePlain(rawHeaders) ? undefined : chosenSpellings(rawHeaders);
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    const {cgi, lowerCase, isKeptBack: isDropped, isSaidByProxies} = headerFacts(name);
    if (isDropped || (nominated.size > 0 && nominated.has(cgi))) continue;
    if (spellings !== undefined && spellings.get(cgi) !== lowerCase) continue;
    if (!areProxiesBelieved && isSaidByProxies) continue;
    headers.push(name, rawHeaders[index + 1] as string);
  }
  if (spellings === undefined) return headers;
  if (query !== '') addParameters(headers, query, (cgi) => spellings.has(cgi) || nominated.has(cgi));
  addPlainSpelling(headers, headerDevice);
  addPlainSpelling(headers, headerPlatform);
  return headers;
}

const noNames: ReadonlySet<string> = new Set();

/** The headers that are meant for the next hop alone, by their CGI names. */
function namesIn(connection: string | undefined): ReadonlySet<string> {
  return new Set(listTokens(connection).map((name) => headerFacts(name).cgi));
}

/** Whether no name has another spelling than the one with dashes, so that none shares its CGI name with another. */
function arePlain(rawHeaders: readonly string[]): boolean {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!headerFacts(rawHeaders[index] as string).isPlain) return false;
  }
  return true;
}

/** `isTaken`: whether there is a header of that name, which counts even where it is not passed on. */
function addParameters(headers: string[], query: string, isTaken: (cgi: string) => boolean): void {
  const added = new Set<string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const cgi = cgiName(name);
    if (!headerNameFormat.test(name) || value.length > valueLengthMax || controlCharacter.test(value)) continue;
    if (added.has(cgi) || isTaken(cgi) || isKeptBack(cgi) || hasMeaning(cgi)) continue;
    added.add(cgi);
    headers.push(name, Buffer.from(value, 'utf8').toString('latin1'));
  }
}

/** The value of the first header of this name, whatever its case. */
export function headerValue(headers: readonly string[], name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (headerFacts(headers[index] as string).lowerCase === wanted) return headers[index + 1];
  }
  return undefined;
}

const headerNameFormat = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
const valueLengthMax = 4_096;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get in
const controlCharacter = /[\x00-\x1f\x7f]/;

/** The one spelling of each CGI name that counts, in lower case: the first with dashes alone, else the first. */
function chosenSpellings(rawHeaders: readonly string[]): ReadonlyMap<string, string> {
  const chosen = new Map<string, string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const {cgi, lowerCase, isPlain} = headerFacts(rawHeaders[index] as string);
    const other = chosen.get(cgi);
    if (other === undefined || (isPlain && !headerFacts(other).isPlain)) chosen.set(cgi, lowerCase);
  }
  return chosen;
}

// The original also took `X_DEVICEID`; business servers look for the name with dashes.
function addPlainSpelling(headers: string[], name: string): void {
  if (headerValue(headers, name) !== undefined) return;
  const {cgi} = headerFacts(name);
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (headerFacts(headers[index] as string).cgi !== cgi) continue;
    headers.push(name, headers[index + 1] as string);
    return;
  }
}
