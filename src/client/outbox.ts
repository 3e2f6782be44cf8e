// The messages of the application on their way up: which wait, which go next, and what the store has of them. Part of a
// Rainbow, and outlives its connections; sender.ts does what belongs to one of them, ledger.ts what belongs to a message.

import type {Link} from './connection.ts';
import {RainbowClientError} from './errors.ts';
import type {DeliveryEvent, FaultEvent, PendingMessage} from './events.ts';
import {abortedError, Ledger, type NewMessage, type OutboxMessage} from './ledger.ts';
import type {Settings} from './options.ts';
import {isOver, type Outgoing} from './outgoing.ts';
import {Sender, type SenderHost, type SenderOwner} from './sender.ts';
import type {StoredMessage} from './store.ts';
import {WriteQueue} from './write-queue.ts';

/** What the outbox reports. */
export interface OutboxOwner extends SenderHost {
  delivery(event: DeliveryEvent): void;
  fault(event: FaultEvent): void;
}

/** Interval at which a full socket is checked again; it has no event for that. */
const drainMs = 50;

export class Outbox implements SenderOwner<Outgoing> {
  readonly #settings: Settings;
  readonly #owner: OutboxOwner;
  readonly #ledger: Ledger;
  readonly #store: WriteQueue;
  /** By their order. QoS 0 waits for the connection alone. [RB-48] */
  #waiting: Outgoing[] = [];
  #waitingLoosely: Outgoing[] = [];
  /** Messages on their way through the store to the sender; they have a place in its window. */
  #marking = 0;
  /** Grows over all the pages of a client, so that what an earlier one left goes first. */
  #order: number;
  #isOpen = false;
  /** Whether the store has returned what it kept: nothing is sent before that. */
  #isReady = false;
  /** Of the present connection. */
  sender: Sender<Outgoing> | undefined;
  #lastId = 0;
  #isDrainAwaited = false;
  /** The longest of QoS 0 on this connection. */
  #looseBytesMost = -1;

