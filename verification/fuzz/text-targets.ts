// What comes from business servers and operators: signatures, queries, bodies, answers to calls, and the configuration.

import {readFileSync} from 'node:fs';
import {isDeepStrictEqual} from 'node:util';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import type {SeededRandom} from '../../src/core/random-seeded.ts';
import {formatFault, readConfiguration} from '../../src/gateway/config/configuration.ts';
import {ApiAuthentication} from '../../src/gateway/http/api-authentication.ts';
import {parseQuery} from '../../src/gateway/http/api-query.ts';
import {meaningOf, readPublish, readSubscription} from '../../src/gateway/http/api-request.ts';
import {isChannelName, isIdentity, sendQuery, sendTimeoutMsMax} from '../../src/protocol/api.ts';
import {type Audience, audienceParameters} from '../../src/protocol/audience.ts';
import {splitChannels} from '../../src/protocol/header-name.ts';
import {sign, verify} from '../../src/protocol/signature.ts';
import type {Call} from '../../src/upstream/call.ts';
import {type AnswerHeaders, judgeAnswer} from '../../src/upstream/call-answer.ts';
import {bendBytes, bendText, happens, pick, randomText} from './mutation.ts';
import {defineTarget, expect, type Target} from './target.ts';

const token = 'tokentoken';
const wallMs = 1_420_000_000_000;
const goodSignature = '04ad6598c6e8ab85334fe04a48d146881a6199df';

interface SignedInput {
  readonly timestamp?: string;
  readonly nonce?: string;
  readonly signature?: string;
}

function makeSigned(random: SeededRandom): SignedInput {
  const timestamp = bendOften(random, '1420000000');
  const nonce = bendOften(random, '12345');
  const isSigned = happens(random, 0.3);
  const signature = isSigned ? sign(token, timestamp, nonce) : bendOften(random, goodSignature);
  return {
    ...(happens(random, 0.95) && {timestamp}),
    ...(happens(random, 0.95) && {nonce}),
    ...(happens(random, 0.95) && {signature}),
  };
}

function bendOften(random: SeededRandom, text: string): string {
  return happens(random, 0.5) ? bendText(random, [text], 200) : text;
}

const signatures: Target = defineTarget({
  name: 'signature',
  weight: 6,
  make: makeSigned,
  judge(input) {
    const verdict = verify(token, input, wallMs);
    const {timestamp = '', nonce = '', signature = ''} = input;
    expect(
      verdict === 'invalid' || sign(token, timestamp, nonce) === signature,
      'only a right signature to be found so',
    );
    return verdict;
  },
});

const authentication = new ApiAuthentication(
  {securityToken: token, apiKeys: ['k'.repeat(24), 'q'.repeat(30)]},
  new SimulatedClock(wallMs),
);

const callers: Target = defineTarget({
  name: 'caller',
  weight: 3,
  make: (random) => ({
    query: makeSigned(random),
    authorization: happens(random, 0.5)
      ? bendText(random, [`Bearer ${'k'.repeat(24)}`, `bearer  ${'q'.repeat(30)} `, 'Basic dXNlcjpw', 'Bearer'], 200)
      : undefined,
  }),
  judge({query, authorization}) {
    const refusal = authentication.refuse({...parseQuery(''), ...query}, authorization);
    return refusal === undefined ? 'admitted' : refusal.code;
  },
});

const querySamples = [
  'channel=room&msgtype=1&qos=2&timeout=10',
  'identity=abc&qos=1&timeout=0.5&replies=all',
  'channel=%E2%82%AC%20+a&qos=0&cluster=1&format=json',
  'timestamp=1420000000&nonce=12345&signature=04ad65&channel=a;;b',
  'channel=a&channel=b&qos=3&msgtype=65536&timeout=-1',
  'malformed=1&__proto__=2&channel=%zz',
  'channel=a&identity=b&user=ann&user=bob&except=c,d',
  'broadcast=1&except=a%2Cb&except=c&want=majority&detail=recipients&reduce=merge&ttl=5',
];

/** Audiences have each name once, and a node that is asked with their parameters reads the same. */
function judgeAudience(audience: Audience): void {
  const {channels, identities, users, except, isEverybody} = audience;
  expect(isEverybody !== channels.length + identities.length + users.length > 0, 'everyone, or recipients by name');
  expect(channels.every(isChannelName), 'channels that can be one');
  expect([...identities, ...users, ...except].every(isIdentity), 'identities and users that can be one');
  for (const names of [channels, identities, users, except]) expect(new Set(names).size === names.length, 'each once');
  const again = readPublish(parseQuery(sendQuery(audienceParameters(audience))), new Uint8Array(0));
  expect('audience' in again && isDeepStrictEqual(again.audience, audience), 'parameters that mean the same');
}

const queries: Target = defineTarget({
  name: 'query',
  weight: 12,
  make: (random) => bendText(random, querySamples, 600),
  judge(text) {
    const query = parseQuery(text);
    const request = readPublish(query, new Uint8Array(0));
    if ('code' in request) return request.code;
    const {channel, identity, audience, type, timeoutMs} = request;
    const named = [channel, identity, audience].filter((to) => to !== undefined);
    expect(named.length === 1, 'a channel, an identity or an audience');
    if (audience !== undefined) judgeAudience(audience);
    expect(channel === undefined || isChannelName(channel), 'a channel that can be one');
    expect(identity === undefined || isIdentity(identity), 'an identity that can be one');
    expect(Number.isInteger(type) && type >= 0 && type <= 65_535, 'a type within its bounds');
    expect(timeoutMs > 0 && timeoutMs <= sendTimeoutMsMax, 'a timeout within its bounds');
    expect(meaningOf(request).startsWith('send\n'), 'a meaning');
    return 'accepted';
  },
});

