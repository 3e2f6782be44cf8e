// The types of an application's messages: which type carries what, and what it is answered with. Types only.

import type {Payload} from '../protocol/payload.ts';

/** What one message type carries, and what it is answered with; what is left out is `undefined`. */
export interface MessageShape {
  readonly data?: unknown;
  readonly answer?: unknown;
}

/**
 * An application's messages by type, up to the business server and down from it. They are claims of the application:
 * nothing is checked while it runs. Of a direction that is left out nothing is known, as without a schema.
 *
 * ```ts
 * interface Chat {
 *   up: {2: {data: {text: string}; answer: {delivered: number}}};
 *   down: {1002: {data: {from: string; text: string}}};
 * }
 * const rainbow = new Rainbow<Chat>('ws://localhost:1984/connect/');
 * ```
 */
export interface Schema {
  readonly up?: Readonly<Record<number, MessageShape>>;
  readonly down?: Readonly<Record<number, MessageShape>>;
}

/** Any message, of which nothing is known. */
export interface AnySchema {
  readonly up: Readonly<Record<number, {readonly data: unknown; readonly answer: unknown}>>;
  // biome-ignore lint/suspicious/noExplicitAny: a handler may answer anything; with `unknown` no typed client would be a plain one
  readonly down: Readonly<Record<number, {readonly data: unknown; readonly answer: any}>>; // oxlint-disable-line typescript/no-explicit-any
}

/** The messages to the business server. */
export type UpOf<Messages> = Messages extends {readonly up: infer Up} ? Up : AnySchema['up'];

/** The messages from the business server. */
export type DownOf<Messages> = Messages extends {readonly down: infer Down} ? Down : AnySchema['down'];

/** The message types of one direction. */
export type TypeOf<Messages> = keyof Messages & number;

/** What is left out of a shape is `undefined`; what is optional in it may be. */
export type DataOf<Shape> = 'data' extends keyof Shape ? Shape['data'] : undefined;

/** Data that every one of the types takes, where it is not known which of them it will be. */
export type DataOfAll<Up, Type extends TypeOf<Up>> = {[Each in Type]: (data: DataOf<Up[Each]>) => void}[Type] extends (
  data: infer Data,
) => void
  ? Data
  : never;

/** What `send()` takes besides the type. Data that may be `undefined` may be left out. */
export type DataAndOptions<Data, Options> = undefined extends Data
  ? [data?: Data, options?: Options]
  : [data: Data, options?: Options];

export type AnswerOf<Shape> = 'answer' extends keyof Shape ? Shape['answer'] : undefined;

/** What a handler gets about a message in addition to its type and data. */
export interface MessageContext {
  readonly qos: 0 | 1 | 2;
  /** The gateway has sent it before: at QoS 1 it may have been handled before. */
  readonly mayBeRepeat: boolean;
}

/** The arguments of a handler: a test of `type` narrows the type of the data. */
export type Incoming<Down> = {
  [Type in TypeOf<Down>]: [type: Type, data: Payload<DataOf<Down[Type]>>, context: MessageContext];
}[TypeOf<Down>];

/** What a handler may give back for any of the types. */
export type AnyAnswerOf<Down> = {[Type in TypeOf<Down>]: AnswerOf<Down[Type]>}[TypeOf<Down>];

/**
 * Handles the messages that come down; its value, or that of its promise, goes back to the business server. It may omit
 * arguments at the end; with several types the compiler accepts that only through this type.
 */
export type MessageHandler<Down> =
  IsOne<TypeOf<Down>> extends true
    ? HandlerOf<Incoming<Down>, Down>
    :
        | HandlerOf<Incoming<Down>, Down>
        | HandlerOf<FirstTwo<Incoming<Down>>, Down>
        | HandlerOf<First<Incoming<Down>>, Down>;

// biome-ignore-start lint/suspicious/noConfusingVoidType: a handler that returns nothing must compile with every TypeScript
type HandlerOf<Message extends readonly unknown[], Down> = (
  ...message: Message
) => AnyAnswerOf<Down> | void | PromiseLike<AnyAnswerOf<Down> | void>;
// biome-ignore-end lint/suspicious/noConfusingVoidType: as above

type FirstTwo<Message> = Message extends readonly [infer Type, infer Data, unknown] ? [type: Type, data: Data] : never;

type First<Message> = Message extends readonly [infer Type, unknown, unknown] ? [type: Type] : never;

/** Whether it is no union: of one, no member alone is the whole. */
type IsOne<Type, Whole = Type> = [Type extends unknown ? ([Whole] extends [Type] ? true : false) : never] extends [true]
  ? true
  : false;
