// The close calls of a thread: one for each connection that was allowed, however it ends, with the reason; made again where
// that is safe; before a newer connection of the same identity is let in.

import test from 'ava';
import {broadcast} from '../../src/actors/publisher.ts';
import {Broadcast} from '../../src/actors/recipients.ts';
import {stopShardContext} from '../../src/actors/stop-shard-context.ts';
import {Ledger, LedgerWriter} from '../../src/gateway/shard/close-ledger.ts';
import type {CloseCallReason} from '../../src/protocol/close-reason.ts';
import {createSoleDirectory} from '../../src/router/directory.ts';
import type {Call, CloseCall, FailedAnswer} from '../../src/upstream/call.ts';
import {countHooks} from '../runtime/harness.ts';
import {type Client, type SimulatedGateway, simulateGateway} from '../support/simulated-gateway.ts';

function closes(kit: SimulatedGateway): CloseCall[] {
  return kit.transport.calls.filter((call): call is CloseCall => call.kind === 'close');
}

function kinds(kit: SimulatedGateway): Call['kind'][] {
  return kit.transport.calls.map(({kind}) => kind);
}

/** Every way in which a connection that was allowed ends. `end` is given one that is open. */
const endings: Readonly<
  Record<string, {reason: CloseCallReason; end: (kit: SimulatedGateway, client: Client) => void}>
> = {
  'a close frame of the client': {
    reason: 'client',
    end(_kit, client) {
      client.tell({kind: 'closing'});
      client.tell({kind: 'socketClosed'});
    },
  },
  'a close frame whose socket stays': {
    reason: 'client',
    end(kit, client) {
      client.tell({kind: 'closing'});
      kit.advance(2_000);
    },
  },
  'a socket that ends without a close frame': {
    reason: 'client',
    end: (_kit, client) => client.tell({kind: 'socketClosed'}),
  },
  'an upgrade that could not be written': {
    reason: 'client',
    end: (_kit, client) => client.tell({kind: 'socketClosed'}),
  },
  'bytes that break the WebSocket protocol': {
    reason: 'error',
    end(_kit, client) {
      client.tell({kind: 'broken'});
      client.tell({kind: 'socketClosed'});
    },
  },
  'a bound outrun': {
    reason: 'error',
    end(_kit, client) {
      for (let id = 1; id <= 3; id++) client.receive(`SEND q2 id ${id}`);
      client.tell({kind: 'socketClosed'});
    },
  },
  'a deadline of the client that passed': {
    reason: 'timeout',
    end(_kit, client) {
      client.tell({kind: 'late', reason: 'stalled'});
      client.tell({kind: 'socketClosed'});
    },
  },
  silence: {reason: 'timeout', end: (kit) => kit.advance(100_000)},
  'an actor that fails': {
    reason: 'crashed',
    end(_kit, client) {
      client.link.ping = () => {
        throw new Error('made to fail');
      };
      for (let heartbeat = 0; heartbeat < 3; heartbeat++) _kit.advance(31_000);
    },
  },
  'a newer connection of its identity': {
    reason: 'replaced',
    end(kit) {
      kit.connect('room', {identity: 'user-1'});
    },
  },
  'a newer connection of its identity on another thread': {
    reason: 'replaced',
    end(kit) {
      void kit.router.takeOver({identity: 'user-1', fencingToken: Number.MAX_SAFE_INTEGER});
      kit.run();
    },
  },
  'the shutdown': {
    reason: 'shutdown',
    end(kit, client) {
      void stopShardContext(kit.context, {graceMs: 4_000});
      kit.run();
      client.tell({kind: 'socketClosed'});
    },
  },
  'the shutdown, where the client does not answer': {
    reason: 'shutdown',
    end(kit) {
      void stopShardContext(kit.context, {graceMs: 1_000});
      kit.advance(1_000);
    },
  },
};

