// Two parties, a link and an application in one page, without a server: what happens by itself as time passes, and what a
// person does to it by hand. Deterministic: the same seed and the same moves give the same journal.

import {SeededRandom} from '../../core/random-seeded.ts';
import type {Qos} from '../../protocol/packet.ts';
import {Journal, type JournalEntry, type Side} from './journal.ts';
import {ReceivingParty} from './party-receiver.ts';
import {type IdChoice, SendingParty} from './party-sender.ts';
import type {Fault} from './planted-fault.ts';
import {Wire} from './wire.ts';

/** A party built wrongly, as a broker was. */
export interface Mutant {
  readonly name: string;
  readonly fault: Fault;
  /** The rule that it breaks. */
  readonly breaks: string;
}

/** How a sandbox is set up. */
export interface SandboxOptions {
  readonly seed?: number;
  /** @default `inTurn` */
  readonly ids?: IdChoice;
  readonly mutant?: Mutant;
}

/** Something that will happen by itself. */
type Due =
  | {readonly at: number; readonly kind: 'arrival'; readonly flight: number}
  | {readonly at: number; readonly kind: 'answer'}
  | {readonly at: number; readonly kind: 'retry' | 'timeOut'; readonly message: number};

/** Messages at which no more can be sent: the page names them by letters. */
export const messagesMax = 26;

export class Sandbox {
  readonly options: SandboxOptions;
  readonly sender: SendingParty;
  readonly receiver: ReceivingParty;
  readonly wire: Wire;
  readonly #journal = new Journal();

  constructor(options: SandboxOptions = {}) {
    const {seed = 1, ids = 'inTurn', mutant} = options;
    const fault = mutant?.fault ?? {};
    this.options = options;
    this.wire = new Wire(this.#journal, new SeededRandom(seed));
    this.sender = new SendingParty(this.#journal, this.wire, ids, fault);
    this.receiver = new ReceivingParty(this.#journal, this.wire, fault);
  }

  get now(): number {
    return this.#journal.now;
  }

  get entries(): readonly JournalEntry[] {
    return this.#journal.entries;
  }

  send(qos: Qos): void {
    if (this.sender.messages.length < messagesMax) this.sender.begin(qos);
  }

  /** Lets it arrive now, after those with its id that stand before it. */
  arrive(number: number): void {
    for (const flight of this.wire.hurry(number)) {
      this.wire.take(flight);
      if (flight.direction === 'forward') this.receiver.take(flight.packet, flight.message);
      else this.sender.take(flight.packet, flight.message);
    }
  }

  answer(isAccepted: boolean): void {
    this.receiver.answer(isAccepted);
  }

  /** The connection ends, and another begins at once: a clean start, as without `rainbow.v2`. */
  cut(): void {
    this.#journal.add({kind: 'cut'});
    this.wire.clear();
    this.sender.close();
    this.receiver.close();
  }

  /** One side ends and starts again without memory. */
  crash(side: Side): void {
    this.#journal.add({kind: 'crashed', side});
    this.wire.clear();
    if (side === 'sender') {
      this.sender.crash();
      this.receiver.close();
    } else {
      this.receiver.crash();
      this.sender.close();
    }
  }

  /** Lets time pass; what falls due happens in its order. */
  advance(ms: number): void {
    const until = this.now + ms;
    for (let due = this.#nextDue(); due !== undefined && due.at <= until; due = this.#nextDue()) this.#happen(due);
    this.#journal.now = until;
  }

  /** Moves on to what happens next; false where nothing will. */
  step(): boolean {
    const due = this.#nextDue();
    if (due !== undefined) this.#happen(due);
    return due !== undefined;
  }

  /** Moves on until nothing is on the link and no call runs; retries that are due meanwhile happen. */
  settle(): void {
    // Bounded: each step ends a flight or a call, and causes two at most where the link is calm.
    for (let steps = 0; steps < 1_000 && (this.wire.next ?? this.receiver.calling) !== undefined; steps++) this.step();
  }

  #nextDue(): Due | undefined {
    const dues: Due[] = [];
    const flight = this.wire.next;
    if (flight !== undefined) dues.push({at: flight.dueAt, kind: 'arrival', flight: flight.number});
    const {answerDueAt} = this.receiver;
    if (answerDueAt !== undefined) dues.push({at: answerDueAt, kind: 'answer'});
    for (const message of this.sender.messages) {
      const due = this.sender.nextDue(message);
      if (due !== undefined) dues.push({at: due.at, kind: due.event, message: message.number});
    }
    return dues.reduce<Due | undefined>(
      (first, due) => (first === undefined || due.at < first.at ? due : first),
      undefined,
    );
  }

  #happen(due: Due): void {
    this.#journal.now = Math.max(this.now, due.at);
    switch (due.kind) {
      case 'arrival':
        this.arrive(due.flight);
        return;
      case 'answer':
        this.receiver.answer(true);
        return;
      case 'retry':
        this.sender.retry(due.message);
        return;
      case 'timeOut':
        this.sender.timeOut(due.message);
    }
  }
}
