// A window on everything that happens in a thread, for whoever traces it and for tests. While nobody looks, a place where
// something happens costs one load and one comparison; nothing is allocated.

import type {PacketFault, Qos, SendPacket} from '../protocol/packet.ts';
import type {MembershipEvent} from '../story/trace.ts';
import type {Answer, Call} from '../upstream/call.ts';

/** The charts as an observer is told of them: their places in `charts` (record-kind.ts). */
export const chartNumber = {connection: 0, outboundQos1: 1, outboundQos2: 2, inboundQos1: 3, inboundQos2: 4} as const;

/** The connection that something happens to. */
export interface Subject {
  /** In its thread, from 1; 0 where it is not known. */
  readonly number: number;
  readonly identity: string;
  /** The recorder's: who watches it, and as of which change of what is watched; and where its ring has the identity. */
  watchMask: number;
  watchEpoch: number;
  subjectPlace: number;
}

/** The message that something happens to. */
export interface Story {
  /** `p…` or `m…`. */
  readonly message: string;
  /** The recorder's: who watches it, found out once, when it begins; and where its ring has the id. */
  watchMask: number;
  storyPlace: number;
}

/** A message that goes to many clients in the same frames. */
export interface SharedStory extends Story {
  readonly qos: Qos;
  /** The recorder's: the frame that was read last, and what a record holds of it. Not to be held beyond the answer. */
  sentFrame: Uint8Array | undefined;
  sentCode: number;
  sentValue: number;
}

/** What is known of a publication when it begins. */
export interface PublicationFacts extends SharedStory {
  readonly channel: string | undefined;
  /** The one client that is meant. */
  readonly to: string | undefined;
  readonly type: number;
  readonly bytes: number;
  readonly timeoutMs: number;
  readonly recipients: number;
}

/** How a publication stands at its answer. */
export interface PublicationResult {
  readonly recipients: number;
  readonly confirmed: number;
  readonly refused: number;
  readonly open: number;
  readonly isTimedOut: boolean;
}

/** A packet of a client that is no SEND. */
export type AnswerKind = 'ack' | 'rec' | 'rel' | 'com';

/** See `DeliveryEvent`. */
export type DeliveryFate = 'queued' | 'refused' | 'gone' | 'dropped';

/** Called on the hot path: must not throw, and must not keep arrays or buffers that it is given. */
export interface Observer {
  /** A step of a chart, one of {@link chartNumber}: a cell of its table. `flow` is the id on the wire or 0. */
  transition(chart: number, subject: Subject, story: Story | undefined, flow: number, cell: number): void;
  /** A packet other than a SEND came, and its flow takes a step on it. */
  reacted(
    chart: number,
    subject: Subject,
    story: Story,
    cell: number,
    kind: AnswerKind,
    id: number,
    reply: Uint8Array,
  ): void;
  /** One came that belongs to no flow. */
  strayed(subject: Subject, kind: AnswerKind, id: number, reply: Uint8Array): void;
  /** A SEND came and is about to take effect, or something that is no packet did. */
  received(
    subject: Subject,
    story: Story | undefined,
    packet: SendPacket | PacketFault | {readonly kind: 'heard'},
  ): void;
  /** A delivery took its first step, `window.opened`, and its SEND was handed to the link. */
  transmitted(subject: Subject, story: SharedStory, frame: Uint8Array): void;
  /** A frame was handed to the link. */
  sent(subject: Subject, story: Story | undefined, frame: Uint8Array): void;
  /** A SEND was that mostly goes to others as well, other than a delivery's first. */
  sentShared(subject: Subject, story: SharedStory, frame: Uint8Array): void;
  /** A REL was. */
  released(subject: Subject, story: SharedStory, frame: Uint8Array): void;
  /** A ping (`code` 0) or a close frame was. */
  signalled(subject: Subject, code: number): void;
  /** A publication began; sets its `watchMask`. */
  published(publication: PublicationFacts): void;
  /** A publication was answered. */
  answered(story: Story, result: PublicationResult): void;
  /** A client's message was accepted; sets its `watchMask`. */
  accepted(story: Story, type: number): void;
  /** Something befell a delivery outside its chart. */
  delivery(fate: DeliveryFate, subject: Subject, story: Story | undefined): void;
  called(subject: Subject, story: Story | undefined, call: Call): void;
  callAnswered(subject: Subject, story: Story | undefined, kind: Call['kind'], answer: Answer): void;
  membership(subject: Subject, change: MembershipEvent['change'], channel: string): void;
  /** A call of the HTTP API was refused with a code of the table of errors. */
  apiRefused(path: string, code: string): void;
}

/** Holds the observer of a thread, if any. Shared by all that runs there, so that one can be attached meanwhile. */
export interface Observation {
  observer: Observer | undefined;
}