for (const [what, {reason, end}] of Object.entries(endings)) {
  test(`${what}: one close call, reason ${reason} [RB-64]`, (t) => {
    const kit = simulateGateway({window: 2});
    const client = kit.connect('room', {identity: 'user-1', cookie: 'c=1'});
    end(kit, client);
    // What runs of its messages is answered first. [RB-46]
    while (kinds(kit).includes('message')) {
      kit.transport.accept('message');
      kit.run();
    }
    t.deepEqual(
      closes(kit).map((call) => [call.identity, call.cookie, call.reason]),
      [['user-1', 'c=1', reason]],
    );
    kit.transport.accept('close');
    client.tell({kind: 'socketClosed'});
    kit.advance(10_000);
    t.deepEqual(closes(kit).length, 0, 'none is made again');
    t.is(kit.context.closes.size, 0);
  });
}

/** Every way in which a client goes before its connect call is answered with yes. */
const lateEndings: Readonly<
  Record<string, {reason: CloseCallReason; end: (kit: SimulatedGateway, client: Client) => void}>
> = {
  'the client vanished': {reason: 'client', end: (_kit, client) => client.tell({kind: 'socketClosed'})},
  'the handshake was due': {reason: 'timeout', end: (_kit, client) => client.tell({kind: 'handshakeDue'})},
  'the gateway stops': {
    reason: 'shutdown',
    end(kit) {
      void stopShardContext(kit.context, {graceMs: 4_000});
      kit.run();
    },
  },
  'its actor failed': {
    reason: 'crashed',
    end(_kit, client) {
      client.link.refuse = () => {
        throw new Error('made to fail');
      };
      client.tell({kind: 'handshakeDue'});
    },
  },
};

for (const [what, {reason, end}] of Object.entries(lateEndings)) {
  test(`a yes that comes after ${what}: one close call, reason ${reason} [RB-64]`, (t) => {
    const kit = simulateGateway();
    const client = kit.knock();
    end(kit, client);
    t.is(closes(kit).length, 0, 'no client is admitted yet');
    kit.transport.accept('connect', {identity: 'user-1', cookie: 'c=1'});
    kit.run();
    t.like(closes(kit)[0], {
      identity: 'user-1',
      cookie: 'c=1',
      reason: what === 'its actor failed' ? 'crashed' : reason,
    });
    kit.transport.accept('close');
    kit.run();
    t.deepEqual(kinds(kit), []);
    t.is(kit.context.closes.size + kit.context.alive.size, 0);
  });
}

test('a yes that lies in the mailbox of an actor as it fails is reported closed, too [RB-64]', (t) => {
  const kit = simulateGateway();
  const client = kit.knock();
  client.link.refuse = () => {
    throw new Error('made to fail');
  };
  client.actor.tell({kind: 'handshakeDue'});
  const {call} = kit.transport.take('connect');
  const nothing = {join: undefined, leave: undefined, cookie: undefined, identity: undefined};
  client.tell({
    kind: 'answered',
    context: undefined,
    answer: {kind: 'accepted', call, body: Buffer.alloc(0), ...nothing},
  });
  t.is(kit.failures.length, 1);
  t.like(closes(kit), {length: 1, 0: {identity: client.actor.name}});
});

test('a close call that was not sent is made again, with the same RAINBOWMESSAGEID, until it is answered [RB-63] [RB-64]', (t) => {
  const kit = simulateGateway();
  const clients = Array.from({length: 30}, () => kit.connect('room'));
  for (const client of clients) client.tell({kind: 'socketClosed'});
  const first = closes(kit);
  t.is(first.length, 30);
  t.is(new Set(first.map(({message}) => message)).size, 30);
  t.is(kit.context.counters.closeCallsRetried, 0);
  kit.transport.missAll('close');
  // The business server is away for two seconds.
  let retried = 0;
  for (let ms = 0; ms < 2_000; ms += 10) {
    kit.advance(10);
    retried += kit.transport.calls.length;
    kit.transport.missAll('close');
  }
  const made: string[] = [];
  for (let ms = 0; ms < 4_000; ms += 10) {
    kit.advance(10);
    for (const {message} of closes(kit)) {
      made.push(message);
      kit.transport.accept('close');
    }
    kit.run();
  }
  t.deepEqual(made.sort(), first.map(({message}) => message).sort());
  t.is(kit.context.closes.size, 0);
  t.is(kit.context.counters.closeCallsLost, 0);
  t.is(kit.context.counters.closeCallsRetried, retried + 30);
});

