// Calls a business server as the gateway does, with the gateway's own code: a connect call of a client that there is not,
// a message only if wanted, and the close call where the client was let in.

import {type Clock, systemClock} from '../../core/clock.ts';
import {unreachable} from '../../core/invariant.ts';
import {systemRandom} from '../../core/random.ts';
import {connectHeaders} from '../../fronts/rainbow/connect-headers.ts';
import {hideUrlSecrets} from '../../gateway/config/configuration-urls.ts';
import type {GatewayOptions} from '../../gateway/config/options.ts';
import {channelSeparator} from '../../protocol/header-name.ts';
import {type AcceptedAnswer, type Answer, type ClientCall, isLast} from '../../upstream/call.ts';
import {Caller} from '../../upstream/caller.ts';
import {plural} from '../output.ts';
import {describeFailure, describeRedirect, describeUnreachable} from './business-fault.ts';
import type {Finding} from './finding.ts';
import {findUnreachable} from './reachability.ts';
import {findRedirect} from './redirect-probe.ts';
import {Witness} from './witness.ts';

/** What is called, and as whom. */
export interface BusinessTarget {
  readonly options: Pick<GatewayOptions, 'connectUrl' | 'forwardUrl' | 'closeUrl' | 'callTimeoutMs' | 'answerBytesMax'>;
  readonly securityToken: string;
  /** Headers of the client's handshake. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the message to send. @default none is sent */
  readonly type: number | undefined;
}

type Key = 'connect_url' | 'forward_url' | 'close_url';

const keys: Readonly<Record<ClientCall['kind'], Key>> = {
  connect: 'connect_url',
  message: 'forward_url',
  close: 'close_url',
};
const identityBytes = 8;
const socketsMax = 2;

/** Makes the calls one after the other. */
export async function checkBusiness(target: BusinessTarget, clock: Clock = systemClock): Promise<readonly Finding[]> {
  const run = new BusinessCheck(target, clock);
  try {
    return await run.findings();
  } finally {
    run.end();
  }
}

class BusinessCheck {
  readonly #target: BusinessTarget;
  readonly #clock: Clock;
  readonly #witness = new Witness();
  readonly #caller: Caller;
  readonly #name = `rainbow-check-${systemRandom.hex(identityBytes)}`;
  #calls = 0;

  constructor(target: BusinessTarget, clock: Clock) {
    const {options, securityToken} = target;
    this.#target = target;
    this.#clock = clock;
    this.#caller = new Caller({...options, securityToken, socketsMax}, clock, systemRandom, this.#witness.open);
  }

  end(): void {
    this.#witness.end();
  }

  async findings(): Promise<readonly Finding[]> {
    const connected = await this.#connect();
    const {finding, identity, cookie} = connected;
    if (identity === undefined) {
      const why = 'not called, because the connect call admitted no client';
      return [finding, await this.#reach('message', why), await this.#reach('close', why)];
    }
    const {type} = this.#target;
    const message =
      type === undefined
        ? await this.#reach('message', 'not called, since a message may have effects: --type N sends one')
        : await this.#send(identity, cookie, type);
    return [finding, message, await this.#close(identity, cookie)];
  }

  async #connect() {
    const rawHeaders = Object.entries(this.#target.headers).flat();
    const headers = connectHeaders({headers: {}, rawHeaders}, '', false);
    const {answers, tookMs} = await this.#call({kind: 'connect', call: ++this.#calls, identity: this.#name, headers});
    const [first, last = first] = answers;
    // A late answer admits no client, but the business server does not know that.
    const admitted = last?.kind === 'accepted' ? last : undefined;
    const identity = admitted === undefined ? undefined : (admitted.identity ?? this.#name);
    const cookie = admitted?.cookie === '' ? undefined : admitted?.cookie;
    const finding = this.#judge('connect', first, tookMs, () => describeYes(admitted));
    return {finding, identity, cookie};
  }

  async #send(identity: string, cookie: string | undefined, type: number): Promise<Finding> {
    const payload = new Uint8Array(0);
    const call = ++this.#calls;
    const message = this.#name;
    const {answers, tookMs} = await this.#call({
      kind: 'message',
      call,
      identity,
      cookie,
      message,
      type,
      standing: 'new',
      payload,
    });
    const [answer] = answers;
    const size = answer?.kind === 'accepted' ? answer.body.length : 0;
    return this.#judge('message', answer, tookMs, () => `, ${plural(size, 'byte')} of reply`);
  }

