// A statechart as nodes and edges to be drawn: read off the very machine object that runs, so that what is shown cannot
// differ from what is done. Steps between the same two states share an edge.

import {clientConnection} from '../../machines/client-connection.ts';
import {connection} from '../../machines/connection.ts';
import {inboundQos1, inboundQos2} from '../../machines/inbound-delivery.ts';
import {outboundQos1, outboundQos2} from '../../machines/outbound-delivery.ts';
import type {Table} from '../../machines/tabulate.ts';

/** One state. Nested ones are named by their path: `open.fresh`. */
export interface ChartNode {
  readonly id: string;
  readonly label: string;
  /** Id of the state around it. */
  readonly parent: string | undefined;
  readonly isComposite: boolean;
  readonly isFinal: boolean;
  readonly isInitial: boolean;
  readonly description: string | undefined;
  readonly rule: string | undefined;
}

/** One step of an edge. */
export interface ChartStep {
  readonly event: string;
  readonly effects: readonly string[];
  readonly rule: string | undefined;
  readonly description: string | undefined;
}

export interface ChartEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly steps: readonly ChartStep[];
}

export interface ChartGraph {
  readonly chart: string;
  readonly title: string;
  /** The charts of `client` alone are run by the client SDK: a gateway cannot see their states. */
  readonly runsIn: 'gateway' | 'client';
  readonly nodes: readonly ChartNode[];
  readonly edges: readonly ChartEdge[];
}

type AnyTable = Table<string, string, string>;
type StateNode = AnyTable['machine']['root'];

const tables: readonly (readonly [AnyTable, string])[] = [
  [outboundQos2, 'Down, QoS 2'],
  [outboundQos1, 'Down, QoS 1'],
  [inboundQos2, 'Up, QoS 2'],
  [inboundQos1, 'Up, QoS 1'],
  [connection, 'Connection'],
  [clientConnection, 'Client SDK'],
];

/** Every chart that has to do with clients, the most important first. */
export const charts: readonly ChartGraph[] = tables.map(([table, title]) => readGraph(table, title));

const byChart = new Map(charts.map((graph) => [graph.chart, graph]));
const steps = new Map(tables.map(([table]) => [table.machine.id, readSteps(table)]));
const finals = new Map(
  charts.map(({chart, nodes}) => [chart, new Set(nodes.filter((node) => node.isFinal).map(({id}) => id))]),
);

export function chartNamed(chart: string): ChartGraph | undefined {
  return byChart.get(chart);
}

/** Whether the chart has ended in `state`. */
export function isFinalState(chart: string, state: string): boolean {
  return finals.get(chart)?.has(state) === true;
}

/** The edge and step that a chart takes from `state` on `event`; a nested state has those of the states around it. */
export function findStep(
  chart: string,
  state: string,
  event: string,
): {readonly edge: ChartEdge; readonly step: ChartStep} | undefined {
  const known = steps.get(chart);
  for (let path = state; path !== ''; path = parentOf(path)) {
    const found = known?.get(`${path} ${event}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function parentOf(path: string): string {
  return path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : '';
}

function readGraph({machine}: AnyTable, title: string): ChartGraph {
  const nodes: ChartNode[] = [];
  const edges = new Map<string, {from: string; to: string; steps: ChartStep[]}>();
  const visit = (node: StateNode, parent: string | undefined, isInitial: boolean): void => {
    const id = pathOf(node);
    const isComposite = Object.keys(node.states).length > 0;
    nodes.push({
      id,
      label: node.key,
      parent,
      isComposite,
      isFinal: node.type === 'final',
      isInitial,
      description: node.description,
      rule: ruleOf(node.meta),
    });
    for (const [event, definitions] of node.transitions) {
      const [definition] = definitions;
      if (definition === undefined) continue;
      const to = pathOf(definition.target?.[0] ?? node);
      const key = `${id} ${to}`;
      const edge = edges.get(key) ?? {from: id, to, steps: []};
      edges.set(key, edge);
      edge.steps.push({
        event,
        effects: definition.actions.map((action) =>
          typeof action === 'string' ? action : 'type' in action ? action.type : '',
        ),
        rule: ruleOf(definition.meta),
        description: definition.description,
      });
    }
    for (const child of Object.values(node.states)) visit(child, id, node.initial?.target[0] === child);
  };
  for (const child of Object.values(machine.root.states)) {
    visit(child, undefined, machine.root.initial.target[0] === child);
  }
  const runsIn = machine === clientConnection.machine ? 'client' : 'gateway';
  return {chart: machine.id, title, runsIn, nodes, edges: [...edges].map(([id, edge]) => ({id, ...edge}))};
}

function readSteps(table: AnyTable): ReadonlyMap<string, {edge: ChartEdge; step: ChartStep}> {
  const found = new Map<string, {edge: ChartEdge; step: ChartStep}>();
  for (const edge of byChart.get(table.machine.id)?.edges ?? []) {
    for (const step of edge.steps) found.set(`${edge.from} ${step.event}`, {edge, step});
  }
  return found;
}

function pathOf(node: StateNode): string {
  return node.path.join('.');
}

function ruleOf(meta: unknown): string | undefined {
  return typeof meta === 'object' && meta !== null && 'rule' in meta ? String(meta.rule) : undefined;
}
