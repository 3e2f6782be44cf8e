// One round of what the recording points cost without an observer: deliveries without a network, by the sources
// in the folder of the first argument. A process of its own, so that no round is compiled for another's sources. Started by
// sections/trace-rest.ts; prints the nanoseconds of the thread for a delivery, by QoS.

import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import type * as MicroWorld from './micro-world.ts';
import {median} from './statistics.ts';

const connections = 500;
const publications = 64;
const payload = new Uint8Array(64).fill(120);
const warmUpMs = 400;
const sliceMs = 100;
const slices = 9;

const [root = ''] = process.argv.slice(2);
const world = (await import(pathToFileURL(join(root, 'bench/micro-world.ts')).href)) as typeof MicroWorld;

/** Publishes for so long; nanoseconds of this thread's CPU for a delivery. */
function play(fan: MicroWorld.FanOutWorld, qos: 0 | 1 | 2, ms: number): number {
  const endsAt = performance.now() + ms;
  const before = process.threadCpuUsage();
  let rounds = 0;
  do {
    fan.publish(qos, payload, publications);
    rounds++;
  } while (performance.now() < endsAt);
  const {user, system} = process.threadCpuUsage(before);
  return ((user + system) * 1000) / (rounds * connections * publications);
}

const nanoseconds = ([0, 1, 2] as const).map((qos) => {
  const fan = new world.FanOutWorld(connections);
  play(fan, qos, warmUpMs);
  return median(Array.from({length: slices}, () => play(fan, qos, sliceMs)));
});
process.stdout.write(JSON.stringify(nanoseconds));
// The clock of the actors holds timers of publications.
process.exit(0);
