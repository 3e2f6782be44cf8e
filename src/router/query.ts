// What a part of the gateway can be asked about itself, and what it answers: for traces, for the inspector, and for a
// publication that is only tried. Plain data, since it also crosses threads.

import type {Qos} from '../protocol/packet.ts';
import type {RosterRow, TraceEvent} from '../story/trace.ts';
import type {TraceSelection} from '../story/trace-feed.ts';

/** Of the states of a chart, by code. */
export type ChartCounts = readonly number[];

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
   * Sets or renews the same, and asks for the events after number `after`: those that `watcher` watches, or all with
   * `isAll`. `undefined` begins now, a negative one so many events before.
   */
  | {
      readonly kind: 'read';
      readonly watcher: string;
      readonly selection: TraceSelection;
      readonly durationMs: number;
      readonly after: number | undefined;
      readonly isAll: boolean;
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

/** A publication that is only tried. Exactly one of `channel` and `identity` is set. */
export interface PreviewRequest {
  readonly channel: string | undefined;
  readonly identity: string | undefined;
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
      /** By chart, in the order of `charts`. */
      readonly states: readonly ChartCounts[];
      readonly connections: number;
      readonly rows: readonly RosterRow[];
    }
  /** `fates` counts all that answered; `rows` are the first of them. */
  | {
      readonly kind: 'preview';
      readonly recipients: number;
      readonly fates: Readonly<Partial<Record<PreviewFate, number>>>;
      readonly rows: readonly PreviewRow[];
    }
  /** The part has ended, or does not answer. */
  | {readonly kind: 'nothing'};
