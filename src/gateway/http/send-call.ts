// Sends one message, or shows who would get it: what a call of /send/ and a line of a batch have in common once they are read.

import type {Clock} from '../../core/clock.ts';
import type {Counters} from '../../core/counters.ts';
import type {MemoryBound} from '../../core/memory-bound.ts';
import {previewPublication} from '../../inspect/publish-preview.ts';
import type {CoverageOf} from '../../inspect/trace-coverage.ts';
import {type PublishOutcome, type Router, replyBytes} from '../../router/router.ts';
import {isLargeOutcome, outcomePieces, outcomeText, type PiecedAnswer, wholeBytesMax} from './api-answer.ts';
import type {SendRequest} from './api-request.ts';
import {sendGathered} from './gathered-send.ts';

/** The answer as JSON: whole, or in pieces where it is long. */
export type SentAnswer = string | PiecedAnswer;

/** What sending needs. */
export interface SendCallParts {
  readonly memory: MemoryBound;
  readonly clock: Clock;
  /** This node alone: it answers dry sends. */
  readonly ownNode: Router;
  readonly counters: Counters;
  readonly coverageOf: CoverageOf;
}

/** Sends through `router`. Rejects as the router does. `isToNode`: another node asks for it. */
export type SendCall = (wanted: SendRequest, router: Router, isToNode: boolean) => Promise<SentAnswer>;

/** Makes it. */
export function createSendCall({ownNode, counters, coverageOf, memory, clock}: SendCallParts): SendCall {
  return async ({publish, terms, isDry}, router, isToNode) => {
    if (isDry) return JSON.stringify({status: 0, ...(await previewPublication(ownNode, coverageOf, publish))});
    if (terms !== undefined) {
      const {outcome, answer} = await sendGathered(publish, terms, {router, memory, now: () => clock.now()});
      countOutcome(counters, outcome);
      return answer.bytes > wholeBytesMax ? answer : [...answer.pieces].join('');
    }
    const outcome = await router.publish(publish);
    countOutcome(counters, outcome);
    const {qos, wantsReplies} = publish;
    if (!isLargeOutcome(wantsReplies, outcome)) return outcomeText(qos, wantsReplies, outcome, isToNode);
    const bytes = outcome.replies.reduce((sum, one) => sum + replyBytes(one), outcome.lastReply?.length ?? 0);
    return {pieces: outcomePieces(qos, wantsReplies, outcome, isToNode), bytes};
  };
}

/** Counts what the operator is to know of an answer. */
export function countOutcome(counters: Counters, {isPartial, isTruncated}: PublishOutcome): void {
  if (isPartial === true) counters.publicationsPartial++;
  if (isTruncated === true) counters.repliesTruncated++;
}
