import test from 'ava';
import {drawLadder} from '../../src/cli/ladder.ts';
import type {PacketEvent, TracePacket} from '../../src/protocol/trace.ts';

function packet(direction: 'in' | 'out', told: TracePacket, message?: string): PacketEvent {
  const place = {seq: 1, at: 1, thread: 0, connection: 1, identity: 'ann'};
  return {kind: 'packet', ...place, direction, packet: told, ...(message !== undefined && {message})};
}

test('an answer of a client under an id that no message has says so; what the gateway sends back does not', (t) => {
  const lines = drawLadder([
    packet('in', {kind: 'rec', id: 7, bytes: 0}, 'p1'),
    packet('in', {kind: 'rec', id: 7, bytes: 0}),
    packet('out', {kind: 'rel', id: 7}),
    packet('in', {kind: 'ack', id: 8, bytes: 0}),
    packet('in', {kind: 'rel', id: 9}),
    packet('out', {kind: 'com', id: 9}),
    packet('in', {kind: 'com', id: 7}),
    packet('in', {kind: 'heard'}),
  ]);
  t.deepEqual(
    lines.map((line) => line.includes('no such message')),
    [false, true, false, true, true, false, true, false],
  );
});
