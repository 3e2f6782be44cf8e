// Ownership: whatever draws the fencing tokens, and in whatever order questions and answers travel, of several parts that
// claim a key at once exactly one stays its owner, the one with the highest token. [RB-67]

import test from 'ava';
import {Presence, presenceBytes} from '../../src/cluster/shards/presence.ts';
import {fencingTokensBytes, ShardDirectory} from '../../src/cluster/shards/shard-directory.ts';
import {ShardPeers} from '../../src/cluster/shards/shard-peers.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {createCounters} from '../../src/core/counters.ts';
import {SeededRandom} from '../../src/core/random-seeded.ts';
import {createSoleDirectory, type Directory} from '../../src/router/directory.ts';
import type {LocalPart, Takeover} from '../../src/router/part.ts';
import {Scheduler} from '../../src/runtime/scheduler.ts';
import {sharedOrderBytes} from '../../src/runtime/shared-order.ts';
import {createPorts} from '../../verification/simulation/port.ts';
import {BrokerDirectory, BrokerTransport} from './broker-transport.ts';
import {MemoryBroker} from './memory-broker.ts';
import {scriptedPart} from './scripted-part.ts';

/** A part that may own keys: under a token, or 0 while it does not know the token that it is to get. */
class Owner {
  readonly part: LocalPart;
  readonly owned = new Map<string, number>();
  directory: Directory = createSoleDirectory();
  /** Asked to yield by a higher token before its own was known. */
  readonly #fenced = new Map<string, number>();

