// One round of messages from clients to the business server. Each client keeps `depth` messages unanswered. At QoS 0
// nothing answers, so that every 16th message is one of QoS 1: the gateway makes the calls of a client in order, and its
// ACK means that the others were processed.

import type {Group} from './group.ts';
import type {SendOrder, SendResult} from './orders.ts';
import {commandRec, maskedHead, RainbowClient, rel, type Sender} from './rainbow-client.ts';

const drainMsMax = 20_000;
const unpacedCount = 15;
const idMax = 65_534;
/** Message type; anything. */
const typeBytes = [0, 7];

/** Runs `order` and settles when all is answered, or given up. */
export async function sendRound(order: SendOrder, group: Group): Promise<SendResult> {
  const startedAt = performance.now();
  const {promise: done, resolve: finish} = Promise.withResolvers<void>();
  const round = new SendingRound(order, startedAt + order.durationMs, finish);
  const clients = group.clients.filter((client) => client instanceof RainbowClient);
  const giveUp = setTimeout(finish, order.durationMs + drainMsMax);
  for (const client of clients) round.start(client);
  await done;
  clearTimeout(giveUp);
  for (const client of clients) client.sender = undefined;
  return {messages: round.messages, isComplete: round.unanswered === 0, elapsedMs: performance.now() - startedAt};
}

class SendingRound implements Sender {
  messages = 0;
  unanswered = 0;
  readonly #order: SendOrder;
  readonly #endsAt: number;
  readonly #finish: () => void;
  readonly #unpaced: Buffer;
  readonly #paced: Buffer;
  #id = 0;

  constructor(order: SendOrder, endsAt: number, finish: () => void) {
    this.#order = order;
    this.#endsAt = endsAt;
    this.#finish = finish;
    const payload = Buffer.alloc(order.payloadBytes, 'x');
    const head = maskedHead(3 + payload.length, 0x10, ...typeBytes);
    this.#unpaced = Buffer.concat(Array.from({length: unpacedCount}, () => [head, payload]).flat());
    const qosBits = order.qos === 2 ? 4 : 2;
    this.#paced = Buffer.concat([maskedHead(5 + payload.length, 0x10 | qosBits, ...typeBytes, 0, 0), payload]);
  }

  start(client: RainbowClient): void {
    client.sender = this;
    for (let count = 0; count < this.#order.depth; count++) this.#send(client);
  }

  acknowledged(client: RainbowClient, command: number, id: number): void {
    if (command === commandRec) {
      client.socket.write(Buffer.concat([rel, Uint8Array.of(id >> 8, id & 0xff)]));
      return;
    }
    this.unanswered--;
    if (performance.now() < this.#endsAt) this.#send(client);
    else if (this.unanswered === 0) this.#finish();
  }

  #send(client: RainbowClient): void {
    this.unanswered++;
    this.#id = this.#id === idMax ? 1 : this.#id + 1;
    const paced = Buffer.from(this.#paced);
    const idOffset = paced.length - this.#order.payloadBytes - 2;
    paced.writeUInt16BE(this.#id, idOffset);
    this.messages++;
    if (this.#order.qos > 0) {
      client.socket.write(paced);
      return;
    }
    this.messages += unpacedCount;
    client.socket.write(Buffer.concat([this.#unpaced, paced]));
  }
}
