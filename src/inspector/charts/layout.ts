// Where the states and steps of a chart stand: asked of elkjs in a worker of its own, once for each chart. The worker is
// spoken to directly; it is the whole of elkjs that the page has.

import type {ElkExtendedEdge, ElkNode} from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type {Timer} from '../../core/clock.ts';
import {webClock} from '../../core/clock-web.ts';
import type {ChartEdge, ChartGraph, ChartNode} from '../model/chart-graph.ts';

/** A rectangle, from the top left corner of the chart. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedEdge {
  readonly edge: ChartEdge;
  readonly points: readonly {readonly x: number; readonly y: number}[];
  readonly label: Box;
  /** From 1, in the order of the chart. */
  readonly number: number;
}

export interface PlacedChart {
  readonly graph: ChartGraph;
  readonly labels: EdgeLabels;
  readonly width: number;
  readonly height: number;
  readonly boxes: ReadonlyMap<string, Box>;
  readonly edges: readonly PlacedEdge[];
}

/** Of one line of a label. */
export const lineHeight = 15;
const characterWidth = 6.35;
/** Of an edge's number, which is all that stands on it where there is no room for its steps. */
const numberWidth = 24;
/** What is left free behind each step that has a count: ` ×9999`. */
const countWidth = 6 * characterWidth;

const options = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.edgeCoords': 'ROOT',
  'elk.json.shapeCoords': 'ROOT',
  'elk.spacing.nodeNode': '24',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '9',
  'elk.spacing.edgeLabel': '4',
  'elk.layered.spacing.nodeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeNodeBetweenLayers': '11',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.padding': '[top=10,left=8,bottom=8,right=8]',
};

interface Answer {
  readonly id: number;
  readonly data?: ElkNode;
  readonly error?: unknown;
}

/** The worker ends when nothing was asked for so long: it takes tens of megabytes, and there are few charts. */
const restMs = 2_000;

let worker: Worker | undefined;
let rest: Timer | undefined;
let asked = 0;
const waiting = new Map<number, {resolve: (graph: ElkNode) => void; reject: (reason: Error) => void}>();
const placed = new Map<string, Promise<PlacedChart>>();

/** What stands on an edge: its steps, these with room for counts, or, where the chart is to be narrow, its number alone. */
export type EdgeLabels = 'steps' | 'counts' | 'numbers';

/** The chart with its places. The same promise each time. */
export function placeChart(graph: ChartGraph, labels: EdgeLabels): Promise<PlacedChart> {
  const key = `${graph.chart} ${labels}`;
  const known = placed.get(key);
  if (known !== undefined) return known;
  const promise = askWorker(toElk(graph, labels)).then((answer) => fromElk(graph, labels, answer));
  placed.set(key, promise);
  return promise;
}

async function askWorker(graph: ElkNode): Promise<ElkNode> {
  rest?.cancel();
  worker ??= startWorker();
  const id = ++asked;
  worker.postMessage({id, cmd: 'layout', graph, layoutOptions: options, options: {}});
  try {
    return await new Promise((resolve, reject) => waiting.set(id, {resolve, reject}));
  } finally {
    if (waiting.size === 0) rest = webClock.startTimer(restMs, endWorker);
  }
}

function endWorker(): void {
  worker?.terminate();
  worker = undefined;
}

function startWorker(): Worker {
  const started = new Worker(workerUrl);
  started.addEventListener('message', ({data}: MessageEvent<Answer>) => {
    const ask = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.data !== undefined) ask?.resolve(data.data);
    else ask?.reject(new Error(`Expected a layout, got ${JSON.stringify(data.error)}`));
  });
  started.postMessage({id: 0, cmd: 'register', algorithms: ['layered']});
  return started;
}

/** What stands on an edge: one line a step. */
export function labelLines({steps}: ChartEdge): readonly string[] {
  return steps.map(({event, rule}) => (rule === undefined ? event : `${event} ${rule}`));
}

function toElk({nodes, edges, chart}: ChartGraph, labels: EdgeLabels): ElkNode {
  const isNarrow = labels === 'numbers';
  const children = (parent: string | undefined): ElkNode[] =>
    nodes.filter((node) => node.parent === parent).map((node) => toElkNode(node, children(node.id), isNarrow));
  const elkEdges: ElkExtendedEdge[] = edges.map((edge) => {
    const lines = isNarrow ? [''] : labelLines(edge);
    const text = Math.max(...lines.map((line) => line.length)) * characterWidth + 10;
    const width = isNarrow ? numberWidth : text + (labels === 'counts' ? countWidth : 0);
    return {
      id: edge.id,
      sources: [edge.from],
      targets: [edge.to],
      labels: [{id: `label ${edge.id}`, text: edge.id, width, height: lines.length * lineHeight + 2}],
    };
  });
  // Where states stand in states, only the order of the chart keeps the first one at the top; elsewhere it costs width.
  const isNested = nodes.some(({isComposite}) => isComposite);
  const layoutOptions = isNested
    ? {'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES'}
    : {'elk.layered.cycleBreaking.strategy': 'INTERACTIVE'};
  return {id: chart, children: children(undefined), edges: elkEdges, layoutOptions};
}

function toElkNode({id, label}: ChartNode, children: ElkNode[], isNarrow: boolean): ElkNode {
  if (children.length > 0) {
    return {id, children, layoutOptions: {'elk.padding': '[top=30,left=12,bottom=12,right=12]'}};
  }
  return {id, width: isNarrow ? label.length * 7.6 + 30 : Math.max(96, label.length * 7.6 + 34), height: 32};
}

function fromElk(graph: ChartGraph, labels: EdgeLabels, root: ElkNode): PlacedChart {
  const boxes = new Map<string, Box>();
  const visit = (node: ElkNode): void => {
    for (const child of node.children ?? []) {
      boxes.set(child.id, toBox(child));
      visit(child);
    }
  };
  visit(root);
  const byId = new Map((root.edges ?? []).map((edge) => [edge.id, edge]));
  const edges = graph.edges.flatMap((edge, place): PlacedEdge[] => {
    const found = byId.get(edge.id);
    const [section] = found?.sections ?? [];
    const [label] = found?.labels ?? [];
    if (section === undefined || label === undefined) return [];
    const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
    return [{edge, points, label: toBox(label), number: place + 1}];
  });
  return {graph, labels, width: root.width ?? 0, height: root.height ?? 0, boxes, edges};
}

function toBox({x = 0, y = 0, width = 0, height = 0}: Partial<Box>): Box {
  return {x, y, width, height};
}
