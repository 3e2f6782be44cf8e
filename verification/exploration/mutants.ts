// The bugs of trusted brokers (the end of DELIVERY), and some of our own making, built into the charts or into what is made
// of their effects. Each must be caught by a property, on a case that holds without it; else the search proves nothing.

import type {Case, Mutation} from './cases.ts';
import type {PropertyName} from './properties.ts';

export interface Mutant {
  /** Number in the list of DELIVERY; absent where it is our own. */
  readonly number?: number;
  readonly name: string;
  readonly base: Case;
  readonly mutation: Mutation;
  readonly caughtBy: PropertyName | 'canEnd';
}

const up = {ends: 'client to gateway', messages: 'QoS 2', link: 'tcp', more: {reconnects: 0}} as const satisfies Case;
const upLossy = {...up, link: 'lossy'} as const satisfies Case;
const down = {ends: 'gateway to client', messages: 'QoS 2', link: 'tcp', more: {reconnects: 0}} as const satisfies Case;
const downLossy = {...down, link: 'lossy'} as const satisfies Case;

/** `base` without these properties, so that a mutant shows what it leads to. */
function without(base: Case, ...ignored: readonly PropertyName[]): Case {
  return {...base, more: {...base.more, ignored}};
}

const brokers: readonly Mutant[] = [
  {
    number: 1,
    name: 'a second repeat before REL is answered by a disconnect',
    base: upLossy,
    mutation: {
      receiver: {
        qos2: [
          {state: 'awaitingRel', event: 'wire.repeat', to: 'repeatedOnce', effects: ['sendRec']},
          {state: 'repeatedOnce', event: 'wire.repeat', effects: ['disconnect']},
          {state: 'repeatedOnce', event: 'wire.rel', to: 'released', effects: ['sendCom', 'forget']},
        ],
      },
    },
    caughtBy: 'closed',
  },
  {
    number: 2,
    name: 'a legal repeat is refused since its id is in use',
    base: upLossy,
    mutation: {receiver: {qos2: [{state: 'awaitingRel', event: 'wire.repeat', effects: []}]}},
    caughtBy: 'canEnd',
  },
  {
    number: 4,
    name: 'a repeat is forwarded again',
    base: up,
    mutation: {
      receiver: {qos2: [{state: 'awaitingRel', event: 'wire.repeat', to: 'awaitingAnswer', effects: ['forward']}]},
    },
    caughtBy: 'twice',
  },
  {
    number: 5,
    name: 'SEND is sent again after REL',
    base: without(down, 'resent'),
    mutation: {sender: {qos2: [{state: 'awaitingCom', event: 'clock.retryDue', effects: ['retransmit']}]}},
    caughtBy: 'twice',
  },
  {
    number: 6,
    name: 'a SEND is sent again without DUP',
    base: without({...up, ends: 'gateway to gateway', more: {...up.more, isFailing: true}}, 'dup'),
    mutation: {sender: {quirk: 'repeatsWithoutDup'}},
    caughtBy: 'twice',
  },
  {
    number: 7,
    name: 'ids that await REL are dropped by a timer',
    base: without(up, 'idHeld'),
    mutation: {receiver: {quirk: 'expiresHeld'}},
    caughtBy: 'twice',
  },
  {
    number: 8,
    name: 'memory is leaked by one id repeated for ever',
    base: up,
    mutation: {receiver: {qos2: [{state: 'awaitingRel', event: 'wire.repeat', effects: ['keepReply', 'sendRec']}]}},
    caughtBy: 'bounded',
  },
  {
    number: 9,
    name: 'a timed retry puts a second copy of the id to work at the receiver',
    base: without(up, 'bounded'),
    mutation: {receiver: {qos2: [{state: 'awaitingAnswer', event: 'wire.repeat', effects: ['forward']}]}},
    caughtBy: 'twice',
  },
  {
    number: 9,
    name: 'a timed retry puts a second copy of the message into flight',
    base: without(down, 'dup'),
    mutation: {sender: {qos2: [{state: 'awaitingRec', event: 'clock.retryDue', effects: ['transmit']}]}},
    caughtBy: 'twice',
  },
  {
    number: 10,
    name: 'a REC too many comes after COM',
    base: up,
    mutation: {
      receiver: {
        qos2: [{state: 'awaitingRel', event: 'wire.rel', to: 'released', effects: ['sendCom', 'sendRec', 'forget']}],
      },
    },
    caughtBy: 'lost',
  },
  {
    number: 13,
    name: 'a first SEND that carries DUP is swallowed as known',
    base: upLossy,
    mutation: {receiver: {quirk: 'swallowsFirstDup'}},
    caughtBy: 'lost',
  },
];

