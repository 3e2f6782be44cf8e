// The life of one message on its way from a client to the business server, QoS 1 and QoS 2 (docs/delivery.md "QoS 1",
// "QoS 2, receiver"). Run by the session actor for each message; QoS 0 has no state.
//
//   QoS 1   awaitingSend -> awaitingAnswer -> acknowledged
//   QoS 2   awaitingSend -> awaitingAnswer -> awaitingRel -> released
//
// On a legacy connection the client gets no answer to a failed call, and only the id of the call is kept: a repeat
// (DUP 1) is then forwarded with the same RAINBOWMESSAGEID, so that a business server that did process the message can
// recognise the repeat. [RB-63] A SEND without DUP is then a new message.

import {setup} from 'xstate';
import {namedEffects} from './effects.ts';
import {tabulate} from './tabulate.ts';

const events = [
  /** The first SEND. */
  'wire.send',
  /** A SEND of the same flow again. */
  'wire.repeat',
  /** A new message has taken the id. */
  'wire.replaced',
  'wire.rel',
  'call.accepted',
  'call.failed',
  'socket.closed',
] as const;

const effects = [
  /** Call the business server, in the client's order. */
  'forward',
  /** The running call's answer will serve this repeat too. */
  'join',
  'sendAck',
  /** Keep the reply: every REC of this flow carries the same bytes. */
  'keepReply',
  'sendRec',
  'sendCom',
  /** The id is free for a new message. */
  'forget',
] as const;

type InboundEvent = {type: (typeof events)[number]};

const inbound = setup({types: {events: {} as InboundEvent}, actions: namedEffects(effects)});

/** QoS 1, receiver. */
export const inboundQos1Machine = inbound.createMachine({
  id: 'inboundQos1',
  initial: 'awaitingSend',
  states: {
    awaitingSend: {
      description: 'Before its first SEND.',
      on: {'wire.send': {target: 'awaitingAnswer', actions: 'forward'}},
    },
    awaitingAnswer: {
      description: 'The business server has the message, or will as soon as it is its turn.',
      on: {
        'call.accepted': {
          target: 'acknowledged',
          actions: ['sendAck', 'forget'],
          description: 'Never before the business server answered: until then the client owns the message.',
          meta: {rule: 'RB-12'},
        },
        'call.failed': {target: 'unanswered', description: 'Nothing is sent; the client will repeat.'},
        'wire.repeat': {actions: 'join', meta: {rule: 'RB-22'}},
        'wire.replaced': {
          target: 'replaced',
          description: 'A SEND without DUP is a new message; both are forwarded and acknowledged.',
          meta: {rule: 'RB-13'},
        },
        'socket.closed': {target: 'gone'},
      },
    },
    replaced: {
      description: 'Another message has the id; this one is still answered.',
      on: {
        'call.accepted': {target: 'acknowledged', actions: 'sendAck', meta: {rule: 'RB-12'}},
        'call.failed': {target: 'gone'},
        'socket.closed': {target: 'gone'},
      },
    },
    unanswered: {
      description: 'The call failed; only its message id is remembered.',
      on: {
        'wire.repeat': {target: 'awaitingAnswer', actions: 'forward', meta: {rule: 'RB-63'}},
        'wire.replaced': {target: 'gone', actions: 'forget', meta: {rule: 'RB-13'}},
        'socket.closed': {target: 'gone', actions: 'forget'},
      },
    },
    acknowledged: {type: 'final', description: 'The gateway owned the message and said so.'},
    gone: {type: 'final', description: 'The client is gone, and awaits no acknowledgement.'},
  },
});

/** QoS 2, receiver. */
export const inboundQos2Machine = inbound.createMachine({
  id: 'inboundQos2',
  initial: 'awaitingSend',
  states: {
    awaitingSend: {
      description: 'Before its first SEND.',
      on: {'wire.send': {target: 'awaitingAnswer', actions: 'forward'}},
    },
    awaitingAnswer: {
      description: 'The business server has the message, or will as soon as it is its turn.',
      on: {
        'call.accepted': {target: 'awaitingRel', actions: ['keepReply', 'sendRec'], meta: {rule: 'RB-20'}},
        'call.failed': {target: 'unanswered', description: 'Nothing is sent; the client will repeat.'},
        'wire.repeat': {actions: 'join', meta: {rule: 'RB-22'}},
        'wire.rel': {
          target: 'released',
          actions: ['sendCom', 'forget'],
          description: 'The client abandons the flow before its REC.',
          meta: {rule: 'RB-24'},
        },
        'socket.closed': {target: 'gone'},
      },
    },
    awaitingRel: {
      description: 'Delivered. Leaves only by REL or with the session, never by a timer.',
      meta: {rule: 'RB-28'},
      on: {
        'wire.repeat': {
          actions: 'sendRec',
          description: 'Every repeat, with DUP 0 or 1, gets the same REC and causes no call.',
          meta: {rule: 'RB-21'},
        },
        'wire.rel': {target: 'released', actions: ['sendCom', 'forget'], meta: {rule: 'RB-24'}},
        'socket.closed': {target: 'gone', actions: 'forget'},
      },
    },
    unanswered: {
      description: 'The call failed; only its message id is remembered.',
      on: {
        'wire.repeat': {target: 'awaitingAnswer', actions: 'forward', meta: {rule: 'RB-63'}},
        'wire.replaced': {target: 'gone', actions: 'forget', meta: {rule: 'RB-25'}},
        'wire.rel': {target: 'released', actions: ['sendCom', 'forget'], meta: {rule: 'RB-24'}},
        'socket.closed': {target: 'gone', actions: 'forget'},
      },
    },
    released: {type: 'final', description: 'A SEND with this id is new from here on.', meta: {rule: 'RB-25'}},
    gone: {type: 'final', description: 'The connection ended first.'},
  },
});

/** {@link inboundQos1Machine} as it runs. */
export const inboundQos1 = tabulate(inboundQos1Machine, {
  states: ['awaitingSend', 'awaitingAnswer', 'replaced', 'unanswered', 'acknowledged', 'gone'],
  events,
  effects,
});

/** {@link inboundQos2Machine} as it runs; events and effects have the same codes as at QoS 1. */
export const inboundQos2 = tabulate(inboundQos2Machine, {
  states: ['awaitingSend', 'awaitingAnswer', 'awaitingRel', 'unanswered', 'released', 'gone'],
  events,
  effects,
});

/** The chart of such a message at QoS 1, or at QoS 2. */
export function inboundChart(qos: number): typeof inboundQos1 | typeof inboundQos2 {
  return qos === 1 ? inboundQos1 : inboundQos2;
}
