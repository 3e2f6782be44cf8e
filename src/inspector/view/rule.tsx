// A rule by its number; pressed, it shows its text, as docs/delivery.md has it, and where the charts obey it.

import {usesOf} from '../model/rule-uses.ts';
import {rules} from '../model/rules.ts';
import {Dialog} from './dialog.tsx';
import {type Signal, signal} from './signal.ts';

/** The rule whose text is shown. */
export const shownRule: Signal<string | undefined> = signal<string | undefined>(undefined);

export function RuleLink({id}: {readonly id: string}) {
  return (
    <button type="button" class="rule" title={rules.get(id)?.text} onClick={() => shownRule.set(id)}>
      {id}
    </button>
  );
}

/** The text of {@link shownRule}, over the page. */
export function RuleDialog() {
  const id = shownRule.use();
  if (id === undefined) return null;
  const rule = rules.get(id);
  const uses = usesOf(id);
  return (
    <Dialog title={id} onClose={() => shownRule.set(undefined)}>
      {rule?.isV2 === true && <p class="quiet">Comes with rainbow.v2, and is not active yet.</p>}
      <p>{rule?.text ?? 'The rule is not in docs/delivery.md.'}</p>
      {uses.length > 0 && (
        <ul class="uses" aria-label={`Where the charts obey ${id}`}>
          {uses.map(({chart, what, description}) => (
            <li key={`${chart} ${what}`}>
              <span class="quiet">{chart}:</span> <code>{what}</code>
              {description !== undefined && `. ${description}`}
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
