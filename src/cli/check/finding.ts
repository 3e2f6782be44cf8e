// What `rainbow check` found about one thing.

/** One thing looked at. */
export interface Finding {
  readonly name: 'gateway' | 'credentials' | 'connect_url' | 'forward_url' | 'close_url';
  readonly ok: boolean;
  /** False where only a connection was made. @default true */
  readonly isCalled?: false;
  readonly detail: string;
}
