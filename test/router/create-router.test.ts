import test from 'ava';
import {RainbowError} from '../../src/core/errors.ts';
import {mergeOutcomes, nobody} from '../../src/router/add-up.ts';
import {createRouter} from '../../src/router/create-router.ts';
import {askPart, type LocalPart} from '../../src/router/part.ts';
import {createPeerTransport, type Peer, type Silence} from '../../src/router/peers.ts';
import type {PublishOutcome, PublishRequest, SubscribeOutcome} from '../../src/router/router.ts';
import {scriptedPart} from './scripted-part.ts';

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
  return {...nobody('m'), ...given};
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString();
}

/** A part that gives the scripted answers, and writes down what it was asked. */
function part(
  name: string,
  log: string[] = [],
  {
    subscribe = 'noSuchConnection',
    unsubscribe = 'done',
  }: Partial<Record<'subscribe' | 'unsubscribe', SubscribeOutcome>> = {},
): LocalPart {
  return {
    ...scriptedPart,
    name,
    publish: async ({message}) => {
      log.push(`${name} publish ${message}`);
      return outcome({message: message ?? 'own', connections: 1});
    },
    subscribe: async () => {
      log.push(`${name} subscribe`);
      return {outcome: subscribe, ticket: subscribe === 'done' ? 7 : 0};
    },
    unsubscribe: async () => {
      log.push(`${name} unsubscribe`);
      return unsubscribe;
    },
    evict: async ({before}) => {
      log.push(`${name} evict before ${before}`);
      return 'done';
    },
    info: async () => ({connections: 1, channels: [{name, connections: 1}]}),
  };
}

/** The same, as another part reaches it. */
function peer(name: string, log: string[] = [], answers: Parameters<typeof part>[2] = {}): Peer {
  const asked = part(name, log, answers);
  return {name, mayConcern: () => true, ask: (question) => askPart(asked, question) as never};
}

function silent(why: Silence): Peer {
  return {name: why, mayConcern: () => true, ask: async () => why};
}

function federate(local: LocalPart, peers: readonly Peer[], inOrder?: (action: () => void) => void) {
  return createRouter(local, [createPeerTransport(() => peers, inOrder)]);
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
  const all = await federate(part('own', log), [peer('a', log), peer('b', log)]).publish(request);
  t.like(all, {message: 'p1', connections: 3, isPartial: false});
  t.deepEqual(log, ['own publish p1', 'a publish p1', 'b publish p1']);
});

test('where one part refuses, the outcome of the others is partial; only where all refuse is it a refusal', async (t) => {
  const log: string[] = [];
  const refuse = async (): Promise<never> => {
    throw new RainbowError('RB_OVERLOADED');
  };
  const full = {...part('full', log), publish: refuse};
  const fullPeer = {...peer('full', log), ask: refuse};
  t.like(await federate(part('own', log), [fullPeer]).publish(request), {connections: 1, isPartial: true});
  t.like(await federate(full, [peer('a', log)]).publish(request), {connections: 1, isPartial: true});
  t.deepEqual(await federate(full, [silent('gone')]).publish(request), {...nobody('p1'), isPartial: true});
  await t.throwsAsync(federate(full, [fullPeer]).publish(request), {code: 'RB_OVERLOADED'});
});

test('a part that did not answer makes the answer partial, and a timeout where it was waited for [RB-62] [RB-66]', async (t) => {
  const publish = (why: Silence) => federate(part('own'), [peer('a'), silent(why)]).publish(request);
  t.like(await publish('gone'), {connections: 2, isTimedOut: false, isPartial: true});
  t.like(await publish('late'), {connections: 2, isTimedOut: true, isPartial: true});
});

test('where parts share an order, this one has its place in it, and all parts one id [RB-45]', async (t) => {
  const log: string[] = [];
  const actions: (() => void)[] = [];
  const published = federate(part('own', log), [peer('a', log)], (action) => actions.push(action)).publish(request);
  t.deepEqual(log, ['a publish p1']);
  for (const action of actions) action();
  t.like(await published, {connections: 2});
  t.deepEqual(log, ['a publish p1', 'own publish p1']);
});

test('a publication that concerns no other part, or a client of this one, asks no other part', async (t) => {
  const log: string[] = [];
  const deaf = {...peer('a', log), mayConcern: () => false};
  await federate(part('own', log), [deaf]).publish(request);
  const home = {...part('own', log), hasConnection: () => true};
  await federate(home, [peer('a', log)]).publish({...request, channel: undefined, identity: 'me'});
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
  const here = federate(part('own', log, {subscribe: 'done'}), [peer('a', log)]);
  t.deepEqual(await here.subscribe(subscription), {outcome: 'done', isPartial: false});
  t.deepEqual(log.splice(0), ['own subscribe']);
  const there = federate(part('own', log), [peer('a', log), peer('b', log, {subscribe: 'done'})]);
  t.deepEqual(await there.subscribe(subscription), {outcome: 'done', isPartial: false});
  t.deepEqual(log, ['own subscribe', 'a subscribe', 'b subscribe']);
});

