// Time where the platform is a browser, or Node alike: for the client SDK. The gateway's is in clock.ts, which asks Node.

import type {Clock} from './clock.ts';

/** The platform's own time. Unlike the gateway's, a pending timer keeps a Node process alive: its client is not done. */
export const webClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  startTimer: (delayMs, callback) => {
    const handle = setTimeout(callback, delayMs);
    return {cancel: () => clearTimeout(handle)};
  },
};
