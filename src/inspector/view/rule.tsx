// A rule by its number; pressed, it shows its text, as docs/delivery.md has it.

import {rules} from '../model/rules.ts';
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
  const close = (): void => shownRule.set(undefined);
  return (
    <dialog open class="ruleText" aria-label={id}>
      <h2>
        {id}
        {rule?.isV2 === true && <small> rainbow.v2</small>}
      </h2>
      <p>{rule?.text ?? 'The rule is not in docs/delivery.md.'}</p>
      <button type="button" onClick={close}>
        Close
      </button>
    </dialog>
  );
}
