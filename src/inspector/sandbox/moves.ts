// What a person, or a story, can do in the sandbox: one move a time, as data.

import type {Packet, Qos} from '../../protocol/packet.ts';
import type {Flight, Side} from './journal.ts';
import type {Sandbox} from './sandbox.ts';

/** The first packet of this kind on the link, in the order in which they were sent. */
type Kind = Packet['kind'];

export type Move =
  | {readonly do: 'send'; readonly qos: Qos}
  | {readonly do: 'arrive' | 'lose' | 'copy' | 'delay'; readonly packet: Kind}
  /** The application answers the call that runs. */
  | {readonly do: 'accept' | 'fail'}
  /** The retry, or the timeout, of the last message comes now. */
  | {readonly do: 'retry' | 'timeOut'}
  | {readonly do: 'cut'}
  | {readonly do: 'crash'; readonly side: Side}
  /** Until nothing is on the link and no call runs. */
  | {readonly do: 'settle'};

/** Makes `move`. One for which there is nothing does nothing. */
export function makeMove(sandbox: Sandbox, move: Move): void {
  const last = sandbox.sender.messages.length - 1;
  switch (move.do) {
    case 'send':
      sandbox.send(move.qos);
      return;
    case 'arrive':
      onFlight(sandbox, move.packet, ({number}) => sandbox.arrive(number));
      return;
    case 'lose':
      onFlight(sandbox, move.packet, ({number}) => sandbox.wire.lose(number));
      return;
    case 'copy':
      onFlight(sandbox, move.packet, ({number}) => sandbox.wire.copy(number));
      return;
    case 'delay':
      onFlight(sandbox, move.packet, ({number}) => sandbox.wire.delay(number));
      return;
    case 'accept':
    case 'fail':
      sandbox.answer(move.do === 'accept');
      return;
    case 'retry':
      sandbox.sender.retry(last);
      return;
    case 'timeOut':
      sandbox.sender.timeOut(last);
      return;
    case 'cut':
      sandbox.cut();
      return;
    case 'crash':
      sandbox.crash(move.side);
      return;
    case 'settle':
      sandbox.settle();
  }
}

function onFlight({wire}: Sandbox, kind: Kind, act: (flight: Flight) => void): void {
  const flight = wire.flights.find(({packet}) => packet.kind === kind);
  if (flight !== undefined) act(flight);
}
