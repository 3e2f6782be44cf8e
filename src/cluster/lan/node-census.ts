// What another node answers to who is in some channels, read with the distrust that the network deserves.

import type {Census, CensusRequest, Moves} from '../../router/census.ts';
import {count, type Members, readJson, readMembers} from './node-json.ts';

/** `undefined` if the answer holds no census of these channels. */
export function readCensusAnswer(body: Uint8Array, {channels}: CensusRequest): Census | undefined {
  const answer = readJson(body);
  const list = answer?.channels;
  if (answer?.status !== 0 || !Array.isArray(list) || list.length !== channels.length) return undefined;
  return {
    channels: channels.map(({name, identities}, place) => {
      const found = readMembers(list[place]);
      const present: readonly unknown[] = Array.isArray(found?.present) ? found.present : [];
      return {
        name,
        connections: count(found?.connections) ?? 0,
        present: present.filter((one): one is string => typeof one === 'string' && identities.includes(one)),
        parts: count(found?.parts) ?? 0,
        ...movesOf(readMembers(found?.moves), identities),
      };
    }),
    isPartial: answer.partial === true,
  };
}

function movesOf(moves: Members | undefined, identities: readonly string[]): {readonly moves?: Moves} {
  if (moves === undefined) return {};
  const list: readonly unknown[] = Array.isArray(moves.members) ? moves.members : [];
  const members = list.flatMap((entry): [string, number][] => {
    if (!Array.isArray(entry)) return [];
    const [identity, by] = entry as readonly unknown[];
    const isFit = typeof identity === 'string' && identities.includes(identity) && Number.isSafeInteger(by);
    return isFit ? [[identity, by as number]] : [];
  });
  return {moves: {members, occupied: Number.isSafeInteger(moves.occupied) ? (moves.occupied as number) : 0}};
}
