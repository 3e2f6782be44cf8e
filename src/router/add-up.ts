// What several parts answered, added up to the answer of all.

import {
  type ChannelInfo,
  type ClientReply,
  type Disconnected,
  type PartInfo,
  type PublishOutcome,
  repliesBytesMax,
  replyBytes,
} from './router.ts';
import type {Gathered} from './transport.ts';

/** The counts of a publication that no client received. */
export const noneConfirmed = {
  connections: 0,
  isTimedOut: false,
  refused: 0,
  gone: 0,
  late: 0,
  open: 0,
  failed: 0,
  queued: 0,
} as const;

/** The outcome of a publication that no client received. */
export function nobody(message: string): PublishOutcome {
  return {message, ...noneConfirmed, lastReply: undefined, replies: []};
}

/**
 * What this part and the others did with one publication. A part that refuses it while others take it, or do not answer,
 * makes the whole partial, and no refusal: a caller that made the call again would send it twice to everybody else.
 */
export async function addUpOutcomes(
  message: string,
  own: Promise<PublishOutcome>,
  others: readonly Promise<Gathered<'publish'>>[],
): Promise<PublishOutcome> {
  const [[mine], gathered] = await Promise.all([Promise.allSettled([own]), Promise.all(others)]);
  const outcomes = mine.status === 'fulfilled' ? [mine.value] : [];
  let refusal: Error | undefined = mine.status === 'rejected' ? mine.reason : undefined;
  let isPartial = mine.status === 'rejected';
  let silent = 0;
  let isLate = false;
  for (const one of gathered) {
    outcomes.push(...one.answers.map(({answer}) => answer));
    refusal ??= one.refusals[0];
    isPartial ||= one.refusals.length > 0 || one.silent > 0;
    silent += one.silent;
    isLate ||= one.isLate;
  }
  if (refusal !== undefined && outcomes.length === 0 && silent === 0) throw refusal;
  const sum = outcomes.length === 0 ? nobody(message) : outcomes.reduce(mergeOutcomes);
  return {...sum, isTimedOut: sum.isTimedOut || isLate, isPartial: sum.isPartial === true || isPartial};
}

/** One outcome of two. Where times are not known, what `left` says comes first, and counts where only one can. */
export function mergeOutcomes(left: PublishOutcome, right: PublishOutcome): PublishOutcome {
  const isRightLater = (right.lastReplyAt ?? 0) > (left.lastReplyAt ?? 0);
  const last = right.lastReply !== undefined && (left.lastReply === undefined || isRightLater) ? right : left;
  const all = [...left.replies, ...right.replies].sort((one, other) => arrivalOf(one) - arrivalOf(other));
  const replies = firstReplies(all);
  const isTruncated = left.isTruncated === true || right.isTruncated === true || replies.length < all.length;
  return {
    message: left.message,
    connections: left.connections + right.connections,
    isTimedOut: left.isTimedOut || right.isTimedOut,
    refused: left.refused + right.refused,
    gone: left.gone + right.gone,
    late: left.late + right.late,
    open: left.open + right.open,
    failed: left.failed + right.failed,
    queued: left.queued + right.queued,
    lastReply: last.lastReply,
    lastReplyAt: last.lastReplyAt ?? 0,
    replies,
    ...(isTruncated && {isTruncated}),
    isPartial: left.isPartial === true || right.isPartial === true,
  };
}

/** As many as one answer lists. */
function firstReplies(replies: readonly ClientReply[]): readonly ClientReply[] {
  let bytes = 0;
  const end = replies.findIndex((reply) => {
    bytes += replyBytes(reply);
    return bytes > repliesBytesMax;
  });
  return end < 0 ? replies : replies.slice(0, end);
}

/** Replies of other nodes, whose clocks are not ours, come after those whose time is known. */
function arrivalOf({at}: ClientReply): number {
  return at ?? Number.MAX_VALUE;
}

/** A part that refuses to disconnect clients, as one that stops does, leaves the rest of the answer as it is. */
export function addUpDisconnected(own: Disconnected, others: readonly Gathered<'disconnect'>[]): Disconnected {
  const all = [own, ...others.flatMap(({answers}) => answers.map(({answer}) => answer))];
  return {
    connections: all.reduce((sum, {connections}) => sum + connections, 0),
    isPartial:
      all.some(({isPartial}) => isPartial) || others.some(({silent, refusals}) => silent > 0 || refusals.length > 0),
  };
}

/** Several parts of one node as one. */
export function mergeInfos(infos: readonly PartInfo[]): PartInfo {
  const channels = new Map<string, ChannelInfo>();
  let connections = 0;
  for (const info of infos) {
    connections += info.connections;
    for (const {name, connections: members} of info.channels) {
      channels.set(name, {name, connections: (channels.get(name)?.connections ?? 0) + members});
    }
  }
  return {connections, channels: [...channels.values()].sort((left, right) => (left.name < right.name ? -1 : 1))};
}
