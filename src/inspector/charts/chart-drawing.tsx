// A chart as an SVG: active states lit, the step just taken flashing, numbers at states and steps where they are given.

import {useEffect, useLayoutEffect, useRef, useState} from 'preact/hooks';
import type {ChartGraph, ChartNode} from '../model/chart-graph.ts';
import {ArrowHead} from './arrow-head.tsx';
import type {ChartLight} from './chart-light.ts';
import {type Box, lineHeight, type PlacedChart, type PlacedEdge, placeChart} from './layout.ts';
import {awaitText} from './state-words.ts';
import {countText, StepList, useNarrow} from './step-list.tsx';

/** It fills the room it has between these, and is scrolled where that is not enough. */
const scales = {min: 0.72, max: 1.3};

export function ChartDrawing({graph, light}: {readonly graph: ChartGraph; readonly light: ChartLight}) {
  const svg = useRef<SVGSVGElement>(null);
  const [placed, setPlaced] = useState<PlacedChart>();
  const [fault, setFault] = useState<string>();
  const isNarrow = useNarrow();
  const labels = isNarrow ? 'numbers' : light.countOf === undefined ? 'steps' : 'counts';
  useEffect(() => {
    let isShown = true;
    placeChart(graph, labels).then(
      (chart) => {
        if (isShown) setPlaced(chart);
      },
      (error: unknown) => setFault(String(error)),
    );
    return () => {
      isShown = false;
    };
  }, [graph, labels]);
  useLayoutEffect(() => reveal(svg.current), [light.active, placed]);
  if (fault !== undefined) return <p class="fault">{fault}</p>;
  if (placed?.graph !== graph || placed.labels !== labels) return <p class="quiet">…</p>;
  const isLit = light.active !== undefined;
  const {width, height} = placed;
  const drawing = (
    // biome-ignore lint/a11y/useSemanticElements: an SVG has no group of its own
    <svg
      ref={svg}
      class={`chart${isLit ? ' lit' : ''}`}
      data-chart={graph.chart}
      data-active={light.active ?? ''}
      viewBox={`0 0 ${width} ${height}`}
      style={{
        minWidth: `${width * scales.min}px`,
        maxWidth: `${width * scales.max}px`,
        aspectRatio: `${width} / ${height}`,
        ...(!isNarrow && {minHeight: `${height * scales.min}px`, maxHeight: `${height * scales.max}px`}),
      }}
      role="group"
      aria-label={`${graph.title}${light.active === undefined ? '' : `: ${light.active}`}`}
    >
      <defs>
        <ArrowHead id="head" />
      </defs>
      {graph.nodes.map((node) => (
        <State key={node.id} node={node} box={placed.boxes.get(node.id)} light={light} chart={graph.chart} />
      ))}
      {placed.edges.map((edge) => (
        <Edge key={`${graph.chart} ${edge.edge.id}`} placed={edge} light={light} isNarrow={isNarrow} />
      ))}
    </svg>
  );
  if (!isNarrow) return drawing;
  return (
    <div class="narrow">
      {drawing}
      <StepList edges={placed.edges} light={light} />
    </div>
  );
}

interface StateProps {
  readonly node: ChartNode;
  readonly box: Box | undefined;
  readonly light: ChartLight;
  readonly chart: string;
}

function State({node, box, light, chart}: StateProps) {
  if (box === undefined) return null;
  const {active, counts, asked, onState} = light;
  const isActive = active === node.id || (node.isComposite && active?.startsWith(`${node.id}.`) === true);
  const count = counts?.[node.id] ?? 0;
  const kind = node.isComposite ? 'around' : node.isFinal ? 'final' : 'plain';
  const {x, y, width, height} = box;
  const press = onState === undefined ? {} : pressable(undefined, () => onState(node.id));
  return (
    <g
      {...press}
      class={`state ${kind}${isActive ? ' active' : ''}${count > 0 ? ' peopled' : ''}${node.isInitial ? ' first' : ''}${asked === node.id ? ' asked' : ''}`}
      data-state={node.id}
    >
      <title>
        {[
          `${node.id}.`,
          count > 0 ? `${awaitText(chart, node.id, count)}.` : '',
          node.description ?? '',
          node.rule ?? '',
        ]
          .filter(Boolean)
          .join(' ')}
      </title>
      <rect x={x} y={y} width={width} height={height} rx={node.isComposite ? 10 : 8} />
      {node.isFinal && <rect class="inner" x={x + 3} y={y + 3} width={width - 6} height={height - 6} rx="6" />}
      {node.isInitial && <circle class="initial" cx={x + 10} cy={y + 10} r="3" />}
      <text
        x={node.isComposite ? x + 12 : x + width / 2}
        y={node.isComposite ? y + 20 : y + height / 2 + 4}
        text-anchor={node.isComposite ? 'start' : 'middle'}
      >
        {node.label}
      </text>
      {count > 0 && (
        <g class="count" transform={`translate(${x + width - 6} ${y})`}>
          <rect x={-String(count).length * 4 - 7} y="-9" width={String(count).length * 8 + 14} height="18" rx="9" />
          <text text-anchor="middle" y="4">
            {count}
          </text>
        </g>
      )}
    </g>
  );
}

