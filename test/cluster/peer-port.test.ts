// Another shard that is busy, hangs or dies: what is said of it, and what it still does.

import test from 'ava';
import type {Part} from '../../src/cluster/peer.ts';
import {PortPeer} from '../../src/cluster/peer-port.ts';
import {Presence, presenceBytes} from '../../src/cluster/presence.ts';
import type {ShardMessage} from '../../src/cluster/shard-message.ts';
import type {PublishRequest} from '../../src/cluster/switchboard.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {createCounters} from '../../src/core/counters.ts';
import {type ErrorCode, RainbowError} from '../../src/core/errors.ts';
import {EnvelopeExchange} from '../../src/runtime/envelope-exchange.ts';
import {Scheduler} from '../../src/runtime/scheduler.ts';
import {SharedOrder, sharedOrderBytes} from '../../src/runtime/shared-order.ts';
import {createPorts} from '../simulation/port.ts';

const peerTimeoutMs = 2_000;
const subscription = {identity: 'me', channel: 'room'};

function request(qos: 0 | 1): PublishRequest {
  return {
    channel: 'room',
    identity: undefined,
    message: 'p1',
    type: 1,
    qos,
    timeoutMs: 5_000,
    payload: new Uint8Array(0),
    wantsReplies: false,
  };
}

/** Two shards; the second one does nothing while `isBusy`, the first one while `isHeldUp`. */
function createPair() {
  const clock = new SimulatedClock();
  const done: string[] = [];
  const due: {readonly isOfOther: boolean; readonly run: () => void}[] = [];
  const pair = {isBusy: false, isHeldUp: false, isGone: false, refusal: undefined as ErrorCode | undefined};
  const memory = new SharedArrayBuffer(sharedOrderBytes);
  const owners = new Map<object, boolean>();
  const ports = createPorts({
    // What a port says, the shard at its other end hears.
    defer: (source, run) => void due.push({isOfOther: owners.get(source) === true, run}),
    pass: (messages: readonly ShardMessage[]) => messages,
  });
  const local: Part = {
    publish: async ({timeoutMs}) => {
      done.push(`publish ${timeoutMs}`);
      return {message: 'p1', connections: 1, isTimedOut: false, refused: 0, lastReply: undefined, replies: []};
    },
    subscribe: async () => {
      if (pair.refusal !== undefined) throw new RainbowError(pair.refusal);
      done.push('subscribe');
      return {outcome: 'done', ticket: 1};
    },
    unsubscribe: async () => {
      done.push('unsubscribe');
      return 'done';
    },
    evict: async (_channel, before) => void done.push(`evict before ${before}`),
    takeOver: async () => void done.push('takeOver'),
    info: async () => ({connections: 1, channels: []}),
    inspect: async () => ({kind: 'watched', isWatching: false}),
  };
  const [peer] = [0, 1].map((place) => {
    const defer = (run: () => void): void => void due.push({isOfOther: place === 1, run});
    const onFatal = (error: unknown): never => {
      throw error;
    };
    const scheduler = new Scheduler({clock, counters: createCounters(), defer, onFatal});
    const port = ports[place] as (typeof ports)[0];
    owners.set(port, place === 1);
    return new PortPeer({
      name: `shard ${place}`,
      port,
      presence: new Presence(new SharedArrayBuffer(presenceBytes)),
      exchange: new EnvelopeExchange({scheduler, order: new SharedOrder(memory, place)}),
      clock,
      peerTimeoutMs,
      local,
      onGone: () => {
        if (place === 0) pair.isGone = true;
      },
    });
  }) as [PortPeer, PortPeer];
  async function run(): Promise<void> {
    for (;;) {
      const place = due.findIndex(({isOfOther}) => !(isOfOther ? pair.isBusy : pair.isHeldUp));
      const [next] = place < 0 ? [] : due.splice(place, 1);
      if (next === undefined) return;
      next.run();
      // What was answered comes in microtasks.
      for (let tick = 0; tick < 10; tick++) await Promise.resolve();
    }
  }
  async function pass(ms: number): Promise<void> {
    clock.advance(ms);
    await run();
  }
  return {clock, done, pair, peer, ports, run, pass};
}

