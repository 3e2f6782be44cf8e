// The people of a run: each knocks until it is in, sends, stays for a while, leaves, and comes back.

import {type Sent, StrainClient} from './client.ts';
import type {StrainHarness} from './harness.ts';
import type {StrainNode} from './node.ts';
import type {Records} from './records.ts';

const knockPauseMs = 1_000;
const calmPauseMs = 6_000;

/** One of them. */
export interface Person {
  readonly number: number;
  client: StrainClient | undefined;
  /** Messages that were acknowledged to it. */
  served: number;
  /** How often it was let in. */
  visits: number;
}

export class Crowd {
  readonly people: Person[] = [];
  readonly clients = new Set<StrainClient>();
  /** Messages by serial that the business server carried out. */
  readonly processed = new Set<number>();
  /** And that it was asked to. */
  readonly asked = new Set<number>();
  /** QoS 0 messages that the gateway read. */
  readonly unacknowledgeable: {readonly client: StrainClient; readonly serial: number}[] = [];
  /** Whether they come back when they leave, and send. */
  isActive = true;
  /** Whether each has but one message open. */
  isCalm = false;
  acknowledged = 0;
  readonly #harness: StrainHarness;
  readonly #node: StrainNode;
  readonly #records: Records;
  #serial = 0;
  #number = 0;

  constructor(harness: StrainHarness, node: StrainNode, records: Records) {
    this.#harness = harness;
    this.#node = node;
    this.#records = records;
  }

  /** All come within `arrivalMs`. */
  arrive(arrivalMs: number): void {
    const {plan, rng} = this.#harness;
    for (let number = 0; number < plan.clients; number++) {
      const person: Person = {number, client: undefined, served: 0, visits: 0};
      this.people.push(person);
      this.#harness.later(rng.clients.integer(0, arrivalMs), () => this.#knock(person));
    }
  }

  /** Everybody leaves for good. */
  depart(): void {
    this.isActive = false;
    for (const {client} of this.people) client?.leave();
  }

  #knock(person: Person): void {
    if (!this.isActive || person.client !== undefined) return;
    const {plan} = this.#harness;
    const client: StrainClient = new StrainClient(this.#harness, person.number, ++this.#number, {
      admitted: () => {
        person.visits++;
        this.#records.admitted(client);
        this.#harness.later(2, () => this.#settle(person, client));
      },
      arrived: (_client, {qos, serial}) => {
        if (qos === 0) this.unacknowledgeable.push({client, serial});
      },
      acknowledged: (_client, sent) => this.#served(person, client, sent),
      ended: () => {
        person.client = undefined;
        if (this.isActive) this.#harness.later(this.#pauseMs(), () => this.#knock(person));
      },
    });
    if (!this.#node.connect(client)) {
      this.#harness.later(this.#pauseMs(), () => this.#knock(person));
      return;
    }
    person.client = client;
    this.clients.add(client);
    this.#harness.later(plan.patienceMs, () => {
      if (!client.isOpen) client.leave();
    });
  }

  #pauseMs(): number {
    return this.#harness.rng.clients.integer(1, 2 * knockPauseMs);
  }

  #settle(person: Person, client: StrainClient): void {
    if (!client.isOpen) return;
    const {plan, rng} = this.#harness;
    client.isDeaf = rng.clients.chance(plan.deaf);
    for (let count = 0; count < plan.openMax; count++) this.#sendLater(person, client);
    if (plan.stayMs < Number.POSITIVE_INFINITY)
      this.#harness.later(rng.clients.waitMs(plan.stayMs), () => {
        if (person.client === client) client.leave();
      });
  }

  #sendLater(person: Person, client: StrainClient): void {
    const {plan, rng} = this.#harness;
    const pauseMs = this.isCalm ? rng.clients.integer(1, calmPauseMs) : rng.clients.waitMs(plan.pauseMs);
    this.#harness.later(1 + pauseMs, () => {
      if (!client.isOpen || !this.isActive || (this.isCalm && client.open.size > 0)) return;
      const usual = this.isCalm ? ([1, 2] as const) : ([0, 1, 2] as const);
      const qos = plan.scenario === 'overload' ? 1 : rng.clients.pick(usual);
      client.sendMessage(qos, rng.clients.integer(10, plan.payloadBytesMax), ++this.#serial);
      if (qos === 0) this.#sendLater(person, client);
    });
  }

  #served(person: Person, client: StrainClient, {serial}: Sent): void {
    person.served++;
    this.acknowledged++;
    if (!this.processed.has(serial))
      this.#harness.note(`RB-12: message ${serial} was acknowledged and not carried out`);
    this.#sendLater(person, client);
  }
}
