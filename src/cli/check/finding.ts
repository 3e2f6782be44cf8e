// What `rainbow check` found about one thing.

/** One thing looked at. */
export interface Finding {
  readonly name: 'gateway' | 'credentials' | 'connect_url' | 'forward_url' | 'close_url';
  readonly ok: boolean;
  /** False where nothing was called. @default true */
  readonly isCalled?: false;
  readonly detail: string;
}
