// What the sending half of a connection must do, as plain as can be: one client, its publications one by one, every timer
// written out. Pure; the commands compare it with the actors after each step.

import {generatePacket, messageIdMax, type Qos} from '../../src/protocol/packet.ts';

export const retryMs = 3_000;
const releasePauseMaxMs = 60_000;

/** What the caller of a publication gets. */
export interface ModelOutcome {
  readonly connections: number;
  readonly isTimedOut: boolean;
  readonly refused: number;
  readonly lastReply: string | undefined;
}

/** One QoS 1 or 2 publication to the one client. */
interface ModelDelivery {
  readonly number: number;
  readonly qos: Qos;
  readonly payload: Uint8Array;
  readonly preferredId: number;
  readonly startedAt: number;
  readonly deadlineAt: number;
  retryAt: number;
  /** When its timer fires; the order of starting decides among equals. */
  dueAt: number;
  startedAs: number;
  state: 'queued' | 'sent' | 'released' | 'overdue' | 'ended';
  id: number;
  sentAt: number;
  isConfirmed: boolean;
  isAnswered: boolean;
  /** SENDs less answers. */
  answersDue: number;
}

/** What the model does to the world. */
export interface ModelWorld {
  now: number;
  isCongested: boolean;
  send(bytes: Uint8Array): void;
  /** The client owes an acknowledgement. */
  probe(): void;
  answer(publication: number, outcome: ModelOutcome): void;
}

export class OutboundModel {
  /** The message id that the thread gave out last. */
  messageId = 0;
  readonly #world: ModelWorld;
  readonly #window: number;
  readonly #queueMax: number;
  readonly #flights = new Map<number, ModelDelivery>();
  /** Ids held for late answers, oldest first. */
  readonly #owed = new Map<number, number>();
  #queue: ModelDelivery[] = [];
  #running: ModelDelivery[] = [];
  #timers = 0;

  constructor(world: ModelWorld, window: number, queueMax: number) {
    this.#world = world;
    this.#window = window;
    this.#queueMax = queueMax;
  }

  get inFlight(): readonly number[] {
    return [...this.#flights.keys()];
  }

  publish(number: number, qos: Qos, timeoutMs: number, payload: Uint8Array): void {
    const {now} = this.#world;
    this.messageId = this.messageId === messageIdMax ? 1 : this.messageId + 1;
    const delivery: ModelDelivery = {
      number,
      qos,
      payload,
      preferredId: this.messageId,
      startedAt: now,
      deadlineAt: now + timeoutMs,
      retryAt: now + retryMs,
      dueAt: 0,
      startedAs: 0,
      state: 'queued',
      id: 0,
      sentAt: 0,
      isConfirmed: false,
      isAnswered: false,
      answersDue: 0,
    };
    this.#running.push(delivery);
    this.#start(delivery);
    if (this.#queue.length === 0 && this.#mayTransmit) this.#transmit(delivery);
    else if (this.#queue.length < this.#queueMax) this.#queue.push(delivery);
    else this.#end(delivery, 1);
  }

  acknowledge(kind: 'ack' | 'rec', id: number, reply: string): void {
    const delivery = this.#flights.get(id);
    if (kind === 'rec') this.#world.send(generatePacket({kind: 'rel', id}));
    if (delivery !== undefined) delivery.answersDue = Math.max(0, delivery.answersDue - 1);
    else this.#countOwed(id);
    if (delivery === undefined || delivery.state === 'released') {
      if (kind === 'rec' && delivery !== undefined) delivery.sentAt = this.#world.now;
      return;
    }
    this.#confirm(delivery, reply);
    if (kind === 'rec' && delivery.qos === 2) {
      delivery.state = 'released';
      delivery.sentAt = this.#world.now;
    } else {
      this.#release(delivery);
    }
  }

  complete(id: number): void {
    const delivery = this.#flights.get(id);
    if (delivery?.state === 'released') this.#release(delivery);
  }

  /** The reader has caught up. */
  pump(): void {
    for (let next = this.#queue[0]; next !== undefined && this.#mayTransmit; next = this.#queue[0]) {
      this.#queue.shift();
      this.#transmit(next);
    }
  }

  /** The connection has ended. */
  close(): void {
    for (const delivery of [...this.#running]) this.#end(delivery, 0);
    this.#flights.clear();
    this.#queue = [];
  }

  /** When the next timer fires. */
  get dueAt(): number {
    return this.#next?.dueAt ?? Number.POSITIVE_INFINITY;
  }

  /** Fires the next timer; the world's time is that of the timer. */
  fire(): void {
    const delivery = this.#next;
    if (delivery === undefined) return;
    const {now} = this.#world;
    if (!delivery.isAnswered && now >= delivery.deadlineAt) this.#timeOut(delivery);
    if (now >= delivery.retryAt) this.#retry(delivery);
    if (delivery.state !== 'ended') this.#start(delivery);
  }

  get #next(): ModelDelivery | undefined {
    let next: ModelDelivery | undefined;
    for (const delivery of this.#running) {
      const isSooner =
        next === undefined ||
        delivery.dueAt < next.dueAt ||
        (delivery.dueAt === next.dueAt && delivery.startedAs < next.startedAs);
      if (isSooner) next = delivery;
    }
    return next;
  }

  get #mayTransmit(): boolean {
    return this.#flights.size < this.#window && !this.#world.isCongested;
  }

  #start(delivery: ModelDelivery): void {
    delivery.dueAt = delivery.isAnswered ? delivery.retryAt : Math.min(delivery.retryAt, delivery.deadlineAt);
    delivery.startedAs = this.#timers++;
  }

  #transmit(delivery: ModelDelivery): void {
    delivery.id = delivery.preferredId;
    while (this.#flights.has(delivery.id) || this.#owed.has(delivery.id))
      delivery.id = delivery.id === messageIdMax ? 1 : delivery.id + 1;
    this.#flights.set(delivery.id, delivery);
    delivery.state = 'sent';
    this.#send(delivery, false);
  }

  #send(delivery: ModelDelivery, isDup: boolean): void {
    const {qos, id, payload} = delivery;
    delivery.sentAt = this.#world.now;
    if (delivery.state === 'released') this.#world.send(generatePacket({kind: 'rel', id}));
    else {
      delivery.answersDue++;
      this.#world.send(generatePacket({kind: 'send', qos, isDup, type: 1, id, payload}));
    }
  }

  #timeOut(delivery: ModelDelivery): void {
    this.#answer(delivery, {connections: 0, isTimedOut: true, refused: 0, lastReply: undefined});
    if (delivery.state === 'queued') {
      this.#queue = this.#queue.filter((other) => other !== delivery);
      this.#end(delivery, 0);
    } else {
      delivery.state = 'overdue';
      this.#world.probe();
    }
  }

