// What a move did, in words: kept only while a trace is printed, so that a search pays nothing for it.

/** Where something happened. A packet is sent, arrives or is lost; all else is a remark of one end. */
export type Entry =
  | {readonly kind: 'remark'; readonly end: 'sender' | 'receiver'; readonly text: string}
  | {
      readonly kind: 'packet';
      readonly direction: 'forward' | 'backward';
      readonly fate: 'sent' | 'arrives' | 'lost';
      /** A copy of it stays on the link. */
      readonly isCopied?: boolean;
      readonly code: number;
    };

/** Something that a trace can be written of. */
export interface Journaled {
  journal: Entry[] | undefined;
}

/** Notes a remark. */
export function note(world: Journaled, end: 'sender' | 'receiver', text: string): void {
  world.journal?.push({kind: 'remark', end, text});
}

/** `a`, `b`, `c`: the messages by name. */
export function letter(message: number): string {
  return String.fromCharCode(97 + message);
}
