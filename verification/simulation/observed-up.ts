// Messages of one client as they pass its end of the gateway and arrive at the business server: every SEND, ACK, REC, REL
// and COM of the direction up and every message call, against the receiver's rules.

import type {ReplyPacket, SendPacket} from '../../src/protocol/packet.ts';
import type {Answer, MessageCall} from '../../src/upstream/call.ts';
import type {ObservedConnection} from './observed-connection.ts';
import type {ObservedMessage} from './observed-message.ts';
import type {Observer} from './observer.ts';
import {unorderedType} from './plan.ts';
import {readSerial} from './serial.ts';

interface Owed {
  readonly kind: 'ack' | 'rec';
  readonly id: number;
  readonly reply: Uint8Array;
}

export class ObservedUp {
  /** Ordered calls under way: at most one. [RB-46] */
  running = 0;
  /** Repeats that crossed their ACK, so that each is one message more. [RB-13] */
  lateRepeats = 0;
  readonly #observer: Observer;
  readonly #connection: ObservedConnection;
  /** By serial: the place of the first and of the latest SEND that came. */
  readonly #arrivals = new Map<number, {readonly first: number; latest: number; readonly id: number}>();
  #arrivalCount = 0;
  #latestCalled = 0;
  /** ACKs and RECs that follow from answers of the business server, in its order. [RB-43] */
  readonly #owed: Owed[] = [];
  /** Ids that await their REL, with the reply of their REC. [RB-20] */
  readonly #held = new Map<number, Uint8Array>();
  /** Ids of repeats that must get the same REC again, and of RELs that must get a COM. [RB-21] [RB-24] */
  readonly #owedRecs: number[] = [];
  readonly #owedComs: number[] = [];

  constructor(observer: Observer, connection: ObservedConnection) {
    this.#observer = observer;
    this.#connection = connection;
  }

  /**
   * Whether the gateway may have forgotten the id of a failed call: it remembers a window's worth, and repeats that
   * crossed their ACK may take up room that the client does not know of.
   */
  get mayForget(): boolean {
    const {window, queue} = this.#observer.plan.settings;
    return this.lateRepeats + Math.min(window, queue >> 1) > window;
  }