  async #close(identity: string, cookie: string | undefined): Promise<Finding> {
    const message = `${this.#name}-close`;
    const call = ++this.#calls;
    const {answers, tookMs} = await this.#call({kind: 'close', call, identity, cookie, message, reason: 'client'});
    return this.#judge('close', answers[0], tookMs, () => '');
  }

  /** All answers to a call: a connect call that was cut may have a second. */
  async #call(call: ClientCall): Promise<{readonly answers: readonly Answer[]; readonly tookMs: number}> {
    const startedAt = this.#clock.now();
    const {promise, resolve} = Promise.withResolvers<void>();
    const answers: Answer[] = [];
    this.#caller.start([call], (answer) => {
      answers.push(answer);
      if (isLast(answer)) resolve();
    });
    await promise;
    return {answers, tookMs: this.#clock.now() - startedAt};
  }

  #judge(kind: ClientCall['kind'], answer: Answer | undefined, tookMs: number, more: () => string): Finding {
    const name = keys[kind];
    const url = this.#urlOf(kind);
    const at = hideUrlSecrets(url);
    const took = `in ${tookMs.toFixed(0)} ms`;
    switch (answer?.kind) {
      case undefined:
        return {name, ok: false, detail: `${at} was not answered`};
      case 'accepted':
        return {name, ok: true, detail: `${at} answers yes ${took}${more()}`};
      case 'refused': {
        const who = Object.keys(this.#target.headers).length === 0 ? 'a client without headers' : 'this client';
        const rest = 'the token is right; -H gives the headers of a client that may connect';
        return {name, ok: true, detail: `${at} refuses ${who} ${took}, as it may: ${rest}`};
      }
      case 'failed': {
        const {callTimeoutMs: timeoutMs} = this.#target.options;
        const {seen} = this.#witness;
        return {name, ok: false, detail: describeFailure({kind, key: name, url, timeoutMs, answer, seen})};
      }
      default:
        return unreachable(answer);
    }
  }

  async #reach(kind: ClientCall['kind'], why: string): Promise<Finding> {
    const name = keys[kind];
    const {origin} = new URL(this.#urlOf(kind));
    const {callTimeoutMs} = this.#target.options;
    const cause = await findUnreachable(origin, callTimeoutMs);
    if (cause !== undefined) return {name, ok: false, detail: describeUnreachable(origin, name, cause)};
    const url = this.#urlOf(kind);
    // A GET of close_url would be a close call to a server that checks no signature.
    const redirect = kind === 'message' ? await findRedirect(url, callTimeoutMs) : undefined;
    if (redirect !== undefined) return {name, ok: false, detail: describeRedirect(name, url, redirect)};
    return {name, ok: true, isCalled: false, detail: `${origin} accepts connections; ${why}`};
  }

  #urlOf(kind: ClientCall['kind']): string {
    const {connectUrl, forwardUrl, closeUrl} = this.#target.options;
    if (kind === 'connect') return connectUrl;
    if (kind === 'close') return closeUrl;
    const type = String(this.#target.type ?? 0);
    const filled = forwardUrl.replaceAll('{{message_type}}', type).replaceAll('{message_type}', type);
    return filled === forwardUrl ? `${forwardUrl}${type}/` : filled;
  }
}

function describeYes({join, identityFault, userFault}: Partial<AcceptedAnswer> = {}): string {
  const channels = join === undefined ? '' : `, and puts the client into ${join.split(channelSeparator).join(', ')}`;
  const identity = identityFault === undefined ? '' : `; its identity cannot be used: ${identityFault}`;
  const user = userFault === undefined ? '' : `; its user cannot be used: ${userFault}`;
  return channels + identity + user;
}
