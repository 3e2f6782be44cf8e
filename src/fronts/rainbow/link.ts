// A client's socket as its connection sees it. The gateway implements it on ws, in websocket-link.ts.

import type {FrontMessage} from '../../actors/front.ts';
import type {Clock} from '../../core/clock.ts';
import type {ControlPacket} from '../../protocol/packet-v2.ts';
import type {ActorRef} from '../../runtime/actor.ts';

/** Why a client that waits for its connect call is not let in; a code of the table in core/errors.ts. */
export type HandshakeRefusal = 'RB_CLIENT_REFUSED' | 'RB_BUSINESS_SERVER' | 'RB_OVERLOADED' | 'RB_STOPPING';

/** Where a link leaves what comes: the mailbox of the session. */
export type LinkMailbox = Pick<ActorRef<FrontMessage | ControlPacket>, 'tell' | 'depth'>;

/** One client's transport. Frames are complete WebSocket messages (protocol/frame.ts). */
export interface Link {
  /** What comes is left in `mailbox` from now on. Called before anything can come. */
  reportTo(mailbox: LinkMailbox): void;
  /** Bytes handed over and not yet taken by the network. */
  readonly bufferedBytes: number;
  /** Answers the upgrade 101. What the client sends from here on arrives as messages in the mailbox. */
  admit(): void;
  /** Answers the upgrade with this status and ends. `code` is the error in the body. @default the usual one of the status */
  refuse(status: 401 | 503, code?: HandshakeRefusal): void;
  /** Hands over one frame; it is written with the others of this turn at the turn's end. The bytes may be shared. */
  send(frame: Uint8Array): void;
  /** Whether the client is not read at the moment: then its silence means nothing. */
  readonly isHeldUp: boolean;
  /** Reads no more of the client until the node has memory again; for one whose messages wait. Idempotent. */
  holdUp(): void;
  /** Sends a WebSocket ping. */
  ping(): void;
  /** Writes what is handed over, then a close frame. Nothing is sent after it. */
  close(code: number, reason: string): void;
  /** Destroys the socket. Idempotent. */
  terminate(): void;
}

/**
 * Destroys the socket of `link` after `ms` unless it closes before: for a connection whose actor has failed, since its client
 * may never answer the close frame. What the link reports is dropped from now on.
 */
export function terminateAfter(clock: Clock, ms: number, link: Pick<Link, 'reportTo' | 'terminate'>): void {
  const timer = clock.startTimer(ms, () => link.terminate());
  link.reportTo({
    depth: 0,
    tell({kind}) {
      if (kind === 'socketClosed') timer.cancel();
      return true;
    },
  });
}
