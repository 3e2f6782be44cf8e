// The calls of one worker on the simulated clock: which of them share sockets, and for how long one that was cut keeps its own.

import test from 'ava';
import {SeededRandom} from '../../src/core/random-seeded.ts';
import {headerIdentity} from '../../src/protocol/header-name.ts';
import type {Answer, MessageCall, UpstreamSettings} from '../../src/upstream/call.ts';
import {Caller} from '../../src/upstream/caller.ts';
import type {CallSocket} from '../../src/upstream/upstream-socket.ts';
import {closeCall, connectCall, messageCall, settingsOf} from './harness.ts';
import {type Duration, ModelServer} from './model-harness.ts';

const origin = 'http://business.test';

function createCaller(duration: Duration, changes: Partial<UpstreamSettings> = {}) {
  const server = new ModelServer(Number.POSITIVE_INFINITY, duration);
  const sockets: CallSocket[] = [];
  const open = (): CallSocket => {
    const socket = server.connect();
    sockets.push(socket);
    return socket;
  };
  const caller = new Caller(settingsOf(origin, changes), server.clock, new SeededRandom(1), open);
  return {clock: server.clock, sockets, caller};
}

test('all kinds of calls to one origin share its sockets, those to another have their own', async (t) => {
  for (const [closeUrl, count] of [
    [`${origin}/close/`, 1],
    ['http://another.test/close/', 2],
  ] as const) {
    const {clock, sockets, caller} = createCaller(() => 10, {closeUrl});
    for (const call of [connectCall(), messageCall(), closeCall()]) {
      const answers: Answer[] = [];
      caller.start([call], (answer) => answers.push(answer));
      clock.advance(10);
      await Promise.resolve();
      t.is(answers[0]?.kind, 'accepted');
    }
    t.is(sockets.length, count);
  }
});

test('a client whose waiting call was withdrawn keeps its turn [RB-72]', async (t) => {
  const made: string[] = [];
  const {clock, caller} = createCaller(
    ({headers}) => {
      made.push(headers[headers.indexOf(headerIdentity) + 1] ?? '');
      return 10;
    },
    {socketsMax: 1},
  );
  const callOf = (identity: string): MessageCall => {
    const call = messageCall({identity});
    caller.start([call], () => {});
    return call;
  };
  callOf('first');
  callOf('waiting');
  const {call} = callOf('fickle');
  caller.withdraw([call]);
  callOf('other');
  callOf('fickle');
  for (let answered = 0; answered < 4; answered++) {
    clock.advance(10);
    await Promise.resolve();
  }
  // Of clients with the same turn the one that came last is next.
  t.deepEqual(made, ['first', 'fickle', 'other', 'waiting']);
});

test('a call that was cut keeps its socket for twice its deadline more, while others are answered late', async (t) => {
  const callTimeoutMs = 1_000;
  const isHanging = 'hanging'.padEnd(64, '0');
  const {clock, sockets, caller} = createCaller(
    ({headers}) => (headers.includes(isHanging) ? Number.POSITIVE_INFINITY : 0.8 * callTimeoutMs),
    {callTimeoutMs},
  );
  const answers: Answer[] = [];
  caller.start([connectCall({identity: isHanging})], (answer) => answers.push(answer));
  const [hanging] = sockets;
  let keptMs = 0;
  for (let ms = 0; ms < 5 * callTimeoutMs; ms += 100) {
    caller.start([connectCall()], () => {});
    clock.advance(100);
    await Promise.resolve();
    if (hanging?.isDestroyed === false) keptMs = clock.now();
  }
  t.deepEqual(
    answers.map((answer) => answer.kind === 'failed' && answer.isPending === true),
    [true, false],
  );
  t.is(keptMs, 3 * callTimeoutMs - 100);
});
