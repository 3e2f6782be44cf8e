// The life of one message on its way from a client of `rainbow.v2` to the business server, QoS 1 and QoS 2 (docs/delivery.md
// "QoS 1", "QoS 2, receiver"). A JOIN or LEAVE is a message at QoS 1. Run by the session actor for each message; it outlives
// connections.
//
//   QoS 1   awaitingSend -> awaitingAnswer -> acknowledged, or failed
//   QoS 2   awaitingSend -> awaitingAnswer -> awaitingRel -> released, or failed
//
// A failed call is answered by FAIL, which ends the flow at both ends. [RB-26] [RB-65] How a flow at QoS 1 has ended, and how
// one has failed, is kept for the repeats of a client that may not have got the answer. [RB-73]

import {setup} from 'xstate';
import {namedEffects} from './effects.ts';
import {tabulate} from './tabulate.ts';

const events = [
  /** The first SEND. */
  'wire.send',
  /** The same SEND again, after a resume. */
  'wire.repeat',
  'wire.rel',
  /** The client no longer wants the reply. */
  'wire.cancel',
  'call.accepted',
  /** It was not made, was refused, or its outcome is unknown; or its reply is too long for the client. */
  'call.failed',
  'session.over',
] as const;

const effects = [
  /** Call the business server, in the client's order. */
  'forward',
  /** The running call's answer will serve this repeat too. */
  'join',
  /** Take the call back if it has not begun. */
  'withdraw',
  /** Keep the answer for a repeat after a resume. */
  'keepOutcome',
  'sendAck',
  'sendFail',
  /** Keep the reply: every REC of this flow carries the same bytes. */
  'keepReply',
  'sendRec',
  'sendCom',
  /** The id is free for a new message. */
  'forget',
] as const;

type InboundEvent = {type: (typeof events)[number]};

const inbound = setup({types: {events: {} as InboundEvent}, actions: namedEffects(effects)});

const awaitingSend = {
  description: 'Before its first SEND.',
  on: {'wire.send': {target: 'awaitingAnswer', actions: 'forward'}},
} as const;

const failed = {
  target: 'failed',
  actions: ['keepOutcome', 'sendFail', 'forget'],
  description: 'In the place that the acknowledgement would have had.',
  meta: {rule: 'RB-26'},
} as const;

/** QoS 1, receiver. */
export const v2InboundQos1Machine = inbound.createMachine({
  id: 'v2InboundQos1',
  initial: 'awaitingSend',
  states: {
    awaitingSend,
    awaitingAnswer: {
      description: 'The business server has the message, or will as soon as it is its turn, with or without a client.',
      on: {
        'call.accepted': {
          target: 'acknowledged',
          actions: ['keepOutcome', 'sendAck', 'forget'],
          description: 'Never before the business server answered: until then the client owns the message.',
          meta: {rule: 'RB-12'},
        },
        'call.failed': failed,
        'wire.repeat': {actions: 'join', meta: {rule: 'RB-22'}},
        'wire.cancel': {actions: 'withdraw'},
        'session.over': {target: 'gone'},
      },
    },
    acknowledged: {type: 'final', description: 'The gateway owned the message and said so.'},
    failed: {type: 'final', description: 'The client knows what happened to its message.'},
    gone: {type: 'final', description: 'The session ended first.'},
  },
});

/** QoS 2, receiver. */
export const v2InboundQos2Machine = inbound.createMachine({
  id: 'v2InboundQos2',
  initial: 'awaitingSend',
  states: {
    awaitingSend,
    awaitingAnswer: {
      description: 'The business server has the message, or will as soon as it is its turn, with or without a client.',
      on: {
        'call.accepted': {target: 'awaitingRel', actions: ['keepReply', 'sendRec'], meta: {rule: 'RB-20'}},
        'call.failed': failed,
        'wire.repeat': {actions: 'join', meta: {rule: 'RB-22'}},
        'wire.cancel': {actions: 'withdraw'},
        'wire.rel': {
          target: 'released',
          actions: ['sendCom', 'forget'],
          description: 'The client abandons the flow before its REC.',
          meta: {rule: 'RB-24'},
        },
        'session.over': {target: 'gone'},
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
        'session.over': {target: 'gone', actions: 'forget'},
      },
    },
    released: {type: 'final', description: 'A SEND with this id is new from here on.', meta: {rule: 'RB-25'}},
    failed: {type: 'final', description: 'The client knows what happened to its message.'},
    gone: {type: 'final', description: 'The session ended first.'},
  },
});

/** {@link v2InboundQos1Machine} as it runs. */
export const v2InboundQos1 = tabulate(v2InboundQos1Machine, {
  states: ['awaitingSend', 'awaitingAnswer', 'acknowledged', 'failed', 'gone'],
  events,
  effects,
});

/** {@link v2InboundQos2Machine} as it runs; events and effects have the same codes as at QoS 1. */
export const v2InboundQos2 = tabulate(v2InboundQos2Machine, {
  states: ['awaitingSend', 'awaitingAnswer', 'awaitingRel', 'released', 'failed', 'gone'],
  events,
  effects,
});

/** The chart of such a message at QoS 1, or at QoS 2. */
export function v2InboundChart(qos: number): typeof v2InboundQos1 | typeof v2InboundQos2 {
  return qos === 1 ? v2InboundQos1 : v2InboundQos2;
}
