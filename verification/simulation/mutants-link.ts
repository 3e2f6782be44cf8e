// Mutants that do wrong to the packets they send: before the observer looks, as the gateway itself would do it, or on the
// way to the client, where only the client can notice.

import type {Clock} from '../../src/core/clock.ts';
import {unframe} from '../../src/protocol/frame.ts';
import {parsePacket} from '../../src/protocol/packet.ts';
import type {Mutant} from './mutant.ts';
import type {Sabotage} from './sabotage.ts';

/** Does with one frame what is wrong; `pass` hands a frame on. */
type Wrong = (frame: Uint8Array, pass: (frame: Uint8Array) => void, clock: Clock) => void;

const dupBit = 8;
const laterMs = 2_500;

export const linkMutants: readonly Mutant[] = [
  {name: 'repeats without DUP', sabotage: onSend(clearDup), rules: ['RB-45', 'RB-03']},
  {name: 'a first SEND with DUP', sabotage: onSend(setDup), rules: ['RB-09']},
  {name: 'one id for all messages', sabotage: onSend(sameId), rules: ['RB-03', 'RB-09', 'RB-61']},
  {name: 'a SEND again after its REL', sabotage: eachLink(sendAfterRel), rules: ['RB-17', 'RB-09']},
  {name: 'a message sent twice', sabotage: onSend(twice), rules: ['RB-45', 'RB-03', 'RB-09']},
  {name: 'two messages swapped', sabotage: eachLink(() => swap(isFirstSend)), rules: ['RB-45', 'RB-09', 'RB-18']},
  {
    name: 'two acknowledgements swapped',
    sabotage: eachLink(() => swap((frame) => kindOf(frame) === 'ack')),
    rules: ['RB-43', 'owed'],
  },
  {name: 'an ACK twice', sabotage: on('ack', twice), rules: ['RB-43']},
  {name: 'an ACK that is never sent', sabotage: on('ack', never), rules: ['owed']},
  {name: 'an ACK with another reply', sabotage: on('ack', otherReply), rules: ['RB-05']},
  {name: 'a REC that is never sent', sabotage: on('rec', never), rules: ['owed']},
  {name: 'a REC with another reply', sabotage: on('rec', otherReply), rules: ['RB-05', 'RB-20']},
  {name: 'a REL that is never sent', sabotage: on('rel', never), rules: ['owed']},
  {name: 'a REL twice', sabotage: on('rel', twice), rules: ['RB-15', 'RB-09']},
  {name: 'a COM that is never sent', sabotage: on('com', never), rules: ['owed']},
  {name: 'an extra COM', sabotage: on('com', twice), rules: ['RB-24']},
  {name: 'a message after the close frame', sabotage: eachLink(() => talkative), rules: ['RB-57']},
  {
    name: 'a message that comes to the client again',
    sabotage: onTheWay((frame, pass, clock) => {
      pass(frame);
      if (kindOf(frame) === 'send') clock.startTimer(laterMs, () => pass(frame));
    }),
    rules: ['RB-21', 'RB-45'],
  },
  {
    name: 'a payload changed on its way to the socket',
    sabotage: onSend((frame, pass) => pass(changed(frame, frame.length - 1))),
    rules: ['wire', 'RB-45'],
  },
];

function clearDup(frame: Uint8Array, pass: (frame: Uint8Array) => void): void {
  pass(withFirst(frame, (first) => first & ~dupBit));
}

function setDup(frame: Uint8Array, pass: (frame: Uint8Array) => void): void {
  pass(withFirst(frame, (first) => ((first & 6) === 0 ? first : first | dupBit)));
}

function sameId(frame: Uint8Array, pass: (frame: Uint8Array) => void): void {
  const packet = parsePacket(unframe(frame));
  const copy = frame.slice();
  if (packet.kind === 'send' && packet.qos > 0) unframe(copy).set([0, 7], 3);
  pass(copy);
}

function twice(frame: Uint8Array, pass: (frame: Uint8Array) => void): void {
  pass(frame);
  pass(frame);
}

function never(): void {
  // That is what is wrong with it.
}

function otherReply(frame: Uint8Array, pass: (frame: Uint8Array) => void): void {
  pass(unframe(frame).length > 3 ? changed(frame, frame.length - 1) : frame);
}

function sendAfterRel(): Wrong {
  let latest: Uint8Array | undefined;
  return (frame, pass, clock) => {
    pass(frame);
    const packet = parsePacket(unframe(frame));
    if (packet.kind === 'send' && packet.qos === 2) latest = withFirst(frame, (first) => first | dupBit);
    const again = latest;
    if (packet.kind === 'rel' && again !== undefined) clock.startTimer(1, () => pass(again));
  };
}

function swap(isMeant: (frame: Uint8Array) => boolean): Wrong {
  let held: Uint8Array | undefined;
  return (frame, pass) => {
    if (!isMeant(frame)) {
      pass(frame);
    } else if (held === undefined) {
      held = frame;
    } else {
      pass(frame);
      pass(held);
      held = undefined;
    }
  };
}

function on(kind: string, wrong: Wrong): Sabotage {
  return eachLink(() => (frame, pass, clock) => {
    if (kindOf(frame) === kind) wrong(frame, pass, clock);
    else pass(frame);
  });
}

function onSend(wrong: Wrong): Sabotage {
  return on('send', wrong);
}

function onTheWay(wrong: Wrong): Sabotage {
  return {
    network: (network, clock) => ({
      ...network,
      get queuedBytes() {
        return network.queuedBytes;
      },
      get movedAt() {
        return network.movedAt;
      },
      write: (bytes) => wrong(bytes, (frame) => network.write(frame), clock),
    }),
  };
}

function eachLink(make: () => Wrong): Sabotage {
  return {
    frames: (clock) => {
      const wrong = make();
      return (frame, pass) => wrong(frame, pass, clock);
    },
  };
}

function talkative(frame: Uint8Array, pass: (frame: Uint8Array) => void): void {
  pass(frame);
  if (frame[0] === 0x88) pass(Uint8Array.of(0x82, 3, 0x10, 0, 1));
}

function isFirstSend(frame: Uint8Array): boolean {
  const packet = parsePacket(unframe(frame));
  return packet.kind === 'send' && !packet.isDup;
}

function kindOf(frame: Uint8Array): string {
  return frame[0] === 0x82 ? parsePacket(unframe(frame)).kind : 'control';
}

function withFirst(frame: Uint8Array, change: (first: number) => number): Uint8Array {
  const copy = frame.slice();
  const packet = unframe(copy);
  packet[0] = change(packet[0] ?? 0);
  return copy;
}

function changed(frame: Uint8Array, place: number): Uint8Array {
  const copy = frame.slice();
  copy[place] = (copy[place] ?? 0) ^ 1;
  return copy;
}
