// What a failed call to the business server means and what to do about it, in words. Pure.

import {unreachable} from '../../core/invariant.ts';
import {hideUrlSecrets} from '../../gateway/config/configuration-urls.ts';
import type {Call, FailedAnswer} from '../../upstream/call.ts';
import type {Redirect} from './redirect-probe.ts';
import type {Seen} from './witness.ts';

/** The call that failed. */
export interface FailedCall {
  readonly kind: Call['kind'];
  /** As it was called, without the signature. */
  readonly url: string;
  /** The key of the configuration that it came from. */
  readonly key: string;
  readonly timeoutMs: number;
  readonly answer: FailedAnswer;
  readonly seen: Seen;
}

/** One sentence on what happened, one on what to do. */
export function describeFailure(call: FailedCall): string {
  const {answer, key, timeoutMs} = call;
  const at = hideUrlSecrets(call.url);
  switch (answer.reason) {
    case 'status':
      return `${at} answers ${answer.status}${said(call.seen)}. ${adviceOnStatus(call)}${noteOnPayload(call)}`;
    case 'invalid':
      return `${at} ${describeInvalid(call)}`;
    case 'unreachable':
      return describeUnreachable(at, key, answer.cause ?? '');
    case 'timeout':
      if (!answer.wasSent) return describeUnreachable(at, key, 'no connection in time');
      return `${at} does not answer within ${timeoutMs / 1000} s (call_timeout). The server hangs or is overloaded.`;
    case 'tooLarge':
      return `${at} answers with ${answer.cause ?? 'too much'}. The gateway refuses such an answer.`;
    case 'overloaded':
    case 'withdrawn':
    case 'stopped':
      return `${at} was not called (${answer.reason}). Try again.`;
    default:
      return unreachable(answer.reason);
  }
}

/** A server that knows its clients well need not expect an empty message. */
function noteOnPayload({kind, answer: {status = 0}}: FailedCall): string {
  const isOfPayload = kind === 'message' && [400, 422, 500].includes(status);
  return isOfPayload ? ' The message of this check is empty: a server that expects a payload may fail on it.' : '';
}

function adviceOnStatus({kind, key, url, answer, seen}: FailedCall): string {
  const status = answer.status ?? 0;
  if (status >= 300 && status < 400) return adviceOnRedirect(key, url, seen.location);
  switch (status) {
    case 401:
    case 403:
      return kind === 'connect'
        ? 'If the signature is refused, give the business server the security_token of the gateway and compare the ' +
            'clocks. If this client is refused, answer 200 with {"status":"fail"}: clients get 503 for this answer.'
        : 'Give the business server the security_token of the gateway, and compare the clocks.';
    case 404:
    case 410:
      return kind === 'message'
        ? `Either ${key} has the wrong path, or the server knows no such message type.`
        : `Set ${key} to a path that the server knows, and look at where its application is mounted.`;
    case 405:
      return `The server knows the path but not for ${kind === 'message' ? 'POST' : 'GET'}. Look at ${key}.`;
    case 407:
      return 'A proxy is in between and asks for credentials.';
    case 429:
    case 503:
      return 'The server, or a proxy in front of it, says that it is overloaded or not ready.';
    case 502:
    case 504:
      return 'A proxy answers, and does not reach the server behind it.';
    default:
      return status >= 500 ? "The server failed. Look at the server's log." : `Look at ${key} and at the server's log.`;
  }
}

/** Of a URL that was not called, but asked where it leads. */
export function describeRedirect(key: string, url: string, {status, location}: Redirect): string {
  return `${hideUrlSecrets(url)} answers ${status}. ${adviceOnRedirect(key, url, location)}`;
}

function adviceOnRedirect(key: string, url: string, location: string | undefined): string {
  const notFollowed = 'The gateway does not follow redirects.';
  const wanted = location === undefined ? undefined : readLocation(location, url);
  if (wanted === undefined) return `${notFollowed} Set ${key} to the URL that answers.`;
  const isSlash = withoutSlash(wanted) === withoutSlash(url);
  const why = isSlash ? ' Some frameworks, such as Next.js, redirect because of the slash at the end.' : '';
  return `${notFollowed} It leads to ${hideUrlSecrets(wanted)}: set ${key} to a URL that answers directly.${why}`;
}

