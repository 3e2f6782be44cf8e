// What is asked of the owner of an idempotency key: the one thread, of the one node, that remembers for the whole cluster which
// call was made with the key, and what it was answered. Plain data, since it crosses threads and networks.

/** A question about one key. The thread that claims it draws a name for its claim, 32 hex digits, and ends it by that name. */
export type KeyQuestion =
  | {
      readonly kind: 'claim';
      readonly key: string;
      readonly claim: string;
      /** The digest of the call: another one under the same key is another call. */
      readonly call: string;
      /** How long the call may take. */
      readonly runsMs: number;
    }
  /** The call was made. `answer` is `undefined` where it is not known, or too long to be kept. */
  | {
      readonly kind: 'settle';
      readonly key: string;
      readonly claim: string;
      readonly answer: string | undefined;
    }
  /** The call surely had no effect: the key is free again. */
  | {readonly kind: 'release'; readonly key: string; readonly claim: string};

/** What the owner answers. */
export type KeyAnswer =
  /** The call may be made, and is to be settled or released. */
  | {readonly kind: 'granted'}
  /** It was made, and answered so. */
  | {readonly kind: 'stored'; readonly answer: string}
  /** It is being made. */
  | {readonly kind: 'running'}
  /** Another call has the key. */
  | {readonly kind: 'conflict'}
  /** It was or may have been made, and its answer is not known. */
  | {readonly kind: 'unknown'}
  /** There is no room for one more key. */
  | {readonly kind: 'full'}
  /** To the end of a claim. */
  | {readonly kind: 'done'};
