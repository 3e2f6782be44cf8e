// The life of a client's connection to the gateway: opened, watched, lost, opened again, until the application ends it.
// Run by the client SDK (src/client/connection.ts), as the table that steps.ts has of it; `rainbow.state` is its state.
//
//   idle -> connecting -> open { fresh -> suspect -> awaitingSign } -> fading -> faded
//               ^    |      |
//               |    v      v
//               waiting <-> offline                   refused: closed with a code that says to stay away
//
// `clock.heartbeatDue` comes after each half heartbeat of silence: a sign of life is asked for after a whole one, and
// after one and a half the connection is given up as if the network had failed. [RB-53] Chance and counting are not here:
// how long `awaitRetry` waits, and whether a close is for good, is decided by who runs the chart.
//
// A connection is a session of its own; when `rainbow.v2` has sessions that outlive one, the step from `connecting` to
// `open` will pass the state in which the gateway reports whether it has resumed.

import {setup} from 'xstate';
import {namedEffects} from './effects.ts';
import {tabulate} from './tabulate.ts';

const events = [
  'app.bloom',
  'app.fade',
  /** The upgrade was answered 101. */
  'socket.opened',
  /** The socket ended, or the attempt failed, and another attempt may succeed. */
  'socket.closed',
  /** The gateway closed with a code that says to stay away, or no further attempt is to be made. */
  'socket.dismissed',
  /** The upgrade was not answered in time. */
  'clock.connectDue',
  'clock.heartbeatDue',
  /** The time to wait before the next attempt has passed. */
  'clock.retryDue',
  /** The gateway did not answer the close frame in time. */
  'clock.fadeDue',
  /** Any packet of the gateway. */
  'wire.heard',
  /** The platform says that there is a network again, or none. It may be wrong. */
  'network.online',
  'network.offline',
  /** The page can be seen again: the machine may have slept meanwhile. */
  'page.shown',
  /** A transmitted message was not answered in its time. */
  'delivery.unanswered',
  /** The messages of this connection have come to a bound that only a new one clears. */
  'delivery.clogged',
] as const;

const effects = [
  /** Open a socket. */
  'connect',
  /** Messages may go. */
  'begin',
  /** Ask the gateway for a sign of life. */
  'probe',
  /** Abandon the socket without waiting for its close. */
  'drop',
  /** Every message in flight has lost its connection. */
  'lose',
  /** Send a close frame. */
  'close',
  /** Wait before the next attempt: a random time whose bound grows. */
  'awaitRetry',
  /** Wait the longest time: the platform reports no network. */
  'awaitNetwork',
  /** Wait a short time. */
  'hurry',
  /** Notify the application that the client has ended. */
  'end',
] as const;

type ClientConnectionEvent = {type: (typeof events)[number]};

const doubts = ['network.online', 'network.offline', 'page.shown', 'delivery.unanswered'] as const;

/** On each of these, ask whether the gateway is still there. */
const askOnDoubt = Object.fromEntries(
  doubts.map((doubt) => [doubt, {target: 'awaitingSign', actions: 'probe'} as const]),
) as Record<(typeof doubts)[number], {readonly target: 'awaitingSign'; readonly actions: 'probe'}>;

/** The connection chart of a client. */
export const clientConnectionMachine = setup({
  types: {events: {} as ClientConnectionEvent},
  actions: namedEffects(effects),
}).createMachine({
  id: 'clientConnection',
  initial: 'idle',
  states: {
    idle: {
      description: 'Not opened yet; messages wait.',
      on: {
        'app.bloom': {target: 'connecting', actions: 'connect'},
        'app.fade': {target: 'faded', actions: 'end'},
      },
    },
    connecting: {
      description: 'The upgrade is requested; the gateway asks the business server.',
      meta: {rule: 'RB-56'},
      on: {
        'socket.opened': {target: 'open', actions: 'begin'},
        'socket.closed': {target: 'waiting', actions: 'awaitRetry'},
        'socket.dismissed': {target: 'refused', actions: ['drop', 'end']},
        'clock.connectDue': {target: 'waiting', actions: ['drop', 'awaitRetry']},
        'app.fade': {target: 'faded', actions: ['drop', 'end']},
      },
    },
    open: {
      initial: 'fresh',
      on: {
        'socket.closed': {target: 'waiting', actions: ['lose', 'awaitRetry']},
        'socket.dismissed': {target: 'refused', actions: ['lose', 'end']},
        'delivery.clogged': {target: 'waiting', actions: ['drop', 'lose', 'awaitRetry'], meta: {rule: 'RB-52'}},
        'app.fade': {target: 'fading', actions: ['close', 'lose'], meta: {rule: 'RB-57'}},
      },
      states: {
        fresh: {
          description: 'The server was heard from within half a heartbeat.',
          on: {'clock.heartbeatDue': {target: 'suspect'}, ...askOnDoubt},
        },
        suspect: {
          description: 'Silent for half a heartbeat.',
          on: {
            'wire.heard': {target: 'fresh', meta: {rule: 'RB-54'}},
            'clock.heartbeatDue': {target: 'awaitingSign', actions: 'probe'},
            ...askOnDoubt,
          },
        },
        awaitingSign: {
          description: 'Silent for a heartbeat, or suspect; a sign of life was requested.',
          on: {
            'wire.heard': {target: 'fresh', meta: {rule: 'RB-54'}},
            'clock.heartbeatDue': {
              target: '#clientConnection.waiting',
              actions: ['drop', 'lose', 'awaitRetry'],
              description: 'Half open: only the silence shows it.',
              meta: {rule: 'RB-53'},
            },
          },
        },
      },
    },
    waiting: {
      description: 'Between two attempts.',
      on: {
        'clock.retryDue': {target: 'connecting', actions: 'connect'},
        'network.online': {actions: 'hurry'},
        'page.shown': {actions: 'hurry'},
        'app.bloom': {actions: 'hurry'},
        'network.offline': {target: 'offline', actions: 'awaitNetwork'},
        'app.fade': {target: 'faded', actions: 'end'},
      },
    },
    offline: {
      description: 'The platform reports no network. The client still tries now and then.',
      on: {
        'network.online': {target: 'waiting', actions: 'hurry'},
        'app.bloom': {target: 'waiting', actions: 'hurry'},
        'clock.retryDue': {target: 'connecting', actions: 'connect'},
        'app.fade': {target: 'faded', actions: 'end'},
      },
    },
    fading: {
      description: 'A close frame was sent: nothing more is sent or applied.',
      meta: {rule: 'RB-57'},
      on: {
        'socket.closed': {target: 'faded', actions: 'end'},
        'socket.dismissed': {target: 'faded', actions: 'end'},
        'clock.fadeDue': {target: 'faded', actions: ['drop', 'end']},
        'app.bloom': {
          target: 'connecting',
          actions: ['drop', 'end', 'connect'],
          description:
            'Opened again, for example by a page that is shown again: it does not wait for the old socket to close.',
        },
      },
    },
    faded: {type: 'final', description: 'Ended by the application. Connecting again starts from the beginning.'},
    refused: {
      type: 'final',
      description: 'Ended by the gateway, or after the last attempt. Connecting again starts from the beginning.',
    },
  },
});

/** {@link clientConnectionMachine} as a table. */
export const clientConnection = tabulate(clientConnectionMachine, {
  states: [
    'idle',
    'connecting',
    'open.fresh',
    'open.suspect',
    'open.awaitingSign',
    'waiting',
    'offline',
    'fading',
    'faded',
    'refused',
  ],
  events,
  effects,
});
