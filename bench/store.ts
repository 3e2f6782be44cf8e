// How fast a store on SQLite takes deliveries: changes a second at 16 and at 256 changes a commit, one commit at a time and
// several, and how long a store of many sessions takes to open. `node bench/store.ts [FOLDER]`; the disk of FOLDER counts.

import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {SqliteStore, startStoreThread} from '../src/store/sqlite/store-sqlite.ts';
import type {Change} from '../src/store/store.ts';

const sessions = 500;
const measureMs = 4_000;
const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'rainbow-bench-store-'));
const path = join(folder, 'store.db');
const payload = new Uint8Array(64);

async function open() {
  const thread = await startStoreThread(path, (error) => {
    throw error;
  });
  const store = new SqliteStore(thread.openPort());
  const close = async (): Promise<void> => {
    await store.close();
    await thread.close();
  };
  return {store, close};
}

function makeSession(name: string): Change {
  const row = {
    session: name,
    fence: 1,
    owner: 'bench',
    identity: name,
    subprotocol: 'rainbow.v2',
    tokenHash: new Uint8Array(32),
    attempt: 1,
    cookie: undefined,
    expiryMs: 120_000,
    expiresAt: undefined,
    sequence: 1,
    lost: {ttl: 0, bound: 0, revoked: 0},
    ended: undefined,
    isCloseOwed: false,
  };
  return {verb: 'add', kind: 'session', row};
}

/** Changes of QoS 1 deliveries without end: each stored with its id, and removed when as many others have followed. */
function* deliver(outstanding: number): Generator<Change> {
  for (let number = 0; ; number++) {
    const publication = `p${number}`;
    const facts = {publication, channel: 'room', qos: 1, type: 1, payload, acceptedAt: 0} as const;
    yield {
      verb: 'put',
      kind: 'publication',
      row: {...facts, expiresAt: undefined, offset: undefined, epoch: undefined},
    };
    for (let place = 0; place < sessions; place++) {
      const row = {session: `s${place}`, position: number, publication, id: (number % 65_535) + 1, released: 0};
      yield {verb: 'put', kind: 'delivery', row, fence: 1};
    }
    if (number < outstanding) continue;
    for (let place = 0; place < sessions; place++) {
      yield {verb: 'remove', kind: 'delivery', row: {session: `s${place}`, position: number - outstanding}, fence: 1};
    }
  }
}

async function measure(store: SqliteStore, source: Generator<Change>, size: number, underWay: number): Promise<void> {
  const end = performance.now() + measureMs;
  const begin = performance.now();
  const cpu = process.cpuUsage();
  const pending: Promise<unknown>[] = [];
  let commits = 0;
  while (performance.now() < end) {
    const changes = Array.from({length: size}, () => source.next().value as Change);
    // One that no delivery of its commit needs is not kept.
    if (changes.at(-1)?.kind === 'publication') changes.push(source.next().value as Change);
    pending.push(store.commit(changes));
    commits++;
    if (pending.length >= underWay) await pending.shift();
  }
  await Promise.all(pending);
  const seconds = (performance.now() - begin) / 1_000;
  const {user, system} = process.cpuUsage(cpu);
  const perChange = (user + system) / (commits * size);
  const figures = [
    `${size} changes a commit, ${underWay} under way`,
    `${Math.round((commits * size) / seconds).toLocaleString('en')} changes/s`,
    `${Math.round(commits / seconds)} commits/s`,
    `${perChange.toFixed(2)} µs CPU a change, both threads`,
  ];
  process.stdout.write(`${figures.join(', ')}\n`);
}

try {
  const {store, close} = await open();
  await store.commit(Array.from({length: sessions}, (_, place) => makeSession(`s${place}`)));
  const source = deliver(8);
  for (const size of [16, 256]) for (const underWay of [1, 8]) await measure(store, source, size, underWay);
  const many = 100_000;
  for (let place = 0; place < many; place += 1_000) {
    await store.commit(Array.from({length: 1_000}, (_, index) => makeSession(`many${place + index}`)));
  }
  await close();
  const begin = performance.now();
  const again = await open();
  let after: string | undefined;
  let found = 0;
  for (;;) {
    const page = await again.store.sessions(after, 1_000);
    found += page.length;
    after = page.at(-1)?.row.session;
    if (page.length < 1_000) break;
  }
  const seconds = (performance.now() - begin) / 1_000;
  process.stdout.write(`${found.toLocaleString('en')} sessions opened and read in ${seconds.toFixed(2)} s\n`);
  await again.close();
} finally {
  rmSync(folder, {recursive: true, force: true});
}
