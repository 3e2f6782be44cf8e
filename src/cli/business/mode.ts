// What the stub business server does instead of answering, as a person switches it by keys.

/** What can be switched while the stub runs; holds for connect and message calls alike. */
export interface Mode {
  readonly delayMs: number;
  readonly isFailing: boolean;
  readonly isHanging: boolean;
}

/** What `d` sets. */
const delayOfKeyMs = 3_000;

/** The mode after a key: `f` fails or no more, `h` hangs, `d` delays; `undefined` where the key says nothing. */
export function pressKey(mode: Mode, key: string): Mode | undefined {
  switch (key) {
    case 'f':
      return {...mode, isFailing: !mode.isFailing};
    case 'h':
      return {...mode, isHanging: !mode.isHanging};
    case 'd':
      return {...mode, delayMs: mode.delayMs === 0 ? delayOfKeyMs : 0};
    default:
      return undefined;
  }
}

/** `answers`, or what is done instead. */
export function describeMode({delayMs, isFailing, isHanging}: Mode): string {
  const what = isHanging ? 'hangs' : isFailing ? 'fails' : 'answers';
  return delayMs > 0 && !isHanging ? `${what} after ${delayMs / 1000} s` : what;
}
