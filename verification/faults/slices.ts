// Everything comes in pieces: handshakes, frames, calls and answers, one byte at a time, on both sides of the gateway.

import {Api} from '../../test/support/api.ts';
import {securityToken} from '../../test/support/gateway.ts';
import {TcpProxy} from '../../test/support/tcp-proxy.ts';
import {Scene} from './harness/harness.ts';
import type {Scenario} from './harness/scenario.ts';

const slices = {sliceBytesMax: 1};

export const byteByByte: Scenario = {
  name: 'byte-by-byte',
  claim: 'Handshakes, packets, calls and answers that come one byte at a time mean what they mean in one piece.',
  isQuick: true,
  async run(stage) {
    const scene = await Scene.open(stage, {businessWeather: slices});
    const line = await TcpProxy.start(stage, scene.daemon.port, slices);
    const device = await scene.device('device', line.port);
    for (const qos of [1, 2, 2, 1] as const) device.send(qos);
    await device.isSettled();
    const api = new Api(line.port, securityToken);
    for (const qos of [1, 2] as const) {
      const answer = await scene.publish(qos, 10, api);
      if (answer?.connections !== 1) throw new Error(`Expected 1 client to confirm, got ${answer?.connections}`);
    }
    if (device.connections !== 1) throw new Error(`Expected 1 connection, got ${device.connections}`);
    scene.check();
    return `${line.slices + scene.backendClient.slices} pieces of one byte; ${scene.ledger.confirmedUp} messages up, ${scene.ledger.confirmedDown} down`;
  },
};
