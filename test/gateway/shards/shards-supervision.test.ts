// How the main thread keeps its shards: their start, their deaths and their end, with threads that do what the test says,
// under a simulated clock.

import {EventEmitter} from 'node:events';
import {setImmediate as nextPhase} from 'node:timers/promises';
import {MessageChannel} from 'node:worker_threads';
import test, {type ExecutionContext} from 'ava';
import {pino} from 'pino';
import type {NodeList} from '../../../src/cluster/lan/node-transport.ts';
import {Presence} from '../../../src/cluster/shards/presence.ts';
import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import {MemoryBound} from '../../../src/core/memory-bound.ts';
import {NodeLoad} from '../../../src/core/node-load.ts';
import {Pulse} from '../../../src/core/watchdog.ts';
import {defaultOptions} from '../../../src/gateway/config/options.ts';
import {LedgerWriter} from '../../../src/gateway/shard/close-ledger.ts';
import type {ShardCommand, ShardNotice, ShardReport} from '../../../src/gateway/shard/shard-command.ts';
import {createNodeMemory} from '../../../src/gateway/shard/shard-memory.ts';
import type {ShardThread} from '../../../src/gateway/shards/running-shard.ts';
import {Shards} from '../../../src/gateway/shards/shards.ts';
import {SharedOrder} from '../../../src/runtime/shared-order.ts';

const port = 4_242;
const list: NodeList = {places: [], lost: [], missing: [{server: '10.0.0.9:1984', cause: 'of the test'}]};

const answers: Readonly<Record<Exclude<ShardCommand['kind'], 'adopt'>, ShardReport>> = {
  link: {kind: 'linked'},
  nodes: {kind: 'informed'},
  listen: {kind: 'listening', port},
  open: {kind: 'opened'},
  stopListening: {kind: 'quiet'},
  stop: {kind: 'stopped'},
};

/** A shard's thread that answers each command at once, but those of {@link Harness.held}. */
class ScriptedThread extends EventEmitter implements ShardThread {
  readonly index: number;
  readonly commands: ShardCommand[] = [];
  readonly #harness: Harness;
  hasEnded = false;

  constructor(harness: Harness, index: number) {
    super();
    this.#harness = harness;
    this.index = index;
  }

  get kinds(): string[] {
    return this.commands.map(({kind}) => kind);
  }

