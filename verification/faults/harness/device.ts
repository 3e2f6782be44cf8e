// A legacy client that goes on whatever happens, as the documents ask of clients: it repeats what is not confirmed,
// with DUP; when its connection ends it comes back, with a clean start, and sends what was not confirmed as new
// messages.

import {within} from '../../../test/support/deadline.ts';
import type {Lifetime} from '../../../test/support/lifetime.ts';
import {Member, type MemberOptions, type Sending} from './member.ts';

/** Times of a client, ms. */
const repeatMs = 300;
const comeBackMs = 50;

/** A message that its application wants delivered. */
interface Wish {
  readonly qos: 1 | 2;
  /** The flow begun for it on the connection of now. */
  sending: Sending | undefined;
}

export class Device {
  readonly name: string;
  /** Connections it has had. */
  connections = 0;
  readonly #lifetime: Lifetime;
  readonly #options: Omit<MemberOptions, 'device'>;
  readonly #wishes = new Set<Wish>();
  readonly #timer: NodeJS.Timeout;
  #member: Member | undefined;
  #isStaying = true;
  /** Who waits for something to become true looks again at each change. */
  readonly #waiting = new Set<() => void>();

  private constructor(lifetime: Lifetime, name: string, options: Omit<MemberOptions, 'device'>) {
    this.#lifetime = lifetime;
    this.name = name;
    this.#options = options;
    this.#timer = setInterval(() => this.#repeat(), repeatMs);
    lifetime.teardown(() => this.leave());
  }

  /** Connects, and settles once it is connected for the first time. */
  static async start(lifetime: Lifetime, name: string, options: Omit<MemberOptions, 'device'>): Promise<Device> {
    const device = new Device(lifetime, name, options);
    void device.#stay();
    await device.isConnected();
    return device;
  }

  /** Wants one more message delivered. */
  send(qos: 1 | 2): void {
    const wish = {qos, sending: this.#member?.send(qos)};
    this.#wishes.add(wish);
  }

  /** Settles while it is connected. */
  async isConnected(ms?: number): Promise<void> {
    await this.#until(() => this.#member !== undefined, 'to be connected', ms);
  }

  /** Settles when all its messages are confirmed. */
  async isSettled(ms?: number): Promise<void> {
    await this.#until(() => this.#wishes.size === 0, 'to have everything confirmed', ms);
  }

  /** The connection it has now. */
  get member(): Member | undefined {
    return this.#member;
  }

  /** It goes for good. */
  leave(): void {
    this.#isStaying = false;
    clearInterval(this.#timer);
    this.#member?.vanish();
  }

  async #stay(): Promise<void> {
    while (this.#isStaying) {
      try {
        const member = await Member.join(this.#lifetime, {...this.#options, device: this.name});
        this.#enter(member);
        await member.raw.ended;
        // What is left of it is nothing to come back to.
        member.vanish();
      } catch {
        // Refused, or cut off meanwhile: it tries again.
      }
      this.#member = undefined;
      for (const wish of this.#wishes) wish.sending = undefined;
      await new Promise((resolve) => setTimeout(resolve, comeBackMs));
    }
  }

  #enter(member: Member): void {
    if (!this.#isStaying) {
      member.vanish();
      return;
    }
    this.connections++;
    this.#member = member;
    member.onConfirmed = (sending) => this.#confirmed(sending);
    member.acknowledge();
    for (const wish of this.#wishes) wish.sending = member.send(wish.qos);
    this.#changed();
  }

  #confirmed(sending: Sending): void {
    for (const wish of this.#wishes) if (wish.sending === sending) this.#wishes.delete(wish);
    this.#changed();
  }

  #repeat(): void {
    for (const {sending} of this.#wishes) if (sending !== undefined) this.#member?.repeat(sending);
  }

  #changed(): void {
    for (const look of this.#waiting) look();
  }

  async #until(isTrue: () => boolean, what: string, ms?: number): Promise<void> {
    const {promise, resolve} = Promise.withResolvers<void>();
    const look = () => {
      if (isTrue()) resolve();
    };
    this.#waiting.add(look);
    look();
    await within(promise, `${this.name} ${what}`, ms).finally(() => this.#waiting.delete(look));
  }
}
