// What crosses between the shards of a node: plain data, declared here and nowhere else.

import type {ErrorCode} from '../../core/errors.ts';
import {invariant} from '../../core/invariant.ts';
import type {RecipientReport} from '../../router/gathering.ts';
import type {Answers, Question, QuestionKind} from '../../router/part.ts';
import type {PublishRequest} from '../../router/router.ts';

/** From one shard to another. `number` is of what is to be answered. */
export type ShardMessage =
  /** QoS 0 publications, which get no answer: {@link packBroadcast}, one after the other. */
  | {readonly kind: 'broadcast'; readonly fields: BroadcastField[]}
  | {
      readonly kind: 'ask';
      readonly number: number;
      readonly question: Question;
      /**
       * From then on, in monotonic ms, the asker has given up and has reported that: a question that has not begun must not
       * be carried out any more. Absent where it never comes too late. [RB-66]
       */
      readonly expiresAt: number | undefined;
    }
  /** Of a publication under way that is followed: how many recipients it has, and their names if these were wanted. */
  | {readonly kind: 'begun'; readonly number: number; readonly recipients: number; readonly names: readonly string[]}
  /** Recipients of it whose outcome is known: {@link packReport}, one after the other. */
  | {readonly kind: 'settled'; readonly number: number; readonly fields: ReportField[]}
  /** It is followed no more, and its answer is not waited for. */
  | {readonly kind: 'enough'; readonly number: number}
  | ShardAnswer;

/** The answer to the question of its number. */
export type ShardAnswer =
  | ({readonly kind: 'answer'; readonly number: number} & TaggedAnswer)
  /** Its time was up before it began; nothing was done. */
  | {readonly kind: 'expired'; readonly number: number}
  | {readonly kind: 'failed'; readonly number: number; readonly code: ErrorCode};

/** An answer, and to what. */
export type TaggedAnswer<Kind extends QuestionKind = QuestionKind> = {
  [One in Kind]: {readonly to: One; readonly answer: Answers[One]};
}[Kind];

/** Part of a QoS 0 publication on its way. */
export type BroadcastField = string | number | undefined;

const broadcastFieldCount = 6;

/**
 * Appends a QoS 0 publication as a few plain values, its payload as one of one-byte characters: a copy of an object with
 * a buffer costs its names, and a buffer of its own on the other side, each time.
 */
export function packBroadcast(fields: BroadcastField[], request: PublishRequest): void {
  const {channel, identity, audience, message, type, payload} = request;
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const to = audience === undefined ? undefined : JSON.stringify(audience);
  fields.push(channel, identity, to, message, type, bytes.toString('latin1'));
}

/** What {@link packBroadcast} was given, in order. */
export function unpackBroadcasts(fields: readonly BroadcastField[]): PublishRequest[] {
  const requests: PublishRequest[] = [];
  for (let place = 0; place < fields.length; place += broadcastFieldCount) {
    const [channel, identity, to, message, type, payload] = fields.slice(place, place + broadcastFieldCount);
    // The shard that took the call has given it its id.
    invariant(
      typeof message === 'string' && typeof type === 'number' && typeof payload === 'string',
      'Expected a broadcast to be packed',
    );
    requests.push({
      channel: textOf(channel),
      identity: textOf(identity),
      ...(typeof to === 'string' && {audience: JSON.parse(to) as NonNullable<PublishRequest['audience']>}),
      message,
      type,
      payload: Buffer.from(payload, 'latin1'),
      qos: 0,
      timeoutMs: 0,
      wantsReplies: false,
    });
  }
  return requests;
}

/** Part of a report on its way. */
export type ReportField = string | number;

const reportFieldCount = 4;

/** Appends what is known of one recipient; its reply as in {@link packBroadcast}. */
export function packReport(fields: ReportField[], {identity, outcome, data, ms}: RecipientReport): void {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  fields.push(identity, outcome, bytes.toString('latin1'), ms);
}

/** What {@link packReport} was given, in order. */
export function unpackReports(fields: readonly ReportField[]): RecipientReport[] {
  const reports: RecipientReport[] = [];
  for (let place = 0; place < fields.length; place += reportFieldCount) {
    const [identity, outcome, data, ms] = fields.slice(place, place + reportFieldCount);
    invariant(typeof data === 'string', 'Expected a report to be packed');
    reports.push({
      identity: String(identity),
      outcome: outcome as RecipientReport['outcome'],
      data: Buffer.from(data, 'latin1'),
      ms: Number(ms),
    });
  }
  return reports;
}

function textOf(field: BroadcastField): string | undefined {
  return typeof field === 'string' ? field : undefined;
}
