import test from 'ava';
import {StepCounts} from '../../src/inspect/trace-counts.ts';
import {chartSteps} from '../../src/machines/gateway-charts.ts';

/** What a thread has counted so far: `count` of the first step that charts have, nothing of the others. */
function counted(count: number): readonly number[] {
  const first = chartSteps.findIndex((step) => step !== undefined);
  return chartSteps.map((_, number) => (number === first ? count : 0));
}

/** All that was gathered. */
function given(steps: StepCounts): number {
  const counts = Object.values(steps.give()).flatMap((chart) => Object.values(chart));
  return counts.reduce((sum, count) => sum + count, 0);
}

test('steps count from a thread’s first word on, over all threads, and each once', (t) => {
  const steps = new StepCounts();
  steps.take('thread 0', counted(100));
  steps.take('thread 1', counted(10));
  t.is(given(steps), 0);
  steps.take('thread 0', counted(103));
  steps.take('thread 1', counted(11));
  steps.take('thread 0', counted(104));
  t.is(given(steps), 5);
  t.is(given(steps), 0);
});

test('a thread that replaced another begins at 0, and takes nothing from what was counted', (t) => {
  const steps = new StepCounts();
  steps.take('thread 0', counted(100));
  steps.take('thread 1', counted(50));
  steps.take('thread 1', counted(57));
  steps.take('thread 0', counted(2));
  t.is(given(steps), 7);
  steps.take('thread 0', counted(5));
  t.is(given(steps), 3);
});
