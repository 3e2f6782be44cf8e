// A walk over connections that asks each how it stands: for the inspector's counts and list, and for a publication that is
// only tried. Connections answer in their turn like to any message; the survey is complete when the last one has.

import {connection as connectionChart} from '../machines/connection.ts';
import {type Chart, gatewayCharts} from '../machines/gateway-charts.ts';
import type {ActorRef} from '../runtime/actor.ts';
import type {RosterRow} from '../story/trace.ts';
import {rosterChannelsMax} from '../story/trace.ts';
import type {Subject} from '../trace/observer.ts';
import type {ClientFacts} from './client-facts.ts';

/** What a sending half has to do. */
export interface OutboundLoad {
  readonly inFlight: number;
  /** Messages that wait, and their payload bytes. */
  readonly queued: number;
  readonly queuedBytes: number;
  /** Since when the client owes an acknowledgement and has sent none, on the scheduler's clock. */
  readonly owesSince: number | undefined;
}

/** What a connection reports about itself. */
export interface ConnectionStats extends OutboundLoad {
  readonly subject: Subject & {readonly fencingToken: number; readonly client: ClientFacts | undefined};
  /** When it was let in: monotonic ms, to a tenth of a second. */
  readonly enteredAt: number;
  /** Codes of the connection chart; absent while it is detached. */
  readonly state: number | undefined;
  readonly silentMs: number;
  /** The keys. */
  readonly channels: ReadonlyMap<string, number> | undefined;
  readonly inbound: number;
  readonly bufferedBytes: number;
  /** Whether messages to it wait. */
  readonly isCongested: boolean;
}

/** To a connection, or to a channel, which passes it on to its members. */
export interface StatsMessage {
  readonly kind: 'survey';
  readonly stats: StatsQuery;
}

export class StatsQuery {
  /** By id of the chart, by state. */
  readonly states: Readonly<Record<string, number[]>> = Object.fromEntries(
    gatewayCharts.map(({machine, vocabulary}) => [machine.id, new Array<number>(vocabulary.states.length).fill(0)]),
  );
  readonly rows: ConnectionStats[] = [];
  /** Connections asked. */
  asked = 0;
  readonly #rowsMax: number;
  readonly #done = Promise.withResolvers<void>();
  #waiting = 0;

  constructor(rowsMax: number) {
    this.#rowsMax = rowsMax;
  }

  /** Settles when all that were asked have answered or ended. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** Asks these. Called once. */
  start(connections: Iterable<ActorRef<StatsMessage>>): void {
    this.#waiting = 1;
    for (const connection of connections) {
      this.asked++;
      this.#waiting++;
      // One that ended meanwhile, or whose mailbox is full, is not in the picture.
      if (!connection.tell({kind: 'survey', stats: this})) this.skip();
    }
    this.skip();
  }

  /** Counts a connection or a message in this state of its chart. */
  count({machine}: Chart, state: number): void {
    const counts = this.states[machine.id];
    if (counts !== undefined) counts[state] = (counts[state] ?? 0) + 1;
  }

  wantsRow(): boolean {
    return this.rows.length < this.#rowsMax;
  }

  /** A connection's whole answer. */
  tell(standing: ConnectionStats): void {
    this.rows.push(standing);
    this.skip();
  }

  /** A connection has no more to say. */
  skip(): void {
    if (--this.#waiting === 0) this.#done.resolve();
  }
}

/** The row of the inspector's list. */
export function rosterRow(thread: number, standing: ConnectionStats): RosterRow {
  const {subject, state, silentMs, channels, inFlight, queued, inbound, bufferedBytes} = standing;
  return {
    thread,
    connection: subject.number,
    identity: subject.identity,
    state: state === undefined ? 'detached' : (connectionChart.vocabulary.states[state] ?? ''),
    channels: channels === undefined ? [] : firstByName(channels),
    channelCount: channels?.size ?? 0,
    silentMs: Math.round(silentMs),
    inFlight,
    queued,
    inbound,
    bufferedBytes,
  };
}

function firstByName(channels: ReadonlyMap<string, number>): readonly string[] {
  return [...channels.keys()].sort().slice(0, rosterChannelsMax);
}