const bodySamples = [
  '{"identity":"abc","channel":"room"}',
  '{"identity":"abc","channel":"room","occupy":1}',
  '{"identity":"a","channel":"\\u20ac","occupy":{"deep":[[[1]]]}}',
  '[1,2,3]',
  '"text"',
  '{"__proto__":{"identity":"x"},"channel":"c"}',
].map((text) => new Uint8Array(Buffer.from(text)));

const subscriptions: Target = defineTarget({
  name: 'subscription',
  weight: 8,
  make: (random) => bendBytes(random, bodySamples, 400),
  judge(body) {
    const request = readSubscription('sub', parseQuery(''), body);
    if ('code' in request) return request.code;
    const {identity, channel} = request.subscription;
    expect(isIdentity(identity) && isChannelName(channel), 'an identity and a channel that can be ones');
    return request.occupy ? 'occupies' : 'subscribes';
  },
});

const calls: readonly Call[] = [
  {kind: 'connect', call: 1, identity: 'abc', headers: []},
  {
    kind: 'message',
    call: 2,
    identity: 'abc',
    cookie: undefined,
    message: 'm1',
    type: 1,
    standing: 'new',
    payload: new Uint8Array(0),
  },
  {kind: 'close', call: 3, identity: 'abc', cookie: 'c', message: 'c1', reason: 'client'},
];
const answerSamples = [
  '{"status":"success"}',
  '{"status":"success","identity":"user-1"}',
  '{"status":"fail"}',
  '{"status":{"toString":1}}',
  '<html>',
  'null',
].map((text) => new Uint8Array(Buffer.from(text)));
const answerHeaderNames = [
  'rainbowclientchannel',
  'rainbowclientchannelunsub',
  'rainbowclientcookie',
  'rainbowrequestinvalid',
  'content-type',
  '__proto__',
];

const answers: Target = defineTarget({
  name: 'answer',
  weight: 9,
  make(random) {
    const headers: Record<string, string | string[]> = {};
    for (let count = random.integer(0, 4); count > 0; count--) {
      const value = Buffer.from(bendText(random, ['room;; a ;;;;b', 'cookie=', 'ä;;€'], 120)).toString('latin1');
      // As undici returns them: one that is repeated is a list.
      headers[pick(random, answerHeaderNames)] = happens(random, 0.2) ? [value, randomText(random, 20)] : value;
    }
    return {
      call: pick(random, calls),
      status: pick(random, [200, 201, 204, 299]),
      headers,
      body: bendBytes(random, answerSamples, 300),
    };
  },
  judge({call, status, headers, body}) {
    const answer = judgeAnswer(call, status, headers satisfies AnswerHeaders, body);
    expect(answer.call === call.call, 'the answer of this call');
    if (answer.kind !== 'accepted') return `${call.kind} ${answer.kind}`;
    for (const text of [answer.join, answer.leave]) {
      for (const name of splitChannels(text)) expect(name !== '' && !name.includes(';;'), 'names of channels');
    }
    expect(answer.identity === undefined || isIdentity(answer.identity), 'an identity that can be one');
    expect(call.kind === 'message' || answer.body.length === 0, 'a body for messages alone');
    return `${call.kind} accepted`;
  },
});

const serverIni = readFileSync(new URL('../../config/server.ini', import.meta.url), 'utf8');
const minimalIni = `[main]
connect_url = http://127.0.0.1:8000/connect/
forward_url = http://127.0.0.1:8000/message/{message_type}/
close_url = http://127.0.0.1:8000/close/
security_token = a-token-of-this-test
udp_ports = [1984, 1985]
`;
const iniSamples = [
  minimalIni,
  minimalIni,
  minimalIni,
  `${minimalIni}port = 2000\nkeep_alive = 1.5\nwindow = 10 ; ten\nunordered_types = 1, 2\n  3\napi_keys = ${'k'.repeat(24)}\n`,
  `\ufeff${minimalIni.replaceAll('\n', '\r\n')}[other]\nport: 7\nlog_level = lod\n`,
  serverIni,
];

const configurations: Target = defineTarget({
  name: 'configuration',
  weight: 1,
  make(random) {
    const text = bendText(random, iniSamples, 20_000);
    // Bytes that need not be UTF-8, now and then.
    return happens(random, 0.2) ? bendBytes(random, [Buffer.from(text)], 20_000) : text;
  },
  judge(text) {
    const result = readConfiguration({file: 'server.ini', text, environment: {}, flags: {}});
    if (result.kind === 'valid') {
      expect(result.options.securityToken !== '', 'a token');
      return 'valid';
    }
    expect(result.faults.length > 0, 'the faults of what is faulty');
    for (const fault of result.faults) expect(formatFault(fault).length > 10, 'a fault that says something');
    return result.faults.length === 1 ? 'one fault' : 'several faults';
  },
});

export const textTargets: readonly Target[] = [signatures, callers, queries, subscriptions, answers, configurations];
