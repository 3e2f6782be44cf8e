// The channels that a handler puts its client into, or takes it out of: they take effect with its answer.

import {isChannelName} from '../protocol/api.ts';
import {channelSeparator} from '../protocol/header-name.ts';
import {BusinessError} from './errors.ts';
import {encodeHeader} from './header-text.ts';

/** Bytes of the names of one direction, joined: what fits a header. */
export const channelHeaderBytesMax = 4_096;

/** What handlers see of {@link ChannelChanges}. Of one channel the last word counts. */
export interface Channels {
  /** Throws `RB_CHANNEL_INVALID` for what is no channel's name. */
  join(...names: readonly string[]): void;
  leave(...names: readonly string[]): void;
}

/** Collects the changes of one call. */
export class ChannelChanges implements Channels {
  readonly #changes = new Map<string, 'join' | 'leave'>();

  join(...names: readonly string[]): void {
    this.#note(names, 'join');
  }

  leave(...names: readonly string[]): void {
    this.#note(names, 'leave');
  }

  /** The names of one direction as a header's value; empty if there are no names. Throws `RangeError` at the bound. */
  headerOf(direction: 'join' | 'leave'): string {
    const names = [...this.#changes].flatMap(([name, change]) => (change === direction ? [name] : []));
    const value = encodeHeader(names.join(channelSeparator));
    if (value.length <= channelHeaderBytesMax) return value;
    throw new RangeError(
      `The channels take ${value.length} bytes (limit ${channelHeaderBytesMax}). Name fewer in one answer.`,
    );
  }

  #note(names: readonly string[], change: 'join' | 'leave'): void {
    for (const name of names) {
      if (!isChannelName(name))
        throw new BusinessError(
          'RB_CHANNEL_INVALID',
          `${JSON.stringify(name)} is no channel. Use 1 to 256 bytes of UTF-8 without control characters and without ";;".`,
        );
      this.#changes.set(name, change);
    }
  }
}
