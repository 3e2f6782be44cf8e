// The network between simulated nodes: datagrams that are lost, late and doubled; calls that break, before or after they
// were carried out, or hang; and somebody who captures announcements and sends them again from an address of their own.

import type {HelloAnswer, HelloFailure, HelloQuestion} from '../../../src/cluster/lan/hello.ts';
import type {NodeAnswer, NodeRequest, NodeTransport} from '../../../src/cluster/lan/node-transport.ts';
import {headerNodeCall} from '../../../src/protocol/header-name.ts';
import {readNodeCall, signNodeAnswer} from '../../../src/protocol/node-call.ts';
import type {ClusterWorld} from './harness.ts';
import type {SimulatedNode} from './node.ts';
import {keys} from './secret.ts';

/**
 * Ways to break the cluster from outside its code, to prove that the checks see it: calls carried out twice; broken calls
 * answered as if all were well; one client too many told; announcements that never arrive; nodes that were heard and cannot
 * be called kept secret; questions that are not answered during a flood.
 */
export type Sabotage = 'doubled' | 'unsaid' | 'overcounted' | 'deaf' | 'concealed' | 'drowned';

export const attacker = '10.0.0.66';
const capturedMax = 100;

interface OpenCall {
  readonly target: SimulatedNode;
  readonly fail: () => void;
}

export class Network {
  /** By address; absent where nobody listens. */
  readonly nodes = new Map<string, SimulatedNode>();
  readonly #world: ClusterWorld;
  /** Whether the junk comes. */
  isFlooded = false;
  readonly #everyone: SimulatedNode[] = [];
  readonly #open = new Set<OpenCall>();
  readonly #captured: Uint8Array[] = [];
  readonly #sabotage: Sabotage | undefined;

  constructor(world: ClusterWorld, sabotage?: Sabotage) {
    this.#world = world;
    this.#sabotage = sabotage;
  }

  /** To everybody, the sender included. */
  announce(from: SimulatedNode, datagram: Uint8Array): void {
    this.#captured.push(datagram);
    if (this.#captured.length > capturedMax) this.#captured.shift();
    for (const node of this.nodes.values()) this.#throw(node, datagram, from.address, from);
  }

  /** Junk to one node at once: garbage, and announcements that were captured, from addresses and ports of anybody. */
  flood(count: number): void {
    const {dice} = this.#world;
    const nodes = [...this.nodes.values()];
    const node = dice.pick(nodes);
    for (let sent = 0; sent < count; sent++) {
      const isCaptured = this.#captured.length > 0 && dice.chance(0.5);
      const datagram = isCaptured ? dice.pick(this.#captured) : Buffer.from(`{"msgtype":"online","port":${sent}}`);
      const address = dice.pick([
        attacker,
        `10.9.${dice.integer(0, 255)}.${dice.integer(1, 254)}`,
        dice.pick(nodes).address,
      ]);
      // Also with the very address and port from which a node's announcements come.
      node.hear(datagram, address, dice.chance(0.2) ? undefined : dice.integer(1_024, 65_535));
    }
  }

  /** Whether a node lives, or lived, at this origin under this id. */
  isOfCluster(origin: string, id: string): boolean {
    return this.#everyone.some((node) => node.origin === origin && node.id === id);
  }

  /** A node has started. */
  add(node: SimulatedNode): void {
    this.nodes.set(node.address, node);
    this.#everyone.push(node);
  }

  get hidesMissing(): boolean {
    return this.#sabotage === 'concealed';
  }

  /** The attacker sends something to somebody. */
  attack(): void {
    const {dice} = this.#world;
    const garbage = Buffer.from(dice.hex(dice.integer(0, 40)), 'hex');
    const datagram = dice.chance(0.7) && this.#captured.length > 0 ? dice.pick(this.#captured) : garbage;
    const nodes = [...this.nodes.values()];
    if (nodes.length > 0)
      this.#throw(dice.pick(nodes), datagram, dice.chance(0.5) ? attacker : dice.pick(nodes).address);
  }

  #throw(node: SimulatedNode, datagram: Uint8Array, address: string, from?: SimulatedNode): void {
    const {dice, weather} = this.#world;
    if (dice.chance(weather.datagramsLost) || this.#sabotage === 'deaf') return;
    const copies = dice.chance(weather.datagramsDoubled) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      this.#world.later(this.#world.latencyMs(), () => {
        if (from !== undefined && !node.clock.isFrozen) node.heard.set(from.id, this.#world.clock.now());
        node.hear(datagram, address);
      });
    }
  }

