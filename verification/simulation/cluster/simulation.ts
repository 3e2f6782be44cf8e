// One run: ten nodes in a storm, in which nodes are killed, frozen, ended in order and started again, and the network
// loses and breaks what it likes; then calm, in which after 15 s everything must be whole; for some, a flood of junk; then
// the end, and nothing left.

import type {Tape} from '../../../test/support/tape.ts';
import {ClusterHarness, calm, type NetworkModel} from './harness.ts';
import {Ledger, type Publication} from './ledger.ts';
import {attacker, Network, type Sabotage} from './network.ts';
import {SimulatedNode} from './node.ts';

const nodeCount = 10;
const stormMs = 60_000;
const wholeAgainMs = 15_000;
/** Each so many milliseconds so many datagrams at most to one of the nodes. */
const floodMs = 45_000;
/** Of so many seeds one has it: reading junk is what takes time. */
const floodedSeeds = 4;
const floodEveryMs = 100;
const floodMost = 200;
const channels = ['red', 'green', 'blue'];

export interface ClusterRun {
  readonly seed: number;
  readonly faults: readonly string[];
  readonly simulatedMs: number;
  /** Publications that were answered, and of these the partial ones. */
  readonly told: number;
  readonly partial: number;
  readonly deaths: number;
}

/** `tape` records what the actors of the nodes do. */
export async function simulateCluster(seed: number, sabotage?: Sabotage, tape?: Tape): Promise<ClusterRun> {
  const simulation = new ClusterSimulation(seed, sabotage, tape);
  await simulation.run();
  return simulation.report();
}

class ClusterSimulation {
  readonly #seed: number;
  readonly #harness: ClusterHarness;
  readonly #network: Network;
  readonly #ledger: Ledger;
  readonly #tape: Tape | undefined;
  /** All that ever lived. */
  readonly #nodes: SimulatedNode[] = [];
  #isStorm = true;
  #deaths = 0;

  constructor(seed: number, sabotage: Sabotage | undefined, tape: Tape | undefined) {
    this.#seed = seed;
    this.#tape = tape;
    this.#harness = new ClusterHarness(seed);
    this.#network = new Network(this.#harness, sabotage);
    this.#ledger = new Ledger(this.#harness, () => this.#nodes);
  }

