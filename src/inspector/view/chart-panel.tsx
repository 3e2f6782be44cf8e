// The charts: of what is selected with its state lit, or of the whole gateway with numbers.

import {useState} from 'preact/hooks';
import {ChartDrawing} from '../charts/chart-drawing.tsx';
import type {ChartLight} from '../charts/chart-light.ts';
import {awaitText} from '../charts/state-words.ts';
import {type ChartStep, chartNamed, charts, findStep} from '../model/chart-graph.ts';
import {countStates, flowsOf} from '../model/members.ts';
import {isEmpty} from '../model/selection.ts';
import type {Store} from '../model/store.ts';
import type {Flow, World} from '../model/world.ts';
import {RuleLink, shownRule} from './rule.tsx';
import {type Signal, signal} from './signal.ts';
import {StateCard} from './state-card.tsx';

/** Whether the chart has the whole view to itself. */
export const isChartLarge: Signal<boolean> = signal(false);

/** Messages of a selection that are offered. */
const flowsShown = 6;

export function ChartPanel({store}: {readonly store: Store}) {
  const [told, setTold] = useState<{readonly from: string; readonly step: ChartStep}>();
  const [asked, setAsked] = useState<{readonly chart: string; readonly state: string}>();
  const isLarge = isChartLarge.use();
  const {world, selection} = store;
  const flows = isEmpty(selection) ? [] : flowsOf(world, selection);
  const flow = flows.find(({key}) => key === store.flow) ?? flows[0];
  const chart = store.chart ?? flow?.chart ?? (selection.connection === undefined ? 'outboundQos2' : 'connection');
  const graph = chartNamed(chart) ?? charts[0];
  if (graph === undefined) return null;
  const isAll = isEmpty(selection);
  // A message at several clients is as many deliveries: these are counted.
  const isSpread = selection.message !== undefined && selection.connection === undefined && flows.length > 1;
  const states = isAll ? world.statesOf(chart) : isSpread ? countStates(flows, chart) : {};
  const light = isAll ? lightOfAll(world, chart) : isSpread ? {counts: states} : lightOfOne(store, chart, flow);
  // A selection in one chart does not apply to another.
  const isOfThis = told !== undefined && graph.edges.some(({steps}) => steps.includes(told.step));
  const lastStep = light.taken === undefined ? undefined : findStep(chart, light.taken.from, light.taken.event)?.step;
  const shown =
    (isOfThis ? told : undefined) ??
    (lastStep === undefined || light.taken === undefined ? undefined : {from: light.taken.from, step: lastStep});
  return (
    <section class="panel charts" aria-label="Chart">
      <header>
        <h2>
          Chart <small>{isAll && graph.runsIn === 'gateway' ? 'of all' : isSpread ? 'of one message' : ''}</small>
        </h2>
        <div class="tabs" role="tablist" aria-label="Charts">
          {charts.map(({chart: name, title}) => (
            <button
              type="button"
              role="tab"
              key={name}
              aria-selected={name === chart}
              onClick={() => store.show(name === store.chart ? undefined : name)}
            >
              {title}
            </button>
          ))}
        </div>
        <button
          type="button"
          class="plain"
          aria-label="Large chart"
          title="Large chart   F"
          aria-pressed={isLarge}
          onClick={() => isChartLarge.set(!isLarge)}
        >
          ⤢
        </button>
      </header>
      {graph.runsIn === 'client' && (
        <p class="note">
          Runs in the client SDK, at the other end. A gateway cannot see in which state a client is, so no state is lit.
        </p>
      )}
      {flows.length > 0 && !isAll && !isSpread && (
        <div class="chips">
          {flows.slice(0, flowsShown).map((one) => (
            <button
              type="button"
              key={one.key}
              data-flow={one.key}
              aria-pressed={one.key === flow?.key}
              onClick={() => pick(store, one)}
            >
              {one.message ?? 'message'} <em>{one.id === undefined ? 'no id' : `id ${one.id}`}</em>{' '}
              <em>{one.isUnknown ? `${one.state}?` : one.state}</em>
            </button>
          ))}
          {flows.length > flowsShown && <span class="quiet">and {flows.length - flowsShown} more</span>}
        </div>
      )}
      <div class="drawing">
        <ChartDrawing
          graph={graph}
          light={{
            ...light,
            ...(asked?.chart === chart && {asked: asked.state}),
            onState: (state) => setAsked({chart, state}),
            onStep: (from, step) => {
              setAsked(undefined);
              setTold({from, step});
            },
            onRule: shownRule.set,
          }}
        />
      </div>
      {asked?.chart === chart ? (
        <StateCard
          store={store}
          chart={chart}
          state={asked.state}
          counts={light.counts}
          onForget={() => setAsked(undefined)}
        />
      ) : (
        <StepCard from={shown?.from} step={shown?.step} onForget={!isOfThis ? undefined : () => setTold(undefined)} />
      )}
      {(isAll || isSpread) && asked?.chart !== chart && <Sentences states={states} chart={chart} />}
    </section>
  );
}

/** What one step does, and by which rule. */
export function StepCard({
  from,
  step,
  onForget,
}: {
  readonly from: string | undefined;
  readonly step: ChartStep | undefined;
  readonly onForget?: (() => void) | undefined;
}) {
  if (step === undefined)
    return <p class="stepCard quiet">Press a state to see what is in it, or a step to see what it does.</p>;
  return (
    <p class="stepCard">
      <code>{from}</code> on <code>{step.event}</code>
      {step.effects.length > 0 && <span>: {step.effects.join(', ')}</span>}{' '}
      {step.rule !== undefined && <RuleLink id={step.rule} />} {step.description}
      {onForget !== undefined && (
        <button type="button" class="plain" aria-label="Back to the latest step" onClick={onForget}>
          ×
        </button>
      )}
    </p>
  );
}

function Sentences({states, chart}: {readonly states: Readonly<Record<string, number>>; readonly chart: string}) {
  const counts = Object.entries(states).filter(([, count]) => count > 0);
  if (counts.length === 0) return null;
  return <p class="sentences">{counts.map(([state, count]) => awaitText(chart, state, count)).join(' · ')}</p>;
}

function pick(store: Store, flow: Flow): void {
  store.flow = flow.key;
  store.chart = undefined;
  store.changed();
}

function lightOfOne(store: Store, chart: string, flow: Flow | undefined): ChartLight {
  if (flow?.chart === chart) {
    return {active: flow.state, taken: {from: flow.from, event: flow.event, nonce: flow.at}};
  }
  const connection = store.world.connections.get(store.selection.connection ?? '');
  if (chart === 'connection' && connection !== undefined && connection.state !== '') return {active: connection.state};
  return {active: ''};
}

function lightOfAll(world: World, chart: string): ChartLight {
  return {counts: world.statesOf(chart), countOf: (from, event) => countSteps(world, chart, from, event)};
}

/** A step of a state around others is counted at each of them. */
function countSteps({steps}: World, chart: string, from: string, event: string): number {
  const own = steps.get(`${chart} ${from} ${event}`) ?? 0;
  const nested = chartNamed(chart)?.nodes.filter(({parent}) => parent === from) ?? [];
  return nested.reduce((sum, {id}) => sum + (steps.get(`${chart} ${id} ${event}`) ?? 0), own);
}