interface Case {
  readonly what: string;
  readonly failure: Partial<FailedAnswer>;
  /** Whether it is made again with `close_retry = safe`, and with `always`. */
  readonly again: readonly [safe: boolean, always: boolean];
}

const cases: readonly Case[] = [
  {what: 'not sent', failure: {reason: 'unreachable', status: undefined, wasSent: false}, again: [true, true]},
  {what: 'not sent in time', failure: {reason: 'timeout', status: undefined, wasSent: false}, again: [true, true]},
  {what: 'no room', failure: {reason: 'overloaded', status: undefined, wasSent: false}, again: [true, true]},
  {what: '429', failure: {status: 429, wasSent: true}, again: [true, true]},
  {what: '503', failure: {status: 503, wasSent: true}, again: [true, true]},
  {what: 'a worker that died', failure: {reason: 'stopped', status: undefined, wasSent: true}, again: [true, true]},
  {what: 'no answer in time', failure: {reason: 'timeout', status: undefined, wasSent: true}, again: [false, true]},
  {what: 'a broken line', failure: {reason: 'unreachable', status: undefined, wasSent: true}, again: [false, true]},
  {what: '500', failure: {status: 500, wasSent: true}, again: [false, true]},
  {what: '502', failure: {status: 502, wasSent: true}, again: [false, true]},
  {what: '404', failure: {status: 404, wasSent: true}, again: [false, false]},
  {what: '308', failure: {status: 308, wasSent: true}, again: [false, false]},
  {what: 'a signature refused', failure: {reason: 'invalid', status: 200, wasSent: true}, again: [false, false]},
  {
    what: 'a header that HTTP cannot carry',
    failure: {reason: 'invalid', status: undefined, wasSent: false},
    again: [false, false],
  },
];

for (const {what, failure, again} of cases) {
  for (const [place, closeRetry] of (['safe', 'always'] as const).entries()) {
    const isAgain = again[place] === true;
    test(`a close call that failed, ${what}, is ${isAgain ? '' : 'not '}made again with close_retry = ${closeRetry} [RB-64]`, (t) => {
      const kit = simulateGateway({closeRetry});
      kit.connect('room').tell({kind: 'socketClosed'});
      const {message} = closes(kit)[0] as CloseCall;
      kit.transport.fail('close', failure);
      kit.advance(300);
      t.deepEqual(
        closes(kit).map((call) => call.message),
        isAgain ? [message] : [],
      );
      t.is(kit.context.counters.closeCallsLost, isAgain ? 0 : 1);
      t.is(kit.losses.length, isAgain ? 0 : 1);
    });
  }
}

test('a close answer of success that is too long is one', (t) => {
  const kit = simulateGateway();
  kit.connect('room').tell({kind: 'socketClosed'});
  kit.transport.fail('close', {reason: 'tooLarge', status: 200});
  kit.run();
  t.is(kit.context.closes.size + kit.context.counters.closeCallsLost, 0);
});

