// The SDK of src/client joined to the simulation: the same gateway, network and observer, and most clients are
// applications on the SDK. What they were promised about each message is compared with what happened to it.

import test from 'ava';
import {RainbowClientError} from '../../src/client/client.ts';
import {readPayload} from '../../src/protocol/payload.ts';
import {explain} from './explain.ts';
import {Harness} from './harness.ts';
import {planFor} from './plan.ts';
import {noSabotage} from './sabotage.ts';
import {SdkMessages} from './sdk-messages.ts';
import {SdkPage} from './sdk-page.ts';
import {simulate} from './simulation.ts';
import {Violations} from './violation.ts';

/** Seeds with few clients run fast, and it takes no crowd to break a client. */
const clientsMax = 6;
/** A sample: `npm run prove -- --quick` simulates the same over many more. */
const seedCount = Number(process.env.RAINBOW_SEEDS ?? '60');

test.serial(`applications on the SDK get the truth about every message, over ${seedCount} seeds`, async (t) => {
  let simulatedMs = 0;
  for (let seed = 1, run = 0; run < seedCount; seed++) {
    if (planFor(seed).clients > clientsMax) continue;
    run++;
    const result = await simulate({seed, hasSdk: true});
    simulatedMs += result.simulatedMs;
    const {violation, hash} = result;
    t.is(violation, undefined, violation && (await explain({seed, violation, hash, hasSdk: true})));
  }
  t.log(`${Math.round(simulatedMs / 1000)} s simulated`);
});

test.serial('the same seed gives the same trace, promises and all', async (t) => {
  for (const seed of [4, 7]) {
    const first = await simulate({seed, hasSdk: true});
    const second = await simulate({seed, hasSdk: true, isShown: true});
    t.is(first.hash, second.hash);
    t.not(first.hash, (await simulate({seed})).hash);
  }
});

test('a page that died hears nothing, and never connects again', async (t) => {
  const harness = new Harness({
    plan: planFor(1),
    sabotage: noSabotage,
    coverage: undefined,
    isShown: false,
    hasSdk: true,
    tape: undefined,
  });
  const {observer} = harness;
  const messages = new SdkMessages(1, observer.violations, true);
  const makePage = () => new SdkPage({harness, client: 1, messages, kept: undefined, isCalm: () => true, slow: 0});
  const page = makePage();
  page.bloom();
  await harness.run(1_000);
  t.true(page.isOpen);
  const connections = observer.connections.length;
  page.hint('network.offline');
  page.die();
  for (const event of ['network.online', 'page.shown'] as const) page.hint(event);
  page.bloom();
  await harness.run(60_000);
  t.false(page.isOpen);
  t.is(observer.connections.length, connections);
  t.deepEqual(observer.violations.found, []);
  // A ghost that a fault of the simulation brings back breaks the run in which it does.
  const ghost = makePage();
  ghost.die();
  void ghost.rainbow.bloom();
  t.is(observer.violations.found[0]?.rule, 'harness');
});

test('the check finds an SDK that reports wrong results', (t) => {
  const flow = {processed: new Set<string>(), hasArrived: false} as never;
  const cases: readonly (readonly [string, (messages: SdkMessages, key: string, body: Uint8Array) => void])[] = [
    [
      'RB-12',
      (messages, key) => messages.told({...facts(key), state: 'answered', answer: readPayload(Buffer.alloc(0))}),
    ],
    ['sdk', (messages, key) => messages.told({...facts(key), state: 'atGateway'})],
    [
      'sdk',
      (messages, key) => {
        for (const state of ['failed', 'failed'] as const) messages.told({...facts(key), state, error: doubt});
      },
    ],
    [
      'RB-17',
      (messages, _key, body) => {
        for (const isDup of [false, false]) messages.transmitted(body, flow, isDup);
      },
    ],
    ['RB-09', (messages, _key, body) => messages.transmitted(body, flow, true)],
    [
      'sdk',
      (messages, key, body) => {
        messages.transmitted(body, flow, false);
        messages.told({...facts(key), state: 'failed', error: doubt});
      },
    ],
  ];
  for (const [index, [rule, lie]] of cases.entries()) {
    const violations = new Violations({now: () => 0, wallNow: () => 0, startTimer: () => ({cancel() {}})});
    const messages = new SdkMessages(1, violations, true);
    const {key, payload} = messages.create(2, false, 0);
    lie(messages, key, payload.subarray(4));
    t.is(violations.found[0]?.rule, rule, String(index));
  }
});

const doubt = new RainbowClientError('RB_CLOSED');

function facts(key: string) {
  return {key, type: 1, qos: 2, mayBeRepeat: false} as const;
}