  report(): ClusterRun {
    const {faults, clock} = this.#harness;
    const {told, partial} = this.#ledger;
    return {seed: this.#seed, faults, simulatedMs: clock.now(), told, partial, deaths: this.#deaths};
  }

  async run(): Promise<void> {
    const {rng} = this.#harness;
    this.#harness.networkModel = this.#storm();
    for (let place = 1; place <= nodeCount; place++) {
      this.#harness.later(rng.integer(0, 3_000), () => this.#startNode(`10.0.0.${place}`));
    }
    for (let count = 0; count < 25; count++) this.#harness.later(rng.integer(0, stormMs / 2), () => this.#arrive());
    this.#again(300, () => this.#publish());
    this.#again(4_000, () => this.#disturb());
    this.#again(500, () => this.#network.attack());
    await this.#harness.run(stormMs);
    await this.#calmDown();
    if (this.#seed % floodedSeeds === 1) await this.#flood();
    await this.#probe();
    await this.#end();
  }

  #storm(): NetworkModel {
    const {rng} = this.#harness;
    return {
      datagramsLost: rng.pick([0, 0.1, 0.3]),
      datagramsDoubled: rng.pick([0, 0.1]),
      callsBroken: rng.pick([0.001, 0.02, 0.1]),
      answersBroken: rng.pick([0, 0.02, 0.1]),
      callsHung: rng.pick([0, 0.01, 0.05]),
      latencyMsMax: rng.pick([2, 20, 200]),
    };
  }

  /** Does it again and again, this often on average, while the storm lasts. */
  #again(everyMs: number, what: () => void): void {
    this.#harness.later(this.#harness.rng.waitMs(everyMs), () => {
      if (!this.#isStorm) return;
      what();
      this.#again(everyMs, what);
    });
  }

  get #living(): readonly SimulatedNode[] {
    return this.#nodes.filter(({isAlive, isStopping}) => isAlive && !isStopping);
  }

  #startNode(address: string): void {
    if (this.#network.nodes.has(address)) return;
    const node = new SimulatedNode(this.#harness, this.#network, address, {
      number: this.#nodes.length,
      tape: this.#tape,
    });
    this.#nodes.push(node);
    this.#network.add(node);
    node.start();
  }

  #arrive(): void {
    const {rng} = this.#harness;
    const living = this.#living.filter(({clock}) => !clock.isFrozen);
    if (living.length === 0) return;
    const client = rng.pick(living).connect(rng.pick(channels));
    if (this.#isStorm) this.#harness.later(rng.integer(1_000, 30_000), () => this.#move(client));
  }

  /** The client goes, and comes again to whichever node. */
  #move(client: ReturnType<SimulatedNode['connect']>): void {
    if (!this.#isStorm) return;
    if (client.isOpen) client.leave();
    this.#arrive();
  }

  #publish(): void {
    const {rng} = this.#harness;
    const living = this.#living.filter(({clock}) => !clock.isFrozen);
    if (living.length === 0) return;
    this.#ledger.publish(rng.pick(living), {
      channel: rng.pick(channels),
      qos: rng.pick([0, 1, 2, 2] as const),
      timeoutMs: rng.pick([1_000, 3_000, 4_000, 10_000]),
    });
  }

  #disturb(): void {
    const {rng} = this.#harness;
    const living = this.#living.filter(({clock}) => !clock.isFrozen);
    if (living.length === 0) return;
    const node = rng.pick(living);
    const what = rng.pick(['kill', 'kill', 'stop', 'freeze'] as const);
    if (what === 'freeze') {
      node.freeze();
      this.#harness.later(rng.integer(500, 20_000), () => node.thaw());
      return;
    }
    this.#deaths++;
    if (what === 'kill') this.#kill(node);
    else this.#stop(node);
    this.#harness.later(rng.integer(100, 15_000), () => this.#startNode(node.address));
  }

  #kill(node: SimulatedNode): void {
    node.wasKilled = true;
    node.kill();
    this.#network.disconnect(node);
    for (let count = 0; count < 3; count++)
      this.#harness.later(this.#harness.rng.integer(500, 3_000), () => this.#arrive());
  }

  #stop(node: SimulatedNode): void {
    node.stop().then(
      () => this.#network.disconnect(node),
      (error: unknown) => this.#harness.note(`${node.address} did not stop: ${String(error)}`),
    );
  }

  async #calmDown(): Promise<void> {
    this.#isStorm = false;
    this.#harness.networkModel = calm;
    for (const node of this.#nodes) node.thaw();
    // Those that were stopping have gone by then, and what hangs was given up.
    await this.#harness.run(5_000);
    for (let place = 1; place <= nodeCount; place++) this.#startNode(`10.0.0.${place}`);
    await this.#harness.run(wholeAgainMs);
    for (let count = 0; count < 20; count++) this.#arrive();
    await this.#harness.run(1_000);
    for (const node of this.#living) {
      const origins = node.peers.called.map(({place}) => place.origin);
      const others = this.#living.filter((other) => other !== node).map(({origin}) => origin);
      if (origins.toSorted().join() !== others.toSorted().join()) {
        this.#harness.note(`${node.address} knows ${origins.length} of ${others.length}: ${origins.join(', ')}`);
      }
      if (origins.some((origin) => origin.includes(attacker))) this.#harness.note('the attacker is a peer');
    }
  }

  /** Junk comes for longer than a silent node is remembered: all that answer stay, and no other comes in. */
  async #flood(): Promise<void> {
    const {rng} = this.#harness;
    this.#network.isFlooded = true;
    const left = (): number =>
      this.#living.reduce((sum, {counters}) => sum + counters.nodesLost + counters.nodesLeft, 0);
    const before = left();
    for (let round = 0; round < floodMs / floodEveryMs; round++) {
      this.#network.flood(rng.integer(floodMost / 4, floodMost));
      await this.#harness.run(floodEveryMs);
    }
    this.#network.isFlooded = false;
    if (left() > before) this.#harness.note(`${left() - before} nodes that answer were dropped in a flood of junk`);
  }

  /** From every node, to everybody; then one client is found, occupies, and leaves, each time through another node. */
  async #probe(): Promise<void> {
    const publications: Publication[] = [];
    for (const node of this.#living) {
      for (const qos of [1, 2] as const) {
        publications.push(
          this.#ledger.publish(node, {channel: this.#harness.rng.pick(channels), qos, timeoutMs: 4_000}),
        );
      }
      await this.#harness.run(500);
    }
    if (this.#harness.faults.length === 0) for (const publication of publications) this.#ledger.checkWhole(publication);
    const clients = this.#living.flatMap((node) => [...node.clients]);
    const [king, ...others] = clients;
    if (king === undefined || this.#harness.faults.length > 0) return;
    const asked = this.#living.map((node, place) => {
      const {identity} = others[place] ?? king;
      return node.router.subscribe({identity, channel: 'throne'});
    });
    await this.#expect(Promise.all(asked), (answers) => answers.every(({outcome}) => outcome === 'done'), 'joining');
    const any = (): SimulatedNode => this.#harness.rng.pick(this.#living);
    const throne = {identity: king.identity, channel: 'throne'};
    await this.#expect(
      any().router.occupy(throne),
      ({outcome, isPartial}) => outcome === 'done' && !isPartial,
      'occupy',
    );
    await this.#expectMembers(any(), [king.identity]);
    await this.#expect(
      any().router.unsubscribe(throne),
      ({outcome, isPartial}) => outcome === 'done' && !isPartial,
      'leaving',
    );
    await this.#expectMembers(any(), []);
  }

  async #expectMembers(node: SimulatedNode, identities: readonly string[]): Promise<void> {
    const request = {
      channel: 'throne',
      identity: undefined,
      type: 1,
      qos: 1,
      timeoutMs: 2_000,
      wantsReplies: true,
    } as const;
    await this.#expect(
      node.router.publish({...request, payload: Buffer.from(`throne ${identities.length}`)}),
      ({replies}) => replies.map(({identity}) => identity).join() === identities.join(),
      `${identities.length} on the throne`,
    );
  }

  async #expect<Value>(promise: Promise<Value>, isRight: (value: Value) => boolean, what: string): Promise<void> {
    let isSo: boolean | undefined;
    promise.then(
      (value) => {
        isSo = isRight(value);
      },
      (error: unknown) => this.#harness.note(`${what}: ${String(error)}`),
    );
    await this.#harness.run(2_500);
    if (isSo !== true) this.#harness.note(`${what}: ${isSo === undefined ? 'no answer' : 'another answer'}`);
  }

  /** One after the other they say goodbye; the others do without at once, and at last nothing is left. */
  async #end(): Promise<void> {
    for (const node of this.#living) {
      if (this.#harness.faults.length > 0) return;
      this.#stop(node);
      await this.#harness.run(100);
      const called = this.#living.filter((other) => other.peers.called.some(({place}) => place.node === node.id));
      if (called.length > 0)
        this.#harness.note(`${node.address} has said goodbye and is still called by ${called.length}`);
    }
    await this.#harness.run(30_000);
    if (this.#harness.faults.length > 0) return;
    const waiting = this.#ledger.waiting.filter(({wasKilled}) => !wasKilled);
    if (waiting.length > 0) this.#harness.note(`${waiting.length} callers still wait`);
    if (this.#harness.clock.pendingCount > 0) this.#harness.note(`${this.#harness.clock.pendingCount} timers are left`);
  }
}