interface EdgeProps {
  readonly placed: PlacedEdge;
  readonly light: ChartLight;
  /** Whether only its number stands on it. */
  readonly isNarrow: boolean;
}

function Edge({placed: {edge, points, label, number}, light, isNarrow}: EdgeProps) {
  const {taken, countOf, onStep, onRule} = light;
  const counts = edge.steps.map(({event}) => countOf?.(edge.from, event) ?? 0);
  const total = counts.reduce((sum, count) => sum + count, 0);
  // In aggregate an edge flashes whenever it was taken more often than before: each total is a flash of its own.
  const first = useRef(total);
  const isBusy = total > first.current;
  const isTaken = taken?.from === edge.from && edge.steps.some(({event}) => event === taken.event);
  const d = roundedPath(points);
  return (
    <g class={`edge${isTaken ? ' taken' : ''}`}>
      <path class="line" d={d} marker-end="url(#head)" />
      {isTaken && <path key={taken.nonce} class="flash" d={d} />}
      {isBusy && <path key={total} class="flash" d={d} />}
      {isNarrow && (
        <text class="number" x={label.x + label.width / 2} y={label.y + 13} text-anchor="middle">
          {number}
        </text>
      )}
      {(isNarrow ? [] : edge.steps).map((step, place) => {
        const count = counts[place] ?? 0;
        const isThis = isTaken && taken.event === step.event;
        const rule = step.rule === undefined ? '' : ` ${step.rule}`;
        const name = `${edge.from} on ${step.event}${rule}${count > 0 ? ` ×${countText(count)}` : ''}`;
        return (
          <g
            key={step.event}
            {...(onStep === undefined ? {} : pressable(name, () => onStep(edge.from, step)))}
            class={`step${isThis ? ' taken' : ''}`}
            data-step={`${edge.from} ${step.event}`}
          >
            <rect
              class="ground"
              x={label.x}
              y={label.y + place * lineHeight}
              width={label.width}
              height={lineHeight + 2}
              rx="3"
            />
            <text x={label.x + 4} y={label.y + 12 + place * lineHeight}>
              {step.event}
              {step.rule !== undefined && (
                // biome-ignore lint/a11y/noStaticElementInteractions: the step has the keys, and shows its rule
                <tspan class="rule" onClick={() => onRule?.(step.rule ?? '')}>
                  {' '}
                  {step.rule}
                </tspan>
              )}
              {count > 0 && <tspan class="times"> ×{countText(count)}</tspan>}
            </text>
          </g>
        );
      })}
    </g>
  );
}

/** What makes a part of an SVG a button, which it does not have: it is reached and pressed by keys. Without a label its title names it. */
function pressable(label: string | undefined, press: () => void) {
  return {
    role: 'button',
    // In this case: an SVG knows no other spelling, and could not be reached by keys.
    tabindex: 0,
    'aria-label': label,
    onClick: press,
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      // Or Space would stop time as well.
      event.preventDefault();
      event.stopPropagation();
      press();
    },
  } as const;
}

/** Scrolls the chart, and not the page, so far that the lit state is in sight. */
function reveal(svg: SVGSVGElement | null): void {
  const frame = svg?.parentElement;
  const state = svg?.querySelector('.state.active:not(.around)') ?? svg?.querySelector('.state.first');
  if (!frame || !state) return;
  const inner = state.getBoundingClientRect();
  const outer = frame.getBoundingClientRect();
  if (inner.left < outer.left || inner.right > outer.right)
    frame.scrollLeft += (inner.left + inner.right - outer.left - outer.right) / 2;
  if (inner.top < outer.top || inner.bottom > outer.bottom)
    frame.scrollTop += (inner.top + inner.bottom - outer.top - outer.bottom) / 2;
}

/** Corners rounded by a few pixels. */
function roundedPath(points: PlacedEdge['points']): string {
  const [start, ...rest] = points;
  if (start === undefined) return '';
  let path = `M${start.x} ${start.y}`;
  for (const [place, point] of rest.entries()) {
    const before = points[place] ?? point;
    const after = rest[place + 1];
    if (after === undefined) {
      path += `L${point.x} ${point.y}`;
      continue;
    }
    const into = shorten(point, before);
    const out = shorten(point, after);
    path += `L${into.x} ${into.y}Q${point.x} ${point.y} ${out.x} ${out.y}`;
  }
  return path;
}

function shorten(corner: {x: number; y: number}, towards: {x: number; y: number}): {x: number; y: number} {
  const length = Math.hypot(towards.x - corner.x, towards.y - corner.y);
  const by = Math.min(7, length / 2) / Math.max(length, 1);
  return {x: corner.x + (towards.x - corner.x) * by, y: corner.y + (towards.y - corner.y) * by};
}
