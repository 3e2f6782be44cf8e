// The life of one session: who it is to the business server, from the question whether its client may connect to the close
// call that reports its end. Run by the session actor; the connection that carries it has a chart of its own.
//
//   asking -> allowed -> attached <-> detached -> ... -> reporting -> ended
//                           |                               ^
//                           +-> leaving (its connection drains)
//
// A close call is owed from `connect.allowed` on, and made exactly once, on every path. [RB-64] The states from `leaving`
// on say how far it has come: held until the connection has gone, due once the calls before it are over, made.
//
// On `rainbow.v2` each connection begins with a session of its own. Where its client returns, that session hands the
// connection over to the one that the client proved, and owes no close call: the client has not gone. A new session is
// `unconfirmed` until the first packet after its OPENED.

import {setup} from 'xstate';
import {namedEffects} from './effects.ts';
import {tabulate} from './tabulate.ts';

const events = [
  /** The business server lets the client in. */
  'connect.allowed',
  /** It does not, or could not be asked. */
  'connect.denied',
  /** The connect call of a client that claimed to return has allowed it; no close call is owed. */
  'claim.allowed',
  /** Such a client has gone without proving its claim. */
  'claim.over',
  /** A connection carries the session from now on. */
  'front.attached',
  /** A new session of `rainbow.v2` has its connection, and OPENED is on its way. */
  'front.opened',
  /** The client has OPENED: it sent a packet. */
  'client.heard',
  /** The connection belongs to another session, which the client has proved. */
  'front.handedOver',
  /** The connection has ended, and the session stays. */
  'front.detached',
  /** The connection has ended, and the session ends with it; or the session is to end. */
  'session.over',
  /** Nothing is left of the connection. */
  'front.gone',
  /** A newer session of this identity waits for the close call. */
  'close.awaited',
  /** The calls made before the close call are over. */
  'calls.over',
  /** The actor has failed. */
  'actor.failed',
] as const;

const effects = [
  /** Make the identity known, and join the channels of the connect answer. */
  'enter',
  /** Let the connection go; the session stays. */
  'leave',
  /** Send again what the client has not acknowledged, then what waits. */
  'resume',
  /** Take the connect call back, unless it was sent. */
  'withdraw',
  /** The close call is pending from now on, with the reason of the end. */
  'holdClose',
  /** Leave all channels, settle all deliveries, free the identity. */
  'cleanUp',
  /** Have the close call made. */
  'releaseClose',
  /** No close call is owed any more. */
  'forgo',
  /** Nothing is left to do: the actor ends. */
  'stop',
] as const;

type SessionEvent = {type: (typeof events)[number]};

