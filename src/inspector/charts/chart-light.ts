// What is shown on a chart beside its states and steps, and who is called when one is pressed.

import type {ChartStep} from '../model/chart-graph.ts';

/** What is shown on a chart. */
export interface ChartLight {
  /** The state that is lit. */
  readonly active?: string;
  /** The step that was just taken; flashes again whenever `nonce` changes. */
  readonly taken?: {readonly from: string; readonly event: string; readonly nonce: number};
  /** By state: how many are in it. */
  readonly counts?: Readonly<Record<string, number>>;
  /** How often the step was taken. */
  readonly countOf?: (from: string, event: string) => number;
  /** The state that was asked about. */
  readonly asked?: string;
  readonly onState?: (id: string) => void;
  readonly onStep?: (from: string, step: ChartStep) => void;
  readonly onRule?: (id: string) => void;
}