  ask(
    from: SimulatedNode,
    origin: string,
    question: HelloQuestion,
    settle: (answer: HelloAnswer | HelloFailure) => void,
  ): () => void {
    let isGivenUp = false;
    const tell = (answer: HelloAnswer | HelloFailure): void => {
      this.#world.later(this.#world.latencyMs(), () => {
        from.clock.happen(() => {
          if (!isGivenUp) settle(answer);
        });
      });
    };
    this.#world.later(this.#world.latencyMs(), () => {
      const address = new URL(origin).hostname;
      const {dice, weather} = this.#world;
      // The attacker passes the question on to a node that can answer it, and the answer back.
      const isRelayed = address === attacker;
      const node = isRelayed ? dice.pick([...this.nodes.values()]) : this.nodes.get(address);
      if (node === undefined) {
        tell({failure: 'nobody there'});
      } else if (!dice.chance(weather.callsHung) && !(this.isFlooded && this.#sabotage === 'drowned')) {
        const path = {place: new URL(origin).host, asker: from.address};
        const seen = {place: new URL(node.origin).host, asker: isRelayed ? attacker : from.address};
        node.clock.happen(() => {
          const said = node.hello(question, seen);
          tell({isOk: said !== undefined, status: said === undefined ? 503 : 200, said, path});
        });
      }
    });
    return () => {
      isGivenUp = true;
    };
  }

  connect(from: SimulatedNode, origin: string): NodeTransport {
    const address = new URL(origin).hostname;
    return {
      send: (request, settle) => this.#send(from, address, request, settle),
      close: () => {},
    };
  }

  #send(
    from: SimulatedNode,
    address: string,
    request: NodeRequest,
    settle: (answer: NodeAnswer | undefined) => void,
  ): () => void {
    const {dice, weather} = this.#world;
    let isOver = false;
    const tell = (answer: NodeAnswer | undefined): void => {
      this.#world.later(this.#world.latencyMs(), () => {
        from.clock.happen(() => {
          if (isOver) return;
          isOver = true;
          settle(answer);
        });
      });
    };
    const isBroken = dice.chance(weather.callsBroken);
    const isHung = dice.chance(weather.callsHung);
    const isAnswerBroken = dice.chance(weather.answersBroken);
    this.#world.later(this.#world.latencyMs(), () => {
      const target = this.nodes.get(address);
      if (target === undefined || isBroken) {
        tell(this.#sabotage === 'unsaid' ? lie(request, '{"status":0,"connections":0,"data":""}') : undefined);
        return;
      }
      if (isHung) return;
      const call: OpenCall = {target, fail: () => tell(undefined)};
      this.#open.add(call);
      target.clock.happen(() => {
        if (this.#sabotage === 'doubled') void target.handle(request);
        void target.handle(request).then((answer) => {
          if (this.#open.delete(call)) tell(isAnswerBroken ? undefined : this.#falsify(request, answer));
        });
      });
    });
    return () => {
      isOver = true;
    };
  }

  #falsify(request: NodeRequest, answer: NodeAnswer | undefined): NodeAnswer | undefined {
    if (this.#sabotage !== 'overcounted' || answer === undefined) return answer;
    return lie(
      request,
      Buffer.from(answer.body)
        .toString()
        .replace(/"connections":\d+/, '"connections":40'),
    );
  }

  /** The process at the node's address has ended: what was under way with it breaks. */
  disconnect(node: SimulatedNode): void {
    if (this.nodes.get(node.address) === node) this.nodes.delete(node.address);
    for (const call of this.#open) {
      if (call.target !== node) continue;
      this.#open.delete(call);
      call.fail();
    }
  }
}

/** What a node of the cluster would have to say for this to be its answer. */
function lie({headers}: NodeRequest, text: string): NodeAnswer {
  const body = Buffer.from(text);
  const claim = readNodeCall(headers[headerNodeCall] ?? '');
  return {body, proof: claim && signNodeAnswer(keys, claim.proof, body)};
}
