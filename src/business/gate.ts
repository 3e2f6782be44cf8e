// What must hold of a request before a handler sees it. A call that passes is one of the gateway's, made once.
//
//   path ─► method ─► signature ─► identity ─► handler? ─► body, bounded ─► replay?

import type {Clock} from '../core/clock.ts';
import {type ErrorCode, errorTable} from '../core/errors.ts';
import {headerIdentity, headerMessage} from '../protocol/header-name.ts';
import {repeatedSignature} from '../protocol/signature-refusal.ts';
import {type CallPlace, methodOf, readPlace} from './call-place.ts';
import type {BusinessCode} from './errors.ts';
import type {RefusedCall} from './options.ts';
import {ReplayMemory} from './replay-memory.ts';
import {readBody} from './request-body.ts';
import {checkSignature} from './signature-check.ts';

/** A call that may be handled. */
export interface AdmittedCall {
  readonly place: CallPlace;
  readonly request: Request;
  readonly body: Uint8Array;
}

/** What the gate is made of. */
export interface GateOptions {
  readonly token: string;
  readonly bodyBytesMax: number;
  readonly replayCallsMax: number;
  readonly hasHandler: (type: number) => boolean;
  readonly clock: Clock;
}

/** Checks a request, and returns the call that it is or the refusal. */
export class Gate {
  readonly #options: GateOptions;
  readonly #replays: ReplayMemory;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#replays = new ReplayMemory(options.clock, options.replayCallsMax);
  }

  /** The call, or why it is refused. */
  async admit(request: Request): Promise<AdmittedCall | RefusedCall> {
    const {token, bodyBytesMax, hasHandler, clock} = this.#options;
    const url = new URL(request.url);
    const place = readPlace(url.pathname);
    if (place === undefined)
      return refuse(
        'RB_NO_SUCH_PATH',
        'The path does not end in connect/, close/ or a type. Look at connect_url, forward_url and close_url of the gateway, ' +
          'and at where this server is mounted.',
      );
    const method = methodOf(place);
    if (request.method !== method)
      return refuse('RB_METHOD', `The method is ${request.method}. Use ${method} for this path.`);
    const signature = checkSignature(token, url.searchParams, clock.wallNow());
    if ('code' in signature) return refuse(signature.code, signature.detail);
    const identity = request.headers.get(headerIdentity) ?? '';
    if (identity === '')
      return refuse(
        'RB_PARAMETERS',
        `The header ${headerIdentity} is missing. Check whether a proxy removes headers that begin with RAINBOW.`,
      );
    if (place.kind === 'message' && !hasHandler(place.type)) {
      return refuse(
        'RB_NO_HANDLER',
        `The type ${place.type} has no handler. Add one to on, or on.default for all others.`,
      );
    }
    const body = await readBody(request, bodyBytesMax);
    if (body === 'tooLarge')
      return refuse(
        'RB_BODY_TOO_LARGE',
        `The body is too long (limit ${bodyBytesMax} bytes). Set bodyBytesMax to the payload_max of the gateway.`,
      );
    const message = request.headers.get(headerMessage) ?? '';
    switch (this.#replays.admit(signature, {method, path: url.pathname, identity, message, body})) {
      case 'new':
        return {place, request, body};
      case 'repeated':
        return refuse(repeatedSignature.code, repeatedSignature.detail);
      case 'full':
        return refuse('RB_OVERLOADED', 'The memory for signed calls is full. Retry later.');
    }
  }
}

function refuse(code: ErrorCode | BusinessCode, detail: string): RefusedCall {
  return {status: statusOf(code), code, detail};
}

function statusOf(code: ErrorCode | BusinessCode): number {
  if (!(code in errorTable)) return 404;
  const {httpStatus} = errorTable[code as ErrorCode];
  // 401 would have to say how else the gateway may prove who it is.
  return httpStatus === 401 ? 403 : httpStatus;
}
