// The orders that a test sends to a daemon (injection.ts), and the answers: plain data over the channel of the child
// process.

/** A transition of a chart: `outboundQos2: awaitingRec --wire.rec-->`. */
export interface Transition {
  /** The machine's id. */
  readonly chart: string;
  readonly from: string;
  readonly event: string;
}

/**
 * When a transition is struck: `before` any of its effects is carried out, or `after` the turn it belongs to, when every
 * socket that was handed frames has been written to.
 */
export type Moment = 'before' | 'after';

/** Where the fault is, in the course of things. */
export interface Point {
  readonly transition: Transition;
  readonly moment: Moment;
  /** Which of its occurrences from now on, from 1. */
  readonly nth: number;
}

export type Order =
  /** Report every transition from now on. */
  | {readonly kind: 'watch'}
  /** Kill the process there. */
  | {readonly kind: 'kill'; readonly point: Point}
  /** Keep the main thread busy there. */
  | {readonly kind: 'block'; readonly point: Point; readonly ms: number}
  /** Keep the worker threads busy, now. */
  | {readonly kind: 'blockWorkers'; readonly ms: number}
  /** The wall clock of all threads is this far from the machine's from now on. */
  | {readonly kind: 'stepClock'; readonly ms: number};

/** A transition was taken; an order was obeyed, in the order in which they were given. */
export type Report = {readonly taken: Transition} | {readonly isObeyed: true};

/** One transition as a line. */
export function spellTransition({chart, from, event}: Transition): string {
  return `${chart}: ${from} --${event}-->`;
}

/** Whether two transitions are the same. */
export function isSame(left: Transition, right: Transition): boolean {
  return left.chart === right.chart && left.from === right.from && left.event === right.event;
}