test('attempts come at growing distances, up to the bound; then the call is counted and reported as lost', (t) => {
  const kit = simulateGateway({closeRetryMs: 60_000});
  kit.connect('room', {identity: 'user-1'}).tell({kind: 'socketClosed'});
  const at: number[] = [];
  const begin = kit.clock.now();
  while (kit.context.closes.size > 0) {
    for (const _call of closes(kit)) at.push(kit.clock.now() - begin);
    kit.transport.missAll('close');
    kit.advance(1);
  }
  t.is(at[0], 0);
  t.true((at[1] ?? 0) <= 250 + 2);
  t.true((at.at(-1) ?? 0) >= 60_000, `the last attempt came at ${at.at(-1)}`);
  t.true((at.at(-1) ?? 0) < 60_100);
  t.true(at.length >= 10 && at.length < 100, `${at.length} attempts`);
  t.is(kit.context.counters.closeCallsLost, 1);
  t.like(kit.losses, {length: 1, 0: {identity: 'user-1', reason: 'client', cause: 'unreachable', attempts: at.length}});
});

test('Retry-After is waited for', (t) => {
  const kit = simulateGateway();
  kit.connect('room').tell({kind: 'socketClosed'});
  kit.transport.fail('close', {status: 503, retryAfterMs: 5_000});
  kit.advance(5_000);
  t.is(closes(kit).length, 0);
  kit.advance(251);
  t.is(closes(kit).length, 1);
});

test('what waits for the business server is bounded: beyond it the oldest is given up', (t) => {
  const kit = simulateGateway({closesHeldMax: 10});
  for (let count = 0; count < 12; count++) {
    kit.connect('room').tell({kind: 'socketClosed'});
    kit.transport.missAll('close');
    kit.run();
  }
  t.is(kit.context.closes.size, 10);
  t.is(kit.context.counters.closeCallsLost, 2);
  t.is(kit.losses.length, 2);
});

test('the number of close calls at a time is bounded, and they run in the order in which they fell due', (t) => {
  const kit = simulateGateway({closeCallsMax: 2});
  const names = Array.from({length: 5}, () => {
    const client = kit.connect('room');
    client.tell({kind: 'socketClosed'});
    return client.actor.name;
  });
  const made: string[] = [];
  while (closes(kit).length > 0) {
    t.true(closes(kit).length <= 2);
    made.push(kit.transport.accept('close').identity);
    kit.run();
  }
  t.deepEqual(made, names);
});

test('close calls of a turn go before its connect calls [RB-67]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect('room');
  client.actor.tell({kind: 'socketClosed'});
  kit.knock();
  t.deepEqual(kinds(kit), ['close', 'connect']);
  kit.transport.calls.length = 0;
  // The connect call first, the end behind it, in one turn.
  const other = kit.connect('room');
  kit.context.upstream.tell({
    kind: 'call',
    call: {kind: 'connect', call: kit.context.sequences.nextCall(), identity: 'x', headers: []},
    from: other.actor,
    context: undefined,
  });
  other.tell({kind: 'socketClosed'});
  t.deepEqual(kinds(kit), ['close', 'connect']);
});

test('a client whose identity is not reported closed waits with its 101, and with what it sent [RB-67] [RB-56]', (t) => {
  const kit = simulateGateway();
  const older = kit.connect('room', {identity: 'user-1'});
  older.tell({kind: 'socketClosed'});
  const newer = kit.knock();
  kit.transport.accept('connect', {identity: 'user-1', join: 'room'});
  kit.run();
  t.deepEqual(newer.link.events, []);
  t.is(kit.context.channels.size, 0, 'and is in no channel');
  kit.transport.accept('close');
  kit.run();
  t.deepEqual(newer.link.events, ['admit']);
  t.is(kit.context.channels.size, 1);
});

test('it waits while the older one drains, and the close call does not wait for its socket then [RB-67]', (t) => {
  const kit = simulateGateway();
  const older = kit.connect('room', {identity: 'user-1'});
  older.tell({kind: 'closing'});
  t.is(closes(kit).length, 0);
  const newer = kit.connect('room', {identity: 'user-1'});
  t.deepEqual(newer.link.events, []);
  t.like(closes(kit), {length: 1, 0: {identity: 'user-1', reason: 'client'}});
  kit.transport.accept('close');
  kit.run();
  t.deepEqual(newer.link.events, ['admit']);
  older.tell({kind: 'socketClosed'});
  t.is(closes(kit).length, 0, 'once');
});

