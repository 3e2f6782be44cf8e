// Ten guided stories: each a few moves with a word to each, and the verdicts that must come of it. A test plays them.

import type {Move} from './moves.ts';
import type {SandboxOptions} from './sandbox.ts';
import type {Outcome} from './verdict.ts';

export interface StoryStep {
  readonly say: string;
  readonly moves: readonly Move[];
}

export interface Story {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly options?: SandboxOptions;
  readonly steps: readonly StoryStep[];
  /** By message. */
  readonly expected: readonly {readonly outcome: Outcome; readonly rule: string}[];
}

const deliver = [{do: 'arrive', packet: 'send'}, {do: 'accept'}] as const satisfies readonly Move[];
const settle = [{do: 'settle'}] as const satisfies readonly Move[];

export const stories: readonly Story[] = [
  {
    id: 'forgotten',
    title: 'Sent and forgotten',
    text: 'At QoS 0 a message is one packet. It has no id, so nothing can answer it.',
    steps: [
      {say: 'A message at QoS 0 is sent.', moves: [{do: 'send', qos: 0}]},
      {
        say: 'The link loses it. Neither side waits for anything, so neither notices.',
        moves: [{do: 'lose', packet: 'send'}],
      },
    ],
    expected: [{outcome: 'lost', rule: 'RB-01'}],
  },
  {
    id: 'lost-ack',
    title: 'The lost ACK',
    text: 'QoS 1 promises that a message arrives. It does not promise that it arrives once, and this is why.',
    steps: [
      {say: 'A message at QoS 1 is sent; the sender keeps it until its ACK.', moves: [{do: 'send', qos: 1}]},
      {say: 'It arrives and is processed. The receiver sends ACK, and forgets the id.', moves: deliver},
      {
        say: 'The ACK is lost. For the sender this looks the same as a lost SEND.',
        moves: [{do: 'lose', packet: 'ack'}],
      },
      {say: 'So it sends again, with DUP.', moves: [{do: 'retry'}]},
      {say: 'To the receiver the id is free: this is a new message, and is processed again.', moves: settle},
    ],
    expected: [{outcome: 'twice', rule: 'RB-13'}],
  },
  {
    id: 'lost-rec',
    title: 'The same loss at QoS 2',
    text: 'The receiver does not forget the id when it answers. So a repeat is known for what it is.',
    steps: [
      {say: 'A message at QoS 2 is sent.', moves: [{do: 'send', qos: 2}]},
      {say: 'It arrives and is processed. The receiver sends REC, and remembers the id.', moves: deliver},
      {say: 'The REC is lost.', moves: [{do: 'lose', packet: 'rec'}]},
      {say: 'The sender sends again, with DUP.', moves: [{do: 'retry'}]},
      {
        say: 'The id is held: the same REC is sent again, without a call.',
        moves: [{do: 'arrive', packet: 'send'}],
      },
      {say: 'REL and COM follow; both ends forget the id.', moves: settle},
    ],
    expected: [{outcome: 'once', rule: 'RB-21'}],
  },
  {
    id: 'four-packets',
    title: 'Why QoS 2 needs four packets',
    text: 'The receiver may forget the id only when the SEND will not come again. REL says so; COM says that it was heard.',
    steps: [
      {say: 'SEND and REC: the message has arrived once.', moves: [{do: 'send', qos: 2}, ...deliver]},
      {
        say: 'The sender has its REC: it never sends the SEND again, and says so with REL.',
        moves: [{do: 'arrive', packet: 'rec'}],
      },
      {
        say: 'The REL arrives. The receiver forgets the id and answers with COM, which is lost.',
        moves: [
          {do: 'arrive', packet: 'rel'},
          {do: 'lose', packet: 'com'},
        ],
      },
      {
        say: 'Without COM the sender cannot use the id again. It repeats its REL, not its SEND.',
        moves: [{do: 'retry'}],
      },
      {say: 'The receiver knows nothing of the id any more, and answers with COM all the same.', moves: settle},
    ],
    expected: [{outcome: 'once', rule: 'RB-16'}],
  },
  {
    id: 'rec-twice',
    title: 'The REC that came twice',
    text: 'A packet may arrive twice. A side that answers only the first one leaves the other side waiting.',
    steps: [
      {say: 'A message at QoS 2 arrives and is processed.', moves: [{do: 'send', qos: 2}, ...deliver]},
      {say: 'The link copies the REC.', moves: [{do: 'copy', packet: 'rec'}]},
      {say: 'The first is answered with REL.', moves: [{do: 'arrive', packet: 'rec'}]},
      {say: 'So is the second: every REC gets its REL.', moves: [{do: 'arrive', packet: 'rec'}]},
      {say: 'Two RELs, two COMs. The second finds the id unknown and does no harm.', moves: settle},
    ],
    expected: [{outcome: 'once', rule: 'RB-15'}],
  },
  {
    id: 'id-too-early',
    title: 'The id reused too early',
    text: 'An ACK names an id and no message. This sender takes the lowest id that is free, and sees a message confirmed that did not arrive.',
    options: {ids: 'lowest'},
    steps: [
      {
        say: 'A first message is sent with id 1, and before its ACK comes it is sent again.',
        moves: [{do: 'send', qos: 1}, {do: 'retry'}],
      },
      {say: 'Both SENDs are processed, and both are acknowledged.', moves: [...deliver, ...deliver]},
      {say: 'The first ACK ends the flow: id 1 is free.', moves: [{do: 'arrive', packet: 'ack'}]},
      {
        say: 'A second message takes id 1 at once, and is lost on its way.',
        moves: [
          {do: 'send', qos: 1},
          {do: 'lose', packet: 'send'},
        ],
      },
      {say: 'The other ACK arrives, and confirms the second message.', moves: [{do: 'arrive', packet: 'ack'}]},
    ],
    expected: [
      {outcome: 'twice', rule: 'RB-13'},
      {outcome: 'lost', rule: 'RB-03'},
    ],
  },
  {
    id: 'failed-call',
    title: 'The business server was down',
    text: 'Store, deliver, then acknowledge: a message that was not accepted is not acknowledged.',
    steps: [
      {
        say: 'A message at QoS 1 arrives.',
        moves: [
          {do: 'send', qos: 1},
          {do: 'arrive', packet: 'send'},
        ],
      },
      {
        say: 'The call to the business server fails. Nothing is answered; only the id of the call is kept.',
        moves: [{do: 'fail'}],
      },
      {say: 'The sender gets no answer, and sends again with DUP.', moves: [{do: 'retry'}]},
      {
        say: 'The call is made again under the same id, so that a server that did process it can recognise the repeat. This time it is accepted.',
        moves: settle,
      },
    ],
    expected: [{outcome: 'once', rule: 'RB-63'}],
  },
  {
    id: 'late-answer',
    title: 'A timeout is no failure',
    text: 'When its time is up, a publication is answered with what is known. The message may still be under way.',
    steps: [
      {
        say: 'A message at QoS 2 arrives and is processed; its REC is slow.',
        moves: [{do: 'send', qos: 2}, ...deliver, {do: 'delay', packet: 'rec'}],
      },
      {
        say: 'The publication times out. The SEND does not go out again, but its id stays taken.',
        moves: [{do: 'timeOut'}],
      },
      {say: 'The REC comes after all, and is answered as it would have been in time.', moves: settle},
    ],
    expected: [{outcome: 'once', rule: 'RB-18'}],
  },
  {
    id: 'cut',
    title: 'The cable is pulled',
    text: 'Without a session everything in flight ends with its connection. The sender learns that, but not what arrived.',
    steps: [
      {
        say: 'One message is sent and processed; a second one is on its way.',
        moves: [{do: 'send', qos: 2}, ...deliver, {do: 'send', qos: 2}],
      },
      {say: 'The connection ends. REC and SEND are gone, and neither end remembers a flow.', moves: [{do: 'cut'}]},
      {say: 'To the sender both look the same. A session (rainbow.v2) would have both resume.', moves: settle},
    ],
    expected: [
      {outcome: 'once', rule: 'RB-35'},
      {outcome: 'lost', rule: 'RB-35'},
    ],
  },
  {
    id: 'send-after-rel',
    title: "The brokers' bugs: SEND after REL",
    text: 'A broker that people rely on repeated the SEND where it should have repeated the REL. So QoS 2 delivered twice.',
    options: {
      mutant: {
        name: 'while it awaits COM it repeats the SEND',
        breaks: 'RB-17',
        fault: {outboundQos2: [{state: 'awaitingCom', event: 'clock.retryDue', effects: ['retransmit']}]},
      },
    },
    steps: [
      {
        say: 'A message at QoS 2 goes as far as its REL.',
        moves: [{do: 'send', qos: 2}, ...deliver, {do: 'arrive', packet: 'rec'}, {do: 'arrive', packet: 'rel'}],
      },
      {say: 'The COM is lost.', moves: [{do: 'lose', packet: 'com'}]},
      {say: 'This sender now repeats its SEND, though the REL said that it never would.', moves: [{do: 'retry'}]},
      {
        say: 'The receiver has forgotten the id, as the REL allows. It processes the message again.',
        moves: deliver,
      },
    ],
    expected: [{outcome: 'twice', rule: 'RB-17'}],
  },
];
