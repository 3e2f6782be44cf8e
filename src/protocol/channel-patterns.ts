// Patterns of channel names, as they stand in the configuration: a name in which each `*` stands for any characters, none
// included. A match takes time linear in the lengths of both, whatever they hold.

/** Which channels are meant. */
export class ChannelPatterns {
  readonly #names = new Set<string>();
  readonly #patterns: (readonly string[])[] = [];

  constructor(patterns: readonly string[]) {
    for (const pattern of patterns) {
      const pieces = pattern.split('*');
      if (pieces.length === 1) this.#names.add(pattern);
      else this.#patterns.push(pieces);
    }
  }

  get isEmpty(): boolean {
    return this.#names.size === 0 && this.#patterns.length === 0;
  }

  matches(channel: string): boolean {
    return this.#names.has(channel) || this.#patterns.some((pieces) => fits(channel, pieces));
  }
}

/** Each piece is searched once, after the one before it: the earliest place leaves the most room for what follows. */
function fits(channel: string, pieces: readonly string[]): boolean {
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (channel.length < first.length + last.length || !channel.startsWith(first) || !channel.endsWith(last))
    return false;
  let from = first.length;
  const end = channel.length - last.length;
  for (const piece of pieces.slice(1, -1)) {
    const place = channel.indexOf(piece, from);
    if (place < 0 || place + piece.length > end) return false;
    from = place + piece.length;
  }
  return true;
}
