// Channels in the configuration: names and patterns of names. Used by the table of keys.

import {channelBytesMax, isChannelName} from '../../protocol/api.ts';
import {type Form, show} from './configuration-values.ts';

/** Names between commas, in which `*` stands for any characters; each kept once. */
export function channelPatterns(countMax: number): Form<readonly string[]> {
  return {
    expected: `a list of at most ${countMax} names of channels, in which * stands for any characters`,
    mayWrap: true,
    read(text) {
      const patterns = [...new Set(text.split(/[,\n]/).flatMap((pattern) => pattern.trim() || []))];
      const wrong = patterns.findIndex((pattern) => !isChannelName(pattern));
      if (wrong !== -1) {
        const expected = `names of 1 to ${channelBytesMax} bytes of UTF-8 without control characters and without ;;`;
        return {kind: 'refused', got: `${show(patterns[wrong] ?? '')} in place ${wrong + 1}`, expected};
      }
      return patterns.length <= countMax
        ? {kind: 'value', value: patterns}
        : {kind: 'refused', got: `${patterns.length} of them`};
    },
    write: (patterns) => patterns.join(', '),
    schema: {type: 'string'},
  };
}
