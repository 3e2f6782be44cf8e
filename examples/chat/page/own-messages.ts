// The ids of what was said in this tab, kept over a reload: others may have the same name.

const storageKey = 'said';
const idsMax = 200;

/** The ids of the messages that were sent from this tab. */
export class OwnMessages {
  readonly #ids = new Set((sessionStorage.getItem(storageKey) ?? '').split(' '));

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    this.#ids.add(id);
    sessionStorage.setItem(storageKey, [...this.#ids].slice(-idsMax).join(' '));
  }
}
