// Why a call or a handshake is refused, and the JSON of the answer that says so.

import {type ErrorCode, errorTable} from '../core/errors.ts';

/** Why a call is refused: a code of the one table, and what was expected and got. A `RainbowError` is one as well. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly detail?: string | undefined;
  /** Whether another node of the cluster did not answer. @default false */
  readonly isPartial?: boolean;
  /** Names in the call that mean nothing in it. @default none */
  readonly ignored?: readonly string[] | undefined;
}

/** {@link ErrorAnswer} as JSON. */
export function refusalText({code, detail, isPartial, ignored}: Refusal): string {
  const partial = isPartial === true ? ',"partial":true' : '';
  const start = `{"status":1,"msg":${JSON.stringify(errorTable[code].message)},"code":"${code}"${partial}`;
  return withIgnored(detail === undefined ? `${start}}` : `${start},"detail":${JSON.stringify(detail)}}`, ignored);
}

/** An answer, a JSON object, that also names what of its call was ignored. */
export function withIgnored(text: string, ignored: readonly string[] | undefined): string {
  return ignored === undefined ? text : `${text.slice(0, -1)},"ignored":${JSON.stringify(ignored)}}`;
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
