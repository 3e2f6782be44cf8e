import test from 'ava';
import {startGateway} from '../../../src/gateway/gateway.ts';
import {signedQuery} from '../../../src/protocol/signature.ts';
import {type Client, type Harness, start, token} from './shards-harness.ts';

// A thread takes longer to start than most tests take: those that leave nothing behind but a channel of their own share a
// gateway, one after the other.
const shared = new Map<number, Promise<Harness>>();
const ends: (() => void | Promise<void>)[] = [];

test.after.always('the shared gateways end', async () => {
  for (const end of ends.toReversed()) await end();
});

/** The gateway of so many threads; who comes in from now on joins `channel`. */
async function enter(threads: number, channel: string): Promise<Harness> {
  const starting = shared.get(threads) ?? start({teardown: (end) => ends.push(end)}, threads);
  shared.set(threads, starting);
  const harness = await starting;
  return Object.assign(harness, {channel, identity: undefined});
}

test.serial(
  'clients on both shards get a publication once each, whichever shard the caller reaches [RB-61]',
  async (t) => {
    const harness = await enter(2, 'everybody');
    const clients = await Promise.all(Array.from({length: 20}, () => harness.connect(t)));
    for (let publish = 0; publish < 10; publish++) {
      t.like(await harness.post('/send/?channel=everybody&qos=2'), {status: 0, connections: 20});
    }
    for (const {got} of clients) t.is(got.filter((packet) => packet.startsWith('14')).length, 10);
  },
);

test.serial('a publication that follows the 101 finds the client in its channels, on whichever shard', async (t) => {
  const harness = await enter(2, 'room-0');
  for (let round = 0; round < 60; round++) {
    harness.channel = `room-${round}`;
    await harness.connect(t);
    t.like(await harness.post(`/send/?channel=room-${round}&qos=1&timeout=300`), {connections: 1}, `round ${round}`);
  }
});

test.serial('identity, occupy and unsub act across shards', async (t) => {
  const harness = await enter(2, 'members');
  const clients = await Promise.all(Array.from({length: 12}, () => harness.connect(t)));
  const all = await harness.post('/send/?channel=members&qos=1&replies=all');
  const identities = (all.replies as {identity: string}[]).map(({identity}) => identity);
  t.is(new Set(identities).size, 12);
  for (const identity of identities) {
    t.like(await harness.post(`/send/?identity=${identity}&qos=1`), {connections: 1});
  }
  const [owner, other] = identities as [string, string];
  for (const identity of identities) await harness.post('/sub/', JSON.stringify({identity, channel: 'throne'}));
  t.like(await harness.post('/send/?channel=throne&qos=1'), {connections: 12});
  t.like(await harness.post('/sub/', JSON.stringify({identity: owner, channel: 'throne', occupy: 1})), {status: 0});
  t.like(await harness.post('/send/?channel=throne&qos=1&replies=all'), {
    connections: 1,
    replies: [{identity: owner, data: ''}],
  });
  for (let again = 0; again < 4; again++) {
    t.like(await harness.post('/unsub/', JSON.stringify({identity: owner, channel: 'throne'})), {status: 0});
  }
  t.like(await harness.post('/send/?channel=throne&qos=1'), {connections: 0});
  t.like(await harness.post('/sub/', JSON.stringify({identity: `${other}x`, channel: 'throne'})), {
    code: 'RB_NO_SUCH_CONNECTION',
  });
  t.is(clients.length, 12);
});

test.serial(
  'of clients that occupy a channel at the same moment exactly one stays, whichever shards they are on',
  async (t) => {
    const harness = await enter(3, 'rivals');
    await Promise.all(Array.from({length: 9}, () => harness.connect(t)));
    const all = await harness.post('/send/?channel=rivals&qos=1&replies=all');
    const identities = (all.replies as {identity: string}[]).map(({identity}) => identity);
    for (let round = 0; round < 30; round++) {
      const channel = `throne-${round}`;
      const answers = await Promise.all(
        identities.map((identity) => harness.post('/sub/', JSON.stringify({identity, channel, occupy: 1}))),
      );
      for (const answer of answers) t.is(answer.status, 0);
      t.like(await harness.post(`/send/?channel=${channel}&qos=1`), {connections: 1}, `round ${round}`);
    }
  },
);

