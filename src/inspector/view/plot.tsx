// A small plot: up to a few lines over the last minute, with the latest value of each.

import {type Sample, samplesMax} from '../model/series.ts';

export interface Line {
  readonly name: string;
  readonly tone: 'a' | 'b' | 'c';
  readonly value: (sample: Sample) => number;
}

const width = 300;
const height = 72;
/** What the number beside the plot tells of. */
const samplesOfNow = 8;

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
      <p class="times" aria-hidden="true">
        <span>{spanText(samples)}</span>
        <span>now</span>
      </p>
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

/** One line without words, for the number beside it. */
export function Spark({values}: {readonly values: readonly number[]}) {
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      data-most={Math.max(0, ...values)}
    >
      <path class="line a" d={toPath(values, Math.max(1, ...values))} />
    </svg>
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

/** How long ago the left edge was: samples are rarer where there are many connections. */
function spanText(samples: readonly Sample[]): string {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || samples.length < 2) return '';
  const periodMs = (last.at - first.at) / (samples.length - 1);
  return `${Math.round((periodMs * (samplesMax - 1)) / 1_000)} s ago`;
}

/** 1, 2 or 5 times a power of ten. */
function niceTop(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? 10 * power;
}

/** A number as it is; of a rate or a time the mean of the last two seconds, since one sample of it says little. */
function latestText(values: readonly number[], unit: string): string {
  const known = values.slice(unit === '' ? -1 : -samplesOfNow).filter((one) => Number.isFinite(one));
  if (known.length === 0) return '–';
  return `${roundText(known.reduce((sum, one) => sum + one, 0) / known.length)}${unit}`;
}

function roundText(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toFixed(1)));
}
