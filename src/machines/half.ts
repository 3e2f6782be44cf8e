// Half of one side of a connection: messages under their ids, each on its chart. Each effect of the charts is a method.
// sending-half.ts and receiving-half.ts are the two halves. The client SDK, `rainbow connect`, `rainbow bench`, the sandbox
// of the inspector and the exploration run the delivery charts in them; the gateway has an engine of its own, for speed.

import type {Step, Steps} from './step.ts';

/** A message on a chart. */
export interface Charted<Event extends string, Effect extends string> {
  readonly chart: Steps<string, Event, Effect>;
  state: string;
}

export abstract class Half<Event extends string, Effect extends string, Flow extends Charted<Event, Effect>> {
  /** Messages whose ids are known. */
  readonly flows = new Map<number, Flow>();

  /** Takes a step, where `event` means something in the state of the flow. */
  step(this: this & Record<Effect, (flow: Flow) => void>, flow: Flow, event: Event): void {
    const step: Step<string, Effect> | undefined = flow.chart[flow.state]?.[event];
    if (step === undefined) return;
    const [state, ...effects] = step;
    this.note(flow, event, step);
    flow.state = state;
    for (const effect of effects) this[effect](flow);
  }

  /** The step is about to be taken. */
  note(_flow: Flow, _event: Event, _step: Step<string, Effect>): void {}
}
