// What every part of the gateway can be asked about itself, and what it answers: for traces, for the inspector, and for a
// publication that is only tried. Plain data, since it also crosses threads.

import type {Audience} from '../protocol/audience.ts';
import type {Qos} from '../protocol/packet.ts';
import type {RosterRow, TraceEvent} from '../story/trace.ts';
import type {TraceSelection} from '../story/trace-feed.ts';

/** Of the states of a chart, by code. */
export type ChartCounts = readonly number[];

/** What a reader of traces has read of one part. */
export interface TraceCursor {
  /** Where to read on. */
  readonly next: number;
  /** Up to this number all events are wanted, also those that another reader watched: they are older than this reader. */
  readonly pastEnd: number;
}

/** A question. Every part answers for itself. */
export type Query =
  /** Sets what `watcher` watches, for so long; without a selection it ends. */
  | {
      readonly kind: 'watch';
      readonly watcher: string;
      readonly selection: TraceSelection | undefined;
      readonly durationMs: number;
    }
  /**
   * Sets or renews the same, and asks for the events that `watcher` watches and has not read. A part without a cursor begins
   * now, or `past` events before, of which all are wanted.
   */
  | {
      readonly kind: 'read';
      readonly watcher: string;
      readonly selection: TraceSelection;
      readonly durationMs: number;
      readonly past: number;
      /** By the name of the part. */
      readonly cursors: Readonly<Record<string, TraceCursor>>;
      readonly eventsMax: number;
    }
  /** All that is known of a message, or of a client. */
  | {
      readonly kind: 'story';
      readonly message: string | undefined;
      readonly identity: string | undefined;
      readonly payloads: boolean;
      readonly eventsMax: number;
    }
  /** How many connections and messages are in which state; and the rows of so many connections. */
  | {readonly kind: 'survey'; readonly rowsMax: number}
  /** Who would get such a message. */
  | {readonly kind: 'preview'; readonly publication: PreviewRequest};

/** A publication that is only tried. Exactly one of `channel`, `identity` and `audience` is set. */
export interface PreviewRequest {
  readonly channel: string | undefined;
  readonly identity: string | undefined;
  readonly audience?: Audience | undefined;
  readonly qos: Qos;
  readonly bytes: number;
}

/** What would become of a message to one client now. */
export type PreviewFate =
  /** It would go out at once. */
  | 'transmitted'
  /** It would wait for the window, or for a slow reader. */
  | 'queued'
  /** Its queue is full. */
  | 'refused'
  /** QoS 0, and the client reads too slowly. */
  | 'dropped'
  /** The connection is ending. */
  | 'gone';

export interface PreviewRow extends RosterRow {
  readonly fate: PreviewFate;
}

/** What a part found. */
export type QueryResult =
  | {readonly kind: 'watched'; readonly isWatching: boolean}
  | {
      readonly kind: 'read';
      /** `false` where there are too many watchers already. */
      readonly isWatching: boolean;
      readonly thread: number;
      readonly events: readonly TraceEvent[];
      /** Where to read on. */
      readonly next: number;
      /** `next` of a reader that has read everything. */
      readonly head: number;
      readonly lost: number;
      /** By number, as `chartSteps`: how often each step was taken. They only grow. */
      readonly steps: readonly number[];
    }
  | {readonly kind: 'story'; readonly events: readonly TraceEvent[]; readonly isCut: boolean}
  | {
      readonly kind: 'survey';
      /** By id of the chart. */
      readonly states: Readonly<Record<string, ChartCounts>>;
      readonly connections: number;
      readonly rows: readonly RosterRow[];
    }
  /** `fates` counts all that answered; `rows` are the first of them. */
  | {
      readonly kind: 'preview';
      readonly recipients: number;
      readonly fates: Readonly<Partial<Record<PreviewFate, number>>>;
      readonly rows: readonly PreviewRow[];
    };

/** What all parts found. */
export interface QueryResults {
  readonly answers: readonly {
    /** The name of the part, the same each time. */
    readonly part: string;
    readonly answer: QueryResult;
  }[];
  /** Parts that did not answer. [RB-66] */
  readonly silent: number;
}

/** A client that was looked for. */
export interface FoundClient {
  /** See `Directory`; 0 where the business server gave it no identity. */
  readonly fencingToken: number;
  readonly row: RosterRow;
}

/** Where a client is. */
export interface Found {
  readonly client: FoundClient | undefined;
  /** The name of the part that has it. */
  readonly part: string | undefined;
  /** Whether a part did not answer: the client may be there. [RB-66] */
  readonly isPartial: boolean;
}
