// Every point at which the gateway is killed: each transition of the charts, before its effects and after them.

import {connection} from '../../../src/machines/connection.ts';
import {inboundQos1, inboundQos2} from '../../../src/machines/inbound-delivery.ts';
import {outboundQos1, outboundQos2} from '../../../src/machines/outbound-delivery.ts';
import type {Transition} from '../harness/orders.ts';

/** Transitions that no run can take, each with the reason. */
export const unreachable: readonly (Transition & {readonly reason: string})[] = [
  {
    chart: 'inboundQos1',
    from: 'replaced',
    event: 'socket.closed',
    reason: 'at the end only the flow that has the id is notified; a replaced one is not looked at again',
  },
  ...['open.suspect', 'open.awaitingPong'].map((from) => ({
    chart: 'connection',
    from,
    event: 'client.overran',
    reason: 'only what a client sends can outrun a bound, and that has made it fresh before',
  })),
];

/** Every transition of the five charts. */
export function allTransitions(): readonly Transition[] {
  return [connection, inboundQos1, inboundQos2, outboundQos1, outboundQos2].flatMap(
    ({machine, vocabulary, isHandled}) =>
      vocabulary.states.flatMap((from, state) =>
        vocabulary.events
          .filter((_, event) => isHandled[state * vocabulary.events.length + event] === 1)
          .map((event) => ({chart: machine.id, from, event})),
      ),
  );
}
