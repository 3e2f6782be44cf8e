// Thousands of clients lose their connection at once and come back at once: after a network that was down, and after a
// gateway that was killed.

import type {PublishResult} from '../../bench/generator/orders.ts';
import {type Crowd, Hall} from './harness/crowd.ts';
import type {Scenario} from './harness/scenario.ts';

const clients = 5_000;
const channel = 'room';
const resets = 3;
/** The old connections and the new ones exist side by side, each with a read buffer of Node's in hand; and the process. */
const residentBytesMax = 2 * clients * 65_536 + 384 * 1_048_576;

export const reconnectStorm: Scenario = {
  name: 'reconnect-storm',
  claim: `${clients} clients that lose their connections at once, ${resets} times by the network and once by kill -9, all come back at once and are all let in; each gets the next message, and the memory is bounded.`,
  isQuick: false,
  async run(lifetime) {
    const hall = await Hall.open(lifetime);
    const crowd = await hall.crowd();
    const took = [await arrive(hall, crowd)];
    let residentBytes = 0;
    for (let reset = 0; reset < resets; reset++) {
      await crowd.leave();
      took.push(await arrive(hall, crowd));
      residentBytes = Math.max(residentBytes, await hall.daemon.metric('process_resident_memory_bytes'));
    }
    await hall.daemon.kill();
    await crowd.leave();
    hall.daemon = await hall.daemon.restart();
    took.push(await arrive(hall, crowd));
    if (residentBytes > residentBytesMax)
      throw new Error(`Expected ${residentBytesMax} bytes at most, got ${residentBytes}`);
    const seconds = took.map((ms) => (ms / 1000).toFixed(1)).join(', ');
    return `all ${clients} were back after ${seconds} s; ${Math.round(residentBytes / 1e6)} MB resident at the most`;
  },
};

/** All connect at once, and get a message each; returns how long the connecting took. */
async function arrive({daemon}: Hall, crowd: Crowd): Promise<number> {
  const {opened, elapsedMs} = await crowd.connect(clients, channel);
  if (opened !== clients) throw new Error(`Expected ${clients} to be let in, got ${opened}`);
  await daemon.reaches('rainbow_connections', (count) => count === clients);
  const order = {channel, qos: 1, subscribers: clients, payloadBytes: 64, durationMs: 1} as const;
  checkPublished(await crowd.publish(order));
  return elapsedMs;
}

function checkPublished({publications, confirmed, duplicates, isComplete}: PublishResult): void {
  if (!isComplete || confirmed !== publications * clients || duplicates > 0) {
    throw new Error(`Expected ${publications * clients} to confirm, once each, got ${confirmed}, ${duplicates} twice`);
  }
}
