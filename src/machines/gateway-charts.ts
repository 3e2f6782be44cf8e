// The charts that a thread of the gateway runs for its clients, and a number for each of their steps: a trace writes a step
// down as its number, and threads report by it how often each was taken.

import {invariant} from '../core/invariant.ts';
import {connection} from './connection.ts';
import {inboundQos1, inboundQos2} from './inbound-delivery.ts';
import {outboundQos1, outboundQos2} from './outbound-delivery.ts';
import type {Table} from './tabulate.ts';
import {v2Connection} from './v2-connection.ts';
import {v2InboundQos1, v2InboundQos2} from './v2-inbound-delivery.ts';
import {v2OutboundQos1, v2OutboundQos2} from './v2-outbound-delivery.ts';

/** Any chart. */
export type Chart = Table<string, string, string>;

export const gatewayCharts: readonly Chart[] = [
  connection,
  outboundQos1,
  outboundQos2,
  inboundQos1,
  inboundQos2,
  v2Connection,
  v2OutboundQos1,
  v2OutboundQos2,
  v2InboundQos1,
  v2InboundQos2,
];

/** A step that a chart can take: a cell of its table. */
export interface ChartStep {
  readonly table: Chart;
  readonly cell: number;
}

/** By number: the steps of all these charts. 0 means no step. */
export const chartSteps: readonly (ChartStep | undefined)[] = [
  undefined,
  ...gatewayCharts.flatMap((table) =>
    [...table.isHandled.keys()].filter((cell) => table.isHandled[cell] === 1).map((cell) => ({table, cell})),
  ),
];
for (const [number, step] of chartSteps.entries()) if (step !== undefined) step.table.steps[step.cell] = number;

/** Number of the step from the state called `from` on `event`, which `table` has. */
export function stepNumber(table: Chart, from: string, event: string): number {
  const {states, events} = table.vocabulary;
  const number = table.steps[states.indexOf(from) * events.length + events.indexOf(event)] ?? 0;
  invariant(number > 0, `Expected ${table.machine.id} to have a step from ${from} on ${event}`);
  return number;
}

/** The names of a step's state and event. */
export function nameStep({table, cell}: ChartStep): {readonly from: string; readonly event: string} {
  const {states, events} = table.vocabulary;
  return {from: states[Math.floor(cell / events.length)] ?? '', event: events[cell % events.length] ?? ''};
}