const ours: readonly Mutant[] = [
  {
    name: 'ACK goes out before the business server has answered',
    base: {...up, messages: 'QoS 1', more: {...up.more, reuse: 'quiet'}},
    mutation: {
      receiver: {
        qos1: [{state: 'awaitingSend', event: 'wire.send', to: 'awaitingAnswer', effects: ['sendAck', 'forward']}],
      },
    },
    caughtBy: 'lost',
  },
  {
    name: 'a failed call is answered as if it had not failed',
    base: {...up, more: {...up.more, isFailing: true}},
    mutation: {
      receiver: {
        qos2: [{state: 'awaitingAnswer', event: 'call.failed', to: 'awaitingRel', effects: ['keepReply', 'sendRec']}],
      },
    },
    caughtBy: 'lost',
  },
  {
    name: 'REL with an unknown id is not answered',
    base: without(upLossy, 'relUnanswered'),
    mutation: {receiver: {quirk: 'ignoresUnknownRel'}},
    caughtBy: 'canEnd',
  },
  {
    name: 'REL with an unknown id is answered by REC',
    base: without(upLossy, 'relUnanswered'),
    mutation: {receiver: {quirk: 'answersUnknownRelByRec'}},
    caughtBy: 'lost',
  },
  {
    name: 'REL does not free the id',
    base: without(up, 'idHeld'),
    mutation: {receiver: {qos2: [{state: 'awaitingRel', event: 'wire.rel', effects: ['sendCom']}]}},
    caughtBy: 'swallowed',
  },
  {
    name: 'REL is not sent again',
    base: downLossy,
    mutation: {sender: {qos2: [{state: 'awaitingCom', event: 'clock.retryDue', effects: []}]}},
    caughtBy: 'canEnd',
  },
  {
    name: 'SEND is not sent again',
    base: downLossy,
    mutation: {sender: {qos2: [{state: 'awaitingRec', event: 'clock.retryDue', effects: []}]}},
    caughtBy: 'canEnd',
  },
  {
    name: 'a repeated REC gets no REL',
    base: down,
    mutation: {sender: {qos2: [{state: 'awaitingCom', event: 'wire.rec', effects: []}]}},
    caughtBy: 'recUnanswered',
  },
  {
    name: 'a REC with an unknown id gets no REL',
    base: without(
      {...down, ends: 'gateway to old client', messages: 'QoS 1', more: {...down.more, reuse: 'quiet'}},
      'twice',
      'recUnanswered',
    ),
    mutation: {sender: {quirk: 'ignoresUnknownRec'}},
    caughtBy: 'canEnd',
  },
  {
    name: 'a REC repeated is counted again',
    base: down,
    mutation: {sender: {qos2: [{state: 'awaitingCom', event: 'wire.rec', effects: ['confirm', 'sendRel']}]}},
    caughtBy: 'counted',
  },
  {
    name: 'COM ends a flow that has had no REC',
    base: downLossy,
    mutation: {
      sender: {qos2: [{state: 'awaitingRec', event: 'wire.com', to: 'completed', effects: ['release']}]},
    },
    caughtBy: 'silent',
  },
  {
    name: 'the id is freed at the timeout',
    base: without({...down, more: {...down.more, isTimed: true}}, 'silent', 'idHeld'),
    mutation: {
      sender: {qos2: [{state: 'awaitingRec', event: 'publication.timedOut', to: 'expired', effects: ['release']}]},
    },
    caughtBy: 'swallowed',
  },
  {
    name: 'what was transmitted expires',
    base: {...down, messages: 'QoS 1', more: {...down.more, reuse: 'quiet', isTimed: true}},
    mutation: {
      sender: {qos1: [{state: 'awaitingAck', event: 'publication.timedOut', to: 'expired', effects: ['expire']}]},
    },
    caughtBy: 'expired',
  },
  {
    name: 'ids in use are not passed over',
    base: without(down, 'idTaken', 'idHeld'),
    mutation: {sender: {quirk: 'takesUsedIds'}},
    caughtBy: 'swallowed',
  },
  {
    name: 'a message confirmed before the end of its connection is sent again after it',
    base: {...down, more: {reconnects: 1}},
    mutation: {sender: {quirk: 'forgetsConfirmations'}},
    caughtBy: 'again',
  },
];

export const mutants: readonly Mutant[] = [...brokers, ...ours];

/** Bugs of the list that need state which outlives a connection, or channels: they come with the sessions of rainbow.v2. */
export const nextChapter: readonly {readonly number: number; readonly name: string}[] = [
  {number: 3, name: 'ids that await REL are lost when the client connects again'},
  {number: 11, name: 'stored messages are delivered after the permission is gone'},
  {number: 12, name: 'a session is taken over by guessing its name'},
];
