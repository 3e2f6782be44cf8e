// Where the charts obey a rule: the states and steps that cite it, in the charts' own words.

import {charts} from './chart-graph.ts';

/** One place; `what` is a state, or `STATE on EVENT`. */
export interface RuleUse {
  readonly chart: string;
  readonly what: string;
  readonly description: string | undefined;
}

/** All places of the rule `id`, in the order of the charts. */
export function usesOf(id: string): readonly RuleUse[] {
  return charts.flatMap(({title: chart, nodes, edges}): RuleUse[] => [
    ...nodes.filter(({rule}) => rule === id).map(({id: what, description}): RuleUse => ({chart, what, description})),
    ...edges.flatMap(({from, steps}) =>
      steps
        .filter(({rule}) => rule === id)
        .map(({event, description}): RuleUse => ({chart, what: `${from} on ${event}`, description})),
    ),
  ]);
}
