// The chat's page: asks for a name, then puts the conversation and the views together. Name and room are kept for the
// tab, so that a reload goes on where it was and two tabs can be two people.

import {firstRoom, nameFormat, textMax} from '../messages.ts';
import {Cable} from './cable.ts';
import {ConnectionView} from './connection-view.ts';
import {Conversation} from './conversation.ts';
import {find} from './element.ts';
import {MessagesView} from './messages-view.ts';
import {showPresence} from './presence-view.ts';
import {RoomsView} from './rooms-view.ts';

const door = find('door', HTMLFormElement);
const nameField = find('name', HTMLInputElement);
const known = sessionStorage.getItem('name');
nameField.pattern = nameFormat.source;
door.addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem('name', nameField.value);
  void enter(nameField.value);
});
if (known === null) {
  find('welcome', HTMLElement).hidden = false;
  nameField.focus();
} else await enter(known);

async function enter(name: string): Promise<void> {
  const {url} = (await (await fetch('gateway.json')).json()) as {readonly url: string};
  const room = sessionStorage.getItem('room') ?? firstRoom;
  const cable = new Cable();
  const messages = new MessagesView(find('messages', HTMLElement));
  const connection = new ConnectionView(cable, () => conversation.bloom());
  const conversation: Conversation = new Conversation({
    gatewayUrl: url,
    name,
    room,
    WebSocket: cable.WebSocket,
    listener: {
      said: (message, isOurs) => messages.show(message, isOurs),
      progress: (id, progress) => messages.progress(id, progress),
      note: (where, text) => messages.note(where, text),
      connection: (state, retryInMs) => connection.show(state, retryInMs),
      outbox: (count) => connection.showOutbox(count),
    },
  });
  const go = (where: string): void => {
    sessionStorage.setItem('room', where);
    messages.enter(where);
    void conversation.move(where);
  };
  const rooms = new RoomsView(room, go);
  showPresence(() => conversation.ask());
  listenToKeys(conversation, rooms);
  find('leave', HTMLButtonElement).addEventListener('click', () => {
    sessionStorage.clear();
    void conversation.fade().then(() => location.reload());
  });
  find('me', HTMLElement).textContent = name;
  document.title = `${name} · Rainbow chat`;
  find('welcome', HTMLElement).hidden = true;
  find('chat', HTMLElement).hidden = false;
  find('text', HTMLTextAreaElement).focus();
  messages.enter(room);
  conversation.bloom();
}

/** Enter says it, Escape comes back to the field, Alt with an arrow goes to the next room. */
function listenToKeys(conversation: Conversation, rooms: RoomsView): void {
  const composer = find('composer', HTMLFormElement);
  const field = find('text', HTMLTextAreaElement);
  field.maxLength = textMax;
  composer.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (text !== '') conversation.say(text);
    field.value = '';
    field.focus();
  });
  field.addEventListener('keydown', (event) => {
    // While an input method composes, Enter is its own.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    composer.requestSubmit();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') field.focus();
    if (!event.altKey || (event.key !== 'ArrowDown' && event.key !== 'ArrowUp')) return;
    event.preventDefault();
    rooms.step(event.key === 'ArrowDown' ? 1 : -1);
  });
}