test('a shard that hangs is waited for until the publication’s time is up, and then makes the answer partial [RB-66]', async (t) => {
  const {pair, peer, run, pass, done} = createPair();
  pair.isBusy = true;
  let answer: unknown;
  void peer.publish(request(1)).then((outcome) => {
    answer = outcome;
  });
  await run();
  await pass(4_900);
  t.is(answer, undefined);
  await pass(600);
  t.like(answer, {connections: 0, isTimedOut: true, isPartial: true});
  // It goes on, too late.
  pair.isBusy = false;
  await run();
  t.deepEqual(done, []);
});

test('a shard that was busy has the rest of the publication’s time, and counts', async (t) => {
  const {pair, peer, run, pass, done} = createPair();
  pair.isBusy = true;
  const outcome = peer.publish(request(1));
  await run();
  await pass(3_000);
  pair.isBusy = false;
  await run();
  const {isPartial, connections} = await outcome;
  t.is(connections, 1);
  t.not(isPartial, true);
  t.deepEqual(done, ['publish 2000']);
});

test('changes and questions wait for peer_timeout, then are unreachable, and do not happen later [RB-66]', async (t) => {
  const {pair, peer, run, pass, done} = createPair();
  pair.isBusy = true;
  const asked = [
    peer.subscribe(subscription, false),
    peer.subscribe(subscription, true),
    peer.unsubscribe(subscription),
    peer.evict('room', 7),
    peer.info(),
  ];
  const inspected = peer.inspect({kind: 'watch', watcher: 'w', selection: undefined, durationMs: 1});
  let count = 0;
  for (const each of asked) void each.then(() => count++);
  await run();
  await pass(peerTimeoutMs - 100);
  t.is(count, 0);
  await pass(1_000);
  t.deepEqual(await Promise.all(asked), Array<string>(5).fill('unreachable'));
  t.deepEqual(await inspected, {kind: 'nothing'});
  pair.isBusy = false;
  await run();
  // Nobody who comes later is evicted, so that is never too late.
  t.deepEqual(done, ['evict before 7']);
});

test('a shard that dies while it is asked makes every answer partial, at once [RB-66]', async (t) => {
  const {pair, peer, ports, run} = createPair();
  pair.isBusy = true;
  const outcome = peer.publish(request(1));
  const changes = [peer.subscribe(subscription, true), peer.unsubscribe(subscription), peer.evict('room', 7)];
  ports[0].close();
  await run();
  t.true(pair.isGone);
  t.like(await outcome, {connections: 0, isTimedOut: false, isPartial: true});
  t.deepEqual(await Promise.all(changes), Array<string>(3).fill('unreachable'));
  for (const qos of [0, 1] as const) t.like(await peer.publish(request(qos)), {isPartial: true});
});

test('an answer that is there when time is up counts, though the timer was first', async (t) => {
  const {clock, pair, peer, run, done} = createPair();
  pair.isBusy = true;
  const outcome = peer.subscribe(subscription, false);
  await run();
  // The question is answered, and the asking thread is held up before it reads the answer.
  pair.isBusy = false;
  pair.isHeldUp = true;
  await run();
  clock.advance(60_000);
  t.deepEqual(await outcome, {outcome: 'done', ticket: 1});
  t.deepEqual(done, ['subscribe']);
});

test('a question leaves no timer: answered, refused or given up', async (t) => {
  const {clock, pair, peer, ports, run} = createPair();
  const asked = [
    peer.publish(request(1)),
    peer.subscribe(subscription, false),
    peer.unsubscribe(subscription),
    peer.evict('room', 7),
    peer.takeOver('me', 1),
    peer.info(),
    peer.inspect({kind: 'watch', watcher: 'w', selection: undefined, durationMs: 1}),
  ];
  t.is(clock.pendingCount, asked.length);
  await run();
  await Promise.all(asked);
  t.is(clock.pendingCount, 0);

  pair.refusal = 'RB_OVERLOADED';
  const refused = peer.subscribe(subscription, false);
  t.is(clock.pendingCount, 1);
  await Promise.all([t.throwsAsync(refused, {code: 'RB_OVERLOADED'}), run()]);
  t.is(clock.pendingCount, 0);

  const given = peer.info();
  ports[0].close();
  await Promise.all([run(), given]);
  t.is(clock.pendingCount, 0);
});
