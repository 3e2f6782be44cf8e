// A message that comes again under its id is processed once.

import test from 'ava';
import {type AnswerStore, MemoryStore, type StoredAnswer} from '../../src/business/index.ts';
import {Latch} from '../support/deadline.ts';
import {call, make} from './harness.ts';

const headers = {RAINBOWMESSAGEID: 'm1'};

test('a repeat is answered as the message was, with its channels and its cookie [RB-63]', async (t) => {
  let runs = 0;
  const app = make({
    on: {
      1({channels, context}) {
        channels.join('den');
        channels.leave('lobby');
        context.room = 'den';
        return Uint8Array.of(++runs, 0xff);
      },
    },
  });
  const first = await call(app, '/message/1/', {headers});
  const again = await call(app, '/message/1/', {headers});
  t.is(runs, 1);
  t.deepEqual(again.bytes, first.bytes);
  t.deepEqual([...again.headers], [...first.headers]);
  t.is(again.headers.get('RAINBOWCLIENTCHANNELUNSUB'), 'lobby');
  t.deepEqual((await call(app, '/message/1/', {headers: {RAINBOWMESSAGEID: 'm2'}})).bytes, Uint8Array.of(2, 0xff));
});

test('a message without an id is never a repeat', async (t) => {
  let runs = 0;
  const app = make({on: {1: () => ++runs}});
  await call(app, '/message/1/');
  t.is((await call(app, '/message/1/')).text, '2');
});

test('a repeat that comes while the message is processed joins it', async (t) => {
  const latch = new Latch();
  let runs = 0;
  const app = make({
    on: {
      async 1() {
        runs++;
        await latch.opened;
        return 'done';
      },
    },
  });
  const calls = [1, 2, 3].map(() => call(app, '/message/1/', {headers}));
  latch.release();
  t.deepEqual(
    (await Promise.all(calls)).map(({text}) => text),
    ['done', 'done', 'done'],
  );
  t.is(runs, 1);
});

test('a failure is not remembered: thrown, or reported by the status', async (t) => {
  const outcomes: (() => unknown)[] = [
    () => {
      throw new Error('no database');
    },
    () => new Response('later', {status: 503}),
    () => 'done',
    () => 'never',
  ];
  const app = make({on: {1: () => outcomes.shift()?.()}, onError: () => {}});
  const answers = [1, 2, 3, 4].map(() => () => call(app, '/message/1/', {headers}));
  const seen: unknown[] = [];
  for (const answer of answers) seen.push((await answer()).status);
  t.deepEqual(seen, [500, 503, 200, 200]);
  t.is((await call(app, '/message/1/', {headers})).text, 'done');
});

test('calls that joined a failure get it too, and it is reported once', async (t) => {
  const latch = new Latch();
  const errors: unknown[] = [];
  const app = make({
    on: {
      async 1() {
        await latch.opened;
        throw new Error('no database');
      },
    },
    onError: (error) => errors.push(error),
  });
  const calls = [1, 2].map(() => call(app, '/message/1/', {headers}));
  latch.release();
  t.deepEqual(
    (await Promise.all(calls)).map(({status}) => status),
    [500, 500],
  );
  t.is(errors.length, 1);
});

test('at the bound of messages under way a further one is answered 503, a repeat is not', async (t) => {
  const latch = new Latch();
  const refused: string[] = [];
  const app = make({
    on: {
      async 1() {
        await latch.opened;
        return 'done';
      },
    },
    runningMax: 1,
    onRefused: ({code}) => refused.push(code),
  });
  const first = call(app, '/message/1/', {headers});
  const repeat = call(app, '/message/1/', {headers});
  t.is((await call(app, '/message/1/', {headers: {RAINBOWMESSAGEID: 'm2'}})).status, 503);
  t.deepEqual(refused, ['RB_OVERLOADED']);
  latch.release();
  t.is((await first).text, 'done');
  t.is((await repeat).text, 'done');
  t.is((await call(app, '/message/1/', {headers: {RAINBOWMESSAGEID: 'm2'}})).text, 'done');
});

/** A store that keeps its answers as a database would: as text. */
class TextStore implements AnswerStore {
  readonly texts = new Map<string, string>();
  failure: Error | undefined;

  async get(message: string): Promise<StoredAnswer | undefined> {
    const text = this.texts.get(message);
    return text === undefined ? undefined : (JSON.parse(text) as StoredAnswer);
  }

  async set(message: string, answer: StoredAnswer): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.texts.set(message, JSON.stringify(answer));
  }
}

test('a store of one’s own serves another process: an answer there is the answer here', async (t) => {
  const store = new TextStore();
  const one = make({on: {1: ({channels}) => channels.join('部屋')}, store});
  const other = make({on: {1: () => 'again'}, store});
  const first = await call(one, '/message/1/', {headers});
  const again = await call(other, '/message/1/', {headers});
  t.deepEqual([again.text, ...again.headers], ['', ...first.headers]);
});

test('where the store cannot be read the message is not processed; where it cannot be written it is done all the same', async (t) => {
  const errors: unknown[] = [];
  const store = new TextStore();
  let runs = 0;
  const app = make({on: {1: () => ++runs}, store, onError: (error) => errors.push(error)});
  store.texts.set('m1', 'no JSON');
  t.is((await call(app, '/message/1/', {headers})).status, 500);
  t.is(runs, 0);
  store.texts.clear();
  store.failure = new Error('disk full');
  t.is((await call(app, '/message/1/', {headers})).text, '1');
  t.is(errors.length, 2);
  t.is(errors[1], store.failure);
});

test('the memory store forgets the oldest beyond its number of answers', (t) => {
  const store = new MemoryStore({answersMax: 2});
  for (const message of ['a', 'b', 'a', 'c']) store.set(message, answerOf(message));
  t.is(store.size, 2);
  t.is(store.get('b'), undefined);
  t.deepEqual(store.get('a'), answerOf('a'));
});

test('the memory store forgets the oldest beyond its characters, at last even the one that came', (t) => {
  const store = new MemoryStore({charactersMax: 20});
  store.set('a', answerOf('x'.repeat(9)));
  store.set('b', answerOf('x'.repeat(9)));
  t.is(store.size, 2);
  store.set('c', answerOf(''));
  t.deepEqual([store.get('a'), store.size], [undefined, 2]);
  store.set('d', answerOf('x'.repeat(20)));
  t.is(store.size, 0);
  store.set('e', answerOf('x'));
  t.is(store.size, 1);
});

function answerOf(body: string): StoredAnswer {
  return {status: 200, headers: {}, body};
}
