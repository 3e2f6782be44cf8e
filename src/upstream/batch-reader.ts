// Reads a batch of calls or answers as batch.ts packed it, value for value.

import {invariant} from '../core/invariant.ts';
import {type CloseCallReason, isCloseCallReason} from '../protocol/close-reason.ts';
import {emptyBytes} from '../protocol/packet.ts';
import type {FailureReason} from './call.ts';

/** A batch of calls or of answers on its way. */
export interface Batch {
  readonly fields: readonly Field[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** One plain value; what a record's first one, its tag, makes of the rest is written in batch.ts only. */
export type Field = string | number | undefined;

/** Reads fields and bytes in the order in which they were packed. */
export class BatchReader {
  readonly #batch: Batch;
  #next = 0;
  #offset = 0;

  constructor(batch: Batch) {
    this.#batch = batch;
  }

  hasMore(): boolean {
    return this.#next < this.#batch.fields.length;
  }

  number(): number {
    const field = this.#field();
    invariant(typeof field === 'number', 'a number stands here in the batch');
    return field;
  }

  text(): string {
    const field = this.#field();
    invariant(typeof field === 'string', 'a string stands here in the batch');
    return field;
  }

  optionalText(): string | undefined {
    const field = this.#field();
    invariant(typeof field !== 'number', 'a string or nothing stands here in the batch');
    return field;
  }

  optionalNumber(): number | undefined {
    const field = this.#field();
    invariant(typeof field !== 'string', 'a number or nothing stands here in the batch');
    return field;
  }

  texts(count: number): string[] {
    const texts: string[] = [];
    for (let index = 0; index < count; index++) texts.push(this.text());
    return texts;
  }

  reason(): FailureReason {
    const text = this.text();
    invariant(isFailureReason(text), 'a failure reason stands here in the batch');
    return text;
  }

  closeReason(): CloseCallReason {
    const text = this.text();
    invariant(isCloseCallReason(text), 'a close reason stands here in the batch');
    return text;
  }

  bytes(length: number): Uint8Array {
    if (length === 0) return emptyBytes;
    const start = this.#offset;
    this.#offset += length;
    return this.#batch.bytes.subarray(start, this.#offset);
  }

  #field(): Field {
    return this.#batch.fields[this.#next++];
  }
}

/** Whether what came from another thread is a batch. */
export function isBatch(message: unknown): message is Batch {
  return (
    typeof message === 'object' &&
    message !== null &&
    'fields' in message &&
    Array.isArray(message.fields) &&
    'bytes' in message &&
    message.bytes instanceof Uint8Array
  );
}

const failureReasons: Readonly<Record<FailureReason, true>> = {
  timeout: true,
  unreachable: true,
  status: true,
  tooLarge: true,
  invalid: true,
  overloaded: true,
  withdrawn: true,
  stopped: true,
};

function isFailureReason(text: string): text is FailureReason {
  return Object.hasOwn(failureReasons, text);
}
