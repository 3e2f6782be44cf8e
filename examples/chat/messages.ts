// What the chat's business server and its page must agree on: message types, what they carry, what names may be. The
// terminal client knows the same by heart.

export const typeJoin = 1;
export const typeSay = 2;
export const typeWho = 3;
export const typeLately = 4;
export const firstRoom = 'lobby';
/** Blanks only inside. */
export const nameFormat = /^[^\s;](?:[^;\t\r\n]{0,30}[^\s;])?$/;
// Written so that the attribute `pattern` takes them as well, where a `-` in a class is not allowed.
export const roomFormat = /^(?:\w|-){1,32}$/;
export const idFormat = /^(?:\w|-){1,64}$/;
/** Characters of one message. */
export const textMax = 2_000;

/** What is said in a room, as everybody in it hears it. */
export interface News {
  /** One of all messages of the chat: by it a message that comes twice is known. */
  readonly id: string;
  readonly from: string;
  readonly room: string;
  readonly text: string;
  /** When the business server had it, in milliseconds of Unix time. */
  readonly at: number;
}

/** Instead of the answer, where the data is not as it should be. */
export interface Refusal {
  readonly error: string;
}

/** The messages, for the types of the client SDK. */
export interface ChatMessages {
  readonly up: {
    /** Goes to another room, and leaves the one before. */
    readonly 1: {readonly data: {readonly room: string}; readonly answer: {readonly room: string} | Refusal};
    /** Says something: in `room`, or where one is. With an `id` it may be sent again, and is said once. */
    readonly 2: {
      readonly data: {readonly text: string; readonly id?: string; readonly room?: string};
      readonly answer: {readonly delivered: number} | Refusal;
    };
    /** Asks every client in the room for its name. */
    readonly 3: {readonly data: object; readonly answer: {readonly room: string; readonly here: readonly string[]}};
    /** What was said lately in the room one is in. */
    readonly 4: {readonly data: object; readonly answer: {readonly room: string; readonly said: readonly News[]}};
  };
  readonly down: {
    /** News, or from a push that anybody may make, anything. */
    readonly 2: {readonly data: unknown; readonly answer: undefined};
    /** The question for a name; the answer is the name's bytes. */
    readonly 3: {readonly data: unknown; readonly answer: Uint8Array};
  };
}