/** Without the signature, which is added to each call. */
function readLocation(location: string, base: string): string | undefined {
  if (!URL.canParse(location, base)) return undefined;
  const url = new URL(location, base);
  for (const name of ['timestamp', 'nonce', 'signature']) url.searchParams.delete(name);
  return url.href;
}

function withoutSlash(url: string): string {
  const {origin, pathname} = new URL(url);
  return origin + (pathname.endsWith('/') ? pathname.slice(0, -1) : pathname);
}

function describeInvalid({kind, key, answer: {status, cause = ''}}: FailedCall): string {
  const expected = 'Expected a JSON object such as {"status":"success"}.';
  switch (cause) {
    case 'html answer':
      return `answers ${status} with an HTML page. ${expected} Check whether ${key} leads to another program or to an error or login page.`;
    case 'empty answer':
      return `answers ${status} with an empty body. ${expected}`;
    case 'JSON without status':
      return `answers ${status} with JSON that has no status. ${expected}`;
    case 'answer not a JSON object':
      return `answers ${status} with something other than a JSON object. ${expected}`;
    case 'answer with Content-Encoding':
      return `answers ${status} with a compressed body, although the call asks for none (Accept-Encoding: identity). ${expected}`;
    case 'header not possible in HTTP':
      return 'was not called: a header of -H cannot be sent in HTTP.';
    default:
      return `answers ${status}${cause === '' ? '' : ` (${cause})`}, which is not a valid answer to a ${kind} call. Check ${key}.`;
  }
}

/** `cause`: a code of the system, of TLS or of the HTTP parser. */
export function describeUnreachable(at: string, key: string, cause: string): string {
  const shown = `${at} cannot be reached`;
  switch (cause) {
    case 'ECONNREFUSED':
      return `${shown}: connection refused. Start the business server, or correct ${key}: nothing listens there.`;
    case 'ENOTFOUND':
      return `${shown}: no such host. Correct the host name in ${key}.`;
    case 'EAI_AGAIN':
      return `${shown}: the host name cannot be resolved now. Check the DNS of this machine.`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `${shown}: there is no route (${cause}). Check the network and ${key}.`;
    case 'no connection in time':
    case 'ETIMEDOUT':
      return `${shown}: no connection in time. Check for a firewall, or a wrong address in ${key}.`;
    case 'connection closed':
    case 'ECONNRESET':
      return `${at} closes the connection without an answer. Check the server's log, and whether ${key} needs https://.`;
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
    case 'EPROTO':
      return `${at} does not speak TLS (${cause}). Check whether ${key} needs http://.`;
    default:
      if (cause.startsWith('HPE_') || cause === 'HTTPParserError')
        return `${at} does not answer in HTTP (${cause}). Check the port of ${key}.`;
      if (isOfCertificate(cause))
        return `${at} has a certificate that is not trusted (${cause}). ${adviceOnCertificate(cause)}`;
      return `${shown} (${cause}).`;
  }
}

function isOfCertificate(cause: string): boolean {
  return /CERT|SIGNATURE|ISSUER|ERR_TLS/.test(cause);
}

function adviceOnCertificate(cause: string): string {
  switch (cause) {
    case 'CERT_HAS_EXPIRED':
      return 'Renew it.';
    case 'CERT_NOT_YET_VALID':
      return 'Compare the clocks.';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'It is for another host name.';
    default:
      return 'Start the gateway, and this command, with NODE_EXTRA_CA_CERTS set to the file of its certificate authority.';
  }
}

/** The words of an answer that is JSON, as the server SDK writes them. */
function said({text}: Seen): string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // A page for people, or a part of something: the status says enough.
    return '';
  }
  if (typeof json !== 'object' || json === null) return '';
  const words = ['code', 'detail', 'msg', 'message', 'error'].flatMap((name) => {
    const value: unknown = Reflect.get(json, name);
    return typeof value === 'string' && value !== '' ? [value.slice(0, 200)] : [];
  });
  return words.length === 0 ? '' : ` (${words.join(': ')})`;
}
