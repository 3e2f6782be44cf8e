// What one connection must do, from its connect call to its close call: the receiving half, the sending half, and the
// end. Pure; what it would show outside is collected, for the commands to compare with the actors.

import {generatePacket, type Qos} from '../../src/protocol/packet.ts';
import {spell} from '../../test/support/packets.ts';
import {InboundModel} from './inbound-model.ts';
import {type ModelOutcome, type ModelWorld, OutboundModel} from './outbound-model.ts';

export const modelWindow = 3;
export const modelQueue = 4;
const drainMs = 2_000;

export class ConnectionModel implements ModelWorld {
  now = 0;
  isCongested = false;
  isMember = true;
  phase: 'open' | 'draining' | 'closing' | 'closed' = 'open';
  /** Packets, as hex, and what else was done to the link, since they were last taken. */
  sent: string[] = [];
  events: string[] = [];
  readonly outcomes = new Map<number, ModelOutcome>();
  publications = 0;
  messages = 0;
  outbound: OutboundModel;
  inbound: InboundModel;
  #drainAt = Number.POSITIVE_INFINITY;
  #isPinged = false;

  constructor() {
    this.outbound = this.#outbound();
    this.inbound = this.#inbound();
  }

  /** Whether the business server has to answer the close call now. */
  get isCloseCallDue(): boolean {
    return this.phase === 'closing' && this.inbound.callCount === 0;
  }

  /** A new connection of the client, allowed at once. */
  connect(): void {
    this.phase = 'open';
    this.isCongested = false;
    this.isMember = true;
    this.#isPinged = false;
    const {messageId} = this.outbound;
    this.outbound = this.#outbound();
    this.outbound.messageId = messageId;
    this.inbound = this.#inbound();
    this.events.push('admit');
  }

  /** A packet came, of whatever kind; whether it may be applied. */
  hear(): boolean {
    if (this.phase === 'open') this.#isPinged = false;
    return this.phase === 'open';
  }

  publish(qos: Qos, timeoutMs: number, payload: Uint8Array): void {
    const number = this.publications++;
    const isThere = this.phase === 'open' && this.isMember;
    if (isThere && qos > 0) {
      this.outbound.publish(number, qos, timeoutMs, payload);
      return;
    }
    this.answer(number, {connections: 0, isTimedOut: false, refused: 0, lastReply: undefined});
    if (isThere && !this.isCongested)
      this.send(generatePacket({kind: 'send', qos, isDup: false, type: 1, id: 0, payload}));
  }

  /** The connection ends: with a close frame of ours, after the client's, or as its socket goes. */
  end(how: 'close 1008' | 'close 1001' | 'goodbye' | 'socketClosed'): void {
    if (how === 'close 1001') this.inbound.dropQueue();
    if (this.phase === 'open') {
      if (how.startsWith('close')) this.events.push(how);
      this.phase = how === 'socketClosed' ? 'closing' : 'draining';
      this.#drainAt = how === 'socketClosed' ? Number.POSITIVE_INFINITY : this.now + drainMs;
      this.outbound.close();
      this.inbound.close();
    } else if (this.phase === 'draining' && how === 'socketClosed') {
      this.phase = 'closing';
      this.#drainAt = Number.POSITIVE_INFINITY;
    }
  }

  advance(byMs: number): void {
    const target = this.now + byMs;
    for (;;) {
      const dueAt = Math.min(this.outbound.dueAt, this.#drainAt);
      if (dueAt > target) break;
      this.now = dueAt;
      if (dueAt === this.#drainAt) this.#drained();
      else this.outbound.fire();
    }
    this.now = target;
  }

  send(bytes: Uint8Array): void {
    this.sent.push(spell(bytes));
  }

  probe(): void {
    if (!this.#isPinged) this.events.push('ping');
    this.#isPinged = true;
  }

  answer(publication: number, outcome: ModelOutcome): void {
    this.outcomes.set(publication, outcome);
  }

  #drained(): void {
    this.#drainAt = Number.POSITIVE_INFINITY;
    this.phase = 'closing';
    this.events.push('terminate');
  }

  #outbound(): OutboundModel {
    return new OutboundModel(this, modelWindow, modelQueue);
  }

  #inbound(): InboundModel {
    const overrun = (): void => this.end('close 1008');
    const world = {send: (bytes: Uint8Array) => this.send(bytes), overrun};
    return new InboundModel(world, modelWindow, modelQueue, () => this.messages++);
  }
}
