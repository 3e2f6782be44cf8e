// Where the rules end: each of these breaks, in the fewest moves, and shows which assumption of guarantees.ts it lacks.

import type {Case} from './cases.ts';

/** A case that breaks, and what it teaches. */
export interface Limit extends Case {
  readonly breaks: NonNullable<Case['breaks']>;
  readonly lesson: string;
}

export const limits: readonly Limit[] = [
  {
    ends: 'gateway to client',
    messages: 'QoS 1',
    link: 'tcp',
    breaks: 'lost',
    lesson:
      'QoS 1 with retries needs quiet ids even on TCP: a SEND sent twice is acknowledged twice, and the second ACK confirms the next message with that id.',
  },
  {
    ends: 'client to gateway',
    messages: 'QoS 1',
    link: 'tcp',
    breaks: 'lost',
    lesson: 'So must a client: it takes its ids in turn, rather than the lowest that is free.',
  },
  {
    ends: 'gateway to client',
    messages: 'QoS 1+2',
    link: 'tcp',
    breaks: 'lost',
    lesson:
      'Both share the ids, and an ACK also confirms QoS 2 for the sake of old clients: so QoS 2 needs quiet ids beside QoS 1.',
  },
  {
    ends: 'gateway to client',
    messages: 'QoS 2',
    link: 'any order',
    more: {reuse: 'quiet'},
    breaks: 'twice',
    lesson:
      'Exactly once needs SEND and REL of one id in order, quiet ids or not: a SEND that comes after its REL is new.',
  },
  {
    ends: 'client to gateway',
    messages: 'QoS 2',
    link: 'any order',
    more: {reuse: 'quiet'},
    breaks: 'twice',
    lesson: 'The same from the other end.',
  },
  {
    ends: 'client to gateway',
    messages: 'QoS 2',
    link: 'lossy, copying',
    more: {isFailing: true},
    breaks: 'twice',
    lesson:
      'A link that copies packets by itself brings the first SEND twice, without DUP; after a failed call the second is a new message, with a RAINBOWMESSAGEID of its own.',
  },
  {
    ends: 'client to gateway',
    messages: 'QoS 1',
    link: 'lossy',
    more: {reuse: 'quiet', isFailing: true},
    breaks: 'swallowed',
    lesson:
      'Where the SEND without DUP can be lost and the one with DUP comes, a message id left by a failed call of the id before is given to it.',
  },
  {
    ends: 'client to gateway',
    messages: 'QoS 2',
    link: 'tcp',
    more: {mayGiveUp: true, reconnects: 0},
    breaks: 'idHeld',
    lesson:
      'A client that gives a QoS 2 message up, by a REL before its REC, needs quiet ids: a second COM to that REL would end the next flow.',
  },
  {
    ends: 'gateway to old client',
    messages: 'QoS 1',
    link: 'lossy',
    more: {reuse: 'quiet', reconnects: 0, ignored: ['twice']},
    breaks: 'canEnd',
    lesson:
      'An old client that answers QoS 1 by REC gets one REL, which is not repeated: where it is lost, it holds the id.',
  },
];
