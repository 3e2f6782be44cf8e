// The life of one message on its way to one client, QoS 1 and QoS 2 (docs/delivery.md "QoS 1", "QoS 2, sender"). Run by the
// session actor for each delivery. Legacy clients may answer with the other kind of acknowledgement; both confirm.
//
//   QoS 1   queued -> awaitingAck -> confirmed
//   QoS 2   queued -> awaitingRec -> awaitingCom -> completed
//
// A client acknowledges each SEND by its QoS, whether or not it uses it. [RB-60] A delivery whose publication timed out after it was transmitted is *overdue*: it is not sent again, but its id stays
// taken until the client answers or goes, since the client may still hold it. [RB-06] [RB-18]

import {setup} from 'xstate';
import {namedEffects} from './effects.ts';
import {tabulate} from './tabulate.ts';

const events = [
  'window.opened',
  'wire.ack',
  'wire.rec',
  'wire.com',
  'clock.retryDue',
  'publication.timedOut',
  'socket.closed',
] as const;

const effects = [
  /** Give it an id and send the SEND, DUP 0. */
  'transmit',
  /** Send the SEND again with the same id, DUP 1. */
  'retransmit',
  'sendRel',
  'resendRel',
  /** Report to the publication that the client has it, with its reply; a late confirmation is counted as late. */
  'confirm',
  /** The flow has ended: the id is free and the window moves on. */
  'release',
  /** Report to the publication that the client disconnected. */
  'lose',
  /** Report to the publication that the message was never transmitted. */
  'expire',
  /** Ask whether the client is still there. */
  'probe',
] as const;

type OutboundEvent = {type: (typeof events)[number]};

const outbound = setup({types: {events: {} as OutboundEvent}, actions: namedEffects(effects)});

const queued = (transmitted: string) =>
  ({
    description: 'Waits for the window or for a slow reader.',
    on: {
      'window.opened': {target: transmitted, actions: 'transmit', meta: {rule: 'RB-09'}},
      'publication.timedOut': {
        target: 'expired',
        actions: 'expire',
        description: 'It was never transmitted, so it may expire.',
        meta: {rule: 'RB-18'},
      },
      'socket.closed': {target: 'lost', actions: 'lose'},
    },
  }) as const;

/** QoS 1, sender. */
export const outboundQos1Machine = outbound.createMachine({
  id: 'outboundQos1',
  initial: 'queued',
  states: {
    queued: queued('awaitingAck'),
    awaitingAck: {
      description: 'The SEND is kept until the client acknowledges it.',
      on: {
        'wire.ack': {target: 'confirmed', actions: ['confirm', 'release'], meta: {rule: 'RB-11'}},
        'wire.rec': {
          target: 'confirmed',
          actions: ['confirm', 'sendRel', 'release'],
          description: 'A legacy client answers as if it were QoS 2: it has the message, and gets its REL.',
          meta: {rule: 'RB-15'},
        },
        'clock.retryDue': {actions: 'retransmit', meta: {rule: 'RB-09'}},
        'publication.timedOut': {target: 'overdue', actions: 'probe', meta: {rule: 'RB-18'}},
        'socket.closed': {target: 'lost', actions: 'lose'},
      },
    },
    overdue: {
      description: 'The publication was answered without it; the id is held until the client answers or disconnects.',
      on: {
        'wire.ack': {target: 'confirmed', actions: ['confirm', 'release'], meta: {rule: 'RB-06'}},
        'wire.rec': {target: 'confirmed', actions: ['confirm', 'sendRel', 'release'], meta: {rule: 'RB-15'}},
        'socket.closed': {target: 'lost', actions: 'lose'},
      },
    },
    confirmed: {type: 'final', description: 'The client owns the message.'},
    expired: {type: 'final', description: 'The publication timed out before it could be transmitted.'},
    lost: {type: 'final', description: 'The connection ended first.'},
  },
});

/** QoS 2, sender. */
export const outboundQos2Machine = outbound.createMachine({
  id: 'outboundQos2',
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
        'wire.ack': {
          target: 'completed',
          actions: ['confirm', 'release'],
          description: 'A legacy client answers as if it were QoS 1: it has the message, and expects no REL.',
          meta: {rule: 'RB-06'},
        },
        'clock.retryDue': {actions: 'retransmit', meta: {rule: 'RB-14'}},
        'publication.timedOut': {target: 'overdue', actions: 'probe', meta: {rule: 'RB-18'}},
        'socket.closed': {target: 'lost', actions: 'lose'},
      },
    },
    awaitingCom: {
      description: 'The client has the message; the REL is unacknowledged until COM.',
      on: {
        'wire.com': {target: 'completed', actions: 'release', meta: {rule: 'RB-16'}},
        'wire.rec': {actions: 'sendRel', description: 'Every REC gets its REL.', meta: {rule: 'RB-15'}},
        'clock.retryDue': {actions: 'resendRel', meta: {rule: 'RB-16'}},
        'socket.closed': {target: 'lost', actions: 'lose'},
      },
    },
    overdue: {
      description: 'The publication was answered without it; the flow still runs to its end if the client answers.',
      on: {
        'wire.rec': {target: 'awaitingCom', actions: ['confirm', 'sendRel'], meta: {rule: 'RB-27'}},
        'wire.ack': {target: 'completed', actions: ['confirm', 'release'], meta: {rule: 'RB-06'}},
        'socket.closed': {target: 'lost', actions: 'lose'},
      },
    },
    completed: {type: 'final', description: 'Both ends have forgotten the id.'},
    expired: {type: 'final', description: 'The publication timed out before it could be transmitted.'},
    lost: {type: 'final', description: 'The connection ended first.'},
  },
});

/** {@link outboundQos1Machine} as it runs. */
export const outboundQos1 = tabulate(outboundQos1Machine, {
  states: ['queued', 'awaitingAck', 'overdue', 'confirmed', 'expired', 'lost'],
  events,
  effects,
});

/** {@link outboundQos2Machine} as it runs; events and effects have the same codes as at QoS 1. */
export const outboundQos2 = tabulate(outboundQos2Machine, {
  states: ['queued', 'awaitingRec', 'awaitingCom', 'overdue', 'completed', 'expired', 'lost'],
  events,
  effects,
});

/** The chart of such a message at QoS 1, or at QoS 2. */
export function outboundChart(qos: number): typeof outboundQos1 | typeof outboundQos2 {
  return qos === 1 ? outboundQos1 : outboundQos2;
}
