// The link of the sandbox: its packets, each with what can be done to it.

import type {Flight} from '../sandbox/journal.ts';
import type {Sandbox} from '../sandbox/sandbox.ts';
import {spell} from '../sandbox/sandbox-ladder.ts';
import {latencyMs} from '../sandbox/wire.ts';

interface WireProps {
  readonly sandbox: Sandbox;
  readonly isRunning: boolean;
  readonly onAct: (change: (sandbox: Sandbox) => void) => void;
}

export function SandboxWire({sandbox, isRunning, onAct}: WireProps) {
  const {flights} = sandbox.wire;
  return (
    <section class="panel wire" aria-label="On the link">
      <h2>
        On the link <small>{flights.length === 0 ? 'nothing' : ''}</small>
      </h2>
      <ul>
        {flights.map((flight) => (
          <FlightItem key={flight.number} flight={flight} now={sandbox.now} onAct={onAct} />
        ))}
      </ul>
      {flights.length > 0 && !isRunning && (
        <p class="stands" role="status">
          Time stands still. Press Run or Step, or choose what happens to the packet.
        </p>
      )}
      <p class="quiet">
        Packets of one id keep their order, as on one TCP stream: what exactly once rests on. Those of other ids may
        overtake them.
      </p>
    </section>
  );
}

function FlightItem({
  flight,
  now,
  onAct,
}: {
  readonly flight: Flight;
  readonly now: number;
  readonly onAct: WireProps['onAct'];
}) {
  const {number, direction, dueAt, packet} = flight;
  const share = Math.min(1, Math.max(0, 1 - (dueAt - now) / latencyMs));
  const place = direction === 'forward' ? share : 1 - share;
  const isDup = packet.kind === 'send' && packet.isDup;
  return (
    <li data-packet={packet.kind}>
      <span class="track" aria-hidden="true">
        <i class={isDup ? 'dup' : ''} style={{left: `${place * 100}%`}}>
          {direction === 'forward' ? '▸' : '◂'}
        </i>
      </span>
      <span class="name">{spell(flight)}</span>
      <span class="deeds">
        <button type="button" onClick={() => onAct(({wire}) => wire.lose(number))}>
          Lose
        </button>
        <button type="button" onClick={() => onAct(({wire}) => wire.delay(number))}>
          Delay
        </button>
        <button type="button" onClick={() => onAct(({wire}) => wire.copy(number))}>
          Copy
        </button>
        <button
          type="button"
          title="It overtakes packets of other ids"
          onClick={() => onAct((one) => one.arrive(number))}
        >
          Arrive now
        </button>
      </span>
    </li>
  );
}
