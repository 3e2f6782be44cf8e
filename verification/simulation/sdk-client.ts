// A client of the simulation that is an application on the SDK of src/client: it sends with all sorts of options, fades and
// blooms, reloads its page, hears true and false hints from its platform.

import type {StoredMessage} from '../../src/client/client.ts';
import type {Qos} from '../../src/protocol/packet.ts';
import type {SimulatedClient} from './client.ts';
import type {Harness} from './harness.ts';
import type {ObservedMessage} from './observed-message.ts';
import {SdkMessages} from './sdk-messages.ts';
import {SdkPage} from './sdk-page.ts';

export class SdkClient implements SimulatedClient {
  isStaying = true;
  readonly number: number;
  readonly messages: SdkMessages;
  readonly #harness: Harness;
  readonly #kept: Map<string, StoredMessage> | undefined;
  readonly #slow: number;
  #page: SdkPage;
  #isCalm = false;

  constructor(harness: Harness, number: number) {
    const rng = harness.rng.clients;
    this.#harness = harness;
    this.number = number;
    this.messages = new SdkMessages(number, harness.observer.violations, harness.plan.hostility === undefined);
    this.#kept = rng.chance(0.5) ? new Map() : undefined;
    this.#slow = harness.plan.networkModel === 'clean' ? 0 : rng.pick([0, 0.1, 0.5]);
    this.#page = this.#makePage();
  }

  get isOpen(): boolean {
    return this.#page.isOpen;
  }

  get connectionNumber(): number {
    return this.#page.connectionNumber;
  }

  connect(): void {
    if (this.isStaying) this.#page.bloom();
  }

  act(): void {
    const rng = this.#harness.rng.clients;
    const {rainbow} = this.#page;
    if (rainbow.state === 'idle' || this.#page.isDead) return;
    const what = rng.integer(1, 100);
    if (what === 1) this.#reload();
    else if (what === 2) this.#fadeAndBloom();
    else if (what <= 5) this.#page.hint(rng.pick(['network.online', 'network.offline', 'page.shown']));
    else this.#send(rng.pick([0, 1, 1, 2, 2]), rng.pick([300, 5_000, 30_000, Number.POSITIVE_INFINITY]));
  }

  /** Sends one message that waits without limit; what of it went out at once. */
  send(qos: Qos): ObservedMessage | undefined {
    const {messages} = this.#harness.observer;
    const before = messages.length;
    this.#send(qos, Number.POSITIVE_INFINITY);
    return messages[before];
  }

  calmDown(): void {
    this.#isCalm = true;
    this.#page.hint('network.online');
    this.connect();
  }

  depart(isSilent: boolean): void {
    this.isStaying = false;
    if (isSilent) this.#die();
    else this.#page.fade();
  }

  /** In the calm every message comes to its end. */
  checkSettled(): void {
    const {open} = this.messages;
    if (open.length === 0) return;
    this.#harness.observer.violations.note('calm', this.connectionNumber, `messages ${open.join(', ')} have no end`);
  }

  #send(qos: Qos, timeout: number): void {
    const rng = this.#harness.rng.clients;
    const {rainbow} = this.#page;
    if (this.#page.isDead || rainbow.state === 'faded' || rainbow.state === 'fading') return;
    const mayRepeat = rng.chance(0.3);
    const fillerBytes = rng.chance(0.05) ? rng.integer(100, 600) : rng.integer(0, 40);
    const {key, payload} = this.messages.create(qos, mayRepeat, fillerBytes);
    const controller = new AbortController();
    if (!this.#isCalm && rng.chance(0.05))
      this.#harness.clock.startTimer(rng.integer(0, 3_000), () => controller.abort());
    const sent = rainbow.send(rng.integer(0, 5), payload, {qos, timeout, mayRepeat, key, signal: controller.signal});
    // The event reports its end as well, also of messages that outlive their page. What is refused at once
    // has no event.
    sent.catch((error: {readonly code: string}) => {
      if (error.code === 'RB_OUTBOX_FULL' || error.code === 'RB_CLOSED') this.messages.refused(key);
    });
  }

  #fadeAndBloom(): void {
    const {clock, rng} = this.#harness;
    const page = this.#page;
    page.fade();
    clock.startTimer(rng.clients.integer(100, 3_000), () => {
      if (this.#page === page && page.rainbow.state !== 'fading') this.connect();
      else if (this.#page === page) this.#fadeAndBloom();
    });
  }

  #reload(): void {
    const {clock, rng, trace} = this.#harness;
    trace.say('client', this.connectionNumber, `client ${this.number} reloads`);
    this.#die();
    clock.startTimer(rng.clients.integer(1, 500), () => {
      this.#page = this.#makePage();
      this.connect();
    });
  }

  #die(): void {
    this.#page.die();
    this.messages.pageDied(new Set(this.#kept?.keys() ?? []));
  }

  #makePage(): SdkPage {
    return new SdkPage({
      harness: this.#harness,
      client: this.number,
      messages: this.messages,
      kept: this.#kept,
      isCalm: () => this.#isCalm,
      slow: this.#slow,
    });
  }
}
