// A small plot: up to a few lines over the minute before the moment that is shown, with the latest value of each. A sample
// stands where its time is, so that what came seldom, or not at all, looks like it.

import {plotHeight as height, plotPath, plotWidth as width} from '../model/plot-path.ts';
import {type Sample, spanMs} from '../model/series.ts';

export interface Line {
  readonly name: string;
  readonly tone: 'a' | 'b' | 'c';
  readonly value: (sample: Sample) => number;
}

/** What the number beside the plot is the mean of. */
const nowMs = 2_000;

export interface PlotProps {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  readonly samples: readonly Sample[];
  /** The moment at the right edge, in the time of the samples, and its name. */
  readonly at: number;
  readonly atText: string;
}

export function Plot({title, unit, lines, samples, at, atText}: PlotProps) {
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
          <path key={name} class={`line ${tone}`} d={plotPath(samples, values[place] ?? [], at, top)} />
        ))}
      </svg>
      <p class="times" aria-hidden="true">
        <span>{spanMs / 1_000} s before</span>
        <span>{atText}</span>
      </p>
      <p class="legend">
        {lines.map(({name, tone}, place) => (
          <span key={name} class={tone}>
            {name} <b>{latestText(samples, values[place] ?? [], unit)}</b>
          </span>
        ))}
      </p>
    </section>
  );
}

export interface SparkProps {
  readonly samples: readonly Sample[];
  readonly value: (sample: Sample) => number;
  readonly at: number;
}

/** One line without words, and the most that it comes to, for the number beside it. */
export function Spark({samples, value, at}: SparkProps) {
  const values = samples.map(value);
  const most = Math.max(0, ...values);
  return (
    <>
      <svg
        class="spark"
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        data-most={most}
      >
        <path class="line a" d={plotPath(samples, values, at, Math.max(1, most))} />
      </svg>
      <small class="most" title="The most at a time over the minute">
        {most > 0 && `max ${most.toLocaleString('en')}`}
      </small>
    </>
  );
}

/** 1, 2 or 5 times a power of ten. */
function niceTop(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? 10 * power;
}

/** A number as it is; of a rate or a time the mean of the last two seconds, since one sample of it says little. */
function latestText(samples: readonly Sample[], values: readonly number[], unit: string): string {
  const from = (samples.at(-1)?.at ?? 0) - (unit === '' ? 0 : nowMs);
  const known = values.filter((one, place) => Number.isFinite(one) && (samples[place]?.at ?? 0) >= from);
  if (known.length === 0) return '–';
  return `${roundText(known.reduce((sum, one) => sum + one, 0) / known.length)}${unit}`;
}

function roundText(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toFixed(1)));
}