test('it waits while a message call of the older one runs [RB-67] [RB-46]', (t) => {
  const kit = simulateGateway();
  const older = kit.connect('room', {identity: 'user-1'});
  older.receive('SEND q0 "a"');
  const newer = kit.connect('room', {identity: 'user-1'});
  t.deepEqual(kinds(kit), ['message']);
  kit.transport.accept('message');
  kit.run();
  t.deepEqual(newer.link.events, []);
  kit.transport.accept('close');
  kit.run();
  t.deepEqual(newer.link.events, ['admit']);
});

test('it waits until the close call is given up, where that fails [RB-67]', (t) => {
  const kit = simulateGateway();
  kit.connect('room', {identity: 'user-1'});
  const newer = kit.connect('room', {identity: 'user-1'});
  kit.transport.fail('close', {reason: 'unreachable', status: undefined, wasSent: false});
  kit.run();
  t.deepEqual(newer.link.events, [], 'it is made again');
  kit.advance(251);
  kit.transport.fail('close', {reason: 'timeout', status: undefined, wasSent: true});
  kit.run();
  t.deepEqual(newer.link.events, ['admit']);
});

test('at the deadline of its handshake it is refused, and reported closed in its turn [RB-67] [RB-64]', (t) => {
  const kit = simulateGateway();
  kit.connect('room', {identity: 'user-1'}).tell({kind: 'socketClosed'});
  const newer = kit.connect('room', {identity: 'user-1'});
  newer.tell({kind: 'handshakeDue'});
  t.deepEqual(newer.link.events, ['refuse 503']);
  t.deepEqual(
    closes(kit).map(({identity, reason}) => [identity, reason]),
    [
      ['user-1', 'client'],
      ['user-1', 'timeout'],
    ],
  );
  t.is(kit.context.alive.size + kit.context.contenders.size, 0);
});

for (const [what, message] of [
  ['vanishes', 'socketClosed'],
  ['is stopped', 'stopping'],
] as const) {
  test(`a client that ${what} while it waits leaves a close call and nothing else [RB-64]`, (t) => {
    const kit = simulateGateway();
    kit.connect('room', {identity: 'user-1'}).tell({kind: 'socketClosed'});
    const newer = kit.connect('room', {identity: 'user-1'});
    newer.tell({kind: message});
    t.is(closes(kit).length, 2);
    kit.transport.accept('close');
    kit.transport.accept('close');
    kit.run();
    const {alive, contenders, sessions, handshakes} = kit.context;
    t.is(alive.size + contenders.size + sessions.size + handshakes.size + kit.context.closes.size, 0);
  });
}

test('of three clients with one identity the last is admitted, once the others are reported closed [RB-67]', (t) => {
  const kit = simulateGateway();
  const [first, second, third] = Array.from({length: 3}, () => kit.connect('room', {identity: 'user-1'}));
  t.deepEqual(first?.link.events, ['admit', 'close 4142']);
  t.deepEqual(second?.link.events, ['refuse 503']);
  kit.transport.accept('close');
  kit.run();
  t.deepEqual(third?.link.events, []);
  kit.transport.accept('close');
  kit.run();
  t.deepEqual(third?.link.events, ['admit']);
});

test('of any number of clients with one identity that come before the first is reported closed, only the last is admitted [RB-67]', (t) => {
  const kit = simulateGateway();
  const clients = Array.from({length: 6}, () => kit.connect('room', {identity: 'user-1'}));
  for (const _reported of clients.slice(1)) {
    kit.transport.accept('close');
    kit.run();
  }
  const ends = clients.map(({link}) => link.events.at(-1));
  t.deepEqual(ends, ['close 4142', ...new Array<string>(4).fill('refuse 503'), 'admit']);
});

