// The delivery rules by their ids. Vite puts the list here from docs/delivery.md when the page is built.

export interface Rule {
  readonly id: string;
  readonly text: string;
  /** Comes with `rainbow.v2`, and is not active yet. */
  readonly isV2: boolean;
}

declare const deliveryRules: readonly Rule[] | undefined;

/** Empty where no page was built, as in tests. */
export const rules: ReadonlyMap<string, Rule> = new Map(
  (typeof deliveryRules === 'undefined' ? [] : deliveryRules).map((rule) => [rule.id, rule]),
);
