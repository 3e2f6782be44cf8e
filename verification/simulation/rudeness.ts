// What clients do that break the rules, each time one thing: junk, packets for unknown ids, ids used twice,
// messages given up half-way, floods. The gateway may end such a connection, and must harm no other.

import {generatePacket} from '../../src/protocol/packet.ts';
import type {ClientSender} from './client-sender.ts';
import type {Connection} from './connection.ts';
import {controlFrame, opcodeText} from './frame-reader.ts';
import type {Harness} from './harness.ts';
import {framePacketBytes} from './packet-frame.ts';

/** Ids that the gateway never gives, so that no message is confirmed by a lie. */
const foreignIds = [0, 65_535];
const reusedIdMax = 3;
/** First bytes of no packet: unknown commands, and a SEND of QoS 3. */
const junkBytes = [0x00, 0x01, 0x16, 0x60, 0xf0];

export function misbehave(harness: Harness, connection: Connection, sender: ClientSender): void {
  const {plan} = harness;
  const rng = harness.rng.clients;
  const say = (bytes: Uint8Array): void => connection.send(framePacketBytes(bytes));
  const id = rng.pick(foreignIds);
  const ownId = rng.integer(1, reusedIdMax);
  switch (rng.integer(0, 8)) {
    case 0:
      say(Uint8Array.from({length: rng.integer(0, 6)}, () => rng.pick(junkBytes)));
      return;
    case 1:
      connection.send(controlFrame(opcodeText, Buffer.from('still here')));
      return;
    case 2:
      say(generatePacket({kind: rng.pick(['ack', 'rec']), id, reply: Uint8Array.of(1, 2)}));
      return;
    case 3:
      say(generatePacket({kind: 'com', id}));
      return;
    case 4:
      say(generatePacket({kind: 'rel', id: ownId}));
      return;
    case 5:
    case 6:
      sender.sendRudely(rng.pick([1, 2]), ownId);
      return;
    case 7:
      // Given up before its REC.
      sender.sendRudely(2, ownId);
      say(generatePacket({kind: 'rel', id: ownId}));
      return;
    default:
      if (plan.settings.window > 100 || !rng.chance(0.2)) return;
      for (let count = 0; count <= plan.settings.window; count++) sender.sendRudely(rng.pick([1, 2]), 1_000 + count);
  }
}
