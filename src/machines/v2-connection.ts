// The life of one connection of `rainbow.v2`: the handshake, the opening of a session, the heartbeat, the end. Run by
// fronts/rainbow/v2-connection.ts. It carries a session, which has a chart of its own (session.ts).
//
//   checking -> opening -> joining -> open { fresh -> suspect -> awaitingPong } -> draining -> closed
//
// Nothing of the connect answer applies before OPEN proves who the client is. [RB-38] What closes a connection is one event;
// the code of its close frame stands beside the chart.

import {setup} from 'xstate';
import {namedEffects} from './effects.ts';
import {tabulate} from './tabulate.ts';

const events = [
  'upstream.allowed',
  'upstream.refused',
  'upstream.failed',
  /** Refused or failed, and the client asked to be answered by a close frame. */
  'upstream.turnedAway',
  /** The connect call was not answered at all, not even by its own deadline. */
  'clock.handshakeDue',
  'wire.open',
  /** No OPEN came in time. */
  'clock.openDue',
  /** A session takes the connection; its OPENED goes out. */
  'session.opened',
  /** Any packet, ping or pong of the client. */
  'wire.heard',
  /** Silent for a ping interval, or for another one, and not yet for a keep-alive. */
  'clock.pingDue',
  'clock.heartbeatDue',
  /** The gateway closes the connection. */
  'connection.ended',
  /** The client's close frame; ws has answered it. */
  'wire.close',
  /** The client broke the WebSocket protocol or sent too much; ws has closed. */
  'wire.broken',
  'socket.closed',
  /** The close frame was not answered in time. */
  'clock.drainDue',
] as const;

const effects = [
  /** Answer the upgrade 101. */
  'admit',
  /** Answer the upgrade 401. */
  'refuse',
  /** Answer the upgrade 503. */
  'fail',
  /** OPEN is due from now on. */
  'awaitOpen',
  'forgetOpen',
  /** Begin to watch whether the client is alive. */
  'watch',
  'ping',
  /** Close where nothing is heard within half a keep-alive from now. */
  'awaitPong',
  'noteSilent',
  'noteUnopened',
  /** Write BYE and a close frame with the code that was noted. */
  'close',
  /** Count a client that vanished before its connect call was answered. */
  'abandon',
  /** Give the client a moment to end its socket. */
  'awaitEnd',
  /** Report to the session that nothing more goes through this connection. */
  'detach',
  /** Report to the session that nothing is left of this connection. */
  'depart',
  /** Destroy the socket. */
  'terminate',
] as const;

type ConnectionEvent = {type: (typeof events)[number]};

/** How a connection ends once its upgrade was answered: `before` comes first. */
const ends = (...before: readonly 'forgetOpen'[]) =>
  ({
    'connection.ended': {target: '#v2Connection.draining', actions: [...before, 'close', 'detach']},
    'wire.broken': {
      target: '#v2Connection.draining',
      actions: [...before, 'awaitEnd', 'detach'],
      meta: {rule: 'RB-57'},
    },
    'wire.close': {
      target: '#v2Connection.draining',
      actions: [...before, 'awaitEnd', 'detach'],
      description: 'It has said goodbye; what happens to its socket does not matter.',
      meta: {rule: 'RB-57'},
    },
    'socket.closed': {
      target: '#v2Connection.closed',
      actions: [...before, 'detach', 'depart'],
      meta: {rule: 'RB-64'},
    },
  }) as const;