test('what a shard that dies leaves to others has the cookie as the last answer left it [RB-64]', (t) => {
  const left = new Ledger();
  const kit = simulateGateway({}, undefined, {ledger: new LedgerWriter((notes) => left.note(notes))});
  const client = kit.connect('room', {cookie: 'first'});
  const cookieAfter = (answer: {cookie?: string}): string | undefined => {
    client.receive('SEND q0 "a"');
    kit.transport.accept('message', answer);
    kit.run();
    const owed = left.take();
    left.add(owed);
    t.is(owed.length, 1);
    return owed[0]?.cookie;
  };
  t.is(cookieAfter({}), 'first');
  t.is(cookieAfter({cookie: 'second'}), 'second');
  t.is(cookieAfter({cookie: ''}), undefined);
  t.is(cookieAfter({cookie: 'third'}), 'third');
  client.tell({kind: 'socketClosed'});
  t.like(closes(kit), {0: {cookie: 'third'}});
  kit.transport.accept('close');
  kit.run();
  t.is(left.size, 0);
});

test('a client waits for what other threads owe of its identity, and for what its own thread owes [RB-67]', async (t) => {
  for (const isPendingHere of [false, true]) {
    const elsewhere: PromiseWithResolvers<void>[] = [];
    const kit = simulateGateway({}, undefined, {
      directory: {
        ...createSoleDirectory(),
        takeOver() {
          const pending = Promise.withResolvers<void>();
          elsewhere.push(pending);
          return pending.promise;
        },
      },
    });
    const settle = async (): Promise<void> => {
      elsewhere.at(-1)?.resolve();
      await Promise.resolve();
      await Promise.resolve();
      kit.run();
    };
    if (isPendingHere) {
      const older = kit.connect('room', {identity: 'ann'});
      await settle();
      t.deepEqual(older.link.events, ['admit']);
      older.tell({kind: 'socketClosed'});
    }
    const client = kit.connect('room', {identity: 'ann'});
    t.deepEqual(client.link.events, []);
    await settle();
    t.deepEqual(client.link.events, isPendingHere ? [] : ['admit']);
    if (!isPendingHere) continue;
    kit.transport.accept('close');
    kit.run();
    t.deepEqual(client.link.events, ['admit']);
  }
});

test('while only close calls fail, a client that keeps coming back is admitted after the bound [RB-67]', (t) => {
  const kit = simulateGateway({closeRetryMs: 60_000});
  kit.connect('room', {identity: 'user-1'}).tell({kind: 'socketClosed'});
  const begin = kit.clock.now();
  let client = kit.connect('room', {identity: 'user-1'});
  let since = begin;
  while (!client.link.events.includes('admit') && kit.clock.now() - begin < 200_000) {
    kit.transport.missAll('close');
    kit.advance(100);
    if (kit.clock.now() - since < 12_000) continue;
    client.tell({kind: 'handshakeDue'});
    client = kit.connect('room', {identity: 'user-1'});
    since = kit.clock.now();
  }
  t.true(client.link.events.includes('admit'));
  t.true(kit.clock.now() - begin <= 60_400, `${kit.clock.now() - begin} ms`);
});

test('a newer client makes the close call that it waits for go first [RB-67]', (t) => {
  const kit = simulateGateway({closeCallsMax: 1});
  for (let count = 0; count < 5; count++) kit.connect('room').tell({kind: 'socketClosed'});
  kit.connect('room', {identity: 'user-1'}).tell({kind: 'socketClosed'});
  kit.connect('room', {identity: 'user-1'});
  kit.transport.accept('close');
  kit.run();
  t.is(closes(kit)[0]?.identity, 'user-1');
});

