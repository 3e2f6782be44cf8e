// The life of one message on its way to one client of `rainbow.v2`, QoS 1 and QoS 2 (docs/delivery.md "QoS 1", "QoS 2,
// sender", "Sessions and reconnecting"). Run by the session actor for each delivery. It outlives connections: one that was
// transmitted and not acknowledged is sent again on the next connection, and at no other time. [RB-36]
//
//   QoS 1   queued -> awaitingAck <-> unacknowledged ...  -> confirmed
//   QoS 2   queued -> awaitingRec <-> unacknowledged ...  -> awaitingCom -> completed
//
// A client that cannot use a message answers FAIL, which ends the flow. [RB-26]

import {setup} from 'xstate';
import {namedEffects} from './effects.ts';
import {tabulate} from './tabulate.ts';

const events = [
  /** There is room for one more flow on this connection. */
  'window.opened',
  'wire.ack',
  'wire.rec',
  'wire.com',
  'wire.fail',
  /** Another connection carries the session. */
  'front.attached',
  /** The connection has ended, and the session stays. */
  'front.detached',
  /** It waited for too long, or is too long for the client. */
  'message.dropped',
  'session.over',
] as const;

const effects = [
  /** Give it an id and send the SEND, DUP 0. */
  'transmit',
  /** Send the SEND again with the same id, DUP 1. */
  'retransmit',
  'sendRel',
  'resendRel',
  /** Report to the publication that the client has it, with its reply. */
  'confirm',
  /** Report to the publication that the client could not use it. */
  'fail',
  /** Report to the publication that it waits for the client to come back. */
  'shelve',
  /** The flow takes a place in the window again. */
  'occupy',
  /** The flow has ended: the id is free and the window moves on. */
  'release',
  /** Report to the publication that the session ended first. */
  'lose',
  /** Report to the publication that the message is not transmitted. */
  'drop',
  /** The client broke the protocol: close its connection. */
  'violate',
] as const;

type OutboundEvent = {type: (typeof events)[number]};

const outbound = setup({types: {events: {} as OutboundEvent}, actions: namedEffects(effects)});

const over = {target: 'lost', actions: 'lose'} as const;

const queued = (transmitted: string) =>
  ({
    description: 'Waits for the window, for a slow reader, or for the client to come back.',
    on: {
      'window.opened': {target: transmitted, actions: 'transmit', meta: {rule: 'RB-09'}},
      'message.dropped': {
        target: 'dropped',
        actions: 'drop',
        description: 'It was never transmitted, so it may expire.',
        meta: {rule: 'RB-18'},
      },
      'session.over': over,
    },
  }) as const;

/** QoS 1, sender. */
export const v2OutboundQos1Machine = outbound.createMachine({
  id: 'v2OutboundQos1',
  initial: 'queued',
  states: {
    queued: queued('awaitingAck'),
    awaitingAck: {
      description: 'The SEND is kept until the client acknowledges it, on this connection or another.',
      on: {
        'wire.ack': {target: 'confirmed', actions: ['confirm', 'release'], meta: {rule: 'RB-11'}},
        'wire.fail': {target: 'failed', actions: ['fail', 'release'], meta: {rule: 'RB-26'}},
        'wire.rec': {actions: 'violate', description: 'REC answers QoS 2 alone.', meta: {rule: 'RB-58'}},
        'front.detached': {target: 'unacknowledged', actions: 'shelve', meta: {rule: 'RB-30'}},
        'session.over': over,
      },
    },
    unacknowledged: {
      description: 'Transmitted on a former connection: to be sent again once there is room on the new one.',
      meta: {rule: 'RB-50'},
      on: {
        'window.opened': {target: 'awaitingAck', actions: 'retransmit', meta: {rule: 'RB-35'}},
        'session.over': over,
      },
    },
    confirmed: {type: 'final', description: 'The client owns the message.'},
    failed: {type: 'final', description: 'The client could not use the message.'},
    dropped: {type: 'final', description: 'It was never transmitted.'},
    lost: {type: 'final', description: 'The session ended first.'},
  },
});

/** QoS 2, sender. */
export const v2OutboundQos2Machine = outbound.createMachine({
  id: 'v2OutboundQos2',
  initial: 'queued',
  states: {
    queued: queued('awaitingRec'),
    awaitingRec: {
      description: 'The SEND is unacknowledged until REC.',
      on: {
        'wire.rec': {
          target: 'awaitingCom',
          actions: ['confirm', 'sendRel'],
          description: 'From here on the SEND is never sent again.',
          meta: {rule: 'RB-17'},
        },
        'wire.fail': {target: 'failed', actions: ['fail', 'release'], meta: {rule: 'RB-26'}},
        'wire.ack': {actions: 'violate', description: 'ACK answers QoS 1 alone.', meta: {rule: 'RB-58'}},
        'front.detached': {target: 'unacknowledged', actions: 'shelve', meta: {rule: 'RB-30'}},
        'session.over': over,
      },
    },
    unacknowledged: {
      description: 'Transmitted on a former connection: to be sent again once there is room on the new one.',
      meta: {rule: 'RB-50'},
      on: {
        'window.opened': {target: 'awaitingRec', actions: 'retransmit', meta: {rule: 'RB-35'}},
        'wire.rec': {
          target: 'awaitingCom',
          actions: ['occupy', 'confirm', 'sendRel'],
          description: 'The client has it, and says so unasked.',
          meta: {rule: 'RB-15'},
        },
        'session.over': over,
      },
    },
    awaitingCom: {
      description: 'The client has the message; the REL is unacknowledged until COM.',
      on: {
        'wire.com': {target: 'completed', actions: 'release', meta: {rule: 'RB-16'}},
        'wire.rec': {actions: 'sendRel', description: 'Every REC gets its REL.', meta: {rule: 'RB-15'}},
        'wire.fail': {actions: 'violate', description: 'The flow cannot fail after REC.', meta: {rule: 'RB-58'}},
        'wire.ack': {actions: 'violate', description: 'ACK answers QoS 1 alone.', meta: {rule: 'RB-58'}},
        'front.attached': {
          actions: ['occupy', 'resendRel'],
          description: 'First of all, in the order of the RECs.',
          meta: {rule: 'RB-37'},
        },
        'session.over': over,
      },
    },
    completed: {type: 'final', description: 'Both ends have forgotten the id.'},
    failed: {type: 'final', description: 'The client could not use the message.'},
    dropped: {type: 'final', description: 'It was never transmitted.'},
    lost: {type: 'final', description: 'The session ended first.'},
  },
});

/** {@link v2OutboundQos1Machine} as it runs. */
export const v2OutboundQos1 = tabulate(v2OutboundQos1Machine, {
  states: ['queued', 'awaitingAck', 'unacknowledged', 'confirmed', 'failed', 'dropped', 'lost'],
  events,
  effects,
});

/** {@link v2OutboundQos2Machine} as it runs; events and effects have the same codes as at QoS 1. */
export const v2OutboundQos2 = tabulate(v2OutboundQos2Machine, {
  states: ['queued', 'awaitingRec', 'unacknowledged', 'awaitingCom', 'completed', 'failed', 'dropped', 'lost'],
  events,
  effects,
});

/** The chart of such a message at QoS 1, or at QoS 2. */
export function v2OutboundChart(qos: number): typeof v2OutboundQos1 | typeof v2OutboundQos2 {
  return qos === 1 ? v2OutboundQos1 : v2OutboundQos2;
}
