// The gateway at a glance: rates, latencies and numbers over the last minute, and how many are in each state.

import {awaitText} from '../charts/state-words.ts';
import {charts} from '../model/chart-graph.ts';
import type {Sample} from '../model/series.ts';
import type {Store} from '../model/store.ts';
import {type Line, Plot, Spark} from './plot.tsx';

const plots: readonly {readonly title: string; readonly unit: string; readonly lines: readonly Line[]}[] = [
  {
    title: 'Deliveries down',
    unit: '/s',
    lines: [
      {name: 'begun', tone: 'a', value: ({transmitted}) => transmitted},
      {name: 'confirmed', tone: 'b', value: ({confirmed}) => confirmed},
    ],
  },
  {
    title: 'Messages up',
    unit: '/s',
    lines: [
      {name: 'received', tone: 'a', value: ({received}) => received},
      {name: 'calls', tone: 'b', value: ({calls}) => calls},
    ],
  },
  {title: 'Sent again', unit: '/s', lines: [{name: 'SEND and REL', tone: 'c', value: ({repeats}) => repeats}]},
  {
    title: 'Latency',
    unit: ' ms',
    lines: [
      {name: 'until confirmed', tone: 'a', value: ({confirmMs}) => confirmMs},
      {name: 'of a call', tone: 'b', value: ({callMs}) => callMs},
    ],
  },
  {title: 'Connections', unit: '', lines: [{name: 'open', tone: 'a', value: (sample: Sample) => sample.connections}]},
  {title: 'Under way', unit: '', lines: [{name: 'messages', tone: 'a', value: ({open}) => open}]},
];

export function Overview({store}: {readonly store: Store}) {
  const {world} = store;
  return (
    <div class="overview">
      {world.lost > 0 && (
        <p class="fault">{world.lost} events did not reach this page: it, or its network, was too slow.</p>
      )}
      <div class="plots">
        {plots.map(({title, unit, lines}) => (
          <Plot key={title} title={title} unit={unit} lines={lines} samples={world.series.samples} />
        ))}
      </div>
      <section class="panel states" aria-label="States">
        <h2>
          States <small>now, and over the same time</small>
        </h2>
        {charts
          .filter(({runsIn}) => runsIn === 'gateway')
          .map(({chart, title, nodes}) => {
            const counts = world.statesOf(chart);
            const shown = nodes.filter(({isComposite, isFinal}) => !isComposite && !isFinal);
            return (
              <div class="chartStates" key={chart}>
                <h3>{title}</h3>
                {shown.map(({id}) => {
                  const count = counts[id] ?? 0;
                  return (
                    <div class="bar" key={id} title={awaitText(chart, id, count)}>
                      <span>{id}</span>
                      <Spark values={world.series.samples.map(({states}) => states[chart]?.[id] ?? 0)} />
                      <b class={count === 0 ? 'none' : ''}>{count}</b>
                    </div>
                  );
                })}
              </div>
            );
          })}
      </section>
    </div>
  );
}
