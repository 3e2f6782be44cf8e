// An application with the client SDK, as any compiler from 5.4 on must take it. Compiled in copies by declarations.test.ts,
// never run; a line that must not compile has `@ts-expect-error` above it, and fails where it does.

import {
  type ClosedEvent,
  indexedDbStore,
  type Payload,
  Rainbow,
  RainbowClientError,
  type RainbowOptions,
  type Schema,
} from 'rainbow-server/client';

interface Chat {
  up: {
    2: {data: {text: string}; answer: {delivered: number}};
    3: {data: {text: string; loud: boolean}; answer: string};
    4: {data: string};
    6: {answer: string[]};
    7: {data?: number};
  };
  down: {
    1002: {data: {from: string}; answer: {seen: boolean}};
    1003: {data: number};
  };
}
interface Feed {
  down: {7: {data: string}};
}
interface Report {
  up: {8: {data: string; answer: number}};
}

/** Whether both types are the same, and not `any`. */
type Same<One, Other> = 0 extends 1 & One ? false : [One, Other] extends [Other, One] ? true : false;
function same<One, Other>(_is: Same<One, Other>): void {}

const options: RainbowOptions = {
  query: () => Promise.resolve({name: 'ann', token: undefined}),
  store: indexedDbStore({name: 'chat'}),
  warn: (text, cause) => console.warn(text, cause),
};
const plain = new Rainbow('ws://127.0.0.1:1984/connect/', options);
const chat = new Rainbow<Chat>({host: '::1', secure: true});
const feed = new Rainbow<Feed>(new URL('ws://127.0.0.1:1984/connect/'));
const report = new Rainbow<Report>('ws://127.0.0.1:1984/connect/', {WebSocket: globalThis.WebSocket});

export function handlersThatReturnNothing(): void {
  plain.onMessage(() => {});
  plain.onMessage((type, data) => {
    console.log(type.toFixed(), data.text());
  });
  plain.onMessage((_type, data) => console.log(data.bytes().length));
  feed.onMessage((type, data) => {
    same<typeof type, 7>(true);
    console.log(data.text());
  });
  feed.onMessage((_type, data) => console.log(data.json().toUpperCase()));
  chat.onMessage(() => {});
  chat.onMessage((type) => {
    same<typeof type, 1002 | 1003>(true);
  });
  chat.onMessage((type, data) => {
    if (type === 1002) console.log(data.json().from);
    else console.log(data.json().toFixed());
  });
  chat.onMessage((_type, data) => console.log(data.text()));
  chat.onMessage((_type, data, {qos, mayBeRepeat}) => {
    console.log(data.text(), qos, mayBeRepeat);
  });
}

export function handlersThatAnswer(): void {
  plain.onMessage((type) => ({type}));
  plain.onMessage(async (type, data) => {
    await Promise.resolve();
    console.log(type, data.json());
  });
  feed.onMessage(async () => {
    await Promise.resolve();
  });
  chat.onMessage((type, data, {qos}) => (type === 1002 ? {seen: data.json().from !== '' && qos > 0} : undefined));
  chat.onMessage(async (type) => {
    await Promise.resolve();
    return type === 1002 ? {seen: true} : undefined;
  });
  chat.onMessage(async (_type, data) => {
    await Promise.resolve();
    console.log(data.text());
  });
  report.onMessage((type, data) => [type, data.json()]);
  // @ts-expect-error: no type is answered so
  chat.onMessage(() => ({seen: 'yes'}));
  // @ts-expect-error: this type is not in the schema
  chat.onMessage((type) => type === 5);
  // @ts-expect-error: a message has no such reading
  chat.onMessage((_type, data) => data.xml());
  // @ts-expect-error: it may be a number
  chat.onMessage((_type, data) => console.log(data.json().from));
}

export async function sends(either: 2 | 3, qos: 0 | 1 | 2): Promise<void> {
  const answer = await chat.send(2, {text: 'hello'});
  same<typeof answer, Payload<{delivered: number}>>(true);
  const nothing = await chat.send(2, {text: 'hello'}, {qos: 0, key: 'one'});
  same<typeof nothing, undefined>(true);
  const once = await chat.send(3, {text: 'hello', loud: true}, {qos: 1, timeout: 5, signal: AbortSignal.abort()});
  same<typeof once, Payload<string>>(true);
  const twice = await chat.send(4, 'hello', {qos: 2, mayRepeat: true});
  same<typeof twice, Payload<undefined>>(true);
  const perhaps = await chat.send(2, {text: 'hello'}, {qos});
  same<typeof perhaps, Payload<{delivered: number}> | undefined>(true);
  await chat.send(either, {text: 'what both take', loud: true});
  await plain.send(9, {any: 'thing'});
  await plain.send(9);
  const names = await chat.send(6);
  same<typeof names, Payload<string[]>>(true);
  same<Awaited<ReturnType<typeof withoutData>>, undefined>(true);
  await chat.send(6, undefined, {qos: 1});
  await chat.send(7);
  await chat.send(7, 5);
  // @ts-expect-error: this type carries something
  await chat.send(4);
  // @ts-expect-error: this type carries nothing
  await chat.send(6, 'hello');
  await feed.send(9, 'nothing is known of what goes up');
  const count = await report.send(8, 'sunny');
  console.log(answer.json().delivered, once.text(), count.json().toFixed());
  // @ts-expect-error: one of the two lacks it
  await chat.send(either, {text: 'what one of them takes'});
  // @ts-expect-error: this type is not in the schema
  await chat.send(5, 'hello');
  // @ts-expect-error: this type carries something else
  await chat.send(4, {text: 'hello'});
  // @ts-expect-error: at QoS 0 there is no answer
  console.log((await chat.send(2, {text: 'hello'}, {qos: 0})).json());
  // @ts-expect-error: there is no QoS 3
  await chat.send(2, {text: 'hello'}, {qos: 3});
}

