// What is recorded on the hot path: as numbers that are read back as they were, and without a byte of garbage.

import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import test from 'ava';
import {parsePacket} from '../../src/protocol/packet.ts';
import {emptySelection} from '../../src/story/trace-feed.ts';
import {type Client, type SimulatedGateway, simulateGateway} from '../support/simulated-gateway.ts';

setFlagsFromString('--expose-gc');
setFlagsFromString('--no-concurrent-recompilation');
const collectGarbage = runInNewContext('gc') as () => void;

/** A room whose clients confirm at once what they are sent. */
function createRoom(
  count: number,
  isTraced: boolean,
): {readonly kit: SimulatedGateway; readonly clients: readonly Client[]} {
  const kit = simulateGateway();
  const clients = Array.from({length: count}, () => kit.connect('room'));
  if (isTraced) kit.context.tracer.watch('test', {...emptySelection, rate: 1}, Number.POSITIVE_INFINITY);
  return {kit, clients};
}

for (const bytes of [0, 1, 65_000, 65_535, 65_536, 70_000]) {
  test(`a SEND of ${bytes} bytes is reported as it was, down and up`, (t) => {
    const {kit, clients} = createRoom(2, true);
    const payload = new Uint8Array(bytes);
    void kit.publish({qos: 2, type: 0xfedc, payload, channel: 'room'});
    kit.run();
    const sent = {kind: 'send', qos: 1, isDup: true, type: 0xffff, id: 0xfffe, payload} as const;
    clients[0]?.actor.tell(sent);
    kit.run();
    const packets = kit.context.tracer
      .read(0, 1_000, 'test')
      .events.flatMap((event) => (event.kind === 'packet' ? [event] : []));
    const down = packets.filter(({direction}) => direction === 'out');
    for (const {packet, flow = 0} of down)
      t.deepEqual(packet, {kind: 'send', qos: 2, isDup: false, type: 0xfedc, id: flow, bytes});
    t.is(down.length, 2);
    const up = packets.filter(({direction}) => direction === 'in').map(({packet}) => packet);
    t.deepEqual(up, [{kind: 'send', qos: 1, isDup: true, type: 0xffff, id: 0xfffe, bytes}]);
  });
}

/** Measures the bytes that a delivery takes, confirmed to the end by every client: the middle one of 21 samples. */
function measureDeliveries(qos: 0 | 1 | 2, isTraced: boolean): () => number {
  const {kit, clients} = createRoom(400, isTraced);
  for (const {link} of clients) link.send = () => {};
  let id = 0;
  const [first] = clients;
  if (first !== undefined) {
    first.link.send = (frame) => {
      const packet = parsePacket(frame.subarray(2));
      if (packet.kind === 'send') id = packet.id;
    };
  }
  const kinds = qos === 0 ? [] : qos === 1 ? ([0x20] as const) : ([0x30, 0x50] as const);
  const publishToAll = (): void => {
    void kit.publish({qos, payload: new Uint8Array(64)});
    for (const kind of kinds) {
      const bytes = Buffer.from([kind, id >> 8, id & 0xff]);
      for (const {actor} of clients) actor.tell(parsePacket(bytes));
      kit.run();
    }
  };
  for (let warmUp = 0; warmUp < 200; warmUp++) publishToAll();
  const sample = (): number => {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let publish = 0; publish < 5; publish++) publishToAll();
    return (process.memoryUsage().heapUsed - before) / (5 * 400);
  };
  // Memory of earlier garbage may be freed within a sample, which then shows too little.
  return () => Array.from({length: 21}, sample).sort((left, right) => left - right)[10] as number;
}

for (const qos of [0, 1, 2] as const) {
  test.serial(`a delivery at QoS ${qos} that is traced allocates no more than one that is not`, (t) => {
    const off = measureDeliveries(qos, false)();
    const measure = measureDeliveries(qos, true);
    let traced = measure();
    // Numbers are objects until their function is compiled, and on a busy machine that is late. What the recorder itself
    // allocates is there in every round.
    for (let round = 1; round < 20 && traced - off >= 8; round++) traced = measure();
    t.log(`${off.toFixed(1)} bytes, traced ${traced.toFixed(1)}`);
    // A single number of a single record would be 16 bytes. What a publication records of itself once, some 1,600 bytes, is
    // shared by its 400 deliveries.
    t.true(traced - off < 8, `${off} bytes, traced ${traced}`);
  });
}

test('a SEND that goes out again is reported with the id and flags that it has there', (t) => {
  const {kit} = createRoom(1, true);
  const subject = {number: 5, identity: 'someone', traced: undefined};
  const payload = new Uint8Array(200);
  const publication = {message: 'p1', qos: 1, type: 7, payload, traced: undefined} as const;
  kit.context.observation.observer?.sent(subject, publication, 9, true);
  const told = kit.context.tracer.read(0, 1_000, 'test').events.at(-1);
  t.like(told, {connection: 5, identity: 'someone', message: 'p1', direction: 'out', flow: 9});
  t.deepEqual(told?.kind === 'packet' && told.packet, {kind: 'send', qos: 1, isDup: true, type: 7, id: 9, bytes: 200});
});
