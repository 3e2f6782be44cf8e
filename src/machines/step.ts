// One step of a chart as plain data has it: steps.ts holds the charts that run where XState is not carried along. The
// client SDK takes its steps here; the gateway takes them by number, through tabulate.ts.

/** Per state and event the next state, then the effects in the order in which they are carried out. */
export type Steps<State extends string, Event extends string, Effect extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Event, readonly [State, ...Effect[]]>>>>
>;

/** Where `event` leads from `state`, and what must be done; `undefined` where it means nothing there. */
export function stepOf<State extends string, Event extends string, Effect extends string>(
  steps: Steps<State, Event, Effect>,
  state: State,
  event: Event,
): readonly [State, ...Effect[]] | undefined {
  return steps[state][event];
}
