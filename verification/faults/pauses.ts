// The gateway does not run for a while: its event loop is busy, or its process is stopped. The time that it was away is no
// silence of its clients, also of those whose pong it has not read.

import type {Device} from './harness/device.ts';
import {Harness, type Published} from './harness/harness.ts';
import type {Scenario} from './harness/scenario.ts';
import type {ScenarioLifetime} from './harness/scenario-lifetime.ts';

const keepAliveSeconds = 2;
/** Clients that send a message now and then, and clients that only answer. */
const busyCount = 30;
const quietCount = 30;
const sendEveryMs = 200;
const publishEveryMs = 100;

export const blockedLoop: Scenario = {
  name: 'blocked-loop',
  claim:
    'An event loop that is busy for 5 s, two and a half keep-alives, ends no living client, loses and doubles nothing.',
  isQuick: false,
  run: (lifetime) => runPause(lifetime, 5_000, blockLoop),
};

export const stoppedProcess: Scenario = {
  name: 'stopped-process',
  claim: 'A process that is stopped for 20 s, ten keep-alives, ends no living client, loses and doubles nothing.',
  isQuick: false,
  run: (lifetime) => runPause(lifetime, 20_000, stopProcess),
};

/** Begins the pause when pings are under way, and settles when it has begun. */
type Pause = (harness: Harness, quiet: readonly Device[], ms: number) => Promise<void>;

async function blockLoop({daemon}: Harness, quiet: readonly Device[], ms: number): Promise<void> {
  const transition = {chart: 'connection', from: 'open.suspect', event: 'clock.heartbeatDue'};
  await daemon.order({kind: 'block', point: {transition, moment: 'after', nth: 1}, ms});
  await firstPing(quiet, () => {});
}

async function stopProcess({daemon, lifetime}: Harness, quiet: readonly Device[], ms: number): Promise<void> {
  // Before any of them has answered.
  await firstPing(quiet, () => daemon.signal('SIGSTOP'));
  const timer = setTimeout(() => daemon.signal('SIGCONT'), ms);
  lifetime.teardown(() => clearTimeout(timer));
}

async function runPause(lifetime: ScenarioLifetime, ms: number, pause: Pause): Promise<string> {
  const harness = await Harness.open(lifetime, {
    takesOrders: true,
    keys: {keep_alive: keepAliveSeconds, retry_interval: 1},
  });
  const {daemon, business, ledger} = harness;
  const names = Array.from({length: busyCount + quietCount}, (_, index) => `device ${index}`);
  const devices = await Promise.all(names.map((name) => harness.device(name)));
  const sending = setInterval(() => {
    for (const [index, device] of devices.slice(0, busyCount).entries()) device.send(index % 2 === 0 ? 1 : 2);
  }, sendEveryMs);
  lifetime.teardown(() => clearInterval(sending));
  await pause(harness, devices.slice(busyCount), ms);

  // Not before: who acknowledges is not pinged.
  const patience = ms / 1000 + 10;
  const posts: Promise<Published | undefined>[] = [];
  const publishing = setInterval(
    () => posts.push(harness.publish(posts.length % 2 === 0 ? 1 : 2, patience)),
    publishEveryMs,
  );
  lifetime.teardown(() => clearInterval(publishing));
  const waitingSince = performance.now();
  await daemon.api.call({method: 'GET', path: '/hello/', credentials: {kind: 'none'}, patienceMs: patience * 1000});
  const awayMs = performance.now() - waitingSince;
  clearInterval(sending);
  clearInterval(publishing);
  const answers = await Promise.all(posts);
  await Promise.all(devices.map((device) => device.isSettled()));

  if (awayMs < ms * 0.9) throw new Error(`Expected the gateway to be away for ${ms} ms, got ${awayMs} ms`);
  for (const answer of answers) {
    if (answer?.connections !== devices.length) throw new Error(`Expected all to confirm, got ${answer?.connections}`);
  }
  const missed = await daemon.metric('rainbow_heartbeats_missed_total');
  const closed = business.count('close');
  if (missed + closed > 0)
    throw new Error(`Expected no client to be closed, got ${missed} as silent, ${closed} in all`);
  harness.check();
  return (
    `away for ${(awayMs / 1000).toFixed(1)} s; ${devices.length} of ${devices.length} clients stayed; ` +
    `${ledger.confirmedUp} messages up and ${ledger.confirmedDown} down confirmed`
  );
}

/** Settles with the first ping that any of them gets; `strike` comes before the answer. */
async function firstPing(devices: readonly Device[], strike: () => void): Promise<void> {
  const {promise, resolve} = Promise.withResolvers<void>();
  for (const {member} of devices) {
    if (member === undefined) throw new Error('Expected a connected client');
    const {raw} = member;
    raw.onPing = (payload) => {
      strike();
      strike = () => {};
      raw.sendPong(payload);
      resolve();
    };
  }
  await promise;
}