test('occupy removes every other client everywhere, but only if there is an occupant', async (t) => {
  const log: string[] = [];
  const there = federate(part('own', log), [peer('a', log), peer('b', log, {subscribe: 'done'})]);
  t.deepEqual(await there.occupy(subscription), {outcome: 'done', isPartial: false});
  t.deepEqual(log.splice(0), ['own subscribe', 'a subscribe', 'b subscribe', 'own evict before 7', 'a evict before 7']);
  const here = federate(part('own', log, {subscribe: 'done'}), [peer('a', log)]);
  await here.occupy(subscription);
  t.deepEqual(log.splice(0), ['own subscribe', 'a evict before 7']);
  const nowhere = federate(part('own', log), [peer('a', log)]);
  t.like(await nowhere.occupy(subscription), {outcome: 'noSuchConnection'});
  t.deepEqual(log, ['own subscribe', 'a subscribe']);
});

test('a refusal by the part that has the client is the answer; silence is reported where it may matter', async (t) => {
  const answer = (own: SubscribeOutcome, ...peers: (SubscribeOutcome | Silence)[]) =>
    federate(
      part('own', [], {subscribe: own}),
      peers.map((subscribe, place) =>
        subscribe === 'gone' || subscribe === 'late' ? silent(subscribe) : peer(`peer ${place}`, [], {subscribe}),
      ),
    ).occupy(subscription);
  t.deepEqual(await answer('tooManyChannels', 'done'), {outcome: 'tooManyChannels', isPartial: false});
  t.like(await answer('noSuchConnection', 'noSuchConnection', 'overloaded'), {outcome: 'overloaded'});
  t.deepEqual(await answer('noSuchConnection', 'gone'), {outcome: 'noSuchConnection', isPartial: true});
  t.deepEqual(await answer('noSuchConnection', 'done', 'late'), {outcome: 'done', isPartial: true});
  t.deepEqual(await answer('done', 'gone'), {outcome: 'done', isPartial: true});
});

test('every part is asked to leave, and it is done where no part refuses', async (t) => {
  const leave = (...peers: readonly Peer[]) => federate(part('own'), peers).unsubscribe(subscription);
  t.deepEqual(await leave(peer('a'), peer('b')), {outcome: 'done', isPartial: false});
  t.deepEqual(await leave(peer('a'), silent('late')), {outcome: 'done', isPartial: true});
  t.deepEqual(await leave(peer('a', [], {unsubscribe: 'overloaded'}), peer('b')), {
    outcome: 'overloaded',
    isPartial: false,
  });
});

test('shards are added up to this node, other nodes are listed one by one', async (t) => {
  const node: Peer = {...peer('n'), ask: async () => ({server: '10.0.0.2:1984', facts: undefined}) as never};
  t.deepEqual(await federate(part('own'), [peer('shard'), node]).info(), {
    connections: 2,
    channels: [
      {name: 'own', connections: 1},
      {name: 'shard', connections: 1},
    ],
    nodes: [{server: '10.0.0.2:1984', facts: undefined}],
    isPartial: false,
  });
  t.like(await federate(part('own'), [silent('late')]).info(), {connections: 1, isPartial: true});
});

test('a query is answered by every part under its name, and says how many were silent [RB-66]', async (t) => {
  const router = federate(part('own'), [peer('a'), silent('gone')]);
  const {answers, silent: count} = await router.ask({kind: 'survey', rowsMax: 0});
  t.deepEqual(
    answers.map((one) => one.part),
    ['own', 'a'],
  );
  t.is(count, 1);
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
  // Each takes 64 bytes beside its data and identity: sixteen of these are the bound, to the byte.
  const whole = outcome({
    replies: Array.from({length: 16}, (_, at) => ({identity: 'c', data: data.subarray(65), at})),
  });
  t.is(mergeOutcomes(whole, outcome({})).replies.length, 16);
  t.is(mergeOutcomes(whole, outcome({})).isTruncated, undefined);
  const more = outcome({replies: [{identity: '', data: new Uint8Array(0), at: 16}]});
  t.true(mergeOutcomes(whole, more).isTruncated);
  t.true(mergeOutcomes(outcome({isTruncated: true}), outcome({})).isTruncated);
  t.is(mergeOutcomes(outcome({}), outcome({})).isTruncated, undefined);
});
