// The network between simulated nodes: datagrams that are lost, late and doubled; calls that break, before or after they
// were carried out, or hang; and an attacker who captures announcements and sends them again from another address.

import type {HelloAnswer, HelloFailure, HelloQuestion} from '../../../src/cluster/lan/hello.ts';
import type {NodeAnswer, NodeRequest, NodeTransport} from '../../../src/cluster/lan/node-transport.ts';
import {headerNodeCall} from '../../../src/protocol/header-name.ts';
import {readNodeCall, signNodeAnswer} from '../../../src/protocol/node-call.ts';
import type {ClusterHarness} from './harness.ts';
import type {SimulatedNode} from './node.ts';
import {keys} from './secret.ts';

/**
 * Ways to break the cluster from outside its code, to prove that the checks see it: calls carried out twice; broken calls
 * answered as if all were well; one client too many counted; announcements that never arrive; nodes that were heard and cannot
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
  /** By address; absent where no node listens. */
  readonly nodes = new Map<string, SimulatedNode>();
  readonly #harness: ClusterHarness;
  /** Whether the junk comes. */
  isFlooded = false;
  readonly #everyone: SimulatedNode[] = [];
  readonly #open = new Set<OpenCall>();
  readonly #captured: Uint8Array[] = [];
  readonly #sabotage: Sabotage | undefined;

  constructor(harness: ClusterHarness, sabotage?: Sabotage) {
    this.#harness = harness;
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
    const {rng} = this.#harness;
    const nodes = [...this.nodes.values()];
    const node = rng.pick(nodes);
    for (let sent = 0; sent < count; sent++) {
      const isCaptured = this.#captured.length > 0 && rng.chance(0.5);
      const datagram = isCaptured ? rng.pick(this.#captured) : Buffer.from(`{"msgtype":"online","port":${sent}}`);
      const address = rng.pick([
        attacker,
        `10.9.${rng.integer(0, 255)}.${rng.integer(1, 254)}`,
        rng.pick(nodes).address,
      ]);
      // Also with the very address and port from which a node's announcements come.
      node.hear(datagram, address, rng.chance(0.2) ? undefined : rng.integer(1_024, 65_535));
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

  /** The attacker sends something to a node. */
  attack(): void {
    const {rng} = this.#harness;
    const garbage = Buffer.from(rng.hex(rng.integer(0, 40)), 'hex');
    const datagram = rng.chance(0.7) && this.#captured.length > 0 ? rng.pick(this.#captured) : garbage;
    const nodes = [...this.nodes.values()];
    if (nodes.length > 0) this.#throw(rng.pick(nodes), datagram, rng.chance(0.5) ? attacker : rng.pick(nodes).address);
  }

  #throw(node: SimulatedNode, datagram: Uint8Array, address: string, from?: SimulatedNode): void {
    const {rng, networkModel} = this.#harness;
    if (rng.chance(networkModel.datagramsLost) || this.#sabotage === 'deaf') return;
    const copies = rng.chance(networkModel.datagramsDoubled) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      this.#harness.later(this.#harness.latencyMs(), () => {
        if (from !== undefined && !node.clock.isFrozen) node.heard.set(from.id, this.#harness.clock.now());
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
      this.#harness.later(this.#harness.latencyMs(), () => {
        from.clock.happen(() => {
          if (!isGivenUp) settle(answer);
        });
      });
    };
    this.#harness.later(this.#harness.latencyMs(), () => {
      const address = new URL(origin).hostname;
      const {rng, networkModel} = this.#harness;
      // The attacker passes the question on to a node that can answer it, and the answer back.
      const isRelayed = address === attacker;
      const node = isRelayed ? rng.pick([...this.nodes.values()]) : this.nodes.get(address);
      if (node === undefined) {
        tell({failure: 'no node there'});
      } else if (!rng.chance(networkModel.callsHung) && !(this.isFlooded && this.#sabotage === 'drowned')) {
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
    const {rng, networkModel} = this.#harness;
    let isOver = false;
    const tell = (answer: NodeAnswer | undefined): void => {
      this.#harness.later(this.#harness.latencyMs(), () => {
        from.clock.happen(() => {
          if (isOver) return;
          isOver = true;
          settle(answer);
        });
      });
    };
    const isBroken = rng.chance(networkModel.callsBroken);
    const isHung = rng.chance(networkModel.callsHung);
    const isAnswerBroken = rng.chance(networkModel.answersBroken);
    this.#harness.later(this.#harness.latencyMs(), () => {
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
