// An answer of the HTTP API, read for a person: what `send`, `sub` and `unsub` do with the outcome of their call.

import {RainbowApiError} from '../business/errors.ts';
import type {CallOutcome} from '../business/gateway-call.ts';
import {type ApiAnswer, parseAnswer, readIgnored} from '../business/send-result.ts';
import {exitCodes} from './exit.ts';
import {printable, printJson, printLine} from './output.ts';

/** The answer, or why it is missing. */
export type ReadAnswer =
  | {readonly kind: 'answer'; readonly answer: ApiAnswer}
  | {readonly kind: 'none'; readonly why: string};

/** Reads the outcome of a call as an answer of the API. */
export function readAnswer(outcome: CallOutcome): ReadAnswer {
  if (outcome.kind === 'failed') return {kind: 'none', why: outcome.message};
  const answer = parseAnswer(outcome.text);
  if (answer !== undefined) return {kind: 'answer', answer};
  return {
    kind: 'none',
    why: `expected an answer of Rainbow's API, got HTTP status ${outcome.httpStatus} and something else`,
  };
}

/** Prints the answer, as JSON or in words, and sets the exit code: 0 where its status is 0, else 1. */
export function reportAnswer(
  read: ReadAnswer,
  isJson: boolean,
  describe: (answer: ApiAnswer) => readonly string[],
): void {
  if (read.kind === 'answer' && !isJson) warnOfIgnored(readIgnored(read.answer));
  const isDone = read.kind === 'answer' && read.answer.status === 0;
  process.exitCode = isDone ? exitCodes.success : exitCodes.failure;
  if (isJson) printJson(read.kind === 'answer' ? read.answer : {status: 1, msg: read.why});
  else if (read.kind === 'answer' && isDone) for (const line of describe(read.answer)) printLine(line);
  else
    process.stderr.write(`rainbow: ${read.kind === 'answer' ? describeRefusal(read.answer) : printable(read.why)}\n`);
}

/** What a call of `RainbowApi` was rejected with, for a person. */
export function describeApiError(error: unknown): string {
  if (!(error instanceof RainbowApiError)) throw error;
  return printable(`${error.message} (${error.code})`);
}

function warnOfIgnored(names: readonly string[]): void {
  if (names.length > 0) process.stderr.write(`rainbow: the gateway ignored ${printable(names.join(', '))}\n`);
}

/** `signature error (RB_SIGNATURE): Expected …`. With the message's id, by which `rainbow trace` finds it. */
export function describeRefusal({msg, code, message, detail}: ApiAnswer): string {
  const name = typeof msg === 'string' ? msg : 'refused';
  const facts = [
    typeof code === 'string' ? ` (${code})` : '',
    typeof message === 'string' ? `, message ${message}` : '',
    typeof detail === 'string' ? `: ${detail}` : '',
  ];
  return printable(`${name}${facts.join('')}`);
}
