import test from 'ava';
import {RainbowError} from '../../src/core/errors.ts';
import {createRouter, type LocalRouter, mergeOutcomes} from '../../src/router/create-router.ts';
import type {Peer} from '../../src/router/peer.ts';
import type {PublishOutcome, PublishRequest} from '../../src/router/router.ts';

const request: PublishRequest = {
  channel: 'room',
  identity: undefined,
  type: 1,
  qos: 1,
  timeoutMs: 1_000,
  payload: new Uint8Array(0),
  wantsReplies: true,
};

function outcome(given: Partial<PublishOutcome>): PublishOutcome {
  return {message: 'm', connections: 0, isTimedOut: false, refused: 0, lastReply: undefined, replies: [], ...given};
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString();
}

/** A part that answers as told, and writes down what it was asked. */
function part(name: string, log: string[], answers: Partial<Record<'subscribe' | 'unsubscribe', string>> = {}) {
  return {
    name,
    mayConcern: () => true,
    publish: async ({message}: PublishRequest) => {
      log.push(`${name} publish ${message}`);
      return outcome({message: message ?? 'own', connections: 1});
    },
    sharesOrder: true,
    subscribe: async () => {
      log.push(`${name} subscribe`);
      const {subscribe: outcome = 'noSuchConnection'} = answers;
      return outcome === 'unreachable' ? outcome : {outcome, ticket: outcome === 'done' ? 7 : 0};
    },
    unsubscribe: async () => {
      log.push(`${name} unsubscribe`);
      return answers.unsubscribe ?? 'done';
    },
    evict: async (_channel: string, before: number) => {
      log.push(`${name} evict before ${before}`);
      return answers.subscribe === 'unreachable' ? 'unreachable' : 'done';
    },
    info: async () => ({connections: 1, channels: [{name, connections: 1}]}),
    supersede: () => {},
    hasConnection: () => false,
    nextPublication: () => 'p1',
    nextTicket: () => 8,
  };
}

function federate(local: ReturnType<typeof part>, peers: readonly ReturnType<typeof part>[]) {
  return createRouter(local as unknown as LocalRouter, () => peers as unknown as readonly Peer[]);
}

const subscription = {identity: 'me', channel: 'room'};

test('of three parts the last reply is the one that came last, in whatever order they are added up', (t) => {
  const replies = [
    outcome({lastReply: Buffer.from('first'), lastReplyAt: 10}),
    outcome({lastReply: Buffer.from('second'), lastReplyAt: 20}),
    outcome({lastReply: Buffer.from('third'), lastReplyAt: 30}),
    outcome({}),
  ];
  const orders = [
    [0, 1, 2, 3],
    [2, 0, 1, 3],
    [1, 2, 0, 3],
    [3, 2, 1, 0],
    [0, 2, 1, 3],
    [3, 1, 0, 2],
  ];
  for (const order of orders) {
    const merged = order.map((place) => replies[place] as PublishOutcome).reduce(mergeOutcomes);
    t.is(text(merged.lastReply), 'third', order.join());
    t.is(merged.lastReplyAt, 30);
  }
});

test('a publication goes to every peer under one id, and the counts are added up [RB-61]', async (t) => {
  const log: string[] = [];
  const all = await federate(part('own', log), [part('a', log), part('b', log)]).publish(request);
  t.like(all, {message: 'p1', connections: 3, isPartial: false});
  t.deepEqual(log, ['own publish p1', 'a publish p1', 'b publish p1']);
});

test('where one part refuses, what the others did is told as partial; only where all refuse is it refused', async (t) => {
  const log: string[] = [];
  const refuse = async () => {
    throw new RainbowError('RB_OVERLOADED');
  };
  const full = {...part('full', log), publish: refuse};
  t.like(await federate(part('own', log), [full]).publish(request), {connections: 1, isPartial: true});
  t.like(await federate(full, [part('a', log)]).publish(request), {connections: 1, isPartial: true});
  await t.throwsAsync(federate(full, [full]).publish(request), {code: 'RB_OVERLOADED'});
});

test('one that concerns nobody else is nobody else’s, and one to an own client neither', async (t) => {
  const log: string[] = [];
  const deaf = {...part('a', log), mayConcern: () => false};
  await federate(part('own', log), [deaf]).publish(request);
  const home = {...part('own', log), hasConnection: () => true};
  await federate(home, [part('a', log)]).publish({...request, channel: undefined, identity: 'me'});
  t.deepEqual(log, ['own publish undefined', 'own publish undefined']);
});

test('of several replies the last counts where times are known, else one of ours, else the first', (t) => {
  const own = outcome({lastReply: Buffer.from('own'), lastReplyAt: 5});
  const shard = outcome({lastReply: Buffer.from('shard'), lastReplyAt: 6});
  const nodes = ['x', 'y'].map((reply) => outcome({lastReply: Buffer.from(reply)}));
  const last = (parts: readonly PublishOutcome[]): string | undefined => text(parts.reduce(mergeOutcomes).lastReply);
  t.is(last([own, shard, ...nodes]), 'shard');
  t.is(last([shard, own]), 'shard');
  t.is(last([own, ...nodes]), 'own');
  t.is(last([outcome({}), ...nodes]), 'x');
  t.is(last([outcome({}), outcome({})]), undefined);
});

