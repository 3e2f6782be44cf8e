// Sends one message and follows it while it runs: for callers who want some of the replies, each recipient by itself, one value
// made of all, or a line for each reply as it comes. A plain call of /send/ does not come here.

import type {MemoryBound} from '../../core/memory-bound.ts';
import type {RecipientOutcome} from '../../protocol/api.ts';
import {emptyBytes} from '../../protocol/packet.ts';
import {Gathering, type RecipientReport} from '../../router/gathering.ts';
import {
  type ClientReply,
  type PublishOutcome,
  type PublishRequest,
  type Router,
  repliesBytesMax,
  replyBytes,
} from '../../router/router.ts';
import {dataPieces, outcomePieces, type PiecedAnswer} from './api-answer.ts';
import {Reducer} from './reduction.ts';
import type {SendTerms} from './send-terms.ts';

/** One entry of the list; without a reply unless it confirmed. */
interface Recipient {
  readonly identity: string;
  readonly outcome: RecipientOutcome;
  readonly data: Uint8Array;
  readonly ms: number;
}

/** Where the lines of a streamed answer go. */
export interface LineSink {
  /** Each recipient that the caller wants a line for, as its outcome is known. */
  readonly onReport: (report: RecipientReport) => void;
  /** Whether recipients that do not confirm get a line, too. */
  readonly isWhole: boolean;
  /** Once it is known how many recipients there are; for another node. */
  readonly onKnown?: ((recipients: number, names: readonly string[]) => void) | undefined;
  /** Called with what ends the gathering early. */
  readonly onStop: (stop: () => void) => void;
}

/** What a gathered send is made of. */
export interface GatheredSendParts {
  readonly router: Router;
  readonly memory: MemoryBound;
  readonly now: () => number;
  /** Absent where the answer is one. */
  readonly lines?: LineSink | undefined;
}

/** Sends; rejects as the router does. */
export async function sendGathered(
  publish: PublishRequest,
  terms: SendTerms,
  {router, memory, now, lines}: GatheredSendParts,
): Promise<{readonly outcome: PublishOutcome; readonly answer: PiecedAnswer}> {
  const {want, isDetailed, reduction} = terms;
  const reducer = reduction && new Reducer(reduction);
  const startedAt = now();
  const lists = new Lists(memory, publish.wantsReplies && lines === undefined, isDetailed && lines === undefined);
  let lastReply: Uint8Array | undefined;
  const gathering = new Gathering({
    want: want ?? 'all',
    wantsNames: isDetailed,
    onKnown: lines?.onKnown,
    onReport(report) {
      const {identity, outcome, data} = report;
      if (outcome === 'confirmed') {
        if (data.length > 0) lastReply = data;
        reducer?.add(identity, data);
      }
      lists.add(report);
      if (lines !== undefined && (lines.isWhole || outcome === 'confirmed')) lines.onReport(report);
    },
  });
  lines?.onStop(() => gathering.stop());
  try {
    const {follow: _, ...request} = publish;
    const whole = await router.publish({...request, wantsReplies: false}, gathering);
    const ms = Math.round(now() - startedAt);
    for (const [identity, outcome] of gathering.unsettled()) {
      const report = {identity, outcome, data: emptyBytes, ms};
      lists.add(report);
      // Another node knows its own unsettled ones.
      if (lines?.onKnown === undefined) lines?.onReport(report);
    }
    const isTruncated = lists.isTruncated || reducer?.isTruncated === true;
    const outcome = {...whole, lastReply, replies: lists.replies, ...(isTruncated && {isTruncated})};
    const isReached = gathering.isReached && outcome.isPartial !== true;
    const wanted =
      want === undefined ? '' : wantText(want, want === 'majority' || want === 'all' ? isReached : gathering.isReached);
    const more = wanted + (reducer?.text() ?? '');
    const bytes = lists.bytes + more.length + (lastReply?.length ?? 0);
    return {outcome, answer: {pieces: answerPieces(publish, outcome, more, lists), bytes}};
  } finally {
    // What is answered in pieces is held again by the answer.
    lists.release();
  }
}

function wantText(want: NonNullable<SendTerms['want']>, isReached: boolean): string {
  return `,"want":${typeof want === 'number' ? want : `"${want}"`},"reached":${isReached}`;
}

function* answerPieces(
  {qos, wantsReplies}: PublishRequest,
  outcome: PublishOutcome,
  more: string,
  {isDetailed, recipients}: Lists,
): Generator<string, void, void> {
  let held = '';
  for (const piece of outcomePieces(qos, wantsReplies, outcome)) {
    if (held !== '') yield held;
    held = piece;
  }
  const isCut = outcome.isTruncated === true && !wantsReplies ? ',"truncated":true' : '';
  yield held.slice(0, -1) + more + isCut;
  if (isDetailed) {
    yield ',"recipients":[';
    for (const [place, one] of recipients.entries()) {
      if (place > 0) yield ',';
      yield* recipientPieces(one);
    }
    yield ']';
  }
  yield '}';
}

/** One recipient as JSON. */
export function* recipientPieces({identity, outcome, data, ms}: Recipient): Generator<string, void, void> {
  yield `{"identity":${JSON.stringify(identity)},"outcome":"${outcome}",`;
  if (outcome === 'confirmed') {
    yield* dataPieces(data, 'reply');
    yield ',';
  }
  yield `"ms":${ms}}`;
}

/** The lists of an answer: both within one bound. */
class Lists {
  readonly isDetailed: boolean;
  readonly replies: ClientReply[] = [];
  readonly recipients: Recipient[] = [];
  bytes = 0;
  isTruncated = false;
  readonly #memory: MemoryBound;
  readonly #wantsReplies: boolean;
  #held = 0;

  constructor(memory: MemoryBound, wantsReplies: boolean, isDetailed: boolean) {
    this.#memory = memory;
    this.#wantsReplies = wantsReplies;
    this.isDetailed = isDetailed;
  }

  add(report: RecipientReport): void {
    const {identity, outcome, data} = report;
    if (this.isTruncated || !(this.#wantsReplies || this.isDetailed)) return;
    const bytes = replyBytes({identity, data});
    this.isTruncated = this.bytes + bytes > repliesBytesMax || !this.#memory.hasRoomFor(bytes);
    if (this.isTruncated) return;
    this.bytes += bytes;
    this.#held += bytes;
    this.#memory.hold(bytes);
    if (this.isDetailed) this.recipients.push(report);
    if (this.#wantsReplies && outcome === 'confirmed') this.replies.push({identity, data});
  }

  release(): void {
    this.#memory.release(this.#held);
    this.#held = 0;
  }
}