  constructor(name: string) {
    this.part = {...scriptedPart, name, takeOver: async (request) => this.#yield(request)};
  }

  /** Claims, and has older owners end. */
  async claim(key: string): Promise<number> {
    this.#fenced.delete(key);
    this.owned.set(key, 0);
    const drawn = this.directory.claim(key);
    const token = typeof drawn === 'number' ? drawn : await drawn;
    if ((this.#fenced.get(key) ?? 0) > token) this.#end(key, token);
    else this.owned.set(key, token);
    await this.directory.takeOver(key, token);
    return token;
  }

  #yield({identity, fencingToken}: Takeover): 'done' {
    const token = this.owned.get(identity);
    if (token === 0) this.#fenced.set(identity, Math.max(fencingToken, this.#fenced.get(identity) ?? 0));
    else if (token !== undefined && token < fencingToken) this.#end(identity, token);
    return 'done';
  }

  #end(key: string, token: number): void {
    this.owned.delete(key);
    this.directory.release(key, token);
  }
}

interface Owners {
  readonly all: readonly Owner[];
  readonly clock: SimulatedClock;
  /** Runs what is due, in an order that the seed says. */
  readonly run: () => Promise<void>;
  /** An owner ends, or hangs: it is not heard any more. */
  readonly silence: (owner: Owner) => void;
}

/** Things that travel arrive in any order, but those of one source in theirs. */
function travel(seed: number) {
  const random = new SeededRandom(seed);
  const due: {readonly source: object; readonly run: () => void}[] = [];
  return {
    defer: (source: object, run: () => void) => void due.push({source, run}),
    run: async (): Promise<void> => {
      for (;;) {
        for (let tick = 0; tick < 20; tick++) await Promise.resolve();
        const {source} = due[random.integer(0, due.length - 1)] ?? {};
        const place = due.findIndex((one) => one.source === source);
        if (place < 0) return;
        due.splice(place, 1)[0]?.run();
      }
    },
  };
}

function overShards(seed: number): Owners {
  const {defer, run} = travel(seed);
  const clock = new SimulatedClock();
  const memory = () => [0, 1, 2].map(() => new SharedArrayBuffer(presenceBytes));
  const presences = memory();
  const channels = memory().map((piece) => new Presence(piece));
  const fencingTokens = new SharedArrayBuffer(fencingTokensBytes);
  const order = new SharedArrayBuffer(sharedOrderBytes);
  const shards = presences.map((_, index) => {
    const owner = new Owner(`shard ${index}`);
    const directory = new ShardDirectory({own: index, fencingTokens, presences});
    owner.directory = directory;
    const turns = {};
    const scheduler = new Scheduler({
      clock,
      counters: createCounters(),
      defer: (turn) => defer(turns, turn),
      onFatal(error) {
        throw error;
      },
    });
    return {
      owner,
      directory,
      peers: new ShardPeers({scheduler, order, index, presences: channels, peerTimeoutMs: 2_000}),
    };
  });
  for (const [index, one] of shards.entries()) {
    for (const [place, other] of [...shards.entries()].slice(index + 1)) {
      const [here, there] = createPorts({defer, pass: (envelope) => envelope});
      one.directory.link(
        place,
        one.peers.add(place, here, one.owner.part, () => one.directory.unlink(place)),
      );
      other.directory.link(
        index,
        other.peers.add(index, there, other.owner.part, () => other.directory.unlink(index)),
      );
    }
  }
  return {
    all: shards.map(({owner}) => owner),
    clock,
    run,
    silence(silent) {
      const shard = shards.find(({owner}) => owner === silent);
      shard?.peers.close();
      // As the main thread does: a shard that died owns nothing, until a successor holds what it owed.
      shard?.directory.forget();
    },
  };
}

function atBroker(seed: number): Owners {
  const {defer, run} = travel(seed);
  const clock = new SimulatedClock();
  const broker = new MemoryBroker((action) => defer({}, action));
  const nodes = [0, 1, 2].map((number) => {
    const owner = new Owner(`node ${number}`);
    const connection = broker.connect();
    owner.directory = new BrokerDirectory(
      connection,
      new BrokerTransport(connection, clock, owner.part),
      owner.part.name,
    );
    return {owner, connection};
  });
  return {
    all: nodes.map(({owner}) => owner),
    clock,
    run,
    silence(silent) {
      for (const {owner, connection} of nodes) if (owner === silent) broker.kill(connection);
    },
  };
}

for (const [where, create] of Object.entries({'over threads': overShards, 'in the store of a broker': atBroker})) {
  test(`${where}: each claim has a higher token, and the owner before it ends`, async (t) => {
    const {all, run} = create(1);
    const [first, second, third] = all as [Owner, Owner, Owner];
    const tokens: number[] = [];
    for (const owner of [first, second, third, second]) {
      const claimed = owner.claim('ann');
      await run();
      tokens.push(await claimed);
      t.deepEqual(
        all.filter(({owned}) => owned.has('ann')),
        [owner],
      );
    }
    t.deepEqual(
      tokens,
      tokens.toSorted((one, other) => one - other),
    );
    t.is(new Set(tokens).size, tokens.length);
    const other = first.claim('bob');
    await run();
    await other;
    t.true(second.owned.has('ann'), 'another key is another matter');
  });

  test(`${where}: of parts that claim at once exactly the one with the highest token stays, in 300 orders of events`, async (t) => {
    for (let seed = 1; seed <= 300; seed++) {
      const {all, run} = create(seed);
      const [first] = all as [Owner];
      // One has it already, or not.
      const before = seed % 2 === 0 ? first.claim('ann') : undefined;
      await run();
      await before;
      const claims = all.map((owner) => owner.claim('ann'));
      await run();
      const tokens = await Promise.all(claims);
      const highest = Math.max(...tokens);
      const owners = all.flatMap(({owned}) => [...owned.values()]);
      t.deepEqual(owners, [highest], `seed ${seed}`);
    }
  });

  test(`${where}: a claim does not wait for ever for an owner that is silent, and a late release of that owner changes nothing`, async (t) => {
    const {all, run, clock, silence} = create(3);
    const [lost, next, later] = all as [Owner, Owner, Owner];
    const held = lost.claim('ann');
    await run();
    const old = await held;
    silence(lost);
    await run();
    const claimed = next.claim('ann');
    await run();
    clock.advance(10_000);
    await run();
    t.true((await claimed) > old);
    lost.directory.release('ann', old);
    await run();
    const again = later.claim('ann');
    await run();
    t.true((await again) > (await claimed));
    t.deepEqual(
      [next, later].map(({owned}) => owned.has('ann')),
      [false, true],
      'the next one knows which owner to end',
    );
  });
}

test('a thread that is alone draws rising tokens, and has no other owner to end', (t) => {
  const directory = createSoleDirectory();
  const tokens = [directory.claim('ann'), directory.claim('ann'), directory.claim('bob')] as const;
  t.deepEqual(tokens, [1, 2, 3]);
  t.is(directory.takeOver('ann', 2), undefined);
});
