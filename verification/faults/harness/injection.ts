// Loaded into a real daemon before its command (`node --import`): obeys a test's orders. It changes the tables of the
// charts and the wall clock from outside; the product has no hook for it. Node loads it in every thread of the process.
//
// Every step of every chart looks its cell up by `Table.step`, once, before its effects are carried out: there a step is
// reported, and there the fault happens. A turn is one callback of `setImmediate`, so that what is queued by `nextTick` comes
// after its end.

import {BroadcastChannel, isMainThread} from 'node:worker_threads';
import type {Table} from '../../../src/machines/tabulate.ts';
import {isSame, type Order, type Point, type Report, type Transition} from './orders.ts';

type AnyTable = Table<string, string, string>;

const machineNow = Date.now;
/** Orders that concern all threads come to the main thread, and are passed on. */
const threads = new BroadcastChannel('orders');
let isWatched = false;
let fault: {readonly point: Point; left: number; readonly strike: () => void} | undefined;

threads.addEventListener('message', (event) => {
  // The same module in another thread is the only other end.
  obey((event as unknown as {readonly data: Order}).data);
});
threads.unref();
if (isMainThread) await patchMainThread();

async function patchMainThread(): Promise<void> {
  // Workers have no charts.
  const {connection} = await import('../../../src/machines/connection.ts');
  const {inboundQos1, inboundQos2} = await import('../../../src/machines/inbound-delivery.ts');
  const {outboundQos1, outboundQos2} = await import('../../../src/machines/outbound-delivery.ts');
  for (const table of [connection, inboundQos1, inboundQos2, outboundQos1, outboundQos2]) patchTable(table);
  process.on('message', (order: Order) => {
    threads.postMessage(order);
    obey(order);
    report({isObeyed: true});
  });
  process.channel?.unref();
  // Nothing outlives the test.
  process.on('disconnect', die);
}

function obey(order: Order): void {
  switch (order.kind) {
    case 'watch':
      isWatched = true;
      return;
    case 'kill':
      fault = {point: order.point, left: order.point.nth, strike: die};
      return;
    case 'block':
      fault = {point: order.point, left: order.point.nth, strike: () => block(order.ms)};
      return;
    case 'blockWorkers':
      if (!isMainThread) block(order.ms);
      return;
    case 'stepClock':
      Date.now = () => machineNow() + order.ms;
  }
}

function patchTable(table: AnyTable): void {
  const lookUp = table.step.bind(table);
  table.step = (state, event) => {
    const cell = lookUp(state, event);
    if (table.isHandled[cell] === 1 && (isWatched || fault !== undefined)) taken(nameOf(table, state, event));
    return cell;
  };
}

function taken(transition: Transition): void {
  if (isWatched) report({taken: transition});
  if (fault === undefined || !isSame(fault.point.transition, transition) || --fault.left > 0) return;
  const {point, strike} = fault;
  fault = undefined;
  if (point.moment === 'before') strike();
  else process.nextTick(strike);
}

function report(report: Report): void {
  process.send?.(report);
}

function nameOf({machine, vocabulary}: AnyTable, state: number, event: number): Transition {
  return {chart: machine.id, from: vocabulary.states[state] ?? '', event: vocabulary.events[event] ?? ''};
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
