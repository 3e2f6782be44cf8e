// The code of a record: what is put in is read back, and there is room for what is to come.

import test from 'ava';
import {connection} from '../../src/machines/connection.ts';
import {chartSteps, nameStep, stepNumber} from '../../src/machines/gateway-charts.ts';
import {
  answerOfStep,
  callKinds,
  changes,
  fates,
  flowOf,
  kindMax,
  kindOf,
  nextCode,
  packetKinds,
  packetOfStep,
  payloadBit,
  recordCode,
  recordKind,
  sendFlags,
  whatMax,
  whatOf,
} from '../../src/trace/record-code.ts';

test('a code has room for twice the kinds, steps and packets of today', (t) => {
  // Where this fails, widen the field before more is added: kinds and steps are given on, and never taken back.
  const used = {
    kinds: [Object.keys(recordKind).length, kindMax + 1],
    steps: [chartSteps.length, whatMax + 1],
    packets: [packetKinds.length, whatMax + 1],
    flags: [sendFlags(2, true) + 1, whatMax + 1],
    words: [Math.max(fates.length, changes.length, callKinds.length), whatMax + 1],
  } as const;
  for (const [what, [count, room]] of Object.entries(used)) {
    t.log(`${what}: ${count} of ${room}`);
    t.true(2 * count <= room, `${count} ${what} of ${room}`);
  }
});

test('each part of a code is read back, at its ends and beside a kept payload, and the next one differs by its flow', (t) => {
  for (const kind of [0, 1, kindMax]) {
    for (const what of [0, 1, whatMax]) {
      for (const flow of [0, 1, 0xffff]) {
        const code = recordCode(kind, what, flow);
        t.is(code, code | 0, 'stands in 32 bits');
        for (const one of [code, code | payloadBit])
          t.deepEqual([kindOf(one), whatOf(one), flowOf(one)], [kind, what, flow]);
        t.is(nextCode(code), recordCode(kind, what, (flow + 1) & 0xffff));
      }
    }
  }
  t.is(new Set(Object.values(recordKind)).size, Object.keys(recordKind).length);
});

test('a step on a packet shows which packet came, and which one answers it', (t) => {
  t.is(packetOfStep.length, chartSteps.length);
  for (const [number, step] of chartSteps.entries()) {
    const event = step && nameStep(step).event;
    const kind = packetOfStep[number];
    t.is(kind, ['ack', 'rec', 'rel', 'com'].find((one) => event === `wire.${one}`) as typeof kind);
    t.is(answerOfStep[number], kind === 'rec' ? 'rel' : kind === 'rel' ? 'com' : undefined);
  }
});

test('each step of the charts has its own number, in its table, and a cell without a step has 0', (t) => {
  for (const [number, step] of chartSteps.entries()) if (step !== undefined) t.is(step.table.steps[step.cell], number);
  const {steps, isHandled} = connection;
  t.deepEqual(
    [...steps].map((number) => (number > 0 ? 1 : 0)),
    [...isHandled],
  );
  t.throws(() => stepNumber(connection, 'closed', 'socket.closed'), {message: /connection to have a step from closed/});
});
