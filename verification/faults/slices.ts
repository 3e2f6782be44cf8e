// Everything comes in pieces: handshakes, frames, calls and answers, one byte at a time, on both sides of the gateway.

import {Api} from '../../test/support/api.ts';
import {securityToken} from '../../test/support/gateway.ts';
import {TcpProxy} from '../../test/support/tcp-proxy.ts';
import {Harness} from './harness/harness.ts';
import type {Scenario} from './harness/scenario.ts';

const slices = {sliceBytesMax: 1};

export const byteByByte: Scenario = {
  name: 'byte-by-byte',
  claim: 'Handshakes, packets, calls and answers that come one byte at a time mean what they mean in one piece.',
  isQuick: true,
  async run(lifetime) {
    const harness = await Harness.open(lifetime, {businessNetworkModel: slices});
    const line = await TcpProxy.start(lifetime, harness.daemon.port, slices);
    const device = await harness.device('device', line.port);
    for (const qos of [1, 2, 2, 1] as const) device.send(qos);
    await device.isSettled();
    const api = new Api(line.port, securityToken);
    for (const qos of [1, 2] as const) {
      const answer = await harness.publish(qos, 10, api);
      if (answer?.connections !== 1) throw new Error(`Expected 1 client to confirm, got ${answer?.connections}`);
    }
    if (device.connections !== 1) throw new Error(`Expected 1 connection, got ${device.connections}`);
    harness.check();
    return `${line.slices + harness.backendClient.slices} pieces of one byte; ${harness.ledger.confirmedUp} messages up, ${harness.ledger.confirmedDown} down`;
  },
};
