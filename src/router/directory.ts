// Who owns a key: an identity, or a session. Every owner has a fencing token, above that of each owner before it, and yields
// to a higher token and to no other: a compare-and-set, made by the owner itself where it can be asked (in one thread, over
// shards), or by the store that keeps the ownership (a broker's). So of two that claim at once exactly one stays.

/** One part's side of it. */
export interface Directory {
  /** Makes this part an owner of `key`, until {@link release}. Returns the fencing token. */
  claim(key: string): number | Promise<number>;
  /**
   * Ends the owners elsewhere whose token is below `fencingToken`. Settles when they have ended; `undefined`: no other part
   * owns the key. A part that has claimed the key since then does not yield, and takes over in its turn.
   */
  takeOver(key: string, fencingToken: number): Promise<unknown> | undefined;
  /** This part owns `key` under a token that was drawn before, by a part that has ended. Until {@link release}. */
  hold(key: string): void;
  /** Ends a claim, or a hold; a newer owner stays. */
  release(key: string, fencingToken: number): void;
}

/** One that draws its tokens from memory, without asking another part. */
export interface PromptDirectory extends Directory {
  claim(key: string): number;
}

/** For a thread that is alone: it knows what it owns. */
export function createSoleDirectory(): PromptDirectory {
  let fencingToken = 0;
  return {claim: () => ++fencingToken, takeOver: () => undefined, hold() {}, release() {}};
}
