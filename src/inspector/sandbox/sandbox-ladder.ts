// The sandbox's journal as rows of a ladder: a packet leaves at one row and arrives at another, or does not.

import {unreachable} from '../../core/invariant.ts';
import {generatePacket} from '../../protocol/packet.ts';
import {packetText, stepText, stepTone, type Tone} from '../../story/reading.ts';
import {findStep} from '../model/chart-graph.ts';
import type {LadderRow} from '../model/ladder.ts';
import {type Flight, type JournalEntry, letterOf} from './journal.ts';

export const sandboxLanes = ['sender', 'receiver', 'application'] as const;
const [sender, receiver, application] = [0, 1, 2];

/** One row an entry. */
export function toRows(entries: readonly JournalEntry[]): readonly LadderRow[] {
  const sentAt = new Map<number, number>();
  const arrivals = new Set(
    entries.flatMap((entry) => (entry.kind === 'arrived' || entry.kind === 'lost' ? [entry.flight.number] : [])),
  );
  return entries.map((entry, id): LadderRow => {
    const row = (from: number, to: number, text: string, tone: Tone): LadderRow => ({
      id,
      at: entry.at,
      from,
      to,
      text,
      tone,
    });
    switch (entry.kind) {
      case 'sent':
      case 'copied':
      case 'arrived':
      case 'lost': {
        const {flight} = entry;
        const isForward = flight.direction === 'forward';
        const [from, to] = isForward ? [sender, receiver] : [receiver, sender];
        const begunAt = sentAt.get(flight.number);
        if (begunAt === undefined) sentAt.set(flight.number, id);
        const bytes = generatePacket(flight.packet);
        if (entry.kind === 'sent')
          return {
            ...row(from, from, `${spell(flight)} ${isForward ? '▸' : '◂'}`, toneOf(flight)),
            bytes,
            isDeparture: arrivals.has(flight.number),
          };
        if (entry.kind === 'copied') return {...row(from, from, `${spell(flight)} copied`, 'dup'), bytes};
        const isLost = entry.kind === 'lost';
        const tone = isLost ? 'bad' : toneOf(flight);
        return {
          ...row(from, to, `${spell(flight)}${isLost ? ' lost' : ''}`, tone),
          bytes,
          isLost,
          ...(begunAt !== undefined && {begunAt}),
        };
      }
      case 'transition': {
        const lane = entry.side === 'sender' ? sender : receiver;
        const rule = findStep(entry.chart, entry.from, entry.event)?.step.rule;
        return {...row(lane, lane, stepText(entry), stepTone(entry)), ...(rule !== undefined && {rule})};
      }
      case 'called':
        return row(receiver, application, `${letterOf(entry.message)}?`, 'call');
      case 'delivered':
        return row(application, receiver, `${letterOf(entry.message)} processed`, 'good');
      case 'callFailed':
        return row(application, receiver, `${letterOf(entry.message)} failed`, 'bad');
      case 'confirmed':
        return row(sender, sender, `${letterOf(entry.message)} is confirmed`, 'good');
      case 'cut':
        return row(sender, receiver, 'the connection ends, another begins', 'bad');
      case 'crashed': {
        const lane = entry.side === 'sender' ? sender : receiver;
        return row(lane, lane, `${entry.side} crashes`, 'bad');
      }
      default:
        return unreachable(entry);
    }
  });
}

/** A packet, and the message in it. */
export function spell({packet, message}: Flight): string {
  return packet.kind === 'send' ? `${packetText(packet)} "${letterOf(message)}"` : packetText(packet);
}

function toneOf({packet}: Flight): Tone {
  return packet.kind === 'send' && packet.isDup ? 'dup' : 'plain';
}
