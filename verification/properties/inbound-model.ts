// What the receiving half of a connection must do, as plain as can be: messages by QoS and id, and one call at a time.
// Pure; the commands compare it with the actors after each step.

import {generatePacket, type Qos} from '../../src/protocol/packet.ts';

/** A SEND of the client. */
export interface ModelSend {
  readonly qos: Qos;
  readonly id: number;
  readonly isDup: boolean;
  readonly type: number;
  readonly payload: string;
}

/** A call to the business server. */
export interface ModelCall {
  /** The same number on each repeat of a message. */
  readonly message: number;
  readonly type: number;
  readonly payload: string;
}

interface ModelFlow {
  readonly qos: Qos;
  readonly id: number;
  readonly type: number;
  readonly message: number;
  payload: string;
  state: 'waiting' | 'replaced' | 'held' | 'unanswered' | 'gone';
  reply: string;
}

export interface InboundWorld {
  send(bytes: Uint8Array): void;
  /** The client outran a bound. */
  overrun(): void;
}

export class InboundModel {
  readonly #world: InboundWorld;
  readonly #window: number;
  readonly #queueMax: number;
  readonly #nextMessage: () => number;
  readonly #flows = new Map<string, ModelFlow>();
  #queue: ModelFlow[] = [];
  #running: ModelFlow | undefined;
  #isClosed = false;

  constructor(world: InboundWorld, window: number, queueMax: number, nextMessage: () => number) {
    this.#world = world;
    this.#window = window;
    this.#queueMax = queueMax;
    this.#nextMessage = nextMessage;
  }

  /** The call that the business server has to answer now. */
  get call(): ModelCall | undefined {
    return this.#running;
  }

  get callCount(): number {
    return this.#queue.length + (this.#running === undefined ? 0 : 1);
  }

  receive(packet: ModelSend): void {
    if (packet.qos === 0) {
      if (this.callCount < this.#queueMax) this.#enqueue(this.#create(packet));
      return;
    }
    const key = keyOf(packet.qos, packet.id);
    const known = this.#flows.get(key);
    if (known !== undefined) {
      // Until its REL a QoS 2 message has its id; elsewhere DUP distinguishes a repeat from a new message.
      const isRepeat = packet.isDup || (packet.qos === 2 && known.state !== 'unanswered');
      if (isRepeat) {
        this.#repeat(known, packet.payload);
        return;
      }
      if (known.state === 'unanswered') this.#flows.delete(key);
      known.state = known.state === 'unanswered' ? 'gone' : 'replaced';
    }
    if (this.#heldCount >= this.#window) {
      this.#world.overrun();
      return;
    }
    const flow = this.#create(packet);
    this.#flows.set(key, flow);
    this.#forward(flow);
  }

  release(id: number): void {
    const key = keyOf(2, id);
    const flow = this.#flows.get(key);
    if (flow !== undefined) flow.state = 'gone';
    this.#flows.delete(key);
    this.#world.send(generatePacket({kind: 'com', id}));
  }

  /** The running call was answered: with `reply`, or not well. */
  answered(reply: string | undefined): void {
    const flow = this.#running;
    this.#running = undefined;
    if (flow !== undefined && flow.qos > 0 && !this.#isClosed) this.#apply(flow, reply);
    this.#callNext();
  }

  close(): void {
    this.#isClosed = true;
    this.#flows.clear();
  }

  dropQueue(): void {
    this.#queue = [];
  }

  #apply(flow: ModelFlow, reply: string | undefined): void {
    const {id, state} = flow;
    if (state === 'gone') return;
    if (reply === undefined) {
      flow.state = state === 'waiting' ? 'unanswered' : 'gone';
      this.#forgetOldest();
      return;
    }
    flow.reply = reply;
    if (flow.qos === 2) flow.state = 'held';
    else if (state === 'waiting') this.#flows.delete(keyOf(1, id));
    this.#acknowledge(flow);
  }

  #acknowledge({qos, id, reply}: ModelFlow): void {
    this.#world.send(generatePacket({kind: qos === 1 ? 'ack' : 'rec', id, reply: Buffer.from(reply)}));
  }

  #repeat(flow: ModelFlow, payload: string): void {
    if (flow.state === 'held') this.#acknowledge(flow);
    if (flow.state !== 'unanswered') return;
    flow.payload = payload;
    flow.state = 'waiting';
    this.#forward(flow);
  }

  #forward(flow: ModelFlow): void {
    if (this.callCount >= this.#queueMax) this.#world.overrun();
    else this.#enqueue(flow);
  }

  #enqueue(flow: ModelFlow): void {
    this.#queue.push(flow);
    if (this.#running === undefined) this.#callNext();
  }

  #callNext(): void {
    this.#running = this.#queue.shift();
  }

  get #heldCount(): number {
    return [...this.#flows.values()].filter(({state}) => state !== 'unanswered').length;
  }

  // Of failed messages no more are remembered than fit the window.
  #forgetOldest(): void {
    const unanswered = [...this.#flows].filter(([, {state}]) => state === 'unanswered');
    const [oldest] = unanswered;
    if (oldest !== undefined && unanswered.length > this.#window) this.#flows.delete(oldest[0]);
  }

  #create({qos, id, type, payload}: ModelSend): ModelFlow {
    return {qos, id, type, payload, message: this.#nextMessage(), state: 'waiting', reply: ''};
  }
}

function keyOf(qos: Qos, id: number): string {
  return `${qos}/${id}`;
}
