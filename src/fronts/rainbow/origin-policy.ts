// From which origins browsers may connect (`allowed_origins`). Only browsers send Origin truthfully, and only they send
// their user's cookies without being asked: a client without Origin is not a browser, and passes. Pure.

import {isLoopback} from '../../core/loopback.ts';

/** An origin in the one form in which two can be compared. */
interface Origin {
  /** `https://app.example:8443`, without the default port; `null` for pages that have none, as those of files. */
  readonly text: string;
  readonly hostname: string;
  readonly isWeb: boolean;
}

const originFormat = /^[a-z][a-z0-9+.-]{0,31}:\/\/[^\s/?#@\\,]{1,300}$/i;

/**
 * Reads an Origin header. Case, IDN, default ports, forms of addresses and a dot at the end make no difference. `undefined` for
 * anything else than one origin: a list, a URL with a path or a user.
 */
function readOrigin(text: string): Origin | undefined {
  // Chromium sends the second for WebSockets of a page that is a file.
  if (text === 'null' || text === 'file://') return {text: 'null', hostname: '', isWeb: false};
  if (!originFormat.test(text)) return undefined;
  const url = URL.parse(text);
  if (url === null || url.hostname === '') return undefined;
  const {protocol, port} = url;
  const hostname = plainHostname(url);
  const isWeb = protocol === 'https:' || protocol === 'http:';
  return {text: `${protocol}//${hostname}${port === '' ? '' : `:${port}`}`, hostname, isWeb};
}

/** The origin in the one form in which two can be compared, or `undefined` if `text` is not an origin. */
export function normalOrigin(text: string): string | undefined {
  return readOrigin(text)?.text;
}

/** The host name of a Host header, to be compared with that of an origin; empty if it is not valid. */
export function hostnameOf(host: string | undefined): string {
  const url = host === undefined ? null : URL.parse(`http://${host}/`);
  return url === null ? '' : plainHostname(url);
}

function plainHostname({hostname}: URL): string {
  const lowerCase = hostname.toLowerCase();
  return lowerCase.endsWith('.') ? lowerCase.slice(0, -1) : lowerCase;
}

/** What an origin means for a handshake. */
export type OriginJudgement =
  | 'admitted'
  | 'refused'
  /** Admitted since `allowed_origins` is not set, from a page of another host. */
  | 'unchecked';

/** `allowed_origins`: `unset`, or `self`, `null`, `*`, origins, and origins that begin with `*.` */
export type AllowedOrigins = 'unset' | readonly string[];

/** Judges the origins of handshakes. */
export class OriginPolicy {
  readonly #isSet: boolean;
  readonly #words: ReadonlySet<string>;
  /** Of `https://*.example.com:8443` what stands before and behind the star. */
  readonly #patterns: readonly (readonly [start: string, end: string])[];

  constructor(allowed: AllowedOrigins) {
    this.#isSet = allowed !== 'unset';
    const items = allowed === 'unset' ? ['self'] : allowed;
    this.#words = new Set(items);
    this.#patterns = items.flatMap((item) => {
      const star = item.indexOf('*.');
      return star < 0 ? [] : [[item.slice(0, star), item.slice(star + 1)] as const];
    });
  }

  /** `host`: of the request, as the client sent it. */
  judge(header: string | undefined, host: string | undefined): OriginJudgement {
    if (header === undefined || this.#words.has('*')) return 'admitted';
    const origin = readOrigin(header);
    if (origin !== undefined && this.#admits(origin, host)) return 'admitted';
    return this.#isSet ? 'refused' : 'unchecked';
  }

  #admits({text, hostname, isWeb}: Origin, host: string | undefined): boolean {
    if (this.#words.has(text)) return true;
    if (isWeb && this.#words.has('self') && isSameHost(hostname, hostnameOf(host))) return true;
    return this.#patterns.some(
      ([start, end]) => text.length > start.length + end.length && text.startsWith(start) && text.endsWith(end),
    );
  }
}

// All names of this machine's own loopback are one host: a page of http://localhost:8000 opens ws://127.0.0.1:1984.
function isSameHost(one: string, other: string): boolean {
  return one !== '' && (one === other || (isLoopback(bare(one)) && isLoopback(bare(other))));
}

/** An IPv6 address without its brackets. */
function bare(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}
