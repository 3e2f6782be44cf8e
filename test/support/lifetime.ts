// The scope of the resources of this kit: a test of AVA, or anything else that can end them.

/** Ends what was made for it, the latest first. */
export interface Lifetime {
  teardown(end: () => void | Promise<void>): void;
}
