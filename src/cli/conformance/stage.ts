// Where a scenario is played: one client of one server, and the business server behind it. Implemented over real sockets
// (socket-stage.ts) and, in the tests, on the session actor itself.

import type {Publishing, States} from './vectors.ts';

/** A message call, as the business server got it. */
export interface StageCall {
  readonly type: number;
  readonly payload: Uint8Array;
  /** RAINBOWMESSAGEID; `undefined` where the server sends none. */
  readonly message: string | undefined;
}

/** The answer to a publication. */
export interface StageResult {
  readonly connections: number;
  readonly data: string;
  readonly isTimedOut: boolean;
}

/** A client and a business server around the tested server. What is late rejects, and says what was awaited. */
export interface Stage {
  /** Whether the server's timers run by themselves, so that it may send something again at any time. */
  readonly isTimed: boolean;
  send(bytes: Uint8Array): void;
  sendText(text: string): void;
  /** The server's next message to the client; `after: retry` lets the retry interval pass first. */
  message(after?: 'retry'): Promise<Uint8Array>;
  call(): Promise<StageCall>;
  /** Answers the call that has waited longest, after the server has taken what the client sent before. */
  answer(status: number, body: Uint8Array): Promise<void>;
  /** Starts a publication to this client, likewise; {@link result} has its answer. */
  publish(publishing: Publishing, name: string): Promise<void>;
  result(name: string): Promise<StageResult>;
  /** What has come and was not awaited; empty where nothing has. */
  leftovers(): Promise<readonly string[]>;
  leave(code: number): void;
  /** The code with which the connection was closed. */
  closed(): Promise<number>;
  closeCall(): Promise<void>;
  /** The differences between these states and those of the server's charts; `undefined` where it does not show them. */
  compareStates(states: States): readonly string[] | undefined;
}
