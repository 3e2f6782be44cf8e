// The business server goes away, hangs, and comes back: the clients stay, and what they sent meanwhile is not lost.

import {handshake} from '../../test/support/raw-client.ts';
import {Harness} from './harness/harness.ts';
import type {Scenario} from './harness/scenario.ts';

const deviceCount = 20;
const messagesEach = 6;

export const businessDown: Scenario = {
  name: 'business-down',
  claim:
    'While the business server is down or hangs no client is admitted and nothing is confirmed, and no client loses its connection; when it is back, all that was sent meanwhile is delivered, under the ids it had.',
  isQuick: true,
  async run(lifetime) {
    const harness = await Harness.open(lifetime, {keys: {call_timeout: 0.5}});
    const {daemon, ledger, backendClient} = harness;
    const names = Array.from({length: deviceCount}, (_, index) => `device ${index}`);
    const devices = await Promise.all(names.map((name) => harness.device(name)));
    for (const fault of ['down', 'frozen'] as const) {
      const confirmedBefore = ledger.confirmedUp;
      if (fault === 'down') await backendClient.goDown();
      else backendClient.freeze();
      for (let count = 0; count < messagesEach; count++) {
        for (const device of devices) device.send(count % 2 === 0 ? 1 : 2);
      }
      const failedBefore = await daemon.metric('rainbow_calls_failed_total');
      await daemon.reaches('rainbow_calls_failed_total', (count) => count >= failedBefore + 2 * deviceCount);
      const {answer} = await handshake(harness.cast, daemon.port);
      if (answer.status !== 503) throw new Error(`Expected 503 while it is ${fault}, got ${answer.status}`);
      const answered = await harness.publish(2);
      if (answered?.connections !== deviceCount)
        throw new Error(`Expected all to confirm, got ${answered?.connections}`);
      if (ledger.confirmedUp > confirmedBefore)
        throw new Error(`Expected nothing to be confirmed while it is ${fault}`);
      if (fault === 'down') await backendClient.comeBack();
      else backendClient.thaw();
      await Promise.all(devices.map((device) => device.isSettled()));
    }
    await harness.device('newcomer');
    const again = devices.filter(({connections}) => connections !== 1);
    if (again.length > 0) throw new Error(`Expected every client to stay, ${again.length} came again`);
    harness.check();
    const failed = await daemon.metric('rainbow_calls_failed_total');
    return `${failed} calls failed; ${ledger.confirmedUp} messages were delivered in the end; ${deviceCount} clients stayed`;
  },
};