test('a shutdown goes on while close calls are answered, and ends when none is, or at its longest', async (t) => {
  for (const [everyMs, expectedMs] of [
    [500, 10_000],
    [5_000, 1_000],
  ] as const) {
    const kit = simulateGateway({closeCallsMax: 1});
    const clients = Array.from({length: 100}, () => kit.connect('room'));
    const begin = kit.clock.now();
    let endedAt: number | undefined;
    const stopped = stopShardContext(kit.context, {graceMs: 1_000, maxMs: 10_000}).then(() => {
      endedAt = kit.clock.now() - begin;
    });
    for (const client of clients) client.tell({kind: 'socketClosed'});
    let made = 0;
    while (kit.clock.now() - begin < expectedMs) {
      kit.advance(100);
      if ((kit.clock.now() - begin) % everyMs > 0) continue;
      kit.transport.accept('close');
      kit.run();
      made++;
    }
    await stopped;
    t.is(endedAt, expectedMs);
    const losses = kit.context.closes.abandon();
    t.is(losses.length + made, 100, 'each is made or counted');
    t.is(kit.context.counters.closeCallsLost, losses.length);
  }
});

test('a close call goes on being made again during the shutdown', async (t) => {
  const kit = simulateGateway();
  kit.connect('room').tell({kind: 'socketClosed'});
  kit.transport.missAll('close');
  kit.run();
  const stopped = stopShardContext(kit.context, {graceMs: 4_000});
  kit.advance(300);
  kit.transport.accept('close');
  kit.run();
  await stopped;
  t.is(kit.context.closes.abandon().length, 0);
});

for (const end of ['in order', 'at its longest'] as const) {
  test(`a thread that has stopped ${end} has no timer and no hook of it left`, async (t) => {
    const kit = simulateGateway();
    const hooks = countHooks(kit.context.scheduler);
    // One that answers its close frame, and one that does not.
    const [polite, silent] = [kit.connect('room'), kit.connect('room')];
    const stopped = stopShardContext(kit.context, {graceMs: 4_000});
    kit.run();
    for (const client of end === 'in order' ? [polite, silent] : [polite]) client.tell({kind: 'socketClosed'});
    if (end === 'in order') {
      for (let count = 0; count < 2; count++) kit.transport.accept('close');
      kit.run();
    } else {
      kit.transport.missAll('close');
      kit.advance(4_000);
    }
    await stopped;
    // One that would be made again later.
    if (end === 'at its longest') kit.transport.missAll('close');
    kit.run();
    kit.context.closes.abandon();
    kit.connections.stop();
    t.is(kit.clock.pendingCount, 0);
    t.is(hooks(), 0);
  });
}

test('what a thread that died owed is made by who takes it over, with the same RAINBOWMESSAGEID [RB-63] [RB-64]', (t) => {
  const kit = simulateGateway();
  const fencingToken = kit.context.directory.claim('user-1');
  const owed = {
    identity: 'user-1',
    cookie: 'c=1',
    fencingToken,
    message: 'cdead1',
    reason: 'crashed',
  } as const;
  kit.context.closes.adopt([owed]);
  kit.run();
  t.like(closes(kit), {length: 1, 0: {identity: 'user-1', cookie: 'c=1', message: 'cdead1', reason: 'crashed'}});
  const newer = kit.connect('room', {identity: 'user-1'});
  t.deepEqual(newer.link.events, []);
  kit.transport.accept('close');
  kit.run();
  t.deepEqual(newer.link.events, ['admit']);
});

test('a flood of messages leaves room in the mailbox for the end of the connection [RB-64]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect('room');
  const {actor} = client;
  const members = new Set([actor]);
  const broadcasts = [1, 2].map(
    (byte) => new Broadcast('p', {type: 1, channel: 'room', payload: new Uint8Array([byte])}, undefined),
  );
  const {counters} = kit.context;
  for (let count = 0; count < 100_000; count++) broadcast(kit.context, members, broadcasts);
  t.is(counters.framesDropped, 0);
  for (let count = 0; count < 40_000; count++) broadcast(kit.context, members, broadcasts);
  t.is(counters.framesDropped, 80_000, 'each frame that was not handed over');
  t.true(actor.tell({kind: 'socketClosed'}));
  kit.run();
  t.is(closes(kit).length, 1);
});
