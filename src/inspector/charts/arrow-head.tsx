// The head of every arrow, in the colour of its line: `marker-end="url(#ID)"`.

/** To stand among the `defs` of a drawing. */
export function ArrowHead({id}: {readonly id: string}) {
  return (
    <marker id={id} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
      <path d="M0 0.5 8 4 0 7.5z" fill="context-stroke" />
    </marker>
  );
}
