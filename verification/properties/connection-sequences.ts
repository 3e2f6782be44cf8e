// Which commands fast-check makes sequences of, and how often each comes.

import fc from 'fast-check';
import type {Qos} from '../../src/protocol/packet.ts';
import {
  advance,
  businessAnswers,
  type Connection,
  clientAcknowledges,
  clientCompletes,
  clientReleases,
  clientSends,
  clientSendsJunk,
  comeBack,
  congest,
  end,
  idsGoRound,
  publish,
  subscribe,
} from './connection-commands.ts';

const text = fc.stringMatching(/^[a-e]{0,3}$/);
const pick = fc.nat(5);
const id = fc.integer({min: 1, max: 4});
const sends = fc
  .tuple(fc.constantFrom<Qos>(0, 1, 1, 2, 2), id, fc.boolean(), fc.nat(3), text)
  .map(([qos, number, isDup, type, payload]) => clientSends(qos, number, isDup, type, payload));
const acknowledges = fc
  .tuple(fc.constantFrom<'ack' | 'rec'>('ack', 'rec'), pick, text)
  .map(([kind, number, reply]) => clientAcknowledges(kind, number, reply));
const answers = fc.option(text, {nil: undefined, freq: 3}).map(businessAnswers);
const publishes = fc
  .tuple(fc.constantFrom<Qos>(0, 1, 1, 2, 2), fc.constantFrom(500, 1_000, 4_000, 10_000, 30_000), text)
  .map(([qos, timeoutMs, payload]) => publish(qos, timeoutMs, payload));
const passes = fc.constantFrom(1, 499, 500, 1_000, 1_500, 2_000, 3_000, 10_000, 60_000).map(advance);
const ends = fc.constantFrom('close 1001' as const, 'goodbye' as const, 'socketClosed' as const).map(end);

/** Every command; what happens often stands here more than once. */
export const connectionCommands: fc.Arbitrary<Connection>[] = [
  sends,
  sends,
  sends,
  answers,
  answers,
  answers,
  publishes,
  publishes,
  publishes,
  acknowledges,
  acknowledges,
  acknowledges,
  passes,
  passes,
  pick.map(clientCompletes),
  pick.map(clientCompletes),
  id.map(clientReleases),
  id.map(clientReleases),
  fc.constantFrom('', '00', '16000100010a', 'ff', '10', '20').map(clientSendsJunk),
  fc.nat(4).map(idsGoRound),
  fc.boolean().map(congest),
  fc.boolean().map(subscribe),
  fc.constant(0).map(comeBack),
  fc.nat(3).chain((number) => (number === 0 ? ends : passes)),
];
