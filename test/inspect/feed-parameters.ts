// The parameters of GET /trace/: those of a feed as its callers write them, and its own two.

import {feedQuery} from '../../src/story/trace-feed.ts';

const whole = {
  selection: {rate: 1, identities: ['ann'], channels: ['room'], types: [7], connections: ['0:1'], payloads: true},
  snapshots: true,
  roster: true,
  past: 1,
};

export const feedParameterNames: readonly string[] = [
  'follow',
  'message',
  ...new URLSearchParams(feedQuery(whole)).keys(),
];