  // One that went out between two retries waits for the next but one.
  #retry(delivery: ModelDelivery): void {
    const {now, isCongested} = this.#world;
    delivery.retryAt = now + retryMs;
    const isUnacknowledged = delivery.state === 'sent' || delivery.state === 'released';
    // A REL waits for the age that the message had when it went out last, up to a minute: the pause doubles.
    const ageMs = delivery.state === 'released' ? delivery.sentAt - delivery.startedAt : 0;
    const pauseMs = Math.max(retryMs, Math.min(retryMs + ageMs, releasePauseMaxMs));
    if (isUnacknowledged && !isCongested && now - delivery.sentAt + retryMs / 2 >= pauseMs) this.#send(delivery, true);
  }

  #confirm(delivery: ModelDelivery, reply: string): void {
    delivery.isConfirmed = true;
    this.#answer(delivery, {
      connections: 1,
      isTimedOut: false,
      refused: 0,
      lastReply: reply === '' ? undefined : reply,
    });
  }

  #release(delivery: ModelDelivery): void {
    this.#flights.delete(delivery.id);
    this.#hold(delivery);
    this.#end(delivery, 0);
    this.pump();
  }

  #hold({id, answersDue}: ModelDelivery): void {
    const heldMax = Math.min(this.#window, messageIdMax - this.#window);
    if (answersDue === 0 || heldMax === 0) return;
    this.#owed.set(id, answersDue);
    const [oldest] = this.#owed.keys();
    if (this.#owed.size > heldMax && oldest !== undefined) this.#owed.delete(oldest);
  }

  #countOwed(id: number): void {
    const answers = this.#owed.get(id) ?? 0;
    if (answers > 1) this.#owed.set(id, answers - 1);
    else this.#owed.delete(id);
  }

  #end(delivery: ModelDelivery, refused: number): void {
    delivery.state = 'ended';
    this.#running = this.#running.filter((other) => other !== delivery);
    this.#answer(delivery, {connections: 0, isTimedOut: false, refused, lastReply: undefined});
  }

  /** Only the first answer counts. */
  #answer(delivery: ModelDelivery, outcome: ModelOutcome): void {
    if (delivery.isAnswered) return;
    delivery.isAnswered = true;
    this.#world.answer(delivery.number, outcome);
  }
}
