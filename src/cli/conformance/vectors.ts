// The vectors of test/vectors as types, and the way to them: they are part of the package. docs/conformance.md documents
// every field for who writes a client or a server in another language.

import {readFileSync} from 'node:fs';

/** One message of one client, and all that a server may do about it on a connection where nothing else is going on. */
export interface PacketVector {
  readonly name: string;
  /** The WebSocket message, in hex. */
  readonly in: string;
  /** What it is read as; absent where it is no packet. */
  readonly reads?: PacketReading;
  /** Why it is no packet. */
  readonly fault?: 'empty' | 'short' | 'command' | 'qos';
  /** The same packet as a sender writes it, in hex; absent where it is no packet. */
  readonly writes?: string;
  /** The call that it causes, answered 200 with an empty body. */
  readonly call?: CallExpectation;
  /** What the server sends, in hex. */
  readonly out: readonly string[];
  /** State of the flow with this id, before and after. `none`: no such flow. */
  readonly before: string;
  readonly after: string;
  /** Code with which the server closes; `null`: the connection stays. */
  readonly close: number | null;
}

/** A packet in words; `payload` and `reply` are hex. */
export type PacketReading =
  | {
      readonly kind: 'send';
      readonly qos: 0 | 1 | 2;
      readonly dup: boolean;
      readonly type: number;
      readonly id: number;
      readonly payload: string;
    }
  | {readonly kind: 'ack' | 'rec'; readonly id: number; readonly reply: string}
  | {readonly kind: 'rel' | 'com'; readonly id: number};

/** A message call at the business server. */
export interface CallExpectation {
  readonly type: number;
  /** The body, in hex. */
  readonly payload: string;
  /** A name for its RAINBOWMESSAGEID: the same name is the same id, another name another. */
  readonly message?: string;
}

/** A chart and an id, as `inboundQos2 0007`, with the state's name. An id that the server chose stands as `{a}`. */
export type States = Readonly<Record<string, string>>;

/** One step of a scenario. Hex may have blanks, and names in braces for two bytes that the server chose. */
export type Step =
  /** The client sends a binary message. */
  | {readonly client: string}
  /** The client sends a text message. */
  | {readonly clientText: string}
  /** The server's next message is this; with `after: retry` it comes when the retry interval has passed. */
  | {readonly server: string; readonly after?: 'retry'}
  /** The business server gets this message call. */
  | {readonly call: CallExpectation}
  /** The business server answers the call that has waited longest. */
  | {readonly answer: {readonly status: number; readonly body?: string}}
  /** The business server publishes to this client, by POST /send/; `as` names the call. */
  | {readonly publish: Publishing; readonly as: string}
  /** Its answer. */
  | {readonly result: string; readonly connections: number; readonly data?: string; readonly timeout?: true}
  /** Nothing else has come, neither a message to the client nor a call. */
  | {readonly quiet: true}
  /** What the charts say, where a server shows them. */
  | {readonly states: States}
  /** The client closes with this code. */
  | {readonly leave: number}
  /** The connection is closed, with this code. */
  | {readonly closed: number}
  /** The business server gets the close call, for the first time. */
  | {readonly closeCall: true};

/** Parameters of a POST /send/ to this client alone; `payload` is hex, `timeout` seconds. */
export interface Publishing {
  readonly qos: 0 | 1 | 2;
  readonly type: number;
  readonly payload: string;
  readonly timeout?: number;
}

/** One client's life, or a part of it, in steps. At the end of each, nothing else may have arrived. */
export interface Scenario {
  readonly name: string;
  readonly rules: readonly string[];
  /** What the charts say before the step that matters and at the end, where that is one packet in one state. */
  readonly before?: States;
  readonly after?: States;
  readonly steps: readonly Step[];
}

/** Everything there is. */
export interface Vectors {
  /** Each first byte with each length, each packet cut at each byte, each boundary. */
  readonly packets: readonly PacketVector[];
  /** Each packet in each state of a flow. */
  readonly exchanges: readonly Scenario[];
  /** What is worth a name. */
  readonly stories: readonly Scenario[];
}

// From src/cli/conformance and from dist/cli/conformance alike.
const folder = new URL('../../../test/vectors/', import.meta.url);

/** Reads the vectors of the package. */
export function readVectors(): Vectors {
  return {
    packets: readList('packets') as readonly PacketVector[],
    exchanges: readList('exchanges') as readonly Scenario[],
    stories: readList('stories') as readonly Scenario[],
  };
}

// The package's own files; a test holds every entry against the types above.
function readList(name: string): readonly unknown[] {
  const content: unknown = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
  if (typeof content === 'object' && content !== null && 'vectors' in content && Array.isArray(content.vectors)) {
    return content.vectors;
  }
  throw new Error(`Expected ${name}.json to have a list of vectors`);
}
