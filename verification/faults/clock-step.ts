// The gateway's wall clock is stepped an hour forward, and later back: signatures do not agree for that while, and nothing
// else depends on the time of day.

import type {ApiAnswer} from '../../test/support/api.ts';
import {answer, type Script, success} from '../../test/support/business-server.ts';
import {handshake} from '../../test/support/raw-client.ts';
import {Harness, room} from './harness/harness.ts';
import type {Member} from './harness/member.ts';
import type {Scenario} from './harness/scenario.ts';

const hourMs = 3_600_000;
const deviceCount = 10;
const messagesEach = 4;
/** A client that did not confirm gets the message again after this long. */
const retryMs = 500;

export const clockStep: Scenario = {
  name: 'clock-step',
  claim:
    'A wall clock stepped by an hour ends no connection and shifts no retry; calls are refused in both directions while the clocks disagree, what clients sent meanwhile is delivered when they agree again, and a call that was made before is still known.',
  isQuick: true,
  async run(lifetime) {
    const harness = await Harness.open(lifetime, {
      takesOrders: true,
      keys: {keep_alive: 2, retry_interval: retryMs / 1000},
    });
    const {daemon, business, ledger} = harness;
    business.always('connect', ifSigned(success({RAINBOWCLIENTCHANNEL: room})));
    business.always('message', ifSigned(harness.accepts()));
    const names = Array.from({length: deviceCount}, (_, index) => `device ${index}`);
    const devices = await Promise.all(names.map((name) => harness.device(name)));
    const listener = await harness.join('listener');
    const signature = daemon.api.signature();
    const call = () =>
      daemon.api.call({path: '/send/', query: {channel: 'empty', qos: 0, ...signature}, credentials: {kind: 'none'}});
    expect('a signed call', await call(), undefined);

    await daemon.order({kind: 'stepClock', ms: hourMs});
    for (const device of devices) await device.member?.raw.pings.next();
    expect('a call signed in time', await daemon.api.send({channel: room}), 'RB_SIGNATURE_EXPIRED');
    const retriedMs = await timeRetry(harness, listener);
    if (retriedMs < retryMs / 2) throw new Error(`Expected a retry after ${retryMs} ms, got ${retriedMs} ms`);
    const confirmedBefore = ledger.confirmedUp;
    for (const device of devices)
      for (let count = 0; count < messagesEach; count++) device.send(count % 2 === 0 ? 1 : 2);
    await daemon.reaches('rainbow_calls_failed_total', (count) => count >= 2 * deviceCount);
    const knock = await handshake(harness.cast, daemon.port);
    if (knock.answer.status !== 503) throw new Error(`Expected 503, got ${knock.answer.status}`);
    if (ledger.confirmedUp > confirmedBefore) throw new Error('Expected nothing to be confirmed');

    await daemon.order({kind: 'stepClock', ms: 0});
    await Promise.all(devices.map((device) => device.isSettled()));
    await harness.device('newcomer');
    expect('a call signed in time', await daemon.api.send({channel: 'empty', qos: 0}), undefined);
    expect('a call that was made before', await call(), 'RB_SIGNATURE_REPLAYED');
    const again = devices.filter(({connections}) => connections !== 1);
    const missed = await daemon.metric('rainbow_heartbeats_missed_total');
    if (again.length + missed > 0) throw new Error(`Expected every client to stay, ${again.length} came again`);
    // Not the whole check: calls of the hour ahead are rightly not signed for this one.
    ledger.check();
    return `${deviceCount} clients stayed; a retry of ${retryMs} ms came after ${Math.round(retriedMs)} ms; ${ledger.confirmedUp} messages delivered`;
  },
};

/** What a business server does that checks signatures. */
function ifSigned(script: Script): Script {
  return (response, call) => (call.isSigned ? script : answer(401))(response, call);
}

function expect(what: string, {json}: ApiAnswer, code: string | undefined): void {
  if (json.code !== code)
    throw new Error(`Expected ${what} to be answered ${code ?? 'with success'}, got ${json.code}`);
}

/** How long a client that does not confirm waits for the message to come again. */
async function timeRetry(harness: Harness, listener: Member): Promise<number> {
  const post = harness.publish(2);
  await listener.nextSend();
  const startedAt = performance.now();
  const {id} = await listener.nextSend(true);
  const tookMs = performance.now() - startedAt;
  listener.answer('rec', id);
  await post;
  listener.vanish();
  return tookMs;
}
