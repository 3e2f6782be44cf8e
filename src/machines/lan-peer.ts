// The life of another node of the LAN cluster, as this one sees it. Run by the discovery, one for each address.
//
//   candidate -> probing -> up { settled <-> suspect } -> away -> probing ...       gone: silent for 30 s, or oneself
//
// Only a node that is up is called, and only one that answered /hello/ is up. A call that fails or waits for long, or 20 s
// without a sign of life, makes it suspect: it is asked again, and left out if it does not answer. That is the breaker: what
// is left out costs no call anything, and comes back by the same /hello/ that let it in. A node that answers stays, whether
// its announcements are heard or not.

import {setup} from 'xstate';
import {namedEffects} from './effects.ts';
import {tabulate} from './tabulate.ts';

const events = [
  /** It announced itself: once each 10 s. */
  'announcement.online',
  'announcement.offline',
  /** It answered /hello/ as a node of this cluster. */
  'hello.answered',
  /** It did not answer, or not as it should. */
  'hello.failed',
  /** Another node answered there: the one before was started again. */
  'hello.replaced',
  /** It is a node that is up already, by another address. */
  'hello.known',
  /** It is this very node. */
  'hello.self',
  /** A call to it failed, or waits for an answer longer than it should. */
  'call.doubted',
  /** It is to be asked: nothing was heard of it for some time, or what was heard raises a doubt. */
  'clock.probeDue',
  /** Neither an announcement nor an answer to /hello/ for 30 s. */
  'clock.silent',
] as const;

const effects = [
  /** Ask for /hello/. */
  'probe',
  /** Calls go to it from now on. */
  'admit',
  /** No further call goes to it; those under way are given up. */
  'exclude',
  /** No further call goes to it; those under way may end. */
  'release',
] as const;

type LanPeerEvent = {type: (typeof events)[number]};

/** The chart of one node. */
export const lanPeerMachine = setup({
  types: {events: {} as LanPeerEvent},
  actions: namedEffects(effects),
}).createMachine({
  id: 'lanPeer',
  initial: 'candidate',
  states: {
    candidate: {
      description: 'An address from an announcement or the configuration; not called yet.',
      on: {
        'announcement.online': {target: 'probing', actions: 'probe'},
        'announcement.offline': {target: 'away'},
        'clock.probeDue': {target: 'probing', actions: 'probe'},
        'clock.silent': {target: 'gone'},
      },
    },
    probing: {
      description: '/hello/ was sent; one request at a time.',
      on: {
        'hello.answered': {target: 'up', actions: 'admit'},
        'hello.failed': {target: 'away'},
        'hello.known': {target: 'away'},
        'hello.self': {target: 'gone'},
        'announcement.offline': {target: 'away'},
      },
    },
    up: {
      initial: 'settled',
      on: {
        'announcement.offline': {target: 'away', actions: 'release'},
      },
      states: {
        settled: {
          description: 'Calls go to it.',
          on: {
            'call.doubted': {target: 'suspect', actions: 'probe'},
            'clock.probeDue': {target: 'suspect', actions: 'probe'},
          },
        },
        suspect: {
          description: 'Calls go to it, and /hello/ was sent to check it.',
          on: {
            'hello.answered': {target: 'settled'},
            'hello.replaced': {target: 'settled', actions: ['exclude', 'admit']},
            'hello.failed': {target: '#lanPeer.away', actions: 'exclude'},
            'hello.known': {target: '#lanPeer.away', actions: 'exclude'},
            'hello.self': {target: '#lanPeer.gone', actions: 'exclude'},
          },
        },
      },
    },
    away: {
      description: 'Excluded: it does not answer, said goodbye, or is up under another address.',
      on: {
        'announcement.online': {target: 'probing', actions: 'probe'},
        'clock.probeDue': {target: 'probing', actions: 'probe'},
        'clock.silent': {target: 'gone'},
      },
    },
    gone: {type: 'final'},
  },
});

/** {@link lanPeerMachine} as it runs. */
export const lanPeer = tabulate(lanPeerMachine, {
  states: ['candidate', 'probing', 'up.settled', 'up.suspect', 'away', 'gone'],
  events,
  effects,
});
