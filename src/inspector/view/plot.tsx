// A small plot: up to a few lines over the last minute, with the latest value of each.

import {type Sample, samplesMax} from '../model/series.ts';

export interface Line {
  readonly name: string;
  readonly tone: 'a' | 'b' | 'c';
  readonly value: (sample: Sample) => number;
}

const width = 300;
const height = 72;

export interface PlotProps {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  readonly samples: readonly Sample[];
}

export function Plot({title, unit, lines, samples}: PlotProps) {
  const values = lines.map(({value}) => samples.map(value));
  const top = niceTop(Math.max(0, ...values.flat().filter((value) => Number.isFinite(value))));
  return (
    <section class="panel plot" aria-label={title}>
      <h2>
        {title}{' '}
        <small>
          to {roundText(top)}
          {unit}
        </small>
      </h2>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title} over the last minute`}
      >
        <path class="grid" d={`M0 ${height / 2}H${width}M0 ${height - 0.5}H${width}M0 .5H${width}`} />
        {lines.map(({tone, name}, place) => (
          <path key={name} class={`line ${tone}`} d={toPath(values[place] ?? [], top)} />
        ))}
      </svg>
      <p class="legend">
        {lines.map(({name, tone}, place) => (
          <span key={name} class={tone}>
            {name} <b>{latestText(values[place] ?? [], unit)}</b>
          </span>
        ))}
      </p>
    </section>
  );
}

function toPath(values: readonly number[], top: number): string {
  let path = '';
  let isDown = false;
  for (const [place, value] of values.entries()) {
    if (!Number.isFinite(value)) {
      isDown = false;
      continue;
    }
    const x = ((samplesMax - values.length + place) * width) / (samplesMax - 1);
    const y = height - 1 - (value / top) * (height - 3);
    path += `${isDown ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    isDown = true;
  }
  return path;
}

/** 1, 2 or 5 times a power of ten. */
function niceTop(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? 10 * power;
}

function latestText(values: readonly number[], unit: string): string {
  const value = values.findLast((one) => Number.isFinite(one));
  return value === undefined ? '–' : `${roundText(value)}${unit}`;
}

function roundText(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toFixed(1)));
}
