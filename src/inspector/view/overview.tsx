// The gateway at a glance: rates, latencies and numbers over the last minute, what went wrong, and how many are in each state.

import {awaitText} from '../charts/state-words.ts';
import {charts} from '../model/chart-graph.ts';
import {countLosses} from '../model/losses.ts';
import type {Sample} from '../model/series.ts';
import type {Store} from '../model/store.ts';
import type {World} from '../model/world.ts';
import {type Line, Plot, Spark} from './plot.tsx';
import {clockText} from './time-bar.tsx';

const plots: readonly {readonly title: string; readonly unit: string; readonly lines: readonly Line[]}[] = [
  {
    title: 'Deliveries down',
    unit: '/s',
    lines: [
      {name: 'QoS 1, 2', tone: 'a', value: ({begun}) => begun},
      {name: 'confirmed', tone: 'b', value: ({confirmed}) => confirmed},
      {name: 'QoS 0', tone: 'c', value: ({unconfirmable}) => unconfirmable},
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
  const {world, at} = store;
  const {samples} = world.series;
  const atText = store.cursor === undefined ? 'now' : clockText(store, at).slice(0, 8);
  return (
    <div class="overview">
      {world.lost > 0 && (
        <p class="fault">{world.lost} events did not reach this page: it, or its network, was too slow.</p>
      )}
      <div class="plots">
        {plots.map(({title, unit, lines}) => (
          <Plot key={title} title={title} unit={unit} lines={lines} samples={samples} at={at} atText={atText} />
        ))}
      </div>
      <Losses world={world} />
      <section class="panel states" aria-label="States">
        <h2>
          States <small>{atText === 'now' ? 'now' : `at ${atText}`}, and over the same minute</small>
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
                      <Spark samples={samples} value={({states}) => states[chart]?.[id] ?? 0} at={at} />
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

/** What was lost, expired, refused or failed, by the gateway's own counters. */
function Losses({world}: {readonly world: World}) {
  const {snapshot, series} = world;
  return (
    <section class="panel states losses" aria-label="What went wrong">
      <h2>
        What went wrong <small>in the last minute, and since the gateway was started</small>
      </h2>
      {snapshot === undefined ? (
        <p class="quiet">Not known: up to this moment no counts of the gateway have come.</p>
      ) : (
        countLosses(snapshot, series.samples).map(({title, losses}) => (
          <div class="chartStates" key={title}>
            <h3>{title}</h3>
            {losses.map(({counter, title: name, meaning, total, recent}) => (
              <div class="bar" key={counter} title={meaning} data-counter={counter}>
                <span>{name}</span>
                <em class={recent > 0 ? 'recent' : ''}>{recent > 0 ? `+${recent.toLocaleString('en')}` : ''}</em>
                <b class={total === 0 ? 'none' : ''}>{total.toLocaleString('en')}</b>
              </div>
            ))}
          </div>
        ))
      )}
    </section>
  );
}
