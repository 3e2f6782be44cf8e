// Mutants that do wrong to the calls they make, or to the answers they get.

import type {Clock} from '../../src/core/clock.ts';
import type {Answer, Call, UpstreamTransport} from '../../src/upstream/call.ts';
import type {Mutant} from './mutant.ts';
import type {Sabotage} from './sabotage.ts';

/** What is wrong with a transport: which calls go out for one, and which answers come back for one. */
interface Wrong {
  calls?(call: Call, clock: Clock): readonly Call[];
  answers?(answer: Answer, call: Call | undefined): readonly Answer[];
}

export const transportMutants: readonly Mutant[] = [
  {
    name: 'every call made twice',
    sabotage: transport(() => ({calls: (call) => (call.kind === 'message' ? [call, call] : [call])})),
    rules: ['RB-21', 'RB-46'],
  },
  {
    name: 'a new RAINBOWMESSAGEID on each repeat',
    sabotage: transport(() => {
      let count = 0;
      return {calls: (call) => [call.kind === 'message' ? {...call, message: `m${count++}`} : call]};
    }),
    rules: ['RB-63', 'RB-21'],
  },
  {
    name: 'one RAINBOWMESSAGEID for all messages',
    sabotage: transport(() => ({calls: (call) => [call.kind === 'message' ? {...call, message: 'm'} : call]})),
    rules: ['RB-63'],
  },
  {
    name: 'a payload changed on its way to the business server',
    sabotage: transport(() => ({
      calls: (call) => [
        call.kind === 'message' ? {...call, payload: Buffer.concat([call.payload, Buffer.from('!')])} : call,
      ],
    })),
    rules: ['wire'],
  },
  {
    name: 'a type changed on its way to the business server',
    sabotage: transport(() => ({calls: (call) => [call.kind === 'message' ? {...call, type: call.type + 1} : call]})),
    rules: ['wire'],
  },
  {
    name: 'a cookie that is not sent back',
    sabotage: transport(() => ({
      calls: (call) => [call.kind === 'message' ? {...call, cookie: undefined} : call],
    })),
    rules: ['cookie'],
  },
  {
    name: 'calls under the name of another',
    sabotage: transport(() => {
      let other = '';
      return {
        calls(call) {
          const identity = other === '' ? call.identity : other;
          other = call.identity;
          return [call.kind === 'message' ? {...call, identity} : call];
        },
      };
    }),
    rules: ['identity', 'cookie'],
  },
  {
    name: 'the close call made twice',
    sabotage: transport(() => ({
      calls: (call) => (call.kind === 'close' ? [call, {...call, call: -call.call}] : [call]),
      answers: (answer) => (answer.call < 0 ? [] : [answer]),
    })),
    rules: ['RB-64'],
  },
  {
    name: 'a close call for everyone who was refused',
    sabotage: transport(() => ({
      calls: (call) => [call, ...(call.kind === 'connect' ? [closeOf(call)] : [])],
      answers: (answer) => (answer.call < 0 ? [] : [answer]),
    })),
    rules: ['RB-64'],
  },
  {
    name: 'an acknowledgement though the call failed',
    sabotage: transport(() => ({
      answers: (answer, call) => [
        call?.kind === 'message' && answer.kind === 'failed' ? acceptedAnswer(answer.call) : answer,
      ],
    })),
    rules: ['RB-12', 'RB-43'],
  },
  {
    name: 'answers that get lost',
    sabotage: transport(() => ({
      answers: (answer, call) => (call?.kind === 'message' && answer.call % 7 === 0 ? [] : [answer]),
    })),
    rules: ['owed', 'RB-64', 'calm', 'drain'],
  },
  {
    name: 'close calls whose answers get lost',
    sabotage: transport(() => ({answers: (answer, call) => (call?.kind === 'close' ? [] : [answer])})),
    rules: ['drain'],
  },
  {
    name: 'clients let in whom the business server refused',
    sabotage: transport(() => ({
      answers: (answer, call) => [
        call?.kind === 'connect' && answer.kind !== 'accepted' ? acceptedAnswer(answer.call) : answer,
      ],
    })),
    rules: ['RB-56', 'RB-64'],
  },
  {
    name: 'joins that are not obeyed',
    sabotage: transport(() => ({
      answers: (answer) => [answer.kind === 'accepted' ? {...answer, join: undefined} : answer],
    })),
    rules: ['membership', 'RB-61', 'RB-62'],
  },
];

function closeOf(call: Call): Call {
  const message = `close-${call.call}`;
  return {kind: 'close', call: -call.call, identity: call.identity, cookie: undefined, message, reason: 'client'};
}

function acceptedAnswer(call: number): Answer {
  const nothing = {join: undefined, leave: undefined, cookie: undefined, identity: undefined};
  return {kind: 'accepted', call, body: new Uint8Array(0), ...nothing};
}

function transport(make: () => Wrong): Sabotage {
  return {
    transport(inner, clock): UpstreamTransport {
      const wrong = make();
      const open = new Map<number, Call>();
      return {
        dispatch(calls) {
          for (const call of calls) open.set(call.call, call);
          inner.dispatch(wrong.calls === undefined ? calls : calls.flatMap((call) => wrong.calls?.(call, clock) ?? []));
        },
        onAnswers(receive) {
          inner.onAnswers((answers) => {
            receive(answers.flatMap((answer) => wrong.answers?.(answer, open.get(answer.call)) ?? [answer]));
          });
        },
        withdraw: (calls) => inner.withdraw(calls),
        close: (graceMs) => inner.close(graceMs),
      };
    },
  };
}
