// What is said of one message: a sentence for the whole, and one for each client that it was for.

/** How it stands with one client. */
export type PartOutcome =
  /** The client has the message and said so. */
  | 'confirmed'
  /** QoS 0: handed to its socket; whether it arrived is not known. */
  | 'sent'
  /** Waits for the window or for a slow reader. */
  | 'queued'
  /** Transmitted, and not confirmed yet. */
  | 'open'
  /** Transmitted and not confirmed when the publication's time was up; the client may still have it. */
  | 'overdue'
  /** Its queue was full; it was not sent. */
  | 'refused'
  /** It waited until the time was up, and was not sent. */
  | 'expired'
  /** The client went away before it had confirmed. */
  | 'lost'
  /** QoS 0: dropped, since the client reads too slowly. */
  | 'dropped'
  /** It was not for this client. */
  | 'absent'
  /** Up: the business server has the message and the client has its answer. */
  | 'accepted'
  /** Up: the call failed, and the client has no answer. */
  | 'failed';

/** What happened to a message at one client. */
export interface StoryPart {
  readonly identity: string;
  readonly outcome: PartOutcome;
  /** A sentence without the client's name. */
  readonly text: string;
  /** The rule that decided it. */
  readonly rule?: string;
}

/** What happened to one message, in sentences. */
export interface Story {
  /** Whether anything is known of it. */
  readonly isKnown: boolean;
  readonly headline: string;
  readonly parts: readonly StoryPart[];
}