  /** What is owed and not sent. */
  get debt(): string | undefined {
    const [owed] = this.#owed;
    if (owed !== undefined) return `${owed.kind} for ${owed.id} [RB-12]`;
    if (this.#owedRecs.length > 0) return `REC for ${this.#owedRecs.join(', ')} [RB-21]`;
    if (this.#owedComs.length > 0) return `COM for ${this.#owedComs.join(', ')} [RB-24]`;
    return undefined;
  }

  forgive(): void {
    this.#owed.length = 0;
    this.#owedRecs.length = 0;
    this.#owedComs.length = 0;
  }

  /** A SEND has come. */
  arrived(packet: SendPacket): void {
    const serial = readSerial(packet.payload);
    const known = this.#arrivals.get(serial);
    const place = ++this.#arrivalCount;
    if (known === undefined) this.#arrivals.set(serial, {first: place, latest: place, id: packet.id});
    else known.latest = place;
    const message = this.#observer.messages[serial];
    if (message !== undefined) message.hasArrived = true;
    const calls = message?.calls;
    if (packet.qos === 1 && calls !== undefined && [...calls.values()].includes('accepted')) this.lateRepeats++;
    if (packet.qos === 2 && this.#isStrict && this.#held.has(packet.id)) this.#owe(this.#owedRecs, packet.id);
  }

  /** A REL has come. */
  released(id: number): void {
    this.#held.delete(id);
    this.#owe(this.#owedComs, id);
  }

  /** An ACK or REC leaves. */
  acknowledges({kind, id, reply}: ReplyPacket): void {
    if (!this.#isStrict) return;
    const [owed] = this.#owed;
    if (owed?.kind === kind && owed.id === id) {
      this.#owed.shift();
      if (Buffer.compare(owed.reply, reply) !== 0) this.#note('RB-05', `${kind} for ${id} with another reply`);
      if (kind === 'rec') this.#held.set(id, reply);
      return;
    }
    const place = this.#owedRecs.indexOf(id);
    if (kind === 'ack' || place < 0) {
      this.#note('RB-43', `${kind} for ${id}, due was ${owed === undefined ? 'none' : `${owed.kind} for ${owed.id}`}`);
      return;
    }
    this.#owedRecs.splice(place, 1);
    const held = this.#held.get(id);
    const isSame = held === undefined || Buffer.compare(held, reply) === 0;
    if (!isSame) this.#note('RB-20', `rec for ${id} with another reply than before`);
  }

  /** A COM leaves. */
  completes(id: number): void {
    const place = this.#owedComs.indexOf(id);
    if (place >= 0) this.#owedComs.splice(place, 1);
    else this.#note('RB-24', `com for ${id}, which had no REL`);
  }

  /** The business server was called. */
  called(call: MessageCall, message: ObservedMessage): void {
    const arrival = this.#arrivals.get(message.serial);
    if (arrival === undefined) {
      this.#note('RB-57', `a call for message ${message.serial}, which has not come`);
      return;
    }
    const isSame = call.type === message.type && Buffer.compare(call.payload, message.payload) === 0;
    // Under an id that a client used twice, a repeat is taken for that of the first.
    if (!isSame && message.isPolite) this.#note('wire', `message ${message.serial} was changed on its way`);
    this.#checkId(call.message, message);
    if (this.#isUnordered(call)) return;
    if (++this.running > 1) this.#note('RB-46', 'two calls at a time');
    // Where a call may fail before it gets out, or join another's, its repeat is the first that is seen.
    const isEachCalled = this.#isStrict && this.#observer.plan.callsMax >= 1_000;
    const place = isEachCalled ? arrival.first : arrival.latest;
    const isFirst = message.calls.size === 0;
    if (isFirst && place < this.#latestCalled) this.#note('RB-46', `message ${message.serial} out of order`);
    if (isFirst) this.#latestCalled = Math.max(this.#latestCalled, arrival.first);
  }

  /** The gateway got the answer. */
  answered(call: MessageCall, message: ObservedMessage, answer: Answer): void {
    if (!this.#isUnordered(call)) this.running--;
    const arrival = this.#arrivals.get(message.serial);
    if (answer.kind !== 'accepted' || message.qos === 0 || !this.#isStrict || arrival === undefined) return;
    if (!this.#connection.isOpen) return;
    const kind = message.qos === 1 ? 'ack' : 'rec';
    this.#owed.push({kind, id: arrival.id, reply: answer.body});
    this.#observer.watch(this.#connection);
  }

  // One message, one id; the same id on each repeat, and no repeat where the call was accepted. [RB-63] [RB-21]
  #checkId(id: string, message: ObservedMessage): void {
    const {serial, qos, calls} = message;
    const owner = this.#observer.messageIds.get(id);
    const isShared = owner !== undefined && owner !== serial && message.isPolite;
    if (isShared) this.#note('RB-63', `messages ${owner} and ${serial} are both ${id}`);
    this.#observer.messageIds.set(id, serial);
    const before = calls.get(id);
    if (before === 'running' || before === 'accepted') this.#note('RB-21', `message ${serial} called again as ${id}`);
    if (before !== undefined || calls.size === 0 || !this.#isStrict) return;
    // After its ACK a SEND is a new message. [RB-13]
    const isAfterAck = qos === 1 && [...calls.values()].includes('accepted');
    if (!isAfterAck && !this.mayForget) this.#note('RB-63', `message ${serial} called again as another one`);
  }

  #isUnordered(call: MessageCall): boolean {
    return call.type === unorderedType && this.#observer.plan.settings.unorderedTypes.has(unorderedType);
  }

  // What follows from a client's own faults, or from packets out of order, is its own affair.
  get #isStrict(): boolean {
    return this.#connection.isPolite && this.#observer.plan.networkModel !== 'reordering';
  }

  #owe(list: number[], id: number): void {
    list.push(id);
    this.#observer.watch(this.#connection);
  }

  #note(rule: string, what: string): void {
    this.#observer.violations.note(rule, this.#connection.number, what);
  }
}
