// What a caller of /send/ wants to know beyond the count: how many replies it waits for, each recipient by itself, one value
// made of the replies.

import {readWhole} from '../../core/decimal.ts';
import {shown} from '../../core/shown.ts';
import type {Qos} from '../../protocol/packet.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import type {Want} from '../../router/gathering.ts';
import {refuseParameter} from './api-fault.ts';
import type {ApiQuery} from './api-query.ts';
import {type Reduction, reductions} from './reduction.ts';

/** Where none of them is given there are no terms, and the call costs what it always did. */
export interface SendTerms {
  /** `undefined`: not given, and all are waited for. */
  readonly want: Want | undefined;
  /** Whether the answer lists each recipient. */
  readonly isDetailed: boolean;
  readonly reduction: Reduction | undefined;
}

/** Replies beyond this are more than a gateway has clients. */
const wantMax = 10_000_000;

/** Reads them. */
export function readTerms({want, detail, reduce}: ApiQuery, qos: Qos): SendTerms | Refusal | undefined {
  if (want === undefined && detail === undefined && reduce === undefined) return undefined;
  const [named] = Object.entries({want, detail, reduce}).find(([, value]) => value !== undefined) ?? [];
  if (qos === 0) {
    return refuseParameter(`The call has ${named}, and qos is 0: no client confirms. Send qos 1 or 2, or no ${named}.`);
  }
  const wanted = want === undefined ? undefined : readWant(want);
  if (want !== undefined && wanted === undefined) {
    return refuseParameter(
      `want is ${shown(want)}. Send a whole number from 1 to ${wantMax}, majority or all, or leave it out.`,
    );
  }
  if (detail !== undefined && detail !== 'recipients') {
    return refuseParameter(`detail is ${shown(detail)}. Send recipients, or leave it out.`);
  }
  const reduction = reductions.find((one) => one === reduce);
  if (reduce !== undefined && reduction === undefined) {
    return refuseParameter(`reduce is ${shown(reduce)}. Send ${reductions.join(', ')}, or leave it out.`);
  }
  return {want: wanted, isDetailed: detail !== undefined, reduction};
}

/** `undefined` for any other text. */
export function readWant(text: string): Want | undefined {
  if (text === 'majority' || text === 'all') return text;
  return readWhole(text, 1, wantMax);
}
