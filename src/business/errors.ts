// What can go wrong in this SDK beside what the gateway answers: one table of stable codes, and the two errors that carry
// them. Match on `code`; the gateway's own codes are those of core/errors.ts.

import {type ErrorCode, errorTable} from '../core/errors.ts';

const facts = {
  // Of calls to the gateway.
  RB_UNREACHABLE: 'no connection to the gateway',
  RB_NO_ANSWER: 'no whole answer of the gateway',
  RB_ANSWER_INVALID: "not an answer of Rainbow's API",
  // Of calls of the gateway.
  RB_NO_HANDLER: 'no handler for this type',
  RB_HANDLER_FAILED: 'the handler failed',
  RB_HANDLER_SLOW: 'the handler takes too long',
} as const;

/** A code of this SDK's own. */
export type BusinessCode = keyof typeof facts;

/** Every code of this SDK's own with its meaning, for documents and tests. */
export const businessCodes: Readonly<Record<BusinessCode, string>> = facts;

/** What a person reads for a code of either table. */
export function messageOf(code: ErrorCode | BusinessCode): string {
  return isBusinessCode(code) ? facts[code] : errorTable[code].message;
}

function isBusinessCode(code: ErrorCode | BusinessCode): code is BusinessCode {
  return Object.hasOwn(facts, code);
}

/** An operating error of this side. `detail` says what happened and what to do, without payloads and secrets. */
export class BusinessError extends Error {
  override readonly name: string = 'BusinessError';
  readonly code: ErrorCode | BusinessCode;
  readonly detail: string | undefined;

  constructor(code: ErrorCode | BusinessCode, detail?: string) {
    super(detail === undefined ? messageOf(code) : `${messageOf(code)}: ${detail}`);
    this.code = code;
    this.detail = detail;
  }
}

/** What is known of a call to the gateway that failed. */
export interface ApiErrorFacts {
  /** Of the gateway's answer, where there was one. */
  readonly httpStatus?: number | undefined;
  /** Whether the call may have taken effect all the same: its message may arrive, or have arrived. */
  readonly mayBeAccepted: boolean;
}

/** A call to the gateway that failed. */
export class RainbowApiError extends BusinessError {
  override readonly name = 'RainbowApiError';
  readonly httpStatus: number | undefined;
  readonly mayBeAccepted: boolean;

  constructor(code: ErrorCode | BusinessCode, {httpStatus, mayBeAccepted}: ApiErrorFacts, detail?: string) {
    super(code, detail);
    this.httpStatus = httpStatus;
    this.mayBeAccepted = mayBeAccepted;
  }
}
