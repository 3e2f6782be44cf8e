// The URLs of the business server as configured values: checked, and normalised so that what calls them never has to.
// Used by the table of keys. A URL's query may carry a key of the operator's: it is not shown, nor is a user or password.

import {type Form, type Reading, show} from './configuration-values.ts';

const urlLengthMax = 2048;

/** `connect_url`, `close_url`: ASCII and percent-encoded in the program, whatever was written. */
export const businessUrl: Form<string> = {
  expected: 'an absolute http or https URL',
  read: readUrl,
  write: hideUrlSecrets,
};

/** `events_url`: the same, or nothing. */
export const optionalUrl: Form<string> = {
  expected: 'nothing, or an absolute http or https URL',
  read: (text) => (text === '' ? {kind: 'value', value: ''} : readUrl(text)),
  write: hideUrlSecrets,
};

/**
 * `forward_url`. In the program it either contains `{message_type}` or `{{message_type}}`, or ends with `/` and has no
 * query, so that `TYPE/` can simply be appended.
 */
export const forwardingUrl: Form<string> = {
  expected: 'an absolute http or https URL that ends with / or contains {message_type}',
  read(text) {
    const reading = readUrl(text);
    if (reading.kind === 'refused') return reading;
    // The URL parser encodes braces in the path, but not in the query.
    const url = reading.value.replaceAll('%7B', '{').replaceAll('%7D', '}');
    const [origin = ''] = /^[^/]*\/\/[^/?]*/.exec(url) ?? [];
    const rest = url.slice(origin.length).replaceAll('{{message_type}}', '').replaceAll('{message_type}', '');
    const stranger = /\{[^{}]{0,20}\}/.exec(origin + rest)?.[0];
    if (stranger !== undefined) {
      const expected = 'a URL with {message_type} in its path or query and no other placeholder';
      return {kind: 'refused', got: stranger === '{message_type}' ? 'it in the host' : stranger, expected};
    }
    return rest.length < url.length - origin.length ? {kind: 'value', value: url} : appendType(reading.value);
  },
  write: hideUrlSecrets,
};

function appendType(url: string): Reading<string> {
  const queryAt = url.indexOf('?');
  const path = queryAt === -1 ? url : url.slice(0, queryAt);
  const folder = path.endsWith('/') ? path : `${path}/`;
  // Appended after a query the type would end up in the query's last value.
  const value = queryAt === -1 ? folder : `${folder}{message_type}/${url.slice(queryAt)}`;
  if (folder === path) return {kind: 'value', value};
  const taken = `${folder}{message_type}/`;
  return {
    kind: 'value',
    value,
    warning: `forward_url neither ends with / nor contains {message_type}: taken as ${taken}`,
  };
}

function readUrl(text: string): Reading<string> {
  if (text === '') return {kind: 'refused', got: 'nothing'};
  if (text.length > urlLengthMax) {
    return {kind: 'refused', got: `${text.length} characters`, expected: `a URL of at most ${urlLengthMax} characters`};
  }
  const got = /^[a-z]+:\/\//i.test(text) ? hideUrlSecrets(text) : show(hideUrlSecrets(text));
  if (/\s/.test(text)) return {kind: 'refused', got: 'one with a blank in it', expected: 'a URL without blanks'};
  if (/^["'].*["']$/.test(text)) return {kind: 'refused', got, expected: 'a URL without quotes'};
  // The parser would take `http:host`, `http:/host` and backslashes for `http://host`.
  if (!/^https?:\/\/[^/]/i.test(text) || text.includes('\\') || !URL.canParse(text)) return {kind: 'refused', got};
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    return {
      kind: 'refused',
      got,
      expected: 'a URL without user and password, since calls are authenticated by signature',
    };
  }
  if (text.includes('#')) return {kind: 'refused', got: 'one with a #', expected: 'a URL without a fragment'};
  return {kind: 'value', value: url.href};
}

/** `url` without what could be a secret in it, for people. */
export function hideUrlSecrets(url: string): string {
  // Up to the last @ whatever the form: in a URL that does not parse the password may be anywhere before it.
  const at = url.lastIndexOf('@');
  const rest = at === -1 ? url : `***${url.slice(at)}`;
  return rest.replace(/[?#].*$/s, (tail) =>
    tail.includes('{message_type}') ? `${tail[0]}***{message_type}***` : `${tail[0]}***`,
  );
}
