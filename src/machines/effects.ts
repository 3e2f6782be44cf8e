// Effects are names: a chart says what must be done, the actor that runs it does it. XState wants an implementation for
// each name it checks, so the charts are set up with this one, which is never called.

/** Implementations for {@link setup} that do nothing, one for each name. */
export function namedEffects<Name extends string>(names: readonly Name[]): Record<Name, () => void> {
  return Object.fromEntries(names.map((name) => [name, doNothing])) as Record<Name, () => void>;
}

function doNothing(): void {}
