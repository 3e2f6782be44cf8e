// The parameters of a feed, as its callers write them.

import {feedQuery} from '../../src/protocol/trace-feed.ts';

const whole = {
  selection: {rate: 1, identities: ['ann'], channels: ['room'], types: [7], connections: ['0:1'], payloads: true},
  snapshots: true,
  roster: true,
  past: 1,
};

export const feedParameterNames: readonly string[] = [...new URLSearchParams(feedQuery(whole)).keys()];
