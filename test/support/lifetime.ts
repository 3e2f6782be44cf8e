// What the things of this kit live as long as: a test of AVA, or whatever else can end them.

/** Ends what was made for it, the latest first. */
export interface Lifetime {
  teardown(end: () => void | Promise<void>): void;
}
