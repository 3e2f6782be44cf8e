// RAINBOWCHANNELTOKEN: the channels that a client occupies, each with its fencing token, as CHANNEL=TOKEN joined by `;;`, the
// latest first. A name may have `=` in it: the last one separates. Pure.

import {channelSeparator} from './header-name.ts';

/** Bytes of the header's value. Channels occupied longer ago, for which there is no room, are left out. */
export const channelTokensBytesMax = 4_096;

/** A token as text: decimal digits of a number below 2^63. */
export const channelTokenFormat = /^(?:0|[1-9]\d{0,18})$/;
const channelTokenMax = 2n ** 63n - 1n;

/** Reads one; `undefined` for anything else. */
export function readChannelToken(text: unknown): bigint | undefined {
  if (typeof text !== 'string' || !channelTokenFormat.test(text)) return undefined;
  const token = BigInt(text);
  return token <= channelTokenMax ? token : undefined;
}

/** The header's value, one character a byte; `undefined` where there are no channels. `tokens`: the latest last. */
export function writeChannelTokens(tokens: ReadonlyMap<string, bigint>): string | undefined {
  let value: string | undefined;
  for (const [channel, token] of [...tokens].reverse()) {
    const entry = Buffer.from(`${channel}=${token}`, 'utf8').toString('latin1');
    const longer = value === undefined ? entry : `${value}${channelSeparator}${entry}`;
    if (longer.length > channelTokensBytesMax) break;
    value = longer;
  }
  return value;
}
