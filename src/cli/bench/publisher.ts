// Publishes for `rainbow bench`: POST /send/ on keep-alive connections, signed or with a key, like every caller.

import {Pool} from 'undici';
import {credentialHeaders, credentialQuery} from '../../business/credentials.ts';
import type {GatewayTarget} from '../../business/gateway-call.ts';
import type {Clock} from '../../core/clock.ts';
import {systemRandom} from '../../core/random.ts';
import {apiPaths, sendQuery} from '../../protocol/api.ts';
import type {Qos} from '../../protocol/packet.ts';
import type {Tally} from './tally.ts';

/** What each call says. */
export interface PublisherOptions {
  readonly target: GatewayTarget;
  readonly channel: string;
  readonly qos: Qos;
  readonly type: number;
  /** Calls at a time. */
  readonly connections: number;
  readonly clock: Clock;
}

/** Until the gateway's answer at the latest; what the pool waits is a little more. */
const timeoutSeconds = 5;
const patienceMs = 8_000;

export class Publisher {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #target: GatewayTarget;
  readonly #path: string;
  readonly #query: string;
  readonly #tally: Tally;

  constructor({target, channel, qos, type, connections, clock}: PublisherOptions, tally: Tally) {
    const {origin, pathname} = new URL(target.url);
    this.#clock = clock;
    this.#target = target;
    this.#tally = tally;
    this.#path = pathname.replace(/\/$/, '') + apiPaths.send;
    this.#query = sendQuery({channel, qos, msgtype: type, timeout: timeoutSeconds});
    this.#pool = new Pool(origin, {connections, headersTimeout: patienceMs, bodyTimeout: patienceMs});
  }

  /** Publishes; returns how many clients confirmed, or `undefined` if the call failed. Never rejects. */
  async publish(payload: Uint8Array): Promise<number | undefined> {
    const {credentials} = this.#target;
    const signature = credentialQuery(credentials, this.#clock, systemRandom);
    const query = signature === '' ? this.#query : `${this.#query}&${signature}`;
    try {
      const {statusCode, body} = await this.#pool.request({
        method: 'POST',
        path: `${this.#path}?${query}`,
        headers: {'content-type': 'application/octet-stream', ...credentialHeaders(credentials)},
        body: payload,
      });
      return this.#read(statusCode, await body.text());
    } catch (error) {
      this.#tally.fail(reasonOf(error));
      return undefined;
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #read(statusCode: number, text: string): number | undefined {
    const answer: unknown = parseJson(text);
    if (typeof answer === 'object' && answer !== null) {
      const {status, connections = 0, code} = answer as Readonly<Record<string, unknown>>;
      if (status === 0 && typeof connections === 'number') return connections;
      if (typeof code === 'string') {
        this.#tally.fail(code);
        return undefined;
      }
    }
    this.#tally.fail(`HTTP status ${statusCode}`);
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the caller counts its status.
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
