// Micro benchmarks: what the smallest parts cost by themselves, in this process: `node bench/micro.ts`. They show where a
// change has its effect; whether it has one for a client, the real benchmark shows (main.ts).

import {transition} from 'xstate';
import {outboundQos1, outboundQos1Machine} from '../src/machines/outbound-delivery.ts';
import {framePacket} from '../src/protocol/frame.ts';
import {generatePacket, type Packet, parsePacket} from '../src/protocol/packet.ts';
import {Mailbox} from '../src/runtime/mailbox.ts';
import {describeMachine, machineLine} from './machine.ts';
import {FanOutWorld} from './micro-world.ts';
import {median, spread} from './statistics.ts';
import {figure, formatTable, percent} from './tables.ts';

const roundMs = 200;
const rounds = 7;

interface Measured {
  readonly name: string;
  /** For each unit, one a round. */
  readonly nanoseconds: readonly number[];
  readonly bytes: readonly number[];
}

/** Where results go, so that no call can be left out for having none. */
const sink: {value: unknown} = {value: undefined};

/** Calls `work`, which does `units` of what is measured, for some rounds. */
function measure(name: string, units: number, work: () => unknown): Measured {
  const nanoseconds: number[] = [];
  const bytes: number[] = [];
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    globalThis.gc?.();
    const heapBefore = process.memoryUsage().heapUsed;
    sink.value = work();
    const heapAfter = process.memoryUsage().heapUsed;
    let calls = 0;
    const endsAt = performance.now() + roundMs;
    const before = process.threadCpuUsage();
    do {
      sink.value = work();
      calls++;
    } while (performance.now() < endsAt);
    const {user, system} = process.threadCpuUsage(before);
    if (round === 0) continue;
    nanoseconds.push(((user + system) * 1000) / calls / units);
    // A round in which garbage was collected meanwhile says nothing.
    if (heapAfter >= heapBefore) bytes.push((heapAfter - heapBefore) / units);
  }
  return {name, nanoseconds, bytes};
}

const batch = 1_000;
const payload = new Uint8Array(64).fill(120);

const packets: readonly (readonly [string, Packet])[] = [
  ['SEND QoS 0, 64 B', {kind: 'send', qos: 0, isDup: false, type: 1, id: 0, payload}],
  ['SEND QoS 1, 64 B', {kind: 'send', qos: 1, isDup: false, type: 1, id: 7, payload}],
  ['ACK', {kind: 'ack', id: 7, reply: new Uint8Array(0)}],
  ['COM', {kind: 'com', id: 7}],
];

function measureCodec(): Measured[] {
  return packets.flatMap(([name, packet]) => {
    const bytes = generatePacket(packet);
    return [
      measure(`parse ${name}`, batch, () => repeat(() => parsePacket(bytes))),
      measure(`frame ${name}`, batch, () => repeat(() => framePacket(packet))),
    ];
  });
}

function measureMachines(): Measured[] {
  const {event, state} = outboundQos1;
  const queued = outboundQos1Machine.resolveState({value: 'queued', context: {}});
  return [
    measure('table step', batch, () =>
      repeat(() => {
        const cell = outboundQos1.step(state.queued, event['window.opened']);
        return (outboundQos1.next[cell] as number) + (outboundQos1.effects[cell]?.length ?? 0);
      }),
    ),
    measure('xstate transition()', batch, () =>
      repeat(() => transition(outboundQos1Machine, queued, {type: 'window.opened'})),
    ),
  ];
}

function measureMailbox(): Measured {
  const mailbox = new Mailbox<number>(batch);
  return measure('mailbox offer and take, 8 at a time', batch, () => {
    let taken = 0;
    for (let count = 0; count < batch; count += 8) {
      for (let message = 0; message < 8; message++) mailbox.offer(message);
      for (let message = 0; message < 8; message++) taken += mailbox.take() ?? 0;
    }
    return taken;
  });
}

function measureFanOut(isTraced: boolean): Measured[] {
  return [1, 8, 64].flatMap((publications) =>
    ([0, 1, 2] as const).map((qos) => {
      const world = new FanOutWorld(500, isTraced);
      const name = `${isTraced ? 'the same, traced' : 'fan-out to 500'}, QoS ${qos}, ${publications} in a turn`;
      return measure(name, 500 * publications, () => world.publish(qos, payload, publications));
    }),
  );
}

function repeat(work: () => unknown): unknown {
  let last: unknown;
  for (let count = 0; count < batch; count++) last = work();
  return last;
}

const measured = [
  ...measureCodec(),
  ...measureMachines(),
  measureMailbox(),
  ...measureFanOut(false),
  ...measureFanOut(true),
];
process.stdout.write(`${machineLine(describeMachine(new URL('..', import.meta.url).pathname))}\n\n`);
process.stdout.write(
  `${formatTable({
    title: 'Micro benchmarks',
    notes: [
      `CPU time of the thread for each unit, medians of ${rounds} rounds; ±: half their range. Heap: what a call leaves to be collected, with`,
      '--expose-gc only. Fan-out: real actors, a link that keeps nothing; a unit is one delivery, confirmed.',
    ],
    columns: ['what', 'ns', '±', 'heap bytes'],
    rows: measured.map(({name, nanoseconds, bytes}) => [
      name,
      figure(median(nanoseconds)),
      percent(spread(nanoseconds)),
      globalThis.gc === undefined ? '-' : figure(median(bytes)),
    ]),
  })}\n`,
);
// The clock of the actors holds timers of publications.
process.exit(0);
