// What the gateway reports while it is watched: the events of a trace, and the lines in which a feed sends them and
// a recording keeps them. A recording is a feed written to a file; the gateway, `rainbow` and the inspector's page share
// these types; trace-lines.ts reads and writes the lines, trace-feed.ts says how a feed is asked for. Pure, runs in a browser.
// docs/trace.md explains it with examples.
//
//   header                         once, first
//   event | snapshot | roster | lost | coverage ...   one JSON object a line, in the order in which they were read

import type {FaultReason, Qos} from '../protocol/packet.ts';
import type {TraceSelection} from './trace-feed.ts';

/** Version of the lines. A reader refuses another one; members may be added to it. */
export const traceVersion = 1;

/** Where an event happened, and when. */
export interface TracePlace {
  /** Counts the events of one thread from 1, without gaps: what is missing in a feed was not kept, or was lost. */
  readonly seq: number;
  /** Monotonic ms, the same clock for all threads of a node; {@link TraceHeader} ties it to wall time. */
  readonly at: number;
  /** Which shard of its node saw it, from 0. */
  readonly thread: number;
  /** Which node, where there are several. */
  readonly node?: string;
}

/** Which client an event concerns. */
export interface TraceClient {
  /** Number of the connection in its thread, from 1, never given twice. */
  readonly connection: number;
  /** Of its client; the gateway's own until the connect call has given another. */
  readonly identity: string;
}

/** Which message an event concerns. */
export interface TraceMessage {
  /** Id of a publication (`p…`, returned by /send/) or of a client's message (`m…`, RAINBOWMESSAGEID); absent where it belongs to none. */
  readonly message?: string;
  /** Id on the wire, 1 to 65,535. Absent at QoS 0, and before the first SEND. */
  readonly flow?: number;
}

/** One step of one chart: of a connection, or of a message on its way. Charts, states, events and effects by the names of src/machines. */
export interface TransitionEvent extends TracePlace, TraceClient, TraceMessage {
  readonly kind: 'transition';
  readonly chart: string;
  readonly from: string;
  readonly event: string;
  /** Equal to `from` where the chart stays. */
  readonly to: string;
  /** In the order in which they were carried out; the packets sent by them follow as events of their own. */
  readonly effects: readonly string[];
  /** The delivery rule that the transition obeys, as `RB-15`. */
  readonly rule?: string;
}

/** A packet as it stood on the wire. */
export type TracePacket =
  | {
      readonly kind: 'send';
      readonly qos: Qos;
      readonly isDup: boolean;
      readonly type: number;
      readonly id: number;
      readonly bytes: number;
    }
  | {readonly kind: 'ack' | 'rec'; readonly id: number; readonly bytes: number}
  | {readonly kind: 'rel' | 'com'; readonly id: number}
  /** What could not be read as a packet. */
  | {readonly kind: 'fault'; readonly reason: FaultReason}
  /** A ping of ours. */
  | {readonly kind: 'ping'}
  /** A ping or pong of the client's. */
  | {readonly kind: 'heard'}
  /** A close frame of ours. */
  | {readonly kind: 'close'; readonly code: number};

/** One packet between a client and the gateway. `bytes` are those of the payload or reply. */
export interface PacketEvent extends TracePlace, TraceClient, TraceMessage {
  readonly kind: 'packet';
  /** `in` comes from the client. `out` was handed to the socket; only an answer shows whether it arrived. */
  readonly direction: 'in' | 'out';
  readonly packet: TracePacket;
  /** Payload or reply in base64, cut to {@link payloadShownMax} bytes; only where payloads were asked for. */
  readonly payload?: string;
}

/** Payload bytes of one packet that a trace keeps at most. */
export const payloadShownMax = 1_024;

/** A publication began in this thread: the message goes to those of its clients that are recipients. */
export interface PublicationStarted extends TracePlace {
  readonly kind: 'published';
  readonly message: string;
  /** One of `channel` and `to` is there. */
  readonly channel?: string;
  /** Identity of the one client that is meant. */
  readonly to?: string;
  readonly qos: Qos;
  readonly type: number;
  readonly bytes: number;
  readonly timeoutMs: number;
  /** Clients of this thread that it goes to; the other threads report theirs. */
  readonly recipients: number;
}

/** A publication of QoS 1 or 2 was answered by this thread: all its clients confirmed or gone, or its time was up. [RB-61] [RB-62] */
export interface PublicationAnswered extends TracePlace {
  readonly kind: 'answered';
  readonly message: string;
  readonly recipients: number;
  readonly confirmed: number;
  readonly refused: number;
  /** Neither confirmed nor ended. */
  readonly open: number;
  readonly isTimedOut: boolean;
}

/**
 * What happened to a delivery outside its chart. `queued`: waits for the window or for a slow reader; `refused`: its queue was
 * full, it was not begun; `gone`: the client had gone before it was begun; `dropped`: a QoS 0 message to or from a client
 * that is too slow, or too fast. Expired and lost deliveries are states of the chart.
 */
export interface DeliveryEvent extends TracePlace, TraceClient, TraceMessage {
  readonly kind: 'delivery';
  readonly fate: 'queued' | 'refused' | 'gone' | 'dropped' | 'forbidden';
}