  constructor(settings: Settings, owner: OutboxOwner) {
    this.#settings = settings;
    this.#owner = owner;
    this.#order = settings.clock.wallNow();
    this.#store = new WriteQueue(settings.store, settings.clock, (cause) => owner.fault({kind: 'store', cause}));
    this.#ledger = new Ledger(
      settings,
      (event) => owner.delivery(event),
      (run) => this.#store.after(run),
    );
  }

  get pending(): PendingMessage[] {
    return this.#ledger.pending;
  }

  /** Opens the store, unless it is; what it kept is sent as well, and goes before what came later. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#isReady = !this.#store.isThere;
    this.#store.open(
      (messages) => {
        this.#goBehind(messages);
        for (const message of messages) this.#adopt(message);
        this.#pump();
      },
      () => {
        this.#isReady = true;
        this.#pump();
      },
    );
  }

  /** Takes a message; throws where it cannot. */
  accept({timeout, signal, ...fresh}: OutboxMessage): void {
    this.#ledger.checkRoom(fresh.key, fresh.payload);
    if (signal?.aborted === true) throw abortedError(signal, false);
    this.open();
    const dueAt = this.#settings.clock.wallNow() + timeout;
    const message = this.#enqueue({...fresh, dueAt, order: ++this.#order, wasTransmitted: false});
    this.#ledger.limit(message, timeout, signal, (error) => this.#giveUp(message, error));
    this.#pump();
    // What goes at once is put into the store on its way; of QoS 0 nothing is kept.
    if (message.qos > 0 && this.#waiting.includes(message)) {
      this.#store.put(message, (failure) => this.#fail(message, failure));
    }
  }

  /** A connection is there. */
  begins(link: Link): void {
    this.#looseBytesMost = -1;
    this.sender = new Sender(link, this.#settings, this, this.#owner);
    this.sender.lastId = this.#lastId;
    this.#pump();
  }

  /** The connection is gone: what was in flight waits again, or is in doubt. */
  loses(): void {
    const sender = this.sender;
    if (sender === undefined) return;
    this.#lastId = sender.lastId;
    this.sender = undefined;
    sender.close();
  }

  /** The client has ended. What the store has stays there; for the rest this is the end. */
  close(): void {
    for (const message of this.#ledger.all) {
      const {qos, wasTransmitted} = message;
      if (this.#store.isThere && qos > 0) {
        const error = new RainbowClientError('RB_CLOSED', 'kept in the store', {mayHaveArrived: wasTransmitted});
        this.#ledger.ended(message, 'kept', error);
      } else {
        this.#fail(message, new RainbowClientError(wasTransmitted ? 'RB_IN_DOUBT' : 'RB_CLOSED'));
      }
    }
    this.#waiting = [];
    this.#isOpen = false;
    this.#store.close();
  }

  /** The gateway closed for the size of a message: the longest in flight is the one, or it would be sent for ever. */
  refusesSize(): void {
    let longest: Outgoing | undefined;
    for (const message of this.#ledger.all) {
      const most = longest?.payload.length ?? this.#looseBytesMost;
      if (message.flow !== undefined && message.payload.length > most) longest = message;
    }
    if (longest !== undefined) this.#fail(longest, new RainbowClientError('RB_MESSAGE_TOO_LARGE', 'for the gateway'));
  }

  received(message: Outgoing): void {
    if (message.state === 'sent') this.#ledger.turn(message, 'atGateway');
  }

  answered(message: Outgoing, reply: Uint8Array): void {
    if (isOver(message)) return;
    this.#store.remove(message);
    this.#ledger.answered(message, reply);
  }

  lost(message: Outgoing): void {
    message.flow = undefined;
    if (isOver(message)) return;
    message.wasTransmitted = true;
    if (message.qos === 2 && !message.mayRepeat) {
      this.#fail(message, new RainbowClientError('RB_IN_DOUBT'));
      return;
    }
    this.#await(message);
    this.#ledger.turn(message, 'queued');
  }

  released(): void {
    this.#pump();
  }

  whenStored(run: () => void): void {
    this.#store.after(run);
  }

  // What was kept goes first, whatever the wall clock has done meanwhile: ours goes on from there.
  #goBehind(messages: readonly StoredMessage[]): void {
    // Before the store is ready nothing of ours was sent, and what it is to keep of it is written later.
    const ours = this.#isReady ? [] : this.#waiting.filter(({settling}) => settling !== undefined);
    const shift = Math.max(...messages.map(({order}) => order)) + 1 - (ours[0]?.order ?? this.#order + 1);
    if (shift <= 0) return;
    this.#order += shift;
    for (const message of ours) message.order += shift;
  }

  // Of what was kept, that which may have been transmitted at QoS 2 is in doubt, as when its connection is lost. A key
  // that is pending here names the same message, by the word of the application.
  #adopt({key, type, qos, payload, mayRepeat, order, dueAt, isTransmitted}: StoredMessage): void {
    if (this.#ledger.has(key)) return;
    const facts = {key, type, qos, payload, mayRepeat, order, dueAt, settling: undefined};
    const message = this.#enqueue({...facts, wasTransmitted: isTransmitted});
    if (isTransmitted && qos === 2 && !mayRepeat) {
      this.#fail(message, new RainbowClientError('RB_IN_DOUBT'));
      return;
    }
    const leftMs = dueAt - this.#settings.clock.wallNow();
    if (leftMs <= 0) this.#giveUp(message, new RainbowClientError(isTransmitted ? 'RB_UNANSWERED' : 'RB_EXPIRED'));
    else this.#ledger.limit(message, leftMs, undefined, (error) => this.#giveUp(message, error));
  }

  #enqueue(facts: NewMessage): Outgoing {
    const message = this.#ledger.add(facts);
    if (message.qos === 0) this.#waitingLoosely.push(message);
    else this.#await(message);
    return message;
  }

  /** In its place: one that was sent before goes before those that were not. [RB-37] */
  #await(message: Outgoing): void {
    let place = this.#waiting.length;
    while (place > 0 && (this.#waiting[place - 1]?.order ?? 0) > message.order) place--;
    this.#waiting.splice(place, 0, message);
  }

  #giveUp(message: Outgoing, error: RainbowClientError): void {
    this.#fail(message, error);
    this.sender?.giveUp(message);
    this.#pump();
  }

  #fail(message: Outgoing, error: RainbowClientError | undefined): void {
    if (error === undefined || isOver(message)) return;
    this.#waiting = this.#waiting.filter((other) => other !== message);
    this.#waitingLoosely = this.#waitingLoosely.filter((other) => other !== message);
    this.#store.remove(message);
    this.#ledger.ended(message, 'failed', error);
  }

  #pump(): void {
    const sender = this.sender;
    if (sender === undefined) return;
    // QoS 0 is kept nowhere, and waits for no store.
    while (this.#waitingLoosely.length > 0 && !sender.isCongested) {
      const message = this.#waitingLoosely.shift();
      if (message !== undefined) this.#sendLoosely(message, sender);
    }
    while (this.#isReady && this.#waiting.length > 0 && sender.hasRoom(this.#marking)) {
      const message = this.#waiting.shift();
      if (message !== undefined) this.#transmit(message, sender);
    }
    if (sender.isCongested && this.#waiting.length + this.#waitingLoosely.length > 0) this.#awaitDrain();
  }

  #sendLoosely(message: Outgoing, sender: Sender<Outgoing>): void {
    this.#looseBytesMost = Math.max(this.#looseBytesMost, message.payload.length);
    sender.sendLoosely(message);
    this.#ledger.sent(message);
  }

  // The store learns first that a message may have been transmitted: a page that ends in between is in doubt about it.
  #transmit(message: Outgoing, sender: Sender<Outgoing>): void {
    const send = (): void => {
      sender.begin(message);
      this.#ledger.turn(message, 'sent');
    };
    if (!this.#store.isThere) {
      send();
      return;
    }
    this.#marking++;
    this.#store.mark(message, (failure) => {
      this.#marking--;
      this.#fail(message, failure);
      if (!isOver(message) && sender === this.sender) send();
      else if (!isOver(message)) this.#await(message);
      this.#pump();
    });
  }

  #awaitDrain(): void {
    if (this.#isDrainAwaited) return;
    this.#isDrainAwaited = true;
    this.#settings.clock.startTimer(drainMs, () => {
      this.#isDrainAwaited = false;
      this.#pump();
    });
  }
}
