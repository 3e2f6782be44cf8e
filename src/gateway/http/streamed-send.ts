// `POST /send/` answered by lines: one for each reply as it comes, the usual answer last. Also how a node hears of the
// recipients at another one, while the publication runs there.

import type {FastifyReply} from 'fastify';
import type {Clock} from '../../core/clock.ts';
import type {MemoryBound} from '../../core/memory-bound.ts';
import {refusalText, withIgnored} from '../../protocol/refusal.ts';
import type {RecipientReport} from '../../router/gathering.ts';
import type {PublishOutcome, Router} from '../../router/router.ts';
import {outcomeText} from './api-answer.ts';
import type {ApiRequest} from './api-gate.ts';
import type {Following} from './api-query.ts';
import type {SendRequest} from './api-request.ts';
import type {ApiResponder} from './api-responder.ts';
import {recipientPieces, sendGathered} from './gathered-send.ts';
import {LineStream} from './line-stream.ts';

/** What the call is made of. */
export interface StreamedSendParts {
  readonly responder: ApiResponder;
  readonly memory: MemoryBound;
  readonly clock: Clock;
  /** Counts what the outcome says. */
  readonly counted: (outcome: PublishOutcome) => void;
}

/** Whether the caller asks for lines. */
export function wantsLines({headers: {accept}}: ApiRequest): boolean {
  const types = accept?.split(',') ?? [];
  return types.some((type) => type.split(';')[0]?.trim().toLowerCase() === 'application/x-ndjson');
}

/** Answers, and settles when the answer has gone out. Rejects as the router does where no line has gone out. */
export async function streamSend(
  {publish, terms, ignored}: SendRequest,
  router: Router,
  {
    request,
    reply,
    following,
  }: {readonly request: ApiRequest; readonly reply: FastifyReply; readonly following: Following | undefined},
  {responder, memory, clock, counted}: StreamedSendParts,
): Promise<void> {
  let stop = (): void => {};
  const stream = new LineStream({reply, memory, clock, onLeft: () => stop()});
  if (publish.qos === 0) {
    const outcome = await router.publish(publish);
    counted(outcome);
    await stream.end(withIgnored(outcomeText(0, false, outcome), ignored));
    return;
  }
  // For another node the number of recipients comes before anything of them.
  let early: string[] | undefined = following === undefined ? undefined : [];
  const write = (line: string): void => {
    if (early === undefined) stream.write(line);
    else early.push(line);
  };
  const isDetailed = following === undefined ? terms?.isDetailed === true : following === 'names';
  try {
    const {outcome, answer} = await sendGathered(
      {...publish, wantsReplies: false},
      {want: terms?.want, reduction: terms?.reduction, isDetailed},
      {
        router,
        memory,
        now: () => clock.now(),
        lines: {
          isWhole: isDetailed || following !== undefined,
          onReport: (report) => write(lineOf(report)),
          onKnown:
            following &&
            ((recipients, names) => {
              stream.write(JSON.stringify({begun: recipients, names}));
              for (const line of early ?? []) stream.write(line);
              early = undefined;
            }),
          onStop: (by) => {
            stop = by;
          },
        },
      },
    );
    counted(outcome);
    await stream.end(withIgnored(lastLine(answer.pieces, stream.isTruncated && outcome.isTruncated !== true), ignored));
  } catch (error) {
    if (!stream.isBegun) throw error;
    await stream.end(refusalText(responder.refusalOf(request, error)));
  }
}

function lineOf(report: RecipientReport): string {
  let line = '';
  for (const piece of recipientPieces(report)) line += piece;
  return line;
}

function lastLine(pieces: Iterable<string>, isTruncated: boolean): string {
  const text = [...pieces].join('');
  return isTruncated ? `${text.slice(0, -1)},"truncated":true}` : text;
}
