// Where the states and steps of a chart stand: asked of elkjs in a worker of its own, once for each chart. The worker is
// spoken to directly; it is the whole of elkjs that the page has.

import type {ElkExtendedEdge, ElkNode} from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
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
}

export interface PlacedChart {
  readonly graph: ChartGraph;
  readonly width: number;
  readonly height: number;
  readonly boxes: ReadonlyMap<string, Box>;
  readonly edges: readonly PlacedEdge[];
}

/** Of one line of a label. */
export const lineHeight = 15;
const characterWidth = 6.35;

const options = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.edgeCoords': 'ROOT',
  'elk.json.shapeCoords': 'ROOT',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '10',
  'elk.spacing.edgeLabel': '4',
  'elk.layered.spacing.nodeNodeBetweenLayers': '22',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.padding': '[top=12,left=12,bottom=12,right=12]',
};

interface Answer {
  readonly id: number;
  readonly data?: ElkNode;
  readonly error?: unknown;
}

let worker: Worker | undefined;
let asked = 0;
const waiting = new Map<number, {resolve: (graph: ElkNode) => void; reject: (reason: Error) => void}>();
const placed = new Map<string, Promise<PlacedChart>>();

/** The chart with its places. The same promise each time. */
export function placeChart(graph: ChartGraph): Promise<PlacedChart> {
  const known = placed.get(graph.chart);
  if (known !== undefined) return known;
  const promise = askWorker(toElk(graph)).then((answer) => fromElk(graph, answer));
  placed.set(graph.chart, promise);
  return promise;
}

function askWorker(graph: ElkNode): Promise<ElkNode> {
  worker ??= startWorker();
  const id = ++asked;
  worker.postMessage({id, cmd: 'layout', graph, layoutOptions: options, options: {}});
  return new Promise((resolve, reject) => waiting.set(id, {resolve, reject}));
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

function toElk({nodes, edges, chart}: ChartGraph): ElkNode {
  const children = (parent: string | undefined): ElkNode[] =>
    nodes.filter((node) => node.parent === parent).map((node) => toElkNode(node, children(node.id)));
  const elkEdges: ElkExtendedEdge[] = edges.map((edge) => {
    const lines = labelLines(edge);
    const width = Math.max(...lines.map((line) => line.length)) * characterWidth + 10;
    return {
      id: edge.id,
      sources: [edge.from],
      targets: [edge.to],
      labels: [{id: `label ${edge.id}`, text: edge.id, width, height: lines.length * lineHeight + 2}],
    };
  });
  return {id: chart, children: children(undefined), edges: elkEdges};
}

function toElkNode({id, label}: ChartNode, children: ElkNode[]): ElkNode {
  if (children.length > 0) {
    return {id, children, layoutOptions: {'elk.padding': '[top=34,left=14,bottom=14,right=14]'}};
  }
  return {id, width: Math.max(96, label.length * 7.6 + 34), height: 40};
}

function fromElk(graph: ChartGraph, root: ElkNode): PlacedChart {
  const boxes = new Map<string, Box>();
  const visit = (node: ElkNode): void => {
    for (const child of node.children ?? []) {
      boxes.set(child.id, toBox(child));
      visit(child);
    }
  };
  visit(root);
  const byId = new Map((root.edges ?? []).map((edge) => [edge.id, edge]));
  const edges = graph.edges.flatMap((edge): PlacedEdge[] => {
    const found = byId.get(edge.id);
    const [section] = found?.sections ?? [];
    const [label] = found?.labels ?? [];
    if (section === undefined || label === undefined) return [];
    const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
    return [{edge, points, label: toBox(label)}];
  });
  return {graph, width: root.width ?? 0, height: root.height ?? 0, boxes, edges};
}

function toBox({x = 0, y = 0, width = 0, height = 0}: Partial<Box>): Box {
  return {x, y, width, height};
}
