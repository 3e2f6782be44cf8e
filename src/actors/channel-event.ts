// What the business server is notified of, about a channel.

/** A channel has its first member in the whole gateway, or has lost the last one. */
export interface ChannelEvent {
  readonly event: 'occupied' | 'vacated';
  readonly channel: string;
  /** Members at that moment. */
  readonly connections: number;
  /** A thread or a node did not answer: it may have members. */
  readonly isPartial: boolean;
}
