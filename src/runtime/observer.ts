// A window on every step of every chart, for the inspector and for tests. While nobody looks, a step costs one load and
// one comparison; nothing is allocated.

/** One step of one chart. Codes are the table's; names are looked up by whoever shows them. */
export interface Observer {
  /**
   * `chart` is the table's machine id, `subject` whose step it is (an identity), `flow` the message id on the wire or 0.
   * Called on the hot path: must not throw and must not keep its arguments' arrays.
   */
  transition(chart: string, subject: string, flow: number, from: number, event: number, to: number): void;
}

/** Holds the observer of a thread, if any. Shared by its actors, so that one can be attached while they run. */
export interface Observation {
  observer: Observer | undefined;
}
