// A message broker in memory, of the kind of NATS: subjects with subscribers, and a store with a compare-and-set. It does not
// list its connections: it announces how many others want the messages of a subject.

/** Takes what was published, and where the answer is expected. */
export type Handler = (message: unknown, replyTo: string) => void;

interface Entry {
  readonly value: string | undefined;
  readonly revision: number;
}

/** One node's connection. */
export class BrokerConnection {
  readonly #broker: MemoryBroker;
  readonly #handlers = new Map<string, Handler>();
  /** As announced: how many others want the messages of a subject. */
  readonly #interest = new Map<string, number>();
  isOpen = true;

  constructor(broker: MemoryBroker) {
    this.#broker = broker;
  }

  interestIn(subject: string): number {
    return this.#interest.get(subject) ?? 0;
  }

  subscribe(subject: string, handler: Handler): void {
    this.#handlers.set(subject, handler);
    this.#broker.announce(this, subject, 1);
  }

  unsubscribe(subject: string): void {
    if (this.#handlers.delete(subject)) this.#broker.announce(this, subject, -1);
  }

  publish(subject: string, message: unknown, replyTo = ''): void {
    if (this.isOpen) this.#broker.publish(this, subject, message, replyTo);
  }

  /** What `key` has. */
  async read(key: string): Promise<Entry | undefined> {
    await this.#broker.travel();
    const entry = this.#broker.entries.get(key);
    await this.#broker.travel();
    return entry;
  }

  /** Sets `key` if it still has `revision`, 0: nothing. The new revision, above every one before; `undefined`: it had another. */
  async compareAndSet(key: string, revision: number, value: string | undefined): Promise<number | undefined> {
    await this.#broker.travel();
    const set = this.isOpen ? this.#broker.compareAndSet(key, revision, value) : undefined;
    await this.#broker.travel();
    return set;
  }

  get subjects(): readonly string[] {
    return [...this.#handlers.keys()];
  }

  /** The broker announces interest. */
  heard(subject: string, by: number): void {
    this.#interest.set(subject, this.interestIn(subject) + by);
  }

  /** The broker delivers. */
  deliver(subject: string, message: unknown, replyTo: string): void {
    if (this.isOpen) this.#handlers.get(subject)?.(message, replyTo);
  }
}

export class MemoryBroker {
  readonly entries = new Map<string, Entry>();
  readonly #connections = new Set<BrokerConnection>();
  readonly #defer: (run: () => void) => void;
  #revision = 0;

  /** `defer` runs what travels, some time later. */
  constructor(defer: (run: () => void) => void) {
    this.#defer = defer;
  }

  connect(): BrokerConnection {
    const connection = new BrokerConnection(this);
    // What was announced before it came.
    for (const {subjects} of this.#connections) {
      for (const subject of subjects) this.#defer(() => connection.heard(subject, 1));
    }
    this.#connections.add(connection);
    return connection;
  }

  /** The node behind it has ended without a word: its interest stands until {@link expire}. */
  kill(connection: BrokerConnection): void {
    connection.isOpen = false;
  }

  /** The broker has missed it for long enough. */
  expire(connection: BrokerConnection): void {
    for (const subject of connection.subjects) connection.unsubscribe(subject);
    this.#connections.delete(connection);
  }

  announce(from: BrokerConnection, subject: string, by: number): void {
    for (const other of this.#others(from)) this.#defer(() => other.heard(subject, by));
  }

  publish(from: BrokerConnection, subject: string, message: unknown, replyTo: string): void {
    for (const other of this.#others(from)) {
      // Only plain data travels.
      const copy: unknown = structuredClone(message);
      this.#defer(() => other.deliver(subject, copy, replyTo));
    }
  }

  /** One way: a question, or its answer. */
  travel(): Promise<void> {
    return new Promise((resolve) => this.#defer(resolve));
  }

  compareAndSet(key: string, revision: number, value: string | undefined): number | undefined {
    if ((this.entries.get(key)?.revision ?? 0) !== revision) return undefined;
    const next = ++this.#revision;
    if (value === undefined) this.entries.delete(key);
    else this.entries.set(key, {value, revision: next});
    return next;
  }

  *#others(one: BrokerConnection): Iterable<BrokerConnection> {
    for (const other of this.#connections) if (other !== one) yield other;
  }
}
