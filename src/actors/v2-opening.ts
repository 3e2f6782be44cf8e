// What happens at OPEN: the client proves a session, which then takes its connection, or it gets a new one. [RB-33] [RB-38]
// Until then what came with the connection is a candidate, and nothing of its connect answer applies. Part of the session
// actor.

import type {OpenedReason, OpenRequest} from '../protocol/control-payload.ts';
import type {AcceptedAnswer} from '../upstream/call.ts';
import type {FrontV2, V2FrontMessage} from './front-v2.ts';
import type {Handover, V2SessionMessage} from './messages-v2.ts';
import type {SessionEntry, SessionTable} from './session-table.ts';
import type {V2Life} from './v2-life.ts';

/** Packets that a client may send before it has OPENED. */
const earlyMax = 1_024;

/** What the opening needs of its session. */
export interface OpeningParts {
  readonly life: V2Life;
  readonly front: FrontV2 | undefined;
  /** The session begins, under a name of its own. */
  beginSession(request: OpenRequest, reason: OpenedReason): void;
  /** Its connection is another session's from now on; this one ends. */
  giveAway(): void;
}

export class V2Opening {
  readonly #table: SessionTable;
  readonly #parts: OpeningParts;
  /** The session that the URL named, while the client may still prove it. */
  #claimed: SessionEntry | undefined;
  #isReturning = false;
  #request: OpenRequest | undefined;
  #reason: OpenedReason = 'new';
  /** What the client has sent since OPEN. */
  #early: V2FrontMessage[] = [];

  constructor(table: SessionTable, parts: OpeningParts, claimed: string | undefined) {
    this.#table = table;
    this.#parts = parts;
    this.#claimed = claimed === undefined ? undefined : table.find(claimed);
  }

  /** The name of the session that the URL claims, where there is one. */
  get claim(): string | undefined {
    return this.#claimed?.name;
  }

  /** Whether OPEN has come. */
  get hasBegun(): boolean {
    return this.#request !== undefined;
  }

  /** The upgrade was answered: the session that the URL named does not expire until OPEN. */
  admitted(): void {
    if (this.#claimed === undefined) return;
    this.#isReturning = this.#claimed.actor.tell({kind: 'returning', by: 1});
  }

  /** OPEN has come, or never will. */
  over(): void {
    if (this.#isReturning) this.#claimed?.actor.tell({kind: 'returning', by: -1});
    this.#isReturning = false;
    this.#claimed = undefined;
  }

  open(request: OpenRequest): void {
    this.#request = request;
    const claim = this.#table.claim(request);
    switch (claim.kind) {
      case 'proved':
        this.#proved(request, claim.entry);
        break;
      case 'wrongToken':
        this.#parts.front?.end('notAuthorized');
        break;
      case 'stale':
        this.#parts.front?.end('replaced');
        break;
      case 'ended':
        if (!request.isClean && claim.end === 'replaced') this.#parts.front?.end('replaced');
        else if (!request.isClean && claim.end === 'disconnected') this.#parts.front?.end('disconnected');
        else this.#begin(claim.end);
        break;
      case 'unknown':
        this.#begin(request.isClean ? 'clean' : 'unknown');
        break;
      default:
        this.#begin('new');
    }
    // After the session that it names has been sent what follows from it.
    this.over();
  }

  /** Packets that came before OPENED wait for it; `false` where there are too many. */
  keep(message: V2FrontMessage): boolean {
    if (this.#early.length >= earlyMax) return false;
    this.#early.push(message);
    return true;
  }

  takeEarly(): readonly V2FrontMessage[] {
    return this.#early.splice(0);
  }

  /** Older sessions of the identity are reported closed. */
  settled(): void {
    if (this.#request !== undefined) this.#parts.beginSession(this.#request, this.#reason);
  }

  /** The session that was proved has ended before it had the connection. */
  declined(): void {
    if (this.#request !== undefined && this.#parts.life.isCandidate) this.#begin('lost');
  }

  #proved(request: OpenRequest, {actor, identity}: SessionEntry): void {
    const {life, front} = this.#parts;
    const {answer} = life;
    if (front === undefined || answer === undefined) return;
    if (request.isClean) {
      // A clean start drops the session before the first packet. [RB-32]
      actor.tell({kind: 'superseded', reason: 'client'});
      this.#begin('clean');
    } else if (answer.identity !== undefined && answer.identity !== identity) {
      actor.tell({kind: 'superseded', reason: 'replaced'});
      this.#begin('identity');
    } else if (!actor.tell({kind: 'resume', handover: this.#handOver(front, answer, request)})) {
      this.#begin('lost');
    }
  }

  #handOver(front: FrontV2, answer: AcceptedAnswer, request: OpenRequest): Handover {
    const {life} = this.#parts;
    return {
      front,
      answer,
      request,
      take: () => {
        if (!life.isCandidate) return undefined;
        this.#parts.giveAway();
        return this.takeEarly();
      },
      decline: () => this.declined(),
    };
  }

  #begin(reason: OpenedReason): void {
    this.#reason = reason;
    if (this.#parts.life.begin()) this.settled();
  }
}

/** What a candidate's mailbox still holds when its connection goes to another session belongs to that. */
export function isOfClient(message: V2SessionMessage): message is V2FrontMessage {
  return clientKinds.has(message.kind);
}

const clientKinds: ReadonlySet<V2SessionMessage['kind']> = new Set<V2FrontMessage['kind']>([
  'send',
  'ack',
  'rec',
  'rel',
  'com',
  'fail',
  'join',
  'leave',
  'cancel',
  'open',
  'opened',
  'ping',
  'pong',
  'bye',
  'fault',
  'heard',
  'drained',
  'late',
  'closing',
  'broken',
  'socketClosed',
  'heartbeatDue',
  'drainDue',
]);
