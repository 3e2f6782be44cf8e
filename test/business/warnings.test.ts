// A server that refuses calls says so by itself, at a bounded rate.

import test from 'ava';
import {type Business, business} from '../../src/business/index.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {call, make, signed, token} from './harness.ts';

function heard() {
  const clock = new SimulatedClock(Date.now());
  const texts: string[] = [];
  const app = make({on: {1: () => 'one'}, clock, onWarning: (text) => texts.push(text)});
  const sign = () => signed(clock.wallNow());
  return {clock, app, sign, taken: () => texts.splice(0)};
}

async function times(count: number, make: () => Promise<unknown>): Promise<void> {
  for (let time = 0; time < count; time++) await make();
}

const wrong = '0'.repeat(40);

test('a wrong signature is one warning a minute, with what to do and how often', async (t) => {
  const {app, clock, sign, taken} = heard();
  const refuse = () => call(app, '/connect/', {query: sign().replace(/signature=\w+/, `signature=${wrong}`)});
  await times(100, refuse);
  const [first = '', ...more] = taken();
  t.deepEqual(more, []);
  t.regex(first, /refused with 403 \(RB_SIGNATURE\): .*Check that the token is the security_token of the gateway\.$/);
  clock.advance(60_000);
  await refuse();
  t.regex(taken()[0] ?? '', /99 more since the last warning\.$/);
  await times(3, refuse);
  clock.advance(60_000);
  await refuse();
  t.regex(taken()[0] ?? '', / 3 more since the last warning\.$/);
  clock.advance(60_000);
  await refuse();
  t.notRegex(taken()[0] ?? '', /since the last warning/);
});

test('each kind of refusal has its own warning, and each type without a handler', async (t) => {
  const {app, clock, sign, taken} = heard();
  await times(3, () => call(app, '/7/', {query: sign()}));
  await times(3, () => call(app, '/8/', {query: sign()}));
  await call(app, '/connect/', {query: ''});
  await call(app, '/connect/', {query: signed(clock.wallNow() - 60_000)});
  await call(app, '/connect/', {query: sign(), method: 'DELETE'});
  await call(app, '/nowhere', {query: sign()});
  await call(app, '/connect/', {query: sign(), headers: {RAINBOWCLIENTIDENTITY: ''}});
  const texts = taken();
  t.deepEqual(
    texts.map((text) => /\((RB_\w+)\)/.exec(text)?.[1]),
    [
      'RB_NO_HANDLER',
      'RB_NO_HANDLER',
      'RB_SIGNATURE_MISSING',
      'RB_SIGNATURE_EXPIRED',
      'RB_METHOD',
      'RB_NO_SUCH_PATH',
      'RB_PARAMETERS',
    ],
  );
  t.regex(texts[0] ?? '', /The type 7 has no handler\. Add one to on/);
  for (const text of texts) t.regex(text, /^[\x20-\x7e]+$/);
});

test('however many types have no handler, the warnings are bounded', async (t) => {
  const {app, sign, taken} = heard();
  for (let type = 2; type < 500; type++) await call(app, `/${type}/`, {query: sign()});
  t.true(taken().length <= 65);
});

test('a call that is handled is no warning', async (t) => {
  const {app, sign, taken} = heard();
  t.is((await call(app, '/1/', {query: sign(), body: 'hi'})).text, 'one');
  t.deepEqual(taken(), []);
});

test.serial('by default the warning goes to console.warn', async (t) => {
  const {warn} = console;
  const texts: unknown[] = [];
  t.teardown(() => {
    console.warn = warn;
  });
  console.warn = (text: unknown) => texts.push(text);
  const app: Business = business({token});
  t.is((await call(app, '/9/')).status, 404);
  t.is(texts.length, 1);
  t.regex(String(texts[0]), /RB_NO_HANDLER/);
});
