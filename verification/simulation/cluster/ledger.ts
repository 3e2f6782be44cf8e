// The publications of a run: who should have got each, who did, and whether the answer to its caller is true. [RB-61]

import {plausibleSkewMs} from '../../../src/cluster/lan/discovery.ts';
import type {PublishOutcome, PublishRequest} from '../../../src/router/router.ts';
import type {SimulatedClient} from './client.ts';
import type {ClusterHarness} from './harness.ts';
import type {SimulatedNode} from './node.ts';

/** Well below the silence after which a node counts as gone. */
const heardMsMax = 25_000;

/** What a caller of the original waits beyond the timeout it asked for. */
const callerGraceMs = 500;

export interface Publication {
  readonly payload: string;
  readonly channel: string;
  readonly node: SimulatedNode;
  outcome: PublishOutcome | undefined;
}

export class Ledger {
  /** Publications that were answered, and of these the partial ones. */
  told = 0;
  partial = 0;
  readonly #waiting = new Set<Publication>();
  readonly #harness: ClusterHarness;
  readonly #nodes: () => readonly SimulatedNode[];
  #count = 0;

  constructor(harness: ClusterHarness, nodes: () => readonly SimulatedNode[]) {
    this.#harness = harness;
    this.#nodes = nodes;
  }

  /** The nodes whose callers wait for an answer, one for each. */
  get waiting(): readonly SimulatedNode[] {
    return [...this.#waiting].map(({node}) => node);
  }

  publish(
    node: SimulatedNode,
    terms: Pick<PublishRequest, 'qos' | 'timeoutMs'> & {readonly channel: string},
  ): Publication {
    const {clock} = this.#harness;
    const payload = `p${++this.#count}`;
    const publication: Publication = {payload, channel: terms.channel, node, outcome: undefined};
    const called = new Set([node.id, ...node.peers.called.map(({place}) => place.node), ...this.#expected(node)]);
    const members = this.#members(terms.channel).filter(([, {id}]) => called.has(id));
    const startedAt = clock.now();
    this.#waiting.add(publication);
    const request = {
      ...terms,
      identity: undefined,
      type: 1,
      payload: Buffer.from(payload),
      wantsReplies: true,
    };
    node.router.publish(request).then(
      (outcome) => {
        this.#waiting.delete(publication);
        publication.outcome = outcome;
        if (!node.isAlive || terms.qos === 0) return;
        this.told++;
        if (outcome.isPartial === true) this.partial++;
        const tookMs = clock.now() - startedAt;
        const isLate = tookMs > terms.timeoutMs + callerGraceMs;
        if (isLate && !node.wasFrozenSince(startedAt)) this.#harness.note(`${payload} took ${tookMs} ms`);
        this.#check(publication, outcome, members);
      },
      (error: unknown) => {
        this.#waiting.delete(publication);
        // A node that stops refuses publications, and one that was killed answers no caller.
        if (node.isAlive && !node.isStopping) this.#harness.note(`${payload} failed: ${String(error)}`);
      },
    );
    return publication;
  }

  /** Nodes that this one has heard lately: they are called, or missed. */
  #expected(node: SimulatedNode): readonly string[] {
    const now = this.#harness.clock.now();
    const isLate = (at: number | undefined): boolean => at === undefined || now - at > heardMsMax || now === at;
    return this.#nodes()
      .filter((other) => other !== node && Math.abs(other.skewMs - node.skewMs) < plausibleSkewMs)
      .filter(({id}) => !isLate(node.heard.get(id)))
      .map(({id}) => id);
  }

  #check({payload}: Publication, outcome: PublishOutcome, members: readonly Member[]): void {
    const all = this.#nodes().flatMap(({past}) => [...past]);
    const acknowledged = all.filter((client) => client.acknowledged.has(payload));
    if (outcome.connections > acknowledged.length) {
      this.#harness.note(`${payload}: ${outcome.connections} counted, ${acknowledged.length} acknowledged`);
    }
    const identities = outcome.replies.map(({identity}) => identity);
    if (new Set(identities).size !== identities.length) this.#harness.note(`${payload}: a client counted twice`);
    if (outcome.isPartial === true || outcome.isTimedOut) return;
    const stayed = members.filter(([client, node]) => client.isOpen && node.isAlive && !node.isStopping);
    const missing = stayed.filter(([client]) => !identities.includes(client.identity));
    if (missing.length > 0) this.#harness.note(`${payload}: ${missing.length} clients missing, and nothing said`);
  }

  /** In the calm: everybody in the channel, once, and nothing partial. */
  checkWhole({payload, channel, outcome, node}: Publication): void {
    const members = this.#members(channel);
    if (outcome?.connections !== members.length || outcome.isPartial === true || outcome.isTimedOut) {
      const told = `${outcome?.connections}${outcome?.isPartial === true ? ', partial' : ''}`;
      this.#harness.note(`${payload} from ${node.address}: ${told} of ${members.length}`);
    }
    const without = members.filter(([client]) => !client.received.has(payload));
    if (without.length > 0) this.#harness.note(`${payload} did not reach ${without.length} clients`);
  }

  #members(channel: string): readonly Member[] {
    return this.#nodes()
      .filter(({isAlive}) => isAlive)
      .flatMap((node) =>
        [...node.clients]
          .filter((client) => client.isOpen && client.channel === channel)
          .map((client) => [client, node] as const),
      );
  }
}

type Member = readonly [SimulatedClient, SimulatedNode];
