// A gateway of several parts for the suite of the router: real actors under one simulated clock, the parts reached by one
// transport or another. A member is a thread, or a node of one thread.

import {reportChannels} from '../../src/actors/channel-reports.ts';
import {ticketsBytes} from '../../src/actors/sequences.ts';
import {NodePeers} from '../../src/cluster/lan/node-peers.ts';
import type {NodeTransport} from '../../src/cluster/lan/node-transport.ts';
import {Presence, presenceBytes} from '../../src/cluster/shards/presence.ts';
import {fencingTokensBytes, ShardDirectory} from '../../src/cluster/shards/shard-directory.ts';
import {ShardPeers} from '../../src/cluster/shards/shard-peers.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {createCounters} from '../../src/core/counters.ts';
import {SeededRandom} from '../../src/core/random-seeded.ts';
import {deriveNodeKeys} from '../../src/protocol/node-proof.ts';
import {createRouter} from '../../src/router/create-router.ts';
import type {Router} from '../../src/router/router.ts';
import {sharedOrderBytes} from '../../src/runtime/shared-order.ts';
import {createPorts} from '../../verification/simulation/port.ts';
import {answerNodeCall} from '../support/node-calls.ts';
import {
  type GatewayPlace,
  type SimulatedGateway,
  type SimulatedSettings,
  simulateGateway,
} from '../support/simulated-gateway.ts';
import {BrokerTransport} from './broker-transport.ts';
import {MemoryBroker} from './memory-broker.ts';

export const peerTimeoutMs = 2_000;
/** Of a notice. */
const bytesMax = 4_096;

/** One part of the gateway, and the router of a caller that comes to it. */
export interface Member {
  readonly gateway: SimulatedGateway;
  readonly router: Router;
  /** It ends without a word, whatever it was asked. */
  kill(): void;
}

/** All of it. */
export interface Members {
  readonly all: readonly Member[];
  readonly clock: SimulatedClock;
  /** Runs what is due, until nothing is. */
  readonly run: () => Promise<void>;
  /** Lets time pass. */
  readonly pass: (ms: number) => Promise<void>;
  /** The others have noticed that those which were killed are gone. */
  readonly notice: () => Promise<void>;
}

/** What the members have in common. */
class Ground {
  readonly clock = new SimulatedClock();
  readonly due: (() => void)[] = [];

  readonly settings: Partial<SimulatedSettings>;

  constructor(settings: Partial<SimulatedSettings> = {}) {
    this.settings = settings;
  }

  gateway(place: GatewayPlace): SimulatedGateway {
    return simulateGateway(this.settings, undefined, {...place, clock: this.clock, due: this.due});
  }

  readonly run = async (): Promise<void> => {
    for (;;) {
      // Answers come in microtasks.
      for (let tick = 0; tick < 20; tick++) await Promise.resolve();
      const next = this.due.shift();
      if (next === undefined) return;
      next();
    }
  };

  readonly pass = async (ms: number): Promise<void> => {
    await this.run();
    this.clock.advance(ms);
    await this.run();
  };
}

/** One thread. */
export function createAlone(settings?: Partial<SimulatedSettings>): Members {
  const ground = new Ground(settings);
  const gateway = ground.gateway({});
  const router = createRouter(gateway.router);
  reportChannels(gateway.context, {router, ownNode: router, threads: 1, bytesMax});
  return {...membersOf(ground, [{gateway, router, kill() {}}]), notice: ground.run};
}

/** Several threads of a node. */
export function createShards(count: number, settings?: Partial<SimulatedSettings>): Members {
  const ground = new Ground(settings);
  const memory = (bytes: number) => Array.from({length: count}, () => new SharedArrayBuffer(bytes));
  const [identities, channels] = [memory(presenceBytes), memory(presenceBytes)];
  const [tickets, fencingTokens] = [new SharedArrayBuffer(ticketsBytes), new SharedArrayBuffer(fencingTokensBytes)];
  const order = new SharedArrayBuffer(sharedOrderBytes);
  const presences = channels.map((piece) => new Presence(piece));
  const shards = presences.map((presence, index) => {
    const directory = new ShardDirectory({own: index, fencingTokens, presences: identities});
    const gateway = ground.gateway({
      number: index,
      directory,
      tickets,
      channelChanged: (channel, hasMembers) => (hasMembers ? presence.add(channel) : presence.remove(channel)),
    });
    const {scheduler} = gateway.context;
    return {gateway, directory, presence, peers: new ShardPeers({scheduler, order, index, presences, peerTimeoutMs})};
  });
  for (const [index, one] of shards.entries()) {
    for (const [place, other] of [...shards.entries()].slice(index + 1)) {
      const [here, there] = createPorts({defer: (_source, run) => ground.due.push(run), pass: (envelope) => envelope});
      const ways = [
        [one, place, here],
        [other, index, there],
      ] as const;
      for (const [shard, to, port] of ways) {
        const peer = shard.peers.add(to, port, shard.gateway.router, () => shard.directory.unlink(to));
        shard.directory.link(to, peer);
      }
    }
  }
  const all = shards.map(({gateway, presence, peers}): Member => {
    const router = createRouter(gateway.router, [peers.transport]);
    reportChannels(gateway.context, {router, ownNode: router, threads: count, bytesMax});
    return {
      gateway,
      router,
      kill() {
        peers.close();
        presence.clear();
      },
    };
  });
  return {...membersOf(ground, all), notice: ground.run};
}

