// Sends one message, or shows who would get it: what a call of /send/ and a line of a batch have in common once they are read.

import type {Counters} from '../../core/counters.ts';
import {previewPublication} from '../../inspect/publish-preview.ts';
import type {CoverageOf} from '../../inspect/trace-coverage.ts';
import {type Router, replyBytes} from '../../router/router.ts';
import {isLargeOutcome, outcomePieces, outcomeText} from './api-answer.ts';
import type {SendRequest} from './api-request.ts';

/** The answer as JSON: whole, or in pieces where it is long. */
export type SentAnswer = string | PiecedAnswer;

/** `bytes` is what the pieces are made of. */
export interface PiecedAnswer {
  readonly pieces: Iterable<string>;
  readonly bytes: number;
}

/** What sending needs. */
export interface SendCallParts {
  /** This node alone: it answers dry sends. */
  readonly ownNode: Router;
  readonly counters: Counters;
  readonly coverageOf: CoverageOf;
}

/** Sends through `router`. Rejects as the router does. `isToNode`: another node asks for it. */
export type SendCall = (wanted: SendRequest, router: Router, isToNode: boolean) => Promise<SentAnswer>;

/** Makes it. */
export function createSendCall({ownNode, counters, coverageOf}: SendCallParts): SendCall {
  return async ({publish, isDry}, router, isToNode) => {
    if (isDry) return JSON.stringify({status: 0, ...(await previewPublication(ownNode, coverageOf, publish))});
    const outcome = await router.publish(publish);
    if (outcome.isPartial === true) counters.publicationsPartial++;
    if (outcome.isTruncated === true) counters.repliesTruncated++;
    const {qos, wantsReplies} = publish;
    if (!isLargeOutcome(wantsReplies, outcome)) return outcomeText(qos, wantsReplies, outcome, isToNode);
    const bytes = outcome.replies.reduce((sum, one) => sum + replyBytes(one), outcome.lastReply?.length ?? 0);
    return {pieces: outcomePieces(qos, wantsReplies, outcome, isToNode), bytes};
  };
}
