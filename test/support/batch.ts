// A caller of /send/batch/ that sends its lines when the test says so, and reads the answers as they come.

import {type ClientRequest, request as httpRequest, type IncomingMessage} from 'node:http';
import {createInterface} from 'node:readline';
import type {ExecutionContext} from 'ava';
import type {ApiJson} from './api.ts';
import {within} from './deadline.ts';
import {undocumentedPart} from './documented.ts';

/** One batch. */
export interface BatchCall {
  readonly request: ClientRequest;
  /** Head of the answer. */
  readonly response: Promise<IncomingMessage>;
  /** Sends bytes, or an object as a line. */
  write(line: string | Uint8Array | Readonly<Record<string, unknown>>): void;
  /** Ends the body. */
  end(): void;
  /** The next answer; `undefined` behind the last one. */
  next(): Promise<ApiJson | undefined>;
  /** Every further answer, once the last one has come. */
  rest(): Promise<readonly ApiJson[]>;
}

/** Begins a batch; it ends with the test. `path` has the signature in it. */
export function openBatch(t: ExecutionContext, port: number, path: string): BatchCall {
  const request = httpRequest({host: '127.0.0.1', port, method: 'POST', path, agent: false});
  t.teardown(() => request.destroy());
  const {promise: response, resolve, reject} = Promise.withResolvers<IncomingMessage>();
  request.on('response', resolve).on('error', reject);
  // A test that breaks the connection off does not ask for the answer.
  response.catch(() => undefined);
  let lines: AsyncIterator<string> | undefined;
  async function next(): Promise<ApiJson | undefined> {
    lines ??= createInterface({input: await response, crlfDelay: Number.POSITIVE_INFINITY})[Symbol.asyncIterator]();
    const {value, done} = await lines.next();
    if (done === true) return undefined;
    const {statusCode: status = 0, headers} = await response;
    const fault = undocumentedPart({method: 'POST', path, status, headers, text: value});
    if (fault !== undefined) throw new Error(`Expected a line of a batch as documented, got ${fault}`);
    return JSON.parse(value) as ApiJson;
  }
  async function rest(): Promise<readonly ApiJson[]> {
    const answers: ApiJson[] = [];
    for (let answer = await next(); answer !== undefined; answer = await next()) answers.push(answer);
    return answers;
  }
  return {
    request,
    response,
    write(line) {
      request.write(typeof line === 'string' || line instanceof Uint8Array ? line : `${JSON.stringify(line)}\n`);
    },
    end: () => void request.end(),
    next: () => within(next(), 'an answer to a line'),
    rest: () => within(rest(), 'the answers to all lines'),
  };
}
