// The session chart on every path there is: what must happen exactly once does, in its order.

import test from 'ava';
import {session} from '../../src/machines/session.ts';

const {state, event, effect, vocabulary} = session;

/** What has happened on a path, as far as its end depends on it. */
interface Past {
  readonly at: number;
  readonly isAllowed: boolean;
  /** The client is another session's. */
  readonly isForgone: boolean;
  readonly held: number;
  readonly released: number;
  readonly cleanedUp: number;
  readonly stopped: number;
}

/** Walks every path, each past once; cycles add nothing, since what is counted more than once is a fault. */
function walk(visit: (past: Past, path: readonly string[]) => void): void {
  const seen = new Set<string>();
  const waiting: {past: Past; path: readonly string[]}[] = [
    {
      past: {at: state.asking, isAllowed: false, isForgone: false, held: 0, released: 0, cleanedUp: 0, stopped: 0},
      path: [],
    },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const {past, path} = next;
    visit(past, path);
    for (const [code, name] of vocabulary.events.entries()) {
      const cell = session.step(past.at, code);
      const effects = session.effects[cell] ?? [];
      const count = (one: number): number => effects.filter((other) => other === one).length;
      const after: Past = {
        at: session.next[cell] as number,
        isAllowed: past.isAllowed || (code === event['connect.allowed'] && session.isHandled[cell] === 1),
        isForgone: past.isForgone || count(effect.forgo) > 0,
        held: past.held + count(effect.holdClose),
        released: past.released + count(effect.releaseClose),
        cleanedUp: past.cleanedUp + count(effect.cleanUp),
        stopped: past.stopped + count(effect.stop),
      };
      const key = JSON.stringify(after);
      if (seen.has(key)) continue;
      seen.add(key);
      waiting.push({past: after, path: [...path, name]});
    }
  }
}

test('a session that was allowed has one close call on every path, and another one none [RB-64]', (t) => {
  let ends = 0;
  walk(({at, isAllowed, isForgone, held, released}, path) => {
    const calls = isAllowed && !isForgone ? 1 : 0;
    t.true(held <= calls && released <= held, path.join(', '));
    if (at !== state.ended) return;
    ends++;
    t.deepEqual([held, released], [calls, calls], path.join(', '));
  });
  t.true(ends > 3);
});

test('a session is cleaned up once on every path, before its close call is made', (t) => {
  walk(({at, cleanedUp, released, stopped}, path) => {
    t.true(cleanedUp <= 1 && stopped <= 1, path.join(', '));
    if (at === state.ended) t.is(cleanedUp, 1, path.join(', '));
    // A failure of the actor may come in the middle of the clean-up: then what is owed comes first.
    if (released === 1 && path.at(-1) !== 'actor.failed') t.is(cleanedUp, 1, path.join(', '));
  });
});

test('the close call waits for the end of the connection and for the calls before it, whatever comes between [RB-46]', (t) => {
  walk(({at}) => {
    for (const [code, name] of vocabulary.events.entries()) {
      const cell = session.step(at, code);
      if (session.effects[cell]?.includes(effect.releaseClose) !== true || name === 'actor.failed') continue;
      t.is(name, 'calls.over');
      t.true([state.reporting, state.hurried].includes(at));
    }
  });
});

test('a session ends by every event that ends one, whatever state it is in', (t) => {
  for (const name of ['session.over', 'actor.failed'] as const) {
    walk(({at}) => {
      const next = session.next[session.step(at, event[name])] as number;
      t.false(
        next === state.attached ||
          next === state.unconfirmed ||
          next === state.detached ||
          next === state.asking ||
          next === state.allowed,
      );
    });
  }
});

test('a session hands its connection over only before it is known to anyone, and its close call goes with it [RB-38]', (t) => {
  const handed = event['front.handedOver'];
  for (const [code, name] of vocabulary.states.entries()) {
    const isHandled = session.isHandled[session.step(code, handed)] === 1;
    t.is(isHandled, name === 'allowed', name);
  }
  const effects = session.effects[session.step(state.allowed, handed)] ?? [];
  t.deepEqual(
    effects.map((code) => vocabulary.effects[code]),
    ['forgo', 'cleanUp', 'stop'],
  );
});

test('a new session that its client does not know of is never detached', (t) => {
  t.is(session.isHandled[session.step(state.unconfirmed, event['front.detached'])], 0);
  t.is(session.next[session.step(state.unconfirmed, event['client.heard'])], state.attached);
});