/** The session chart. */
export const sessionMachine = setup({
  types: {events: {} as SessionEvent},
  actions: namedEffects(effects),
}).createMachine({
  id: 'session',
  initial: 'asking',
  states: {
    asking: {
      description: 'The business server is asked whether the client may connect; no close call is owed.',
      meta: {rule: 'RB-56'},
      on: {
        'connect.allowed': {target: 'allowed'},
        'connect.denied': {target: 'ended', actions: ['cleanUp', 'stop']},
        'session.over': {target: 'abandoned', actions: ['cleanUp', 'withdraw'], meta: {rule: 'RB-68'}},
        'actor.failed': {target: 'ended', actions: 'cleanUp'},
      },
    },
    abandoned: {
      description:
        'The connection has gone, and the answer is still to come. If it allows the client, a close call follows.',
      on: {
        'connect.allowed': {target: 'reporting', actions: 'holdClose', meta: {rule: 'RB-64'}},
        'connect.denied': {target: 'ended', actions: 'stop'},
        'claim.allowed': {target: 'ended', actions: 'stop', description: 'The session that it named goes on.'},
        'actor.failed': {target: 'ended'},
      },
    },
    allowed: {
      description:
        'The client may connect; a close call is owed. It may wait until earlier sessions of its identity are reported closed.',
      meta: {rule: 'RB-67'},
      on: {
        'front.attached': {target: 'attached', actions: 'enter'},
        'front.opened': {target: 'unconfirmed', actions: 'enter', meta: {rule: 'RB-33'}},
        'front.handedOver': {
          target: 'ended',
          actions: ['forgo', 'cleanUp', 'stop'],
          description: 'The session that the client proved goes on with its connection.',
          meta: {rule: 'RB-38'},
        },
        'claim.over': {
          target: 'ended',
          actions: ['forgo', 'leave', 'cleanUp', 'stop'],
          description: 'The session that it named goes on.',
          meta: {rule: 'RB-38'},
        },
        'session.over': {target: 'leaving', actions: ['holdClose', 'cleanUp']},
        'actor.failed': {target: 'ended', actions: ['holdClose', 'releaseClose', 'cleanUp'], meta: {rule: 'RB-64'}},
      },
    },
    unconfirmed: {
      description: 'A new session, whose client may not know of it: it ends with its connection.',
      on: {
        'client.heard': {target: 'attached'},
        'session.over': {target: 'leaving', actions: ['holdClose', 'cleanUp']},
        'actor.failed': {target: 'ended', actions: ['holdClose', 'releaseClose', 'cleanUp'], meta: {rule: 'RB-64'}},
      },
    },
    attached: {
      description: 'It is attached to a connection.',
      on: {
        'front.detached': {target: 'detached', actions: 'leave'},
        'session.over': {target: 'leaving', actions: ['holdClose', 'cleanUp']},
        'actor.failed': {target: 'ended', actions: ['holdClose', 'releaseClose', 'cleanUp'], meta: {rule: 'RB-64'}},
      },
    },
    detached: {
      description: 'It has no connection: messages to the client wait, its calls continue.',
      on: {
        'front.attached': {target: 'attached', actions: 'resume'},
        'session.over': {target: 'reporting', actions: ['holdClose', 'cleanUp'], meta: {rule: 'RB-64'}},
        'actor.failed': {target: 'ended', actions: ['holdClose', 'releaseClose', 'cleanUp'], meta: {rule: 'RB-64'}},
      },
    },
    leaving: {
      description: 'It has left its channels, and its connection closes. The close call is pending.',
      on: {
        'front.gone': {target: 'reporting', meta: {rule: 'RB-64'}},
        'close.awaited': {
          target: 'hurried',
          description: 'A newer session of this identity waits; the connection may take its time.',
          meta: {rule: 'RB-67'},
        },
        'actor.failed': {target: 'ended', actions: 'releaseClose', meta: {rule: 'RB-64'}},
      },
    },
    hurried: {
      description: 'Its connection still closes, and the close call waits only for the calls before it.',
      meta: {rule: 'RB-67'},
      on: {
        'calls.over': {target: 'reported', actions: 'releaseClose', meta: {rule: 'RB-46'}},
        'front.gone': {target: 'reporting'},
        'actor.failed': {target: 'ended', actions: 'releaseClose', meta: {rule: 'RB-64'}},
      },
    },
    reporting: {
      description: 'Its connection has gone; the close call waits for the calls before it.',
      meta: {rule: 'RB-46'},
      on: {
        'calls.over': {target: 'ended', actions: ['releaseClose', 'stop'], meta: {rule: 'RB-64'}},
        'actor.failed': {target: 'ended', actions: 'releaseClose', meta: {rule: 'RB-64'}},
      },
    },
    reported: {
      description: 'The outbox makes the close call; the connection still closes.',
      on: {
        'front.gone': {target: 'ended', actions: 'stop'},
        'actor.failed': {target: 'ended'},
      },
    },
    ended: {type: 'final', description: 'Nothing is left of the session; an admitted client is reported closed, once.'},
  },
});

/** {@link sessionMachine} as it runs. */
export const session = tabulate(sessionMachine, {
  states: [
    'asking',
    'abandoned',
    'allowed',
    'unconfirmed',
    'attached',
    'detached',
    'leaving',
    'hurried',
    'reporting',
    'reported',
    'ended',
  ],
  events,
  effects,
});
