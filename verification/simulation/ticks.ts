// What Node's streams have put off to the end of the step that is under way, process.nextTick: the simulation lets it
// happen before its next step, as an event loop would.

export class Ticks {
  /** Whether anything may have been put off. */
  areDue = false;

  /** Settles when nothing is left. */
  async settle(): Promise<void> {
    while (this.areDue) {
      this.areDue = false;
      // Called when all that was put off before has run, and all that this has put off in turn.
      await new Promise<void>((resolve) => process.nextTick(resolve));
    }
  }
}
