// What the members of a channel are sent when others join and leave: JSON, bounded.
//
//   {"channel":"room","joined":["ann"],"left":["bob"],"count":12}

/** What a notice says. */
export interface PresenceNotice {
  readonly channel: string;
  readonly joined: readonly string[];
  readonly left: readonly string[];
  /** Members now. */
  readonly count: number;
  /** Moves that are not known one by one, since there were too many. */
  readonly omitted: number;
  /** A thread or a node did not answer: its members are not in `count`. */
  readonly isPartial: boolean;
}

/** Quotes and comma of an identity, which is ASCII. JSON makes two characters of a quote or a backslash. */
const identityOverhead = 3;
const escapedFactor = 2;
/** Everything beside the identities and the channel. */
const frameBytes = 128;

/** The notice as JSON, with as many identities as go into `bytesMax`; at least none. */
export function noticeText(notice: PresenceNotice, bytesMax: number): string {
  const {channel, count, isPartial} = notice;
  let room = bytesMax - frameBytes - 6 * channel.length;
  const fitting = (identities: readonly string[]): string[] =>
    identities.filter((identity) => {
      room -= identity.length * escapedFactor + identityOverhead;
      return room >= 0;
    });
  const joined = fitting(notice.joined);
  const left = fitting(notice.left);
  const omitted = notice.omitted + notice.joined.length + notice.left.length - joined.length - left.length;
  return JSON.stringify({
    channel,
    joined,
    left,
    count,
    ...(omitted > 0 && {omitted}),
    ...(isPartial && {partial: true}),
  });
}
