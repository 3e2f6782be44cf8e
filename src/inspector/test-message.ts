// A message sent from the page by the HTTP API of the gateway that it is served by. It takes one of `api_keys`: the
// inspector's own key reads, and cannot send.

import {apiPaths} from '../protocol/api.ts';

/** What is sent, as it was typed in. */
export interface TestMessage {
  readonly key: string;
  readonly to: 'channel' | 'identity';
  readonly name: string;
  readonly type: string;
  readonly qos: string;
  readonly payload: string;
}

/** The result in words; `message` is its id, if it was sent. */
export interface TestOutcome {
  readonly text: string;
  readonly isFault: boolean;
  readonly message?: string;
}

const timeoutSeconds = 5;

/** Settles once every client confirmed, or after 5 s. Never rejects. */
export async function sendTest(test: TestMessage, page = location.href): Promise<TestOutcome> {
  const {key, to, name, type, qos, payload} = test;
  // The page stands at `/inspector/`, behind whatever prefix.
  const url = new URL(`..${apiPaths.send}`, page);
  url.search = new URLSearchParams({[to]: name, msgtype: type, qos, timeout: String(timeoutSeconds)}).toString();
  try {
    const response = await fetch(url, {method: 'POST', headers: {authorization: `Bearer ${key}`}, body: payload});
    return describe(await response.json(), qos);
  } catch (error) {
    return {text: `No answer of the gateway: ${String(error)}`, isFault: true};
  }
}

function describe(answer: unknown, qos: string): TestOutcome {
  const {message, connections, timeout, refused, code, detail, msg} = Object(answer) as Record<string, unknown>;
  if (typeof message !== 'string') {
    const reason = [detail, msg].find((text) => typeof text === 'string') ?? 'no reason is given';
    return {text: `Not sent: ${reason}${typeof code === 'string' ? ` (${code})` : ''}`, isFault: true};
  }
  if (qos === '0') return {text: `Sent as ${message}. At QoS 0 no client confirms it.`, isFault: false, message};
  const isTimedOut = timeout === true || code === 'RB_TIMEOUT';
  const facts = [
    `Sent as ${message}, confirmed by ${String(connections)} ${connections === 1 ? 'client' : 'clients'}`,
    ...(isTimedOut ? [`not by all within ${timeoutSeconds} s`] : []),
    ...(typeof refused === 'number' ? [`refused for ${refused}, whose queue is full`] : []),
  ];
  return {text: `${facts.join('; ')}.`, isFault: isTimedOut || refused !== undefined, message};
}
