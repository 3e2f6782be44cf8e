// Values over the minute before a moment, as the path of an SVG. A sample stands where its time is.

import {type Sample, spanMs} from './series.ts';

export const plotWidth = 300;
export const plotHeight = 72;

/** A line from sample to sample; what is left of the minute is cut off by the edge. */
export function plotPath(
  samples: readonly Pick<Sample, 'at'>[],
  values: readonly number[],
  at: number,
  top: number,
): string {
  let path = '';
  let isDown = false;
  for (const [place, value] of values.entries()) {
    if (!Number.isFinite(value)) {
      isDown = false;
      continue;
    }
    const x = plotWidth - ((at - (samples[place]?.at ?? at)) * plotWidth) / spanMs;
    const y = plotHeight - 1 - (value / top) * (plotHeight - 3);
    path += `${isDown ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    isDown = true;
  }
  return path;
}