/** Which call to the business server. */
export type TraceCallKind = 'connect' | 'message' | 'close';

/** A call to the business server was made. */
export interface CallMade extends TracePlace, TraceClient, TraceMessage {
  readonly kind: 'call';
  readonly call: TraceCallKind;
  /** Number of the call in its thread; its answer carries the same. */
  readonly number: number;
  /** Type of the message, for a message call. */
  readonly type?: number;
  readonly bytes: number;
  /** The body that was sent; as in {@link PacketEvent}. */
  readonly payload?: string;
}

/** A call was answered, or failed. */
export interface CallAnswered extends TracePlace, TraceClient, TraceMessage {
  readonly kind: 'callAnswered';
  readonly call: TraceCallKind;
  readonly number: number;
  /** `refused`: a connect call answered without success. */
  readonly outcome: 'accepted' | 'refused' | 'failed';
  /** Why it failed: `timeout`, `unreachable`, `status`, `tooLarge`, `invalid`, `overloaded`, `stopped`. */
  readonly reason?: string;
  /** HTTP status, where it failed with one. */
  readonly status?: number;
  /** Of the reply. */
  readonly bytes: number;
  /** The reply as in {@link PacketEvent}; of a call that failed or was refused, the first 256 bytes of the answer's body. */
  readonly payload?: string;
}

/** A client joined or left a channel; `evicted`: another client occupies it; `refused`: it could not join. */
export interface MembershipEvent extends TracePlace, TraceClient {
  readonly kind: 'membership';
  readonly change: 'joined' | 'left' | 'evicted' | 'refused';
  readonly channel: string;
}

/** A call of the HTTP API was refused. */
export interface ApiRefused extends TracePlace {
  readonly kind: 'apiRefused';
  readonly path: string;
  /** A code of the table of errors, as `RB_OVERLOADED`. */
  readonly code: string;
}

/** Anything that happened. */
export type TraceEvent =
  | TransitionEvent
  | PacketEvent
  | PublicationStarted
  | PublicationAnswered
  | DeliveryEvent
  | CallMade
  | CallAnswered
  | MembershipEvent
  | ApiRefused;

/** First line of a feed and of a recording. */
export interface TraceHeader {
  readonly kind: 'header';
  readonly version: typeof traceVersion;
  /** What wrote it, as `rainbow-server 0.1.0`. */
  readonly source: string;
  /** The same moment in both times: an event's wall time is `wallMs + (event.at - at)`. */
  readonly at: number;
  /** Unix ms. */
  readonly wallMs: number;
  readonly threads: number;
  /** When the gateway's process was started, in the time of `at`, to some ms: another one is another run of it. Absent in old recordings. */
  readonly startedAt?: number;
  readonly selection: TraceSelection;
  /** For people: why it was written, as the rule that a simulation broke. */
  readonly note?: string;
}

/** Counts of the whole gateway at one moment, about four a second. */
export interface SnapshotLine {
  readonly kind: 'snapshot';
  readonly at: number;
  /** By chart, by state: how many connections or messages are in it. States that nothing is in are absent. */
  readonly states: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** By chart, by `from event`: how often that transition was taken since the snapshot before, whatever is selected. Absent where never. */
  readonly steps: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The counters of src/core/counters.ts, which only grow. */
  readonly counters: Readonly<Record<string, number>>;
  readonly connections: number;
}

/** One live connection. */
export interface RosterRow extends TraceClient {
  readonly thread: number;
  /** State of the `connection` chart. */
  readonly state: string;
  /** The first {@link rosterChannelsMax} by name. */
  readonly channels: readonly string[];
  readonly channelCount: number;
  /** Since it was last heard of. */
  readonly silentMs: number;
  /** Deliveries transmitted and not ended. */
  readonly inFlight: number;
  /** Deliveries that wait. */
  readonly queued: number;
  /** Messages of the client that are held or wait for their call. */
  readonly inbound: number;
  /** Bytes that the network has not taken. */
  readonly bufferedBytes: number;
}

/** The live connections: once a second, of thousands less often. */
export interface RosterLine {
  readonly kind: 'roster';
  readonly at: number;
  /** All there are; the rows are {@link rosterRowsMax} at most. */
  readonly total: number;
  readonly rows: readonly RosterRow[];
}

export const rosterRowsMax = 10_000;
export const rosterChannelsMax = 8;

/** Which threads and nodes the lines from here on are about: after the header, and whenever that changes. [RB-66] */
export interface CoverageLine {
  readonly kind: 'coverage';
  readonly at: number;
  /** Whether clients are missing. Absent where none are. */
  readonly partial?: true;
  /** For people. */
  readonly text: string;
}

/** Events that this reader did not get: it was too slow, or they were too many. */
export interface LostLine {
  readonly kind: 'lost';
  readonly at: number;
  readonly thread: number;
  readonly count: number;
}

/** One line of a feed or of a recording. */
export type TraceLine = TraceHeader | CoverageLine | TraceEvent | SnapshotLine | RosterLine | LostLine;
