// Rates, latencies and numbers over time, for the overview: one sample for each quarter of a second, of the last minute.
// Never changed but replaced, as all that a world holds. What can be confirmed is counted apart from QoS 0, which no client
// confirms: together they would look like a loss.

import type {SnapshotLine, TraceEvent} from '../../story/trace.ts';

/** Rates are per second. */
export interface Sample {
  readonly at: number;
  readonly connections: number;
  /** Deliveries and messages under way. */
  readonly open: number;
  /** By chart, by state, as the snapshot had them; empty without one. */
  readonly states: SnapshotLine['states'];
  /** As the snapshot had them; `undefined` without one. */
  readonly counters: SnapshotLine['counters'] | undefined;
  /** Deliveries begun at QoS 1 and 2. */
  readonly begun: number;
  /** Of these, confirmed, in time or late. */
  readonly confirmed: number;
  /** Deliveries at QoS 0. */
  readonly unconfirmable: number;
  readonly received: number;
  readonly calls: number;
  readonly repeats: number;
  /** Means of what was traced meanwhile; NaN where nothing was. */
  readonly confirmMs: number;
  readonly callMs: number;
}

/** How far back the overview shows. */
export const spanMs = 60_000;
const sampleMs = 250;
/** A bound for traces whose times are odd; a minute has fewer. */
const samplesMax = 400;

interface Tally {
  readonly since: number;
  readonly begun: number;
  readonly confirmed: number;
  readonly unconfirmable: number;
  readonly received: number;
  readonly calls: number;
  readonly repeats: number;
  readonly confirmMs: number;
  readonly confirmCount: number;
  readonly callMs: number;
  readonly callCount: number;
}

const emptyTally: Tally = {
  since: 0,
  begun: 0,
  confirmed: 0,
  unconfirmable: 0,
  received: 0,
  calls: 0,
  repeats: 0,
  confirmMs: 0,
  confirmCount: 0,
  callMs: 0,
  callCount: 0,
};

/** Open calls whose beginning is remembered; those of a trace that was cut off would stay for ever. */
const callsMax = 2_000;

export class Series {
  readonly samples: readonly Sample[];
  readonly #tally: Tally;
  /** When each open call was made, by thread and number. Shared between copies: it is read, and only added to. */
  readonly #calls: Map<string, number>;

  constructor(samples: readonly Sample[], tally: Tally, calls: Map<string, number>) {
    this.samples = samples;
    this.#tally = tally;
    this.#calls = calls;
  }

  /** `hasSnapshots`: then samples come with these, which know what is not traced too. */
  event(event: TraceEvent, hasSnapshots: boolean): Series {
    const tally = this.#add(event);
    if (hasSnapshots) return tally === this.#tally ? this : new Series(this.samples, tally, this.#calls);
    if (tally.since === 0) return new Series(this.samples, {...tally, since: event.at}, this.#calls);
    const elapsed = event.at - tally.since;
    if (elapsed < sampleMs) return tally === this.#tally ? this : new Series(this.samples, tally, this.#calls);
    const rate = (count: number): number => (count * 1_000) / elapsed;
    const sample: Sample = {
      at: event.at,
      connections: Number.NaN,
      open: Number.NaN,
      states: {},
      counters: undefined,
      begun: rate(tally.begun),
      confirmed: rate(tally.confirmed),
      unconfirmable: rate(tally.unconfirmable),
      received: rate(tally.received),
      calls: rate(tally.calls),
      repeats: rate(tally.repeats),
      ...means(tally),
    };
    return new Series(append(this.samples, sample), {...emptyTally, since: event.at}, this.#calls);
  }

  snapshot(line: SnapshotLine, before: SnapshotLine | undefined): Series {
    const elapsed = before === undefined ? 0 : line.at - before.at;
    const grown = (name: string): number => (line.counters[name] ?? 0) - (before?.counters[name] ?? 0);
    const rate = (count: number): number =>
      before === undefined || elapsed <= 0 ? Number.NaN : (count * 1_000) / elapsed;
    // Recordings of 0.1.0 do not have it, and then neither share is known.
    const unconfirmable = 'deliveriesUnconfirmable' in line.counters ? grown('deliveriesUnconfirmable') : Number.NaN;
    const messages = Object.entries(line.states).filter(([chart]) => chart !== 'connection');
    const sample: Sample = {
      at: line.at,
      connections: line.connections,
      open: messages.reduce((sum, [, states]) => sum + Object.values(states).reduce((all, count) => all + count, 0), 0),
      states: line.states,
      counters: line.counters,
      begun: rate(grown('deliveries') - unconfirmable),
      confirmed: rate(grown('deliveriesConfirmed') + grown('deliveriesLate')),
      unconfirmable: rate(unconfirmable),
      received: rate(grown('messagesIn')),
      calls: rate(grown('calls')),
      repeats: rate(grown('retransmissions')),
      ...means(this.#tally),
    };
    return new Series(append(this.samples, sample), {...emptyTally, since: line.at}, this.#calls);
  }

  /** Without its samples: those of a share of the events are no rates of the gateway. */
  forget(): Series {
    return new Series([], this.#tally, this.#calls);
  }

  /** A client confirmed a delivery, so long after it began. */
  confirmed(ms: number): Series {
    const {confirmMs, confirmCount, confirmed} = this.#tally;
    const tally = {
      ...this.#tally,
      confirmed: confirmed + 1,
      confirmMs: confirmMs + ms,
      confirmCount: confirmCount + 1,
    };
    return new Series(this.samples, tally, this.#calls);
  }

  #add(event: TraceEvent): Tally {
    const tally = this.#tally;
    switch (event.kind) {
      case 'packet':
        if (event.packet.kind !== 'send') return tally;
        if (event.direction === 'in') return {...tally, received: tally.received + 1};
        if (event.packet.isDup) return {...tally, repeats: tally.repeats + 1};
        return event.packet.qos === 0
          ? {...tally, unconfirmable: tally.unconfirmable + 1}
          : {...tally, begun: tally.begun + 1};
      case 'call': {
        const [oldest] = this.#calls.keys();
        if (this.#calls.size >= callsMax && oldest !== undefined) this.#calls.delete(oldest);
        this.#calls.set(`${event.thread} ${event.number}`, event.at);
        return {...tally, calls: tally.calls + 1};
      }
      case 'callAnswered': {
        const at = this.#calls.get(`${event.thread} ${event.number}`);
        if (at === undefined) return tally;
        return {...tally, callMs: tally.callMs + event.at - at, callCount: tally.callCount + 1};
      }
      default:
        return tally;
    }
  }
}

/** A series without samples. Each has calls of its own: those of another gateway may have the same numbers. */
export function makeSeries(): Series {
  return new Series([], emptyTally, new Map());
}

function means({confirmMs, confirmCount, callMs, callCount}: Tally): Pick<Sample, 'confirmMs' | 'callMs'> {
  return {
    confirmMs: confirmCount === 0 ? Number.NaN : confirmMs / confirmCount,
    callMs: callCount === 0 ? Number.NaN : callMs / callCount,
  };
}

/** The last minute, and the sample before it: from there a line comes into the picture. */
function append(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const first = samples.findIndex(({at}) => at > sample.at - spanMs);
  const kept = first < 0 ? samples.slice(-1) : samples.slice(Math.max(0, first - 1));
  return [...kept.slice(-(samplesMax - 1)), sample];
}
