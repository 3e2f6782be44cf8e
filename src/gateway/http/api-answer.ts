// The JSON texts of the API's answers, written by hand around JSON.stringify of strings: /send/ is the hot path. What clients
// reply may be long: such an answer is made in pieces, between which everybody else has their turn.

import {isUtf8} from 'node:buffer';
import {emptyBytes, type Qos} from '../../protocol/packet.ts';
import {withIgnored} from '../../protocol/refusal.ts';
import {type Disconnected, type PublishOutcome, replyBytes} from '../../router/router.ts';

/** The answer of a call that succeeds without a result, except perhaps that another node did not answer. */
export function doneText(isPartial: boolean, token?: bigint): string {
  return `{"status":0${token === undefined ? '' : `,"token":"${token}"`}${isPartial ? ',"partial":true' : ''}}`;
}

/** The answer of /disconnect/. */
export function disconnectedText({connections, isPartial}: Disconnected): string {
  return `{"status":0,"connections":${connections}${isPartial ? ',"partial":true' : ''}}`;
}

/** {@link withIgnored} of an answer in pieces. */
export function* piecesWithIgnored(
  pieces: Iterable<string>,
  ignored: readonly string[] | undefined,
): Generator<string, void, void> {
  let held: string | undefined;
  for (const piece of pieces) {
    if (held !== undefined) yield held;
    held = piece;
  }
  if (held !== undefined) yield withIgnored(held, ignored);
}

/** Replies longer than this together are written piece by piece. */
export const wholeBytesMax = 262_144;
/** Of a reply that is made text at a time; a multiple of 3, for base64. */
const pieceBytes = 49_152;
/** The longest list of replies in an answer to another node, which reads 16 MiB; and to anybody. */
const repliesTextMax = {node: 8_388_608, caller: 134_217_728};

/** `bytes` is what the pieces are made of. */
export interface PiecedAnswer {
  readonly pieces: Iterable<string>;
  readonly bytes: number;
}

/** Whether {@link outcomeText} would be so long that it held up everybody else: then {@link outcomePieces} is for it. */
export function isLargeOutcome(wantsReplies: boolean, {lastReply, replies}: PublishOutcome): boolean {
  let bytes = lastReply?.length ?? 0;
  if (wantsReplies) for (const reply of replies) bytes += replyBytes(reply);
  return bytes > wholeBytesMax;
}

/** {@link SendAnswer} of a publication as JSON. [RB-61] [RB-62] */
export function outcomeText(qos: Qos, wantsReplies: boolean, outcome: PublishOutcome, isToNode = false): string {
  const {lastReply, connections} = outcome;
  const empty = emptyText(qos, outcome);
  if (empty !== undefined) return empty;
  // Nearly all others: a count, and a short reply.
  const data = wantsReplies ? undefined : shortDataText(lastReply);
  if (data !== undefined) return `{"status":0,"connections":${connections},${data}${endText(outcome, false)}`;
  let text = '';
  for (const piece of outcomePieces(qos, wantsReplies, outcome, isToNode)) text += piece;
  return text;
}

/** The same in pieces, none of which takes long to make. */
export function* outcomePieces(
  qos: Qos,
  wantsReplies: boolean,
  outcome: PublishOutcome,
  isToNode = false,
): Generator<string, void, void> {
  const empty = emptyText(qos, outcome);
  if (empty !== undefined) {
    yield empty;
    return;
  }
  yield `{"status":0,"connections":${outcome.connections},`;
  yield* dataPieces(outcome.lastReply);
  const isTruncated = wantsReplies && ((yield* repliesPieces(outcome, isToNode)) || outcome.isTruncated === true);
  yield endText(outcome, isTruncated);
}

/** Without counts of clients: at QoS 0, and if no client confirmed in time and no session keeps the message. */
function emptyText(qos: Qos, outcome: PublishOutcome): string | undefined {
  if (qos === 0) return `{"status":0${partialText(outcome)},"message":${JSON.stringify(outcome.message)}}`;
  if (!outcome.isTimedOut || outcome.connections > 0 || outcome.queued > 0) return undefined;
  return `{"status":1,"msg":"timeout","code":"RB_TIMEOUT","connections":0${endText(outcome, false)}`;
}

function endText(outcome: PublishOutcome, isTruncated: boolean): string {
  const truncated = isTruncated ? ',"truncated":true' : '';
  const {connections, isTimedOut, refused} = outcome;
  const timeout = isTimedOut && connections > 0 ? ',"timeout":true' : '';
  const counts = `${refused > 0 ? `,"refused":${refused}` : ''}${countsText(outcome)}`;
  return `${truncated}${timeout}${counts}${partialText(outcome)},"message":${JSON.stringify(outcome.message)}}`;
}

/** {@link OutcomeCounts}. */
function countsText({connections, late, refused, gone, failed, queued, open}: PublishOutcome): string {
  const met = `"confirmed":${connections},"timeout":${late},"refused":${refused},"gone":${gone}`;
  return `,"outcomes":{${met},"failed":${failed},"queued":${queued},"open":${open}}`;
}

function partialText({isPartial}: PublishOutcome): string {
  return isPartial === true ? ',"partial":true' : '';
}

/** Returns whether some had to be left out. */
function* repliesPieces({replies}: PublishOutcome, isToNode: boolean): Generator<string, boolean, void> {
  const textMax = isToNode ? repliesTextMax.node : repliesTextMax.caller;
  let length = 0;
  let listed = 0;
  let separator = ',"replies":[';
  for (const {identity, data} of replies) {
    // JSON makes of a byte six characters at the most.
    if (length + identity.length + data.length * 6 > textMax) break;
    yield `${separator}{"identity":${JSON.stringify(identity)},`;
    separator = '},';
    for (const piece of dataPieces(data)) {
      length += piece.length;
      yield piece;
    }
    length += identity.length + 32;
    listed++;
  }
  yield listed === 0 ? ',"replies":[]' : '}]';
  return listed < replies.length;
}

/** `undefined` where {@link dataPieces} is to be asked. */
function shortDataText(bytes: Uint8Array = emptyBytes, name = 'data'): string | undefined {
  if (bytes.length === 0) return `"${name}":""`;
  return bytes.length <= pieceBytes && isUtf8(bytes) ? `"${name}":${JSON.stringify(utf8.decode(bytes))}` : undefined;
}

/** A reply as the member `name`, and as `encoding` where it is not UTF-8. */
export function* dataPieces(bytes: Uint8Array = emptyBytes, name = 'data'): Generator<string, void, void> {
  const short = shortDataText(bytes, name);
  if (short !== undefined) {
    yield short;
    return;
  }
  if (!isUtf8(bytes)) {
    // The original answered 500 here, though the message had been delivered.
    yield `"${name}":"`;
    for (let at = 0; at < bytes.length; at += pieceBytes) yield base64Of(bytes.subarray(at, at + pieceBytes));
    yield '","encoding":"base64"';
    return;
  }
  const decoder = new TextDecoder('utf-8', {ignoreBOM: true});
  yield `"${name}":"`;
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const isLast = at + pieceBytes >= bytes.length;
    yield JSON.stringify(decoder.decode(bytes.subarray(at, at + pieceBytes), {stream: !isLast})).slice(1, -1);
  }
  yield '"';
}

// A byte order mark is part of the reply.
const utf8 = new TextDecoder('utf-8', {ignoreBOM: true});

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