test('replies are joined: those whose time is known in order, those of other nodes after them', (t) => {
  const reply = (identity: string, at?: number) => ({identity, data: new Uint8Array(0), ...(at !== undefined && {at})});
  const merged = [
    outcome({replies: [reply('own', 7)]}),
    outcome({replies: [reply('node-1'), reply('node-2')]}),
    outcome({replies: [reply('shard', 3)]}),
  ].reduce(mergeOutcomes);
  t.deepEqual(
    merged.replies.map(({identity}) => identity),
    ['shard', 'own', 'node-1', 'node-2'],
  );
});

test('timeouts, refusals and silence of any part are those of the whole [RB-62]', (t) => {
  const merged = [outcome({refused: 1}), outcome({isTimedOut: true, refused: 2}), outcome({isPartial: true})];
  t.like(merged.reduce(mergeOutcomes), {isTimedOut: true, refused: 3, isPartial: true});
});

test('a client is looked for here first, then everywhere at once', async (t) => {
  const log: string[] = [];
  const here = federate(part('own', log, {subscribe: 'done'}), [part('a', log)]);
  t.deepEqual(await here.subscribe(subscription, false), {outcome: 'done', isPartial: false});
  t.deepEqual(log.splice(0), ['own subscribe']);
  const there = federate(part('own', log), [part('a', log), part('b', log, {subscribe: 'done'})]);
  t.deepEqual(await there.subscribe(subscription, false), {outcome: 'done', isPartial: false});
  t.deepEqual(log, ['own subscribe', 'a subscribe', 'b subscribe']);
});

test('occupy removes everybody else everywhere, but only where somebody occupies', async (t) => {
  const log: string[] = [];
  const there = federate(part('own', log), [part('a', log), part('b', log, {subscribe: 'done'})]);
  t.deepEqual(await there.subscribe(subscription, true), {outcome: 'done', isPartial: false});
  t.deepEqual(log.splice(0), ['own subscribe', 'a subscribe', 'b subscribe', 'own evict before 7', 'a evict before 7']);
  const here = federate(part('own', log, {subscribe: 'done'}), [part('a', log)]);
  await here.subscribe(subscription, true);
  t.deepEqual(log.splice(0), ['own subscribe', 'a evict before 7']);
  const nowhere = federate(part('own', log), [part('a', log)]);
  t.like(await nowhere.subscribe(subscription, true), {outcome: 'noSuchConnection'});
  t.deepEqual(log, ['own subscribe', 'a subscribe']);
});

test('a refusal by whoever has the client is the answer; silence is told where it may matter', async (t) => {
  const answer = (own: string, ...peers: string[]) =>
    federate(
      part('own', [], {subscribe: own}),
      peers.map((subscribe, place) => part(`peer ${place}`, [], {subscribe})),
    ).subscribe(subscription, true);
  t.deepEqual(await answer('tooManyChannels', 'done'), {outcome: 'tooManyChannels', isPartial: false});
  t.like(await answer('noSuchConnection', 'noSuchConnection', 'overloaded'), {outcome: 'overloaded'});
  t.deepEqual(await answer('noSuchConnection', 'unreachable'), {outcome: 'noSuchConnection', isPartial: true});
  t.deepEqual(await answer('noSuchConnection', 'done', 'unreachable'), {outcome: 'done', isPartial: true});
  t.deepEqual(await answer('done', 'unreachable'), {outcome: 'done', isPartial: true});
});

test('leaving is asked of everybody, and done where nobody refuses', async (t) => {
  const answer = (...peers: string[]) =>
    federate(
      part('own', []),
      peers.map((unsubscribe) => part('peer', [], {unsubscribe})),
    ).unsubscribe(subscription);
  t.deepEqual(await answer('done', 'done'), {outcome: 'done', isPartial: false});
  t.deepEqual(await answer('done', 'unreachable'), {outcome: 'done', isPartial: true});
  t.deepEqual(await answer('overloaded', 'done'), {outcome: 'overloaded', isPartial: false});
});

test('shards are added up to this node, other nodes are told one by one', async (t) => {
  const node = {...part('n', []), info: async () => ({server: '10.0.0.2:1984', facts: undefined})};
  const shard = part('shard', []);
  const told = await federate(part('own', []), [shard, node as unknown as typeof shard]).info();
  t.deepEqual(told, {
    connections: 2,
    channels: [
      {name: 'own', connections: 1},
      {name: 'shard', connections: 1},
    ],
    nodes: [{server: '10.0.0.2:1984', facts: undefined}],
    isPartial: false,
  });
  const silent = {...part('shard', []), info: async () => 'unreachable'};
  t.like(await federate(part('own', []), [silent as unknown as typeof shard]).info(), {
    connections: 1,
    isPartial: true,
  });
});

test('replies of several parts are listed up to the bound of one answer, the earliest first, and all are counted', (t) => {
  const data = new Uint8Array(1_048_576);
  const half = (first: number) =>
    outcome({
      connections: 10,
      replies: Array.from({length: 10}, (_, place) => ({identity: 'c', data, at: first + 2 * place})),
    });
  const merged = mergeOutcomes(half(1), half(2));
  t.is(merged.connections, 20);
  t.true(merged.isTruncated);
  t.deepEqual(
    merged.replies.map(({at}) => at),
    Array.from({length: 15}, (_, place) => place + 1),
  );
  t.true(mergeOutcomes(outcome({isTruncated: true}), outcome({})).isTruncated);
  t.is(mergeOutcomes(outcome({}), outcome({})).isTruncated, undefined);
});
