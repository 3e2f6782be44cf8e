import test from 'ava';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {previewPublication} from '../../src/inspect/publish-preview.ts';
import {createCoverage} from '../../src/inspect/trace-coverage.ts';
import {findStory} from '../../src/inspect/trace-story.ts';
import type {QueryResult, QueryResults} from '../../src/router/query.ts';

const noStory: QueryResult = {kind: 'story', events: [], isCut: false};

/** What so many threads answered. */
function answers(count: number, silent = 0): QueryResults {
  return {answers: Array.from({length: count}, (_, place) => ({part: `shard ${place}`, answer: noStory})), silent};
}

const ownNode = {
  ask: async () => answers(1),
  find: async () => ({client: undefined, part: undefined, isPartial: false}),
};

test('an answer that covers all threads of a node alone says nothing of it', (t) => {
  t.is(createCoverage(1, () => [])(answers(1)), undefined);
  t.is(createCoverage(2, () => [])(answers(2)), undefined);
});

test('other nodes, silent threads and threads that are being replaced are named [RB-66]', (t) => {
  t.deepEqual(createCoverage(1, () => ['10.0.0.2:1984'])(answers(1)), {
    partial: true,
    coverage: {
      silentThreads: 0,
      notAsked: ['10.0.0.2:1984'],
      text: 'this node only; not asked: 1 other node (10.0.0.2:1984)',
    },
  });
  t.like(createCoverage(2, () => [])(answers(1, 1))?.coverage, {
    silentThreads: 1,
    text: '1 of 2 threads of this node did not answer',
  });
  t.like(createCoverage(3, () => [])(answers(1))?.coverage, {silentThreads: 2});
  t.is(
    createCoverage(1, () => ['a:1', 'b:1', 'c:1', 'd:1'])(answers(1))?.coverage.text,
    'this node only; not asked: 4 other nodes (a:1, b:1, c:1, …)',
  );
});

test('a headline never says more than was seen, and a dry send neither [RB-66]', async (t) => {
  const coverageOf = createCoverage(1, () => ['10.0.0.2:1984']);
  const clock = new SimulatedClock();
  for (const [message, identity] of [
    ['p1', undefined],
    ['m1', undefined],
    [undefined, 'ann'],
    ['p1', 'ann'],
  ] as const) {
    const story = await findStory(
      {ownNode, clock, coverageOf, options: {traceRate: 0, traceKeepMs: 1}},
      {message, identity, payloads: false},
    );
    t.regex(story.headline, / \(this node only; not asked: 1 other node \(10\.0\.0\.2:1984\)\)$/);
    t.like(story, {partial: true, coverage: {notAsked: ['10.0.0.2:1984']}});
  }
  const request = {channel: 'room', identity: undefined, type: 1, qos: 1, timeoutMs: 1, wantsReplies: false} as const;
  const preview = await previewPublication(ownNode, coverageOf, {...request, payload: new Uint8Array(0)});
  t.like(preview, {recipients: 0, partial: true});
});
