// The interface that reports everything that happens in a thread, to the tracer and to tests. Without an observer, each
// place that reports costs one load and one comparison, and allocates nothing. Reports describe events in the terms of
// charts and messages; how a front encodes them is not part of a report.

import type {Chart} from '../machines/gateway-charts.ts';
import type {Audience} from '../protocol/audience.ts';
import type {PacketFault, Qos, SendPacket} from '../protocol/packet.ts';
import type {DeliveryEvent, MembershipEvent} from '../story/trace.ts';
import type {Answer, ClientCall} from '../upstream/call.ts';
import type {Marked, TraceMark} from './trace-mark.ts';

/** The connection that something happens to. */
export interface Subject extends Marked {
  /** In its thread, from 1; 0 where it is not known. */
  readonly number: number;
  readonly identity: string;
}

/** The message that something happens to. */
export interface TracedMessage extends Marked {
  /** `p…` or `m…`. */
  readonly message: string;
}

/** A message on its way to clients. */
export interface TracedPublication extends TracedMessage {
  readonly qos: Qos;
  readonly type: number;
  /** Asked for only while the message is sent. */
  readonly payload: Uint8Array;
}

/** What is known of a publication when it begins. */
export interface PublicationFacts {
  readonly channel: string | undefined;
  /** The one client that is meant. */
  readonly identity: string | undefined;
  /** Several that are meant, instead of both. */
  readonly audience?: Audience;
  readonly qos: Qos;
  readonly type: number;
  readonly payload: Uint8Array;
  readonly timeoutMs: number;
}

/** How a publication stands at its answer. */
export interface PublicationResult {
  readonly recipients: number;
  readonly confirmed: number;
  readonly refused: number;
  readonly open: number;
  readonly isTimedOut: boolean;
}

/** A packet that is no SEND. */
export type AnswerKind = 'ack' | 'rec' | 'rel' | 'com';

/** Called on the hot path: must not throw, and must not keep arrays or buffers that it is given. */
export interface Observer {
  /** A step of a chart: a cell of its table, on which `table` may have none. `flow` is the id on the wire or 0. */
  transition(table: Chart, cell: number, subject: Subject, message: TracedMessage | undefined, flow: number): void;
  /** A packet other than a SEND came, and its flow takes a step on it. */
  reacted(
    table: Chart,
    cell: number,
    subject: Subject,
    message: TracedMessage,
    kind: AnswerKind,
    id: number,
    reply: Uint8Array,
  ): void;
  /** One came that belongs to no flow. */
  strayed(subject: Subject, kind: AnswerKind, id: number, reply: Uint8Array): void;
  /** A SEND came and is about to take effect, or something that is no packet did. */
  received(
    subject: Subject,
    message: TracedMessage | undefined,
    packet: SendPacket | PacketFault | {readonly kind: 'heard'},
  ): void;
  /** A delivery took its first step, `window.opened`, and its SEND was handed to the link. */
  transmitted(subject: Subject, publication: TracedPublication, id: number): void;
  /** A SEND was, other than a delivery's first. */
  sent(subject: Subject, publication: TracedPublication, id: number, isDup: boolean): void;
  /** Another packet was. */
  replied(subject: Subject, message: TracedMessage | undefined, kind: AnswerKind, id: number, reply: Uint8Array): void;
  /** A ping (`code` 0) or a close frame was. */
  signalled(subject: Subject, code: number): void;
  /** A publication begins; the result is to be its mark. */
  published(message: string, publication: PublicationFacts, recipients: number): TraceMark | undefined;
  /** A publication was answered. */
  answered(message: TracedMessage, result: PublicationResult): void;
  /** A client's message was accepted; the result is to be its mark. */
  accepted(message: string, type: number): TraceMark | undefined;
  /** Something happened to a delivery outside its chart. */
  delivery(fate: DeliveryEvent['fate'], subject: Subject, message: TracedMessage | undefined): void;
  called(subject: Subject, message: TracedMessage | undefined, call: ClientCall): void;
  callAnswered(subject: Subject, message: TracedMessage | undefined, kind: ClientCall['kind'], answer: Answer): void;
  membership(subject: Subject, change: MembershipEvent['change'], channel: string): void;
  /** A call of the HTTP API was refused with a code of the table of errors. */
  apiRefused(path: string, code: string): void;
}

/** Holds the observer of a thread, if any. Shared by all that runs there, so that one can be attached meanwhile. */
export interface Observation {
  observer: Observer | undefined;
}
