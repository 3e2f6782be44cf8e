// Several real nodes that act as one.

import test from 'ava';
import {startCluster} from '../support/cluster.ts';
import {until, within} from '../support/deadline.ts';
import {scaled} from '../support/patience.ts';

// Nothing here may take the whole time of the publication: what waits for that fails.
const all = {channel: 'room', qos: 2, timeout: 300};

test.serial(
  'clients on three nodes get a message once each, whichever node is asked, and every one counts [RB-61]',
  async (t) => {
    const {nodes} = await startCluster(t, 3);
    const members = [];
    for (const [place, node] of nodes.entries()) {
      members.push(await node.join(`a${place}`));
      members.push(await node.join(`b${place}`));
    }
    for (const [place, {api}] of nodes.entries()) {
      const {json} = await api.send({...all, replies: 'all'}, `from ${place}`);
      t.like(json, {status: 0, connections: 6});
      t.false('partial' in json);
      t.regex(json.data ?? '', new RegExp(`^[ab]${place}$`), 'a reply of its own clients comes before others');
      t.deepEqual(json.replies?.map(({data}) => data).toSorted(), ['a0', 'a1', 'a2', 'b0', 'b1', 'b2']);
      t.is(new Set(json.replies?.map(({identity}) => identity)).size, 6);
    }
    for (const {got} of members) t.deepEqual(got, ['from 0', 'from 1', 'from 2']);

    // QoS 0 is not waited for, and arrives all the same, in order.
    for (let count = 0; count < 20; count++) await nodes[0]?.api.send({channel: 'room', qos: 0}, `q${count}`);
    const expected = Array.from({length: 20}, (_, count) => `q${count}`);
    for (const {got} of members) {
      await until(() => (got.length >= 23 ? true : undefined), 'the messages at QoS 0');
      t.deepEqual(got.slice(3), expected);
    }

    const page = await nodes[0]?.api.get('/serverinfo/?format=json');
    const others = (JSON.parse(page?.text ?? '') as {nodes: readonly Record<string, unknown>[]}).nodes;
    t.deepEqual(
      others.map(({isAnswering, connections}) => ({isAnswering, connections})),
      [
        {isAnswering: true, connections: 2},
        {isAnswering: true, connections: 2},
      ],
    );
  },
);

test.serial(
  'a node killed makes answers partial, costs them nothing, and is back within 15 s; one that ends in order is gone at once',
  async (t) => {
    const {nodes} = await startCluster(t, 3);
    const [first, second, third] = nodes;
    if (first === undefined || second === undefined || third === undefined) throw new Error('Expected three nodes');
    for (const [place, node] of nodes.entries()) await node.join(`${place}`);
    t.like((await first.api.send(all)).json, {status: 0, connections: 3});

    third.process.kill('SIGKILL');
    await third.exited;
    const next = await first.api.send(all);
    t.like(next.json, {status: 0, connections: 2, partial: true});
    await first.knows(1, {mayMiss: true});
    // It is not even called: no call waits for it.
    const before = await first.metric('rainbow_node_calls_total');
    const later = await first.api.send(all);
    t.like(later.json, {status: 0, connections: 2, partial: true});
    t.is((await first.metric('rainbow_node_calls_total')) - before, 1);
    t.true((await first.metric('rainbow_nodes_lost_total')) >= 1);
    t.true((await first.metric('rainbow_publications_partial_total')) >= 1);

    await third.restart();
    await Promise.all([first.knows(2), third.knows(2)]);
    await third.join('2');
    t.like((await second.api.send(all)).json, {status: 0, connections: 3});

    second.process.kill('SIGTERM');
    await first.knows(1);
    const gone = await first.api.send(all);
    t.like(gone.json, {status: 0, connections: 2});
    t.false('partial' in gone.json);
    t.is(await within(second.exited, 'the end of the node'), 0);
    t.regex(first.output, /"cause":"announcement\.offline","event":"cluster\.nodeLeft"/);
  },
);

test.serial(
  'a node that hangs costs a call no more than the peer timeout, and is not called for the next one',
  async (t) => {
    const {nodes} = await startCluster(t, 2, {peer_timeout: scaled(2)});
    const [first, second] = nodes;
    if (first === undefined || second === undefined) throw new Error('Expected two nodes');
    await first.join('a');
    second.process.kill('SIGSTOP');
    try {
      t.like((await first.api.send(all)).json, {connections: 1, partial: true});
      const before = await first.metric('rainbow_node_calls_total');
      const next = await first.api.send(all);
      t.like(next.json, {connections: 1, partial: true});
      t.is(await first.metric('rainbow_node_calls_total'), before, 'the node is not called');
    } finally {
      second.process.kill('SIGCONT');
    }
    await first.knows(1);
  },
);

test.serial('identity, occupy and unsub act in the whole cluster, with several threads a node', async (t) => {
  const {nodes} = await startCluster(t, 2, {threads: 2});
  const [first, second] = nodes;
  if (first === undefined || second === undefined) throw new Error('Expected two nodes');
  const members = [];
  for (const [place, node] of [first, second, first, second, first, second].entries()) {
    members.push(await node.join(`m${place}`));
  }
  // Every shard knows of the other node: the kernel picks one for each call.
  for (let round = 0; round < 8; round++) t.like((await first.api.send(all)).json, {connections: 6});
  for (const [place, {identity}] of members.entries()) {
    t.like((await first.api.send({identity, qos: 1})).json, {connections: 1, data: `m${place}`});
    t.is((await second.api.subscribe(identity, 'throne')).text, '{"status":0}');
  }
  t.like((await first.api.send({...all, channel: 'throne'})).json, {connections: 6});
  const king = members[1];
  if (king === undefined) throw new Error('Expected members');
  t.regex((await first.api.subscribe(king.identity, 'throne', {occupy: true})).text, /^\{"status":0,"token":"\d+"\}$/);
  for (const {api} of nodes) {
    const {json} = await api.send({...all, channel: 'throne', replies: 'all'});
    t.like(json, {connections: 1, data: 'm1'});
  }
  for (let again = 0; again < 2; again++) {
    t.is((await first.api.unsubscribe(king.identity, 'throne')).text, '{"status":0}');
  }
  t.like((await second.api.send({...all, channel: 'throne'})).json, {connections: 0});
  t.like((await first.api.subscribe('unknown', 'throne')).json, {status: 1, code: 'RB_NO_SUCH_CONNECTION'});
});

test.serial('nodes that the configuration names find each other without a datagram, oneself among them', async (t) => {
  const {nodes} = await startCluster(t, 2, (ports) => ({
    udp_ports: '[]',
    peers: ports.map((port) => `127.0.0.1:${port}`).join(', '),
  }));
  for (const [place, node] of nodes.entries()) await node.join(`${place}`);
  for (const {api} of nodes) t.like((await api.send(all)).json, {status: 0, connections: 2});
});