/** The connection chart of `rainbow.v2`. */
export const v2ConnectionMachine = setup({
  types: {events: {} as ConnectionEvent},
  actions: namedEffects(effects),
}).createMachine({
  id: 'v2Connection',
  initial: 'checking',
  states: {
    checking: {
      description: 'The business server is asked; packets of the client wait.',
      meta: {rule: 'RB-56'},
      on: {
        'upstream.allowed': {target: 'opening', actions: ['admit', 'awaitOpen'], meta: {rule: 'RB-56'}},
        'upstream.refused': {target: 'closed', actions: ['refuse', 'detach']},
        'upstream.failed': {target: 'closed', actions: ['fail', 'detach']},
        'upstream.turnedAway': {
          target: 'draining',
          actions: ['admit', 'close', 'detach'],
          description: 'Browsers cannot read the status of an upgrade.',
        },
        'clock.handshakeDue': {target: 'abandoned', actions: ['fail', 'detach'], meta: {rule: 'RB-68'}},
        'connection.ended': {target: 'abandoned', actions: ['fail', 'detach'], meta: {rule: 'RB-68'}},
        'socket.closed': {
          target: 'abandoned',
          actions: ['abandon', 'terminate', 'detach'],
          description: 'The client vanished.',
          meta: {rule: 'RB-68'},
        },
      },
    },
    abandoned: {
      description:
        'The client is gone. The call is withdrawn; or, if it was sent and allows the client, a close call follows.',
      on: {
        'upstream.allowed': {target: 'closed', description: 'The session makes the close call.', meta: {rule: 'RB-64'}},
        'upstream.refused': {target: 'closed'},
        'upstream.failed': {target: 'closed'},
        'upstream.turnedAway': {target: 'closed'},
      },
    },
    opening: {
      description: 'The upgrade was answered. OPEN must come first, and soon.',
      on: {
        'wire.open': {target: 'joining', actions: 'forgetOpen', meta: {rule: 'RB-33'}},
        'clock.openDue': {target: 'draining', actions: ['noteUnopened', 'close', 'detach'], meta: {rule: 'RB-58'}},
        ...ends('forgetOpen'),
      },
    },
    joining: {
      description: 'A session is found or made for the client. It may wait until older ones are reported closed.',
      meta: {rule: 'RB-67'},
      on: {
        'session.opened': {target: 'open', actions: 'watch', meta: {rule: 'RB-33'}},
        ...ends(),
      },
    },
    open: {
      initial: 'fresh',
      on: ends(),
      states: {
        fresh: {
          description: 'The client was heard from within a ping interval.',
          on: {
            'clock.pingDue': {target: 'suspect', actions: 'ping'},
            'clock.heartbeatDue': {target: 'awaitingPong', actions: ['ping', 'awaitPong']},
          },
        },
        suspect: {
          description: 'Silent for a ping interval; pinged, which also keeps proxies from dropping the connection.',
          on: {
            'wire.heard': {target: 'fresh', meta: {rule: 'RB-54'}},
            'clock.pingDue': {target: 'suspect', actions: 'ping'},
            'clock.heartbeatDue': {target: 'awaitingPong', actions: ['ping', 'awaitPong']},
          },
        },
        awaitingPong: {
          description: 'Silent for a keep-alive; a ping is on its way.',
          on: {
            'wire.heard': {target: 'fresh', meta: {rule: 'RB-54'}},
            'clock.heartbeatDue': {
              target: '#v2Connection.draining',
              actions: ['noteSilent', 'close', 'detach'],
              description: 'As if the network had failed: the session stays.',
              meta: {rule: 'RB-53'},
            },
          },
        },
      },
    },
    draining: {
      description: 'A close frame was sent or received: nothing more is sent or applied.',
      meta: {rule: 'RB-57'},
      on: {
        'socket.closed': {target: 'closed', actions: 'depart', meta: {rule: 'RB-64'}},
        'clock.drainDue': {target: 'closed', actions: ['terminate', 'depart'], meta: {rule: 'RB-64'}},
      },
    },
    closed: {type: 'final', description: 'Nothing is left of the connection.'},
  },
});

/** {@link v2ConnectionMachine} as it runs. */
export const v2Connection = tabulate(v2ConnectionMachine, {
  states: [
    'checking',
    'abandoned',
    'opening',
    'joining',
    'open.fresh',
    'open.suspect',
    'open.awaitingPong',
    'draining',
    'closed',
  ],
  events,
  effects,
});
