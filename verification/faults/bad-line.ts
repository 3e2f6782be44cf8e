// A line that delays, slices and loses connections, on both sides of the gateway, while messages go both ways.

import {type NetworkModel, TcpProxy} from '../../test/support/tcp-proxy.ts';
import {Harness} from './harness/harness.ts';
import type {Scenario} from './harness/scenario.ts';

const clientWeather: NetworkModel = {delayMsMax: 4, sliceBytesMax: 40, lostAfterBytes: [350, 1_500]};
const businessNetworkModel: NetworkModel = {delayMsMax: 4, sliceBytesMax: 200, lostAfterBytes: [1_000, 12_000]};
const seeds = [1, 2];
const deviceCount = 12;
const messagesEach = 12;
const posts = 16;

export const badLine: Scenario = {
  name: 'bad-line',
  claim:
    'Over lines that delay, slice and lose connections, what is confirmed was delivered, and nothing of QoS 2 comes twice on a connection; once they are repaired all is delivered.',
  isQuick: true,
  async run(lifetime) {
    const harness = await Harness.open(lifetime, {businessNetworkModel, keys: {call_timeout: 1, retry_interval: 0.2}});
    const {ledger, backendClient} = harness;
    let lost = 0;
    for (const seed of seeds) {
      const line = await TcpProxy.start(lifetime, harness.daemon.port, clientWeather, seed);
      backendClient.networkModel = businessNetworkModel;
      const names = Array.from({length: deviceCount}, (_, index) => `device ${seed}.${index}`);
      const devices = await Promise.all(names.map((name) => harness.device(name, line.port)));
      for (let count = 0; count < messagesEach; count++) {
        for (const device of devices) device.send(count % 2 === 0 ? 1 : 2);
      }
      for (let count = 0; count < posts; count++) await harness.publish(count % 2 === 0 ? 1 : 2, 0.3);
      line.networkModel = {};
      backendClient.networkModel = {};
      await Promise.all(devices.map((device) => device.isSettled(30_000)));
      lost += line.lost;
      await harness.clear();
    }
    harness.check();
    return (
      `seeds ${seeds.join(', ')}: ${lost} connections of clients and ${backendClient.lost} to the business server lost; ` +
      `${ledger.confirmedUp} messages up and ${ledger.confirmedDown} down confirmed`
    );
  },
};