/** Several nodes of a LAN, with HTTP in memory. */
export function createLan(count: number, settings?: Partial<SimulatedSettings>): Members {
  const ground = new Ground(settings);
  const keys = deriveNodeKeys('a-token-of-the-router-tests');
  const dead = new Set<string>();
  const breaking = new Set<() => void>();
  const nodes = Array.from({length: count}, (_, number) => {
    const gateway = ground.gateway({number});
    const id = String(number).repeat(32);
    return {gateway, id, origin: `http://10.0.0.${number + 1}:1984`, ownNode: createRouter(gateway.router)};
  });
  const connect = (origin: string): NodeTransport => ({
    send(request, settle) {
      const node = nodes.find((one) => one.origin === origin);
      const fail = (): void => settle(undefined);
      breaking.add(fail);
      ground.due.push(() => {
        if (node === undefined || dead.has(origin)) return;
        void answerNodeCall({...node, keys, clock: ground.clock}, request).then((answer) => {
          if (breaking.delete(fail)) settle(answer);
        });
      });
      return () => breaking.delete(fail);
    },
    close() {},
  });
  const joined = nodes.map(({gateway, id}, number) => {
    const peers = new NodePeers({
      self: id,
      keys,
      securityToken: 'a-token-of-the-router-tests',
      clock: ground.clock,
      random: new SeededRandom(100 + number),
      counters: createCounters(),
      peerTimeoutMs,
      connect,
      onDoubt() {},
    });
    return {peers, gateway};
  });
  function update(): void {
    const living = nodes.filter(({origin}) => !dead.has(origin));
    const lost = nodes.filter((node) => !living.includes(node)).map(({id}) => id);
    for (const [number, {peers}] of joined.entries()) {
      const others = living.filter((node) => node !== nodes[number]);
      const places = others.map(({id: node, origin}) => ({node, origin, isOriginal: false, clockOffsetMs: 0}));
      peers.update({places, lost, missing: []});
    }
  }
  update();
  const all = joined.map(({peers, gateway}, number): Member => {
    const router = createRouter(gateway.router, [peers.transport]);
    reportChannels(gateway.context, {router, ownNode: createRouter(gateway.router), threads: 1, bytesMax});
    return {gateway, router, kill: () => void dead.add(nodes[number]?.origin ?? '')};
  });
  return {
    ...membersOf(ground, all),
    async notice() {
      update();
      await ground.run();
    },
  };
}

/** Several nodes that know of each other only what a broker announces. */
export function createBrokered(count: number, settings?: Partial<SimulatedSettings>): Members {
  const ground = new Ground(settings);
  const broker = new MemoryBroker((run) => ground.due.push(run));
  const dead = new Set<() => void>();
  const all = Array.from({length: count}, (_, number): Member => {
    const connection = broker.connect();
    const gateway = ground.gateway({
      number,
      channelChanged: (channel, hasMembers) => transport.channelChanged(channel, hasMembers),
    });
    const transport = new BrokerTransport(connection, ground.clock, gateway.router);
    const router = createRouter(gateway.router, [transport]);
    reportChannels(gateway.context, {router, ownNode: createRouter(gateway.router), threads: 1, bytesMax});
    return {
      gateway,
      router,
      kill() {
        broker.kill(connection);
        dead.add(() => broker.expire(connection));
      },
    };
  });
  return {
    ...membersOf(ground, all),
    async notice() {
      for (const expire of dead) expire();
      await ground.run();
    },
  };
}

function membersOf({clock, run, pass}: Ground, all: readonly Member[]): Omit<Members, 'notice'> {
  return {all, clock, run, pass};
}
