// The rooms as radio buttons, so that arrow keys walk through them, and a field for one that is not there yet.

import {firstRoom, roomFormat} from '../messages.ts';
import {find, make} from './element.ts';

const usualRooms = [firstRoom, 'kitchen', 'garden'];

/** The list of rooms. `go` is called with each room that is chosen. */
export class RoomsView {
  readonly #list = find('room-list', HTMLDivElement);
  readonly #go: (room: string) => void;

  constructor(room: string, go: (room: string) => void) {
    this.#go = go;
    for (const usual of new Set([...usualRooms, room])) this.#add(usual);
    this.#buttonOf(room).checked = true;
    const form = find('new-room', HTMLFormElement);
    const field = find('new-room-name', HTMLInputElement);
    field.pattern = roomFormat.source;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#choose(this.#buttonOf(field.value));
      field.value = '';
    });
  }

  /** The next room, or with -1 the one before; round and round. */
  step(by: 1 | -1): void {
    const buttons = [...this.#list.querySelectorAll('input')];
    const place = buttons.findIndex(({checked}) => checked) + by + buttons.length;
    const button = buttons[place % buttons.length];
    if (button !== undefined) this.#choose(button);
  }

  #choose(button: HTMLInputElement): void {
    button.checked = true;
    this.#go(button.value);
  }

  #buttonOf(room: string): HTMLInputElement {
    const buttons = [...this.#list.querySelectorAll('input')];
    return buttons.find(({value}) => value === room) ?? this.#add(room);
  }

  #add(room: string): HTMLInputElement {
    const button = make('input', '');
    button.type = 'radio';
    button.name = 'room';
    button.value = room;
    button.addEventListener('change', () => this.#go(room));
    this.#list.append(make('label', 'room', button, make('span', '', room)));
    return button;
  }
}
