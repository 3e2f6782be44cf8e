// A chart as plain data: steps.ts holds the charts that run where XState is not carried along. The gateway takes its steps
// by number, through tabulate.ts.

/** The next state, then the effects in the order in which they are carried out. */
export type Step<State extends string, Effect extends string> = readonly [State, ...Effect[]];

/** By state and event. */
export type Steps<State extends string, Event extends string, Effect extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Event, Step<State, Effect>>>>>
>;
