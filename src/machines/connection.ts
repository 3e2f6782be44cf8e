// The life of one client connection: the handshake, the heartbeat, the end. Run by fronts/rainbow/connection.ts. It carries a
// session, which has a chart of its own (session.ts).
//
//   checking -> settling -> open { fresh -> suspect -> awaitingPong } -> draining -> closed
//
// `clock.pingDue` comes after each ping interval of silence. `clock.heartbeatDue` comes after a whole keep-alive, when the
// last ping goes out, and after one and a half, which is the end. [RB-53] `endReasonOf` gives the reason
// that the close call says for the event that ended it. [RB-64]

import {setup} from 'xstate';
import {namedEffects} from './effects.ts';
import {tabulate} from './tabulate.ts';

const events = [
  'upstream.allowed',
  /** Allowed, under an identity whose earlier connections are not yet reported closed. */
  'upstream.allowedLater',
  /** The close calls of earlier connections of this identity were answered or given up. */
  'identity.settled',
  'upstream.refused',
  'upstream.failed',
  /** The connect call was not answered at all, not even by its own deadline. */
  'clock.handshakeDue',
  /** Any packet, ping or pong of the client. */
  'wire.heard',
  /** Silent for a ping interval, or for another one, and not yet for a keep-alive. */
  'clock.pingDue',
  'clock.heartbeatDue',
  /** A transmitted message was not answered within its publication's time. */
  'delivery.unanswered',
  /** The client outran a bound that the contract sets. */
  'client.overran',
  /** The client took too long over a message, over reading, or over its acknowledgements. */
  'client.late',
  /** The business server gave this connection's identity to a newer one. */
  'identity.taken',
  /** A call of the HTTP API ends this connection. */
  'api.disconnected',
  /** What the client was permitted has ended. */
  'permissions.ended',
  /** The client's close frame; ws has answered it. */
  'wire.close',
  /** The client broke the WebSocket protocol or sent too much; ws has closed. */
  'wire.broken',
  'socket.closed',
  /** The close frame was not answered in time. */
  'clock.drainDue',
  'gateway.stopping',
] as const;

