// Assertions about our own code. A failure is a programmer's error: it kills the actor that met it, and its
// supervisor decides what follows. Never use these for input from outside.

/** Thrown by {@link invariant} and {@link unreachable}; nothing but a supervisor catches it. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws {@link InvariantError} saying `what` must hold, unless `condition` does. */
export function invariant(condition: boolean, what: string): asserts condition {
  if (!condition) throw new InvariantError(what);
}

/** The default branch of a `switch` over a closed union; the type checker proves it cannot be reached. */
export function unreachable(value: never): never {
  throw new InvariantError(`Expected every case to be handled, got ${JSON.stringify(value)}`);
}
