// Kill -9 at every named point of the delivery path: at each transition of the four delivery charts and of the connection's.

import {killEverywhere} from './crash/everywhere.ts';
import {playsConnection} from './crash/plays-connection.ts';
import {playsDown} from './crash/plays-down.ts';
import {playsUp} from './crash/plays-up.ts';
import {allTransitions, unreachable} from './crash/points.ts';
import {isSame, spellTransition, type Transition} from './harness/orders.ts';
import type {Scenario} from './harness/scenario.ts';

/** Where a message of QoS 2 changes its owner, in both directions. */
const handovers: readonly Transition[] = [
  {chart: 'inboundQos2', from: 'awaitingAnswer', event: 'call.accepted'},
  {chart: 'outboundQos2', from: 'awaitingRec', event: 'wire.rec'},
];

export const crashAtHandover: Scenario = {
  name: 'crash-at-handover',
  claim:
    'Killed where a message of QoS 2 changes its owner, before and after the word of it went out, the gateway has confirmed nothing that is lost.',
  isQuick: true,
  async run(lifetime) {
    const plays = [...playsUp, ...playsDown].filter(({name}) => /2: (?:accepted|confirmed)$/.test(name));
    const isHandover = (transition: Transition) => handovers.some((other) => isSame(other, transition));
    const {transitions, kills} = await killEverywhere(lifetime, plays, isHandover);
    if (transitions.length !== handovers.length) {
      throw new Error(`Expected ${handovers.length}, got ${transitions.length}`);
    }
    return `${kills} kills at ${transitions.length} transitions`;
  },
};

export const crashEverywhere: Scenario = {
  name: 'crash-everywhere',
  claim:
    'Killed at any transition of a chart, before or after its effects, the gateway has confirmed nothing that is lost; nothing confirmed comes again, no id is given twice, a caller that was cut off has an error.',
  isQuick: false,
  async run(lifetime) {
    const toll = await killEverywhere(lifetime, [...playsConnection, ...playsUp, ...playsDown], () => true);
    const all = allTransitions();
    const isTaken = (one: Transition) => toll.transitions.some((other) => isSame(one, other));
    const excepted = unreachable.filter(isTaken).map(spellTransition);
    const missing = all.filter((one) => !isTaken(one) && !unreachable.some((other) => isSame(one, other)));
    if (excepted.length > 0) throw new Error(`Expected never to be taken: ${excepted.join(', ')}`);
    if (missing.length > 0) throw new Error(`Expected to be taken: ${missing.map(spellTransition).join(', ')}`);
    return (
      `${toll.kills} kills at ${toll.transitions.length} of ${all.length} transitions, the others cannot be taken; ` +
      `${toll.confirmedUp} messages up and ${toll.confirmedDown} down confirmed, ${toll.cut} POSTs cut off`
    );
  },
};