const effects = [
  /** Answer the upgrade 101 and open. */
  'admit',
  /** Answer the upgrade 401. */
  'refuse',
  /** Answer the upgrade 503. */
  'fail',
  'ping',
  /** Close where nothing is heard within half a keep-alive from now. */
  'awaitPong',
  'closeSilent',
  'closeOverrun',
  'closeLate',
  'closeStopping',
  'closeTakenOver',
  'closeDisconnected',
  'closeExpired',
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

/** The connection chart. */
export const connectionMachine = setup({
  types: {events: {} as ConnectionEvent},
  actions: namedEffects(effects),
}).createMachine({
  id: 'connection',
  initial: 'checking',
  states: {
    checking: {
      description: 'The business server is asked; packets of the client wait.',
      meta: {rule: 'RB-56'},
      on: {
        'upstream.allowed': {target: 'open', actions: 'admit', meta: {rule: 'RB-56'}},
        'upstream.allowedLater': {target: 'settling', meta: {rule: 'RB-67'}},
        'upstream.refused': {target: 'closed', actions: ['refuse', 'detach']},
        'upstream.failed': {target: 'closed', actions: ['fail', 'detach']},
        'clock.handshakeDue': {target: 'abandoned', actions: ['fail', 'detach'], meta: {rule: 'RB-68'}},
        'gateway.stopping': {target: 'abandoned', actions: ['fail', 'detach'], meta: {rule: 'RB-68'}},
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
      },
    },
    settling: {
      description:
        'Allowed; earlier connections of this identity must first be reported closed to the business server.',
      meta: {rule: 'RB-67'},
      on: {
        'identity.settled': {target: 'open', actions: 'admit', meta: {rule: 'RB-67'}},
        'identity.taken': {target: 'closed', actions: ['fail', 'detach', 'depart'], meta: {rule: 'RB-64'}},
        'api.disconnected': {target: 'closed', actions: ['fail', 'detach', 'depart'], meta: {rule: 'RB-64'}},
        'permissions.ended': {target: 'closed', actions: ['fail', 'detach', 'depart'], meta: {rule: 'RB-64'}},
        'clock.handshakeDue': {target: 'closed', actions: ['fail', 'detach', 'depart'], meta: {rule: 'RB-64'}},
        'gateway.stopping': {target: 'closed', actions: ['fail', 'detach', 'depart'], meta: {rule: 'RB-64'}},
        'socket.closed': {
          target: 'closed',
          actions: ['abandon', 'terminate', 'detach', 'depart'],
          description: 'The client vanished.',
          meta: {rule: 'RB-64'},
        },
      },
    },
    open: {
      initial: 'fresh',
      on: {
        'client.overran': {target: 'draining', actions: ['closeOverrun', 'detach'], meta: {rule: 'RB-29'}},
        'client.late': {target: 'draining', actions: ['closeLate', 'detach']},
        'identity.taken': {target: 'draining', actions: ['closeTakenOver', 'detach']},
        'api.disconnected': {target: 'draining', actions: ['closeDisconnected', 'detach']},
        'permissions.ended': {target: 'draining', actions: ['closeExpired', 'detach']},
        'gateway.stopping': {target: 'draining', actions: ['closeStopping', 'detach']},
        'wire.broken': {target: 'draining', actions: ['awaitEnd', 'detach'], meta: {rule: 'RB-57'}},
        'wire.close': {
          target: 'draining',
          actions: ['awaitEnd', 'detach'],
          description: 'It has said goodbye; what happens to its socket does not matter.',
          meta: {rule: 'RB-57'},
        },
        'socket.closed': {target: 'closed', actions: ['detach', 'depart'], meta: {rule: 'RB-64'}},
      },
      states: {
        fresh: {
          description: 'The client was heard from within a ping interval.',
          on: {
            'clock.pingDue': {target: 'suspect', actions: 'ping'},
            'clock.heartbeatDue': {target: 'awaitingPong', actions: ['ping', 'awaitPong']},
            'delivery.unanswered': {target: 'awaitingPong', actions: ['ping', 'awaitPong']},
          },
        },
        suspect: {
          description: 'Silent for a ping interval; pinged, which also keeps proxies from dropping the connection.',
          on: {
            'wire.heard': {target: 'fresh', meta: {rule: 'RB-54'}},
            'clock.pingDue': {target: 'suspect', actions: 'ping'},
            'clock.heartbeatDue': {target: 'awaitingPong', actions: ['ping', 'awaitPong']},
            'delivery.unanswered': {target: 'awaitingPong', actions: ['ping', 'awaitPong']},
          },
        },
        awaitingPong: {
          description: 'Silent for a keep-alive, or owing an acknowledgement; a ping is on its way.',
          on: {
            'wire.heard': {target: 'fresh', meta: {rule: 'RB-54'}},
            'clock.heartbeatDue': {
              target: '#connection.draining',
              actions: ['closeSilent', 'detach'],
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
    closed: {type: 'final', description: 'Nothing is left of the connection; an admitted client was reported closed.'},
  },
});

/** {@link connectionMachine} as it runs. */
export const connection = tabulate(connectionMachine, {
  states: [
    'checking',
    'abandoned',
    'settling',
    'open.fresh',
    'open.suspect',
    'open.awaitingPong',
    'draining',
    'closed',
  ],
  events,
  effects,
});

// Why a connection ended, by the event that ended it; what the close call says. Absent: this event ends none.
const endReasons = {
  'wire.close': 'client',
  'socket.closed': 'client',
  'clock.handshakeDue': 'timeout',
  'clock.heartbeatDue': 'timeout',
  'identity.taken': 'replaced',
  'api.disconnected': 'disconnected',
  'permissions.ended': 'expired',
  'gateway.stopping': 'shutdown',
  'wire.broken': 'error',
  'client.overran': 'error',
  'client.late': 'timeout',
} as const satisfies {readonly [Event in (typeof events)[number]]?: string};

/** Why an event ends a connection, as the close call says it; `eventCode` is the table's. */
export function endReasonOf(eventCode: number): (typeof endReasons)[keyof typeof endReasons] | undefined {
  const name = events[eventCode];
  return name !== undefined && isEnding(name) ? endReasons[name] : undefined;
}

function isEnding(event: string): event is keyof typeof endReasons {
  return Object.hasOwn(endReasons, event);
}
