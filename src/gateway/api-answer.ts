// The JSON texts of the API's answers, written by hand around JSON.stringify of strings: /send/ is the hot path.

import type {PublishOutcome} from '../cluster/switchboard.ts';
import {type ErrorCode, errorTable} from '../core/errors.ts';
import type {Qos} from '../protocol/packet.ts';

/** Why a call is refused: a code of the one table, and what was expected and got. A `RainbowError` is one as well. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly detail?: string | undefined;
  /** Whether another node of the cluster did not answer. @default false */
  readonly isPartial?: boolean;
}

/** The answer to whatever succeeds and has nothing to tell, but perhaps that another node did not answer. */
export function doneText(isPartial: boolean): string {
  return isPartial ? '{"status":0,"partial":true}' : '{"status":0}';
}

/** {@link ErrorAnswer} as JSON. */
export function refusalText({code, detail, isPartial}: Refusal): string {
  const partial = isPartial === true ? ',"partial":true' : '';
  const start = `{"status":1,"msg":${JSON.stringify(errorTable[code].message)},"code":"${code}"${partial}`;
  return detail === undefined ? `${start}}` : `${start},"detail":${JSON.stringify(detail)}}`;
}

/** The refusal that a rejection stands for, known by its code; `undefined` for a failure of our own. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  const {code} = error;
  if (typeof code !== 'string' || !isErrorCode(code)) return undefined;
  return {code, detail: 'detail' in error && typeof error.detail === 'string' ? error.detail : undefined};
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}

/** {@link SendAnswer} of a publication as JSON. [RB-61] [RB-62] */
export function outcomeText(qos: Qos, wantsReplies: boolean, outcome: PublishOutcome): string {
  const message = JSON.stringify(outcome.message);
  if (qos === 0) return `{"status":0,"message":${message}}`;
  const {connections} = outcome;
  const refused = outcome.refused > 0 ? `,"refused":${outcome.refused}` : '';
  const partial = outcome.isPartial === true ? ',"partial":true' : '';
  if (outcome.isTimedOut && connections === 0) {
    return `{"status":1,"msg":"timeout","code":"RB_TIMEOUT","connections":0${refused}${partial},"message":${message}}`;
  }
  const replies = wantsReplies ? `,"replies":${repliesText(outcome)}` : '';
  const timeout = outcome.isTimedOut ? ',"timeout":true' : '';
  const data = dataText(outcome.lastReply);
  return `{"status":0,"connections":${connections},${data}${replies}${timeout}${refused}${partial},"message":${message}}`;
}

function repliesText({replies}: PublishOutcome): string {
  let text = '[';
  for (const {identity, data} of replies) {
    text += `${text === '[' ? '' : ','}{"identity":${JSON.stringify(identity)},${dataText(data)}}`;
  }
  return `${text}]`;
}

// Fatal, so that what is not UTF-8 is told from what is; and a byte order mark is part of the reply.
const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

function dataText(bytes: Uint8Array | undefined): string {
  if (bytes === undefined || bytes.length === 0) return '"data":""';
  try {
    return `"data":${JSON.stringify(utf8.decode(bytes))}`;
  } catch {
    // Not UTF-8. The original answered 500 here, though the message had been delivered.
    return `"data":"${Buffer.from(bytes).toString('base64')}","encoding":"base64"`;
  }
}
