// An observer that looks at nothing, for tests that look at one thing.

import type {Observer} from '../../src/trace/observer.ts';

export const silentObserver: Observer = {
  transition() {},
  received() {},
  answerReceived() {},
  sent() {},
  sentShared() {},
  signalled() {},
  published() {},
  answered() {},
  accepted() {},
  delivery() {},
  called() {},
  callAnswered() {},
  membership() {},
  apiRefused() {},
};
