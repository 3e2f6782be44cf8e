// What a thread reports to the other parts of the gateway, and leaves to them should it die.

import type {LoadKind} from '../core/node-load.ts';
import type {CloseCallReason} from '../protocol/close-reason.ts';
import type {Answer, Call} from '../upstream/call.ts';

/** Who keeps in mind what close calls a thread owes, under their RAINBOWMESSAGEID, should the thread die. [RB-64] */
export interface CloseLedger {
  owed(message: string, identity: string, fencingToken: number, cookie: string | undefined): void;
  cookieChanged(message: string, cookie: string | undefined): void;
  ended(message: string, reason: CloseCallReason): void;
  /** It was answered or given up. */
  settled(message: string): void;
  /** Called before the turn's calls and frames go out: what is owed is known elsewhere before anybody can see it. */
  turnEnds(): void;
}

/** For a thread that nothing outlives. */
export const noLedger: CloseLedger = {owed() {}, cookieChanged() {}, ended() {}, settled() {}, turnEnds() {}};

/** The other parts of the gateway, as a thread sees them. */
export interface ShardHooks {
  /** There is one more (1) or one less (-1). */
  loadChanged(kind: LoadKind, by: 1 | -1): void;
  /** A channel has its first member here, or has lost its last. */
  channelChanged(channel: string, hasMembers: boolean): void;
  /** What would be lost with this thread. */
  readonly ledger: CloseLedger;
  /** A call to the business server has ended. */
  callEnded(kind: Call['kind'], answer: Answer): void;
  /** A connect answer has a name that cannot be one; `fault` says why. The connection keeps the gateway's, or has no user. */
  nameUnfit?(member: 'identity' | 'user', fault: string): void;
}

/** For a thread that is alone. */
export const noHooks: ShardHooks = {
  loadChanged() {},
  channelChanged() {},
  ledger: noLedger,
  callEnded() {},
};
