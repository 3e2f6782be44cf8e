// More calls than the business server can work on, in real processes. Everything here is counted, nothing is timed: what the
// gateway reaches in time is measured on the simulated clock (test/upstream/overload.test.ts).

import {performance} from 'node:perf_hooks';
import test from 'ava';
import {after, answer, success} from '../support/business-server.ts';
import {Latch, within} from '../support/deadline.ts';
import {start, startDaemon} from '../support/gateway.ts';
import {parse} from '../support/packets.ts';
import {scaled} from '../support/patience.ts';
import {Places} from '../support/places.ts';
import {dial, type RawClient} from '../support/raw-client.ts';

/** A client with one message open: the next follows the ACK at once, and one that is not acknowledged is sent again. */
class Sender {
  /** Payloads acknowledged. */
  readonly confirmed: string[] = [];
  readonly #client: RawClient;
  readonly #name: string;
  readonly #repeat: NodeJS.Timeout;

  constructor(client: RawClient, name: string, repeatMs: number, onConfirmed: () => void) {
    this.#client = client;
    this.#name = name;
    this.#repeat = setInterval(() => this.#send(true), repeatMs);
    client.onPacket = (bytes) => {
      const {command, id} = parse(bytes);
      if (command !== 'ack' || id !== this.#id) return;
      this.confirmed.push(this.#payload);
      onConfirmed();
      this.#send(false);
    };
    this.#send(false);
  }

  stop(): void {
    clearInterval(this.#repeat);
    this.#client.onPacket = () => {};
  }

  get #id(): number {
    return this.confirmed.length + 1;
  }

  get #payload(): string {
    return `${this.#name} ${this.#id}`;
  }

  #send(dup: boolean): void {
    this.#client.sendMessage({qos: 1, id: this.#id, dup, payload: this.#payload});
  }
}

const clientsCount = 300;
/** Each client has so many messages confirmed before the test ends. */
const shareMin = 2;

for (const [threads, workers, sockets] of [
  [1, 1, 16],
  // The bound is that of each worker, and each thread has workers of its own.
  [2, 2, 8],
] as const) {
  test.serial(
    `${clientsCount} clients at a business server that works on four calls at a time: all are served, and few calls are made without effect, with ${threads} threads of ${workers} workers [RB-68] [RB-72]`,
    async (t) => {
      // Twice as many messages are open as can be answered within the deadline.
      const places = new Places(4, 25);
      const daemon = await startDaemon(t, {
        host: '127.0.0.1',
        threads,
        upstream_workers: workers,
        upstream_sockets: sockets,
        call_timeout: scaled(1_000) / 1_000,
      });
      const {business} = daemon;
      business.always('message', places.script);
      const clients = await Promise.all(Array.from({length: clientsCount}, () => daemon.connect()));
      const allServed = Promise.withResolvers<void>();
      let unserved = clientsCount;
      const senders = clients.map((client, index) => {
        const sender: Sender = new Sender(client, `c${index}`, scaled(500), () => {
          if (sender.confirmed.length === shareMin && --unserved === 0) allServed.resolve();
        });
        return sender;
      });
      t.teardown(() => {
        for (const sender of senders) sender.stop();
      });
      await within(allServed.promise, 'every client to be served', 120_000);
      for (const sender of senders) sender.stop();
      const confirmed = senders.flatMap((sender) => sender.confirmed);
      t.deepEqual(
        confirmed.filter((payload) => !places.done.has(payload)),
        [],
        'confirmed, and never worked on to the end',
      );
      // Calls that were cut hold their place, and are among them.
      t.true(business.underWayMax <= threads * workers * sockets, `${business.underWayMax} calls at a time`);
      const made = business.count('message');
      t.true(confirmed.length >= 0.75 * made, `${confirmed.length} confirmed of ${made} calls`);
      const most = Math.max(...senders.map((sender) => sender.confirmed.length));
      t.true(most <= 4 * Math.ceil(confirmed.length / clientsCount), `one was served ${most} times`);
    },
  );
}

test.serial(
  'connect calls of clients that left while they waited are not made, and those of the others are [RB-68]',
  async (t) => {
    const harness = await start(t, {upstreamSocketsMax: 4, threads: 1});
    const latch = new Latch();
    harness.business.always('connect', after(latch, success()));
    const knock = async (name: string): Promise<RawClient> => {
      const client = await dial(t, harness.gateway.port);
      client.request({headers: {'X-DEVICEID': name}});
      return client;
    };
    const first = await Promise.all(Array.from({length: 4}, () => knock('stays')));
    await harness.business.take('connect', 4);
    const leavers = await Promise.all(Array.from({length: 100}, () => knock('leaves')));
    await harness.reaches('calls', 104);
    for (const leaver of leavers) leaver.socket.destroy();
    await harness.reaches('callsWithdrawn', 100);
    latch.release();
    for (const client of first) t.is((await client.response()).status, 101);
    for (let next = 0; next < 20; next++) t.is((await (await knock('stays')).response()).status, 101);
    t.deepEqual(
      harness.business.calls('connect').map((call) => call.header('X-DEVICEID')),
      Array.from({length: 24}, () => 'stays'),
    );
    t.true(harness.business.underWayMax <= 4);
  },
);

test.serial(
  'a type whose handler hangs holds up no other type of its clients, whose order does not matter, and no other client [RB-72]',
  async (t) => {
    const timeoutMs = scaled(3_000);
    const daemon = await startDaemon(t, {
      host: '127.0.0.1',
      upstream_sockets: 32,
      call_timeout: timeoutMs / 1_000,
      unordered_types: '[9]',
    });
    const {business} = daemon;
    let good = 0;
    let hanging = 0;
    business.always('message', (response, call) => {
      if (call.path === '/message/9/') hanging++;
      else void answer(200, String(++good))(response, call);
    });
    const clients = await Promise.all(Array.from({length: 80}, () => daemon.connect()));
    let rounds = 0;
    const round = async (): Promise<void> => {
      const id = 1 + (rounds++ % 1_000);
      for (const client of clients) client.sendMessage({qos: 1, id, type: 1});
      for (const client of clients) t.like(await client.parsed(), {command: 'ack', id});
    };
    const hang = (from: number, to: number): void => {
      for (const client of clients.slice(from, to)) client.sendMessage({qos: 1, id: 9_999, type: 9});
    };
    await round();
    hang(0, 12);
    // No call counts as slow later than at half of its time.
    const hangsFrom = performance.now();
    while (performance.now() - hangsFrom < 0.6 * timeoutMs) await round();
    // More than there are sockets. The others send the good type alone.
    hang(12, 64);
    for (let more = 0; more < 40; more++) await round();
    // None was made twice, since none failed: clients do not repeat here.
    t.is(good, 80 * rounds);
    t.true(hanging >= 12 && hanging < 64, `${hanging} of 64 that hang were sent`);
  },
);
