// The page's elements: those that index.html has, and new ones. Text goes in as text, never as markup.

/** The element with this id, which index.html has. */
export function find<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`Expected an element #${id} of ${kind.name}`);
  return found;
}

/** A new element, with a class or none, and what is in it. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  ...content: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  element.append(...content);
  return element;
}

const hashFactor = 31;
const circleDegrees = 360;

/** A round sign with the first letter of a name, in a colour that the name always has. */
export function makeSign(name: string): HTMLElement {
  const [letter = '?'] = name;
  const sign = make('span', 'sign', letter.toUpperCase());
  sign.ariaHidden = 'true';
  let hash = 0;
  for (const character of name) hash = (hash * hashFactor + (character.codePointAt(0) ?? 0)) % circleDegrees;
  sign.style.setProperty('--hue', String(hash));
  return sign;
}