test.serial('subscribers on all shards see what several callers publish at once in one order [RB-45]', async (t) => {
  const harness = await enter(3, 'ordered');
  const clients = await Promise.all(Array.from({length: 12}, () => harness.connect(t)));
  for (const qos of [0, 1, 2]) {
    for (const {got} of clients) got.length = 0;
    await Promise.all(
      Array.from({length: 8}, async (_, caller) => {
        for (let each = 0; each < 12; each++)
          await harness.post(`/send/?channel=ordered&qos=${qos}`, `${caller}:${each}`);
      }),
    );
    // Confirmed by all, so that everybody has what came before.
    t.like(await harness.post('/send/?channel=ordered&qos=1', 'last'), {connections: clients.length});
    const payloads = clients.map(({got}) =>
      got
        .filter((packet) => packet.startsWith('1'))
        .map((packet) =>
          Buffer.from(packet, 'hex')
            .toString('latin1')
            .slice(qos > 0 ? 5 : 3),
        ),
    );
    const [first] = payloads;
    t.is(first?.filter((payload) => payload.includes(':')).length, 96);
    const without = (list: readonly string[] | undefined): readonly string[] =>
      (list ?? []).filter((text) => text.includes(':'));
    for (const other of payloads) t.deepEqual(without(other), without(first), `QoS ${qos}`);
  }
});

test.serial(
  'an identity that the business server gives is that of the newest connection, on whichever shard',
  async (t) => {
    const harness = await enter(2, 'named');
    harness.identity = 'user-1';
    let last: Client | undefined;
    for (let round = 0; round < 10; round++) {
      const client = await harness.connect(t);
      if (last !== undefined) t.is(await last.closed, 4142);
      last = client;
      t.like(await harness.post('/send/?identity=user-1&qos=1'), {connections: 1});
    }
  },
);

test.serial('a signed call is accepted once by the node, not once by each shard', async (t) => {
  const harness = await enter(3, 'signed');
  const url = `${harness.gateway.url}/send/?channel=signed&qos=0&${signedQuery(token, Date.now(), '4711')}`;
  const statuses = await Promise.all(
    Array.from({length: 12}, async () => {
      const answer = await fetch(url, {method: 'POST', headers: {connection: 'close'}});
      return answer.status;
    }),
  );
  t.is(statuses.filter((status) => status === 200).length, 1);
  t.is(statuses.filter((status) => status === 401).length, 11);
});

test.serial('/serverinfo/ counts all shards', async (t) => {
  const harness = await start(t, 2);
  await Promise.all(Array.from({length: 10}, () => harness.connect()));
  for (let ask = 0; ask < 6; ask++) {
    const answer = await fetch(`${harness.gateway.url}/serverinfo/?format=json`, {headers: {connection: 'close'}});
    const info = (await answer.json()) as {
      connections: number;
      channels: unknown;
      counters: {connectionsOpened: number};
    };
    t.is(info.connections, 10);
    t.deepEqual(info.channels, [{name: 'room', connections: 10}]);
    t.is(info.counters.connectionsOpened, 10);
  }
});

test.serial('shutdown closes the clients of every shard with 1001', async (t) => {
  const harness = await start(t, 2);
  const clients = await Promise.all(Array.from({length: 10}, () => harness.connect()));
  await harness.gateway.close();
  for (const {closed} of clients) t.is(await closed, 1001);
  t.is(harness.gateway.counters.connectionsClosed, 10);
});

test.serial('a port that another process has is refused, also to shards that would share it', async (t) => {
  const harness = await enter(2, 'unused');
  const other = startGateway({...harness.options, port: harness.gateway.port});
  await t.throwsAsync(other, {code: 'EADDRINUSE'});
});