function withoutData(): Promise<undefined> {
  return chat.send(6, undefined, {qos: 0});
}

/** Any client, whatever its messages: it may be put where nothing is known of them. */
export function anyClient(): readonly Rainbow[] {
  const clients: Rainbow[] = [plain, chat, feed, report];
  const [first] = clients;
  first?.on('closed', ({code}) => console.log(code));
  void first?.fade();
  // The other way round nothing holds.
  // @ts-expect-error: it sends other messages
  const wrong: Rainbow<Chat> = report;
  // @ts-expect-error: it hears other messages
  const deaf: Rainbow<Chat> = feed;
  return [...clients, wrong, deaf];
}

export function events(): void {
  chat.on('delivery', (event) => {
    if (event.state === 'answered') same<typeof event.answer, Payload>(true);
    else if (event.state === 'failed' || event.state === 'kept') same<typeof event.error, RainbowClientError>(true);
    else same<typeof event.error, undefined>(true);
  });
  chat.on('delivery', (event) => {
    const {state} = event;
    if (state === 'queued' || state === 'sent' || state === 'atGateway') same<typeof event.answer, undefined>(true);
    if (event.state !== 'queued' && event.state !== 'sent' && event.state !== 'atGateway') {
      same<typeof event, Extract<typeof event, {readonly state: 'answered' | 'failed' | 'kept'}>>(true);
    }
  });
  chat.on('delivery', ({key, state, answer, error}) => console.log(key, state, answer?.text(), error?.code));
  chat.on('fault', (event) => {
    switch (event.kind) {
      case 'handler':
        console.log(event.type.toFixed(), event.cause);
        break;
      case 'handlerTimeout':
      case 'unhandled':
      case 'inbox':
        same<typeof event.type, number>(true);
        break;
      default:
        same<typeof event.kind, 'packet' | 'store' | 'query'>(true);
        // @ts-expect-error: it is not about a message
        event.type?.toFixed();
    }
  });
  chat.on('fault', (event) => {
    if (event.kind !== 'packet' && event.kind !== 'store' && event.kind !== 'query') console.log(event.type.toFixed());
    else same<typeof event.type, undefined>(true);
  });
  chat.on('fault', ({kind, type, cause}) => console.log(kind, type?.toFixed(), cause));
  chat.didClose((event) => {
    if (event.state === 'refused') same<typeof event.state, 'refused'>(true);
    else same<typeof event.state, 'faded'>(true);
    console.log(event.code, event.reason);
  });
  const listener = (event: ClosedEvent): void => console.log(event.retryInMs);
  const off = chat.once('closed', listener);
  off();
  chat.off('closed', listener);
  // @ts-expect-error: there is no such event
  chat.on('nope', () => {});
}

export async function loops(): Promise<void> {
  for await (const message of chat.messages()) {
    if (message.type === 1003) console.log(message.data.json().toFixed());
    else message.reply({seen: true});
  }
  for await (const {type, data, mayBeRepeat} of plain.messages()) console.log(type, data.text(), mayBeRepeat);
}

/** Takes a client with any schema, and one without. */
export async function stop<Messages extends Schema>(rainbow: Rainbow<Messages>): Promise<void> {
  await rainbow.bloom({timeout: 1_000}).catch((error: unknown) => {
    if (error instanceof RainbowClientError) same<typeof error.mayHaveArrived, boolean>(true);
  });
  await rainbow.fade();
}

export async function stopAll(): Promise<void> {
  await Promise.all([stop(plain), stop(chat), stop(feed), stop(report)]);
}

// @ts-expect-error: there is no such direction
export const unknownDirection = new Rainbow<{upp: {2: {data: string}}}>('ws://127.0.0.1:1984/connect/');
// @ts-expect-error: there is no such option
export const unknownOption = new Rainbow('ws://127.0.0.1:1984/connect/', {timeOut: 5});
// @ts-expect-error: a number is no text
export const textOption = new Rainbow('ws://127.0.0.1:1984/connect/', {timeout: '5'});
