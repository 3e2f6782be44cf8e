// Another part of the same gateway with clients of its own: a shard of this node today, another node later. Whoever
// publishes asks its own part and the peers alike, and adds the answers up; no actor knows which it talks to.

import type {Findings, Inspection} from './inspection.ts';
import type {Switchboard} from './switchboard.ts';

/** What a part of the gateway does for the other parts, beside what it does for callers. */
export interface Part extends Switchboard {
  /** What this part knows of itself. */
  inspect(question: Inspection): Promise<Findings>;
  /** Removes every client from `channel`: another part has the one that occupies it. */
  evict(channel: string): Promise<void>;
  /** Closes the connection of `identity` if it was admitted before `claim`: another part has admitted a newer one. */
  supersede(identity: string, claim: number): void;
}

/** A part as another one reaches it. Operations that cannot be carried out since it is gone find nobody there. */
export interface Peer extends Part {
  readonly name: string;
  /** Whether a publication to `channel` could find a client there. */
  mayHaveMembers(channel: string): boolean;
}