  postMessage(command: ShardCommand): void {
    this.commands.push(command);
    this.#harness.posted.push(`${command.kind} ${this.index}`);
    if (this.hasEnded || command.kind === 'adopt' || this.#harness.held.has(command.kind)) return;
    this.say(answers[command.kind]);
  }

  say(message: ShardReport | ShardNotice): void {
    queueMicrotask(() => void this.emit('message', message));
  }

  terminate(): Promise<void> {
    if (this.#harness.isStuck) return new Promise(() => {});
    this.die();
    return Promise.resolve();
  }

  die(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.emit('exit');
  }
}

interface Harness {
  readonly clock: SimulatedClock;
  readonly memory: ReturnType<typeof createNodeMemory>;
  readonly shards: Shards;
  /** All that were started. */
  readonly threads: ScriptedThread[];
  /** Commands of all, in order. */
  readonly posted: string[];
  /** Kinds of commands that are not answered. */
  readonly held: Set<ShardCommand['kind']>;
  readonly fatal: unknown[];
  /** Whether threads cannot be ended. */
  isStuck: boolean;
  exits: number;
  /** The living one of this place. */
  at(index: number): ScriptedThread;
}

async function start(t: ExecutionContext): Promise<Harness> {
  const harness = set(3);
  t.is(await harness.shards.start(), port);
  return harness;
}

function set(count: number): Harness {
  const clock = new SimulatedClock();
  const memory = createNodeMemory(count);
  const threads: ScriptedThread[] = [];
  const fatal: unknown[] = [];
  const facts = {connectUrl: '', forwardUrl: '', closeUrl: '', securityToken: ''};
  const shards = new Shards(
    {...defaultOptions, ...facts, threads: count},
    {
      memory,
      node: 'a node',
      log: pino({level: 'silent'}),
      report() {},
      onDoubt() {},
      onFatal: (error) => fatal.push(error),
    },
    {
      clock,
      startThread({index}) {
        const thread = new ScriptedThread(harness, index);
        threads.push(thread);
        return thread;
      },
      openChannel: () => new MessageChannel(),
      exitWithoutThreads: () => harness.exits++,
    },
  );
  const harness: Harness = {
    clock,
    memory,
    shards,
    threads,
    posted: [],
    held: new Set(),
    fatal,
    isStuck: false,
    exits: 0,
    at(index) {
      const found = threads.find((thread) => thread.index === index && !thread.hasEnded);
      if (found === undefined) throw new Error(`Expected shard ${index} to live`);
      return found;
    },
  };
  return harness;
}

test('all shards are linked with each other and listen before one of them lets anybody in', async (t) => {
  const {threads, posted} = await start(t);
  t.is(threads.length, 3);
  for (const {commands} of threads) {
    const links = commands.filter(({kind}) => kind === 'link');
    t.is(links.length, 2);
  }
  const firstOpen = posted.findIndex((one) => one.startsWith('open'));
  t.deepEqual(posted.slice(firstOpen), ['open 0', 'open 1', 'open 2']);
  t.deepEqual(
    posted.filter((one) => one.startsWith('listen')),
    ['listen 0', 'listen 1', 'listen 2'],
  );
});

test('at the end no shard listens before one of them stops, and all stop at the same time', async (t) => {
  const {shards, posted, held, threads} = await start(t);
  posted.length = 0;
  held.add('stopListening').add('stop');
  const stopped = shards.stop();
  await nextPhase();
  const quiet = ['stopListening 0', 'stopListening 1', 'stopListening 2'];
  t.deepEqual(
    posted.filter((one) => !one.startsWith('adopt')),
    quiet,
  );
  for (const [place, thread] of threads.entries()) {
    t.false(posted.includes('stop 0'), `${place} of 3 are quiet`);
    thread.say({kind: 'quiet'});
    await nextPhase();
  }
  // None has answered yet.
  t.deepEqual(posted.slice(-3), ['stop 0', 'stop 1', 'stop 2']);
  for (const thread of threads) thread.say({kind: 'stopped'});
  await stopped;
  t.true(threads.every(({hasEnded}) => hasEnded));
});

test('a shard that does not stop listening is waited for a moment and no longer', async (t) => {
  const {shards, posted, held, clock, threads} = await start(t);
  held.add('stopListening');
  const stopped = shards.stop();
  await nextPhase();
  for (const thread of threads.slice(1)) thread.say({kind: 'quiet'});
  await nextPhase();
  clock.advance(999);
  await nextPhase();
  t.false(posted.includes('stop 1'));
  clock.advance(1);
  await nextPhase();
  t.true(posted.includes('stop 1'));
  threads[0]?.die();
  await stopped;
});

test('what a shard had in the memory of the node is gone with it, before its successor runs', async (t) => {
  const harness = await start(t);
  const {memory} = harness;
  const load = new NodeLoad(memory.load, 1);
  const [presence] = memory.presences.slice(1, 2).map((piece) => new Presence(piece));
  const held = new MemoryBound(1_000, memory.held, 1);
  const order = new SharedOrder(memory.order, 1);
  for (const kind of ['clients', 'handshakes', 'calls', 'closes'] as const) load.change(kind, 1);
  presence?.add('room');
  held.hold(900);
  // It dies while it has the lock.
  t.throws(() =>
    order.post(() => {
      harness.held.add('link');
      harness.at(1).die();
      const counts = ['clients', 'handshakes', 'calls', 'closes'] as const;
      t.deepEqual(
        counts.map((kind) => load.total(kind)),
        [0, 0, 0, 0],
      );
      t.false(presence?.mayHave('room'));
      t.is(held.total, 0);
      t.is(Atomics.load(new Int32Array(memory.order), 0), 0, 'the lock is free');
      throw new Error('of the test');
    }),
  );
});

test('the successor of a shard is linked with all others, knows the nodes, and is admitted like them', async (t) => {
  const harness = await start(t);
  harness.shards.setNodes({...list, lost: ['another']});
  await nextPhase();
  harness.at(1).die();
  await nextPhase();
  const successor = harness.at(1);
  t.deepEqual(successor.kinds, ['adopt', 'link', 'link', 'nodes', 'listen', 'open']);
  t.deepEqual(
    successor.commands.flatMap((command) => (command.kind === 'link' ? [command.index] : [])),
    [0, 2],
  );
  for (const index of [0, 2]) t.like(harness.at(index).commands.at(-1), {kind: 'link', index: 1});
  t.deepEqual(
    successor.commands.find(({kind}) => kind === 'nodes'),
    {kind: 'nodes', list},
  );
  t.like(
    successor.commands.find(({kind}) => kind === 'listen'),
    {port},
  );
  t.deepEqual(harness.fatal, []);
});

/** The shard has let in a client, whose close call it owes. */
function owe(thread: ScriptedThread, message: string): void {
  const writer = new LedgerWriter((notes) => void thread.emit('message', {kind: 'closes', notes}));
  writer.owed(message, 'ann', 0, undefined);
  writer.turnEnds();
}

test('what a shard owed is made by its successor, at the end by another [RB-64]', async (t) => {
  const harness = await start(t);
  owe(harness.at(1), 'c1');
  harness.at(1).die();
  const [adopted] = harness.at(1).commands;
  const facts = {message: 'c1', identity: 'ann', fencingToken: 0, cookie: undefined, reason: 'crashed'} as const;
  t.deepEqual(adopted, {kind: 'adopt', closes: [facts], isSuccessor: true});
  await nextPhase();

  harness.held.add('stop');
  owe(harness.at(2), 'c2');
  const stopped = harness.shards.stop();
  await nextPhase();
  harness.at(2).die();
  t.deepEqual(harness.at(0).commands.at(-1), {
    kind: 'adopt',
    closes: [{...facts, message: 'c2'}],
    isSuccessor: false,
  });
  for (const index of [0, 1]) harness.at(index).say({kind: 'stopped'});
  await stopped;
});

test('five deaths within 30 s are followed by a restart, the sixth is fatal, and old ones are forgiven', async (t) => {
  for (const [pauseMs, fatalAt] of [
    [5_000, 6],
    [6_000, 6],
    [6_001, undefined],
    [30_000, undefined],
  ] as const) {
    const harness = await start(t);
    for (let death = 1; death <= 8 && harness.fatal.length === 0; death++) {
      harness.at(death % 3).die();
      await nextPhase();
      t.is(harness.fatal.length > 0, death === fatalAt, `death ${death} after pauses of ${pauseMs} ms`);
      harness.clock.advance(pauseMs);
    }
  }
});

test('a shard that dies before all listen makes the start fail, and is not replaced', async (t) => {
  const harness = set(3);
  harness.held.add('listen');
  const starting = harness.shards.start();
  await nextPhase();
  harness.at(0).die();
  await t.throwsAsync(starting);
  t.is(harness.threads.length, 3);
  t.deepEqual(harness.fatal, []);
});

test('a shard that dies before its turn to be linked makes the start fail as well', async (t) => {
  const harness = set(3);
  harness.held.add('link');
  const starting = harness.shards.start();
  await nextPhase();
  harness.at(2).die();
  harness.held.clear();
  for (const index of [0, 1]) harness.at(index).say({kind: 'linked'});
  await t.throwsAsync(starting);
  t.is(harness.threads.length, 3);
  await harness.shards.stop();
});

test('a shard has its commands one at a time, in order, each after its answer to the one before', async (t) => {
  const {shards, held, posted, threads} = await start(t);
  held.add('nodes');
  posted.length = 0;
  shards.setNodes(list);
  shards.setNodes({...list, missing: []});
  await nextPhase();
  t.deepEqual(posted, ['nodes 0', 'nodes 1', 'nodes 2']);
  const stopped = shards.stop();
  for (let round = 0; round < 2; round++) {
    t.is(threads[1]?.kinds.at(-1), 'nodes');
    for (const thread of threads) thread.say({kind: 'informed'});
    await nextPhase();
  }
  await stopped;
  t.deepEqual(threads[1]?.kinds.filter((kind) => kind !== 'adopt').slice(-4), [
    'nodes',
    'nodes',
    'stopListening',
    'stop',
  ]);
});

test('a port that is taken ends the start with its code, and later the gateway', async (t) => {
  const taken: ShardReport = {kind: 'failed', message: 'listen EADDRINUSE', code: 'EADDRINUSE'};
  const starting = set(3);
  starting.held.add('listen');
  const started = starting.shards.start();
  await nextPhase();
  starting.at(0).say(taken);
  await t.throwsAsync(started, {code: 'EADDRINUSE'});

  const serving = await start(t);
  serving.held.add('listen');
  serving.at(2).die();
  await nextPhase();
  serving.at(2).say(taken);
  await nextPhase();
  t.like(serving.fatal, [{code: 'EADDRINUSE'}]);
});

test('a shard that hangs is ended and replaced, one that cannot be ended is fatal; no timer is left', async (t) => {
  for (const isStuck of [false, true]) {
    const harness = await start(t);
    harness.isStuck = isStuck;
    const {pulses} = harness.memory;
    const beats = [0, 1, 2].map((place) => new Pulse(harness.clock, pulses, place, defaultOptions.watchdogTimeoutMs));
    harness.clock.advance(20_000);
    t.is(harness.threads.length, 3);
    beats[1]?.stop();
    new NodeLoad(harness.memory.load, 1).change('clients', 1);
    owe(harness.at(1), 'c1');
    harness.clock.advance(12_000);
    await nextPhase();
    t.is(harness.threads.length, isStuck ? 3 : 4);
    harness.clock.advance(5_000);
    t.is(harness.fatal.length, isStuck ? 1 : 0);
    t.is(harness.exits, isStuck ? 1 : 0);
    t.is(new NodeLoad(harness.memory.load, 0).total('clients'), 0);
    for (const beat of beats) beat.stop();
    harness.isStuck = false;
    await harness.shards.stop();
    const adopted = harness.threads.flatMap(({commands}) => commands).filter((command) => command.kind === 'adopt');
    const messages = new Set(adopted.flatMap(({closes}) => closes.map(({message}) => message)));
    t.deepEqual([...messages], ['c1'], 'made by its successor, or by another at the end');
    t.is(harness.clock.pendingCount, 0);
  }
});

test('the end waits no longer for a shard that hangs in it than for one that hangs before, also where it never ends', async (t) => {
  for (const isStuck of [false, true]) {
    const harness = await start(t);
    const {pulses} = harness.memory;
    const beats = [0, 1, 2].map((place) => new Pulse(harness.clock, pulses, place, defaultOptions.watchdogTimeoutMs));
    harness.clock.advance(20_000);
    harness.held.add('stopListening').add('stop');
    const stopped = harness.shards.stop();
    await nextPhase();
    for (const index of [0, 2]) harness.at(index).say({kind: 'quiet'});
    harness.clock.advance(1_000);
    await nextPhase();
    for (const index of [0, 2]) harness.at(index).say({kind: 'stopped'});
    await nextPhase();
    harness.isStuck = isStuck;
    beats[1]?.stop();
    harness.clock.advance(12_000);
    await nextPhase();
    harness.clock.advance(5_000);
    await stopped;
    t.is(harness.exits, isStuck ? 1 : 0);
    for (const beat of beats) beat.stop();
    t.is(harness.clock.pendingCount, 0);
  }
});

test('a successor has its two minutes to load, whatever the one before it beat', async (t) => {
  const harness = await start(t);
  const {pulses} = harness.memory;
  const beats = [0, 1, 2].map((place) => new Pulse(harness.clock, pulses, place, defaultOptions.watchdogTimeoutMs));
  harness.clock.advance(20_000);
  beats[1]?.stop();
  harness.at(1).die();
  await nextPhase();
  harness.clock.advance(110_000);
  await nextPhase();
  t.is(harness.threads.length, 4);
  harness.clock.advance(11_000);
  await nextPhase();
  t.is(harness.threads.length, 5, 'one that never beats is replaced');
  for (const beat of beats) beat.stop();
  await harness.shards.stop();
});
