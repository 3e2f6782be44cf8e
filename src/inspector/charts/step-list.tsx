// The steps of a chart as a list by the numbers of their edges: where the page is too narrow for them to stand on these.

import {useEffect, useState} from 'preact/hooks';
import type {ChartLight} from './chart-light.ts';
import type {PlacedEdge} from './layout.ts';

/** Kept from chart to chart. */
let isOpen = false;

export function StepList({edges, light}: {readonly edges: readonly PlacedEdge[]; readonly light: ChartLight}) {
  const {taken, countOf, onStep} = light;
  return (
    <details
      open={isOpen}
      onToggle={({currentTarget}) => {
        isOpen = currentTarget.open;
      }}
    >
      <summary>{edges.length} steps by number</summary>
      <ol class="steps">
        {edges.map(({edge: {id, from, to, steps}, number}) => (
          <li key={id} value={number}>
            <span class="quiet">
              {from} → {to}
            </span>
            {steps.map((step) => {
              const count = countOf?.(from, step.event) ?? 0;
              const isTaken = taken?.from === from && taken.event === step.event;
              return (
                <button
                  type="button"
                  key={step.event}
                  class={isTaken ? 'taken' : ''}
                  data-step={`${from} ${step.event}`}
                  disabled={onStep === undefined}
                  onClick={() => onStep?.(from, step)}
                >
                  {step.event} {step.rule} {count > 0 && <b>×{countText(count)}</b>}
                </button>
              );
            })}
          </li>
        ))}
      </ol>
    </details>
  );
}

const narrow = '(max-width: 560px)';

/** Whether the page is too narrow for steps on the edges of a chart. */
export function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(() => matchMedia(narrow).matches);
  useEffect(() => {
    const query = matchMedia(narrow);
    const listener = (): void => setNarrow(query.matches);
    query.addEventListener('change', listener);
    return () => query.removeEventListener('change', listener);
  }, []);
  return isNarrow;
}

/** At most four characters: so much room a label has for it. */
export function countText(count: number): string {
  if (count < 10_000) return String(count);
  return count < 1_000_000 ? `${Math.floor(count / 1_000)}k` : `${Math.floor(count / 1_000_000)}M`;
}
