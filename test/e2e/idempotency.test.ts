// Idempotency keys on a whole gateway: on one thread, on two, and on three nodes.

import test from 'ava';
import type {ApiAnswer} from '../support/api.ts';
import {success} from '../support/business-server.ts';
import {startCluster} from '../support/cluster.ts';
import {until} from '../support/deadline.ts';
import {start} from '../support/gateway.ts';
import {acknowledgeAll} from '../support/raw-client.ts';

const path = '/send/';
const query = {channel: 'room', qos: 1, timeout: 300};
const keyed = (key: string, body: string) => ({path, query, body, headers: {'idempotency-key': `"${key}"`}});

for (const threads of [1, 2]) {
  test(`a message with a key is delivered once, whichever of ${threads} threads is asked`, async (t) => {
    const {api, business, ...harness} = await start(t, {threads});
    business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
    const client = await harness.connect();
    acknowledgeAll(client, 'ok');
    for (let number = 0; number < 12; number++) {
      // Each call has a connection of its own, which the kernel gives to either thread.
      const answers: ApiAnswer[] = [];
      for (let attempt = 0; attempt < 4; attempt++) answers.push(await api.call(keyed(`k${number}`, `m${number}`)));
      t.is(new Set(answers.map(({json}) => json.message)).size, 1);
      t.deepEqual(
        answers.map(({headers}) => headers['idempotency-replayed']),
        [undefined, 'true', 'true', 'true'],
      );
      t.is((await api.call(keyed(`k${number}`, 'another'))).json.code, 'RB_IDEMPOTENCY_CONFLICT');
    }
    t.is(harness.counter('deliveries'), 12);
  });
}

test.serial(
  'a key has one owner in a cluster: while it is away nothing is sent, and no other node stands in',
  async (t) => {
    const {nodes} = await startCluster(t, 3);
    const [first, second, third] = nodes;
    if (first === undefined || second === undefined || third === undefined) throw new Error('Expected three nodes');
    const {got} = await first.join('a');

    const keys = Array.from({length: 30}, (_, number) => `k${number}`);
    for (const [place, key] of keys.entries()) {
      const messages = new Set<string | undefined>();
      for (let turn = 0; turn < 3; turn++) {
        const answer = await nodes[(place + turn) % 3]?.api.call(keyed(key, key));
        messages.add(answer?.json.message);
        t.is(answer?.headers['idempotency-replayed'], turn === 0 ? undefined : 'true');
      }
      t.is(messages.size, 1, key);
    }
    t.deepEqual(got, keys);

    third.process.kill('SIGKILL');
    await third.exited;
    await until(async () => ((await first.metric('rainbow_nodes_missing')) === 1 ? true : undefined), 'a missing node');
    await until(
      async () => ((await second.metric('rainbow_nodes_missing')) === 1 ? true : undefined),
      'a missing node',
    );
    const outcomes = new Map<string, number>();
    for (const {api} of [first, second]) {
      for (const key of keys) {
        const {json, status, headers} = await api.call(keyed(key, key));
        const outcome = json.code ?? (headers['idempotency-replayed'] === 'true' ? 'stored' : 'sent');
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        if (status === 503) t.truthy(headers['retry-after']);
      }
    }
    t.deepEqual([...outcomes.keys()].toSorted(), ['RB_IDEMPOTENCY_UNREACHABLE', 'stored']);
    t.is((outcomes.get('stored') ?? 0) % 2, 0, 'both nodes see it alike');
    t.deepEqual(got, keys, 'nothing was sent');
  },
);
