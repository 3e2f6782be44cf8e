// What publishes: POST /send/ over HTTP here, one connection of the broker's own protocol for peers (mqtt.ts, nats.ts).

import {signedQuery} from '../../src/protocol/signature.ts';
import {Histogram} from '../statistics.ts';
import {HttpCaller} from './http-caller.ts';
import {apiKey, type PublishOrder, securityToken} from './orders.ts';

/** Publishes one message at a time, on request. */
export interface Publisher {
  readonly answered: number;
  readonly confirmed: number;
  readonly errors: number;
  readonly latencies: Histogram;
  /** Called after each answer. */
  onAnswer: () => void;
  /** Settles when it can publish. */
  ready(): Promise<void>;
  /** Whether the next message can go out at once. */
  isFree(): boolean;
  /** Publishes message number `index`, stamped with the time at which it was due. */
  publish(index: number, dueAt: number): void;
  /** Sends what was published since; called when no more is to come for now. */
  flush(): void;
  close(): void;
}

/** Calls on several keep-alive connections, each with a number of calls under way: one, as with most HTTP clients, or more. */
export class HttpPublisher implements Publisher {
  answered = 0;
  confirmed = 0;
  errors = 0;
  readonly latencies = new Histogram();
  onAnswer: () => void = ignore;
  readonly #order: PublishOrder;
  readonly #callers: HttpCaller[] = [];
  readonly #free: HttpCaller[] = [];
  readonly #requests = new Map<number, Buffer>();
  readonly #connected: Promise<unknown>;
  #nonce = Date.now();

  constructor(order: PublishOrder, connections: number, callsEach: number) {
    this.#order = order;
    const connected = Array.from({length: connections}, () => {
      return new Promise<void>((resolve) => this.#callers.push(new HttpCaller(order.port, resolve, this.#take)));
    });
    this.#connected = Promise.all(connected);
    for (let count = 0; count < callsEach; count++) this.#free.push(...this.#callers);
  }

  async ready(): Promise<void> {
    await this.#connected;
  }

  isFree(): boolean {
    return this.#free.length > 0;
  }

  publish(index: number, dueAt: number): void {
    const request = Buffer.from(this.#request(index));
    request.writeDoubleBE(dueAt, request.length - this.#order.payloadBytes);
    this.#free.pop()?.call(request, dueAt);
  }

  flush(): void {
    for (const caller of this.#callers) caller.flush();
  }

  close(): void {
    for (const caller of this.#callers) caller.close();
  }

  readonly #take = (caller: HttpCaller, dueAt: number, status: number, body: string): void => {
    this.latencies.add(performance.now() - dueAt);
    this.answered++;
    const confirmed = /"connections":(\d+)/.exec(body)?.[1];
    this.confirmed += Number(confirmed ?? 0);
    if (status !== 200 || !body.startsWith('{"status":0')) this.errors++;
    if (status !== 0) this.#free.push(caller);
    this.onAnswer();
  };

  #request(index: number): Buffer {
    const {target, isSigned} = this.#order;
    // A call may be signed once; with a key it is the same bytes each time.
    if (isSigned === true) return this.#makeRequest(index);
    const place =
      target.kind === 'identities' ? index % target.count : target.kind === 'channels' ? anyBelow(target.count) : 0;
    let request = this.#requests.get(place);
    if (request === undefined) {
      request = this.#makeRequest(place);
      this.#requests.set(place, request);
    }
    return request;
  }

  #makeRequest(index: number): Buffer {
    const {target, qos, payloadBytes, isSigned} = this.#order;
    const secret = isSigned === true ? `&${signedQuery(securityToken, Date.now(), String(++this.#nonce))}` : '';
    const authorization = isSigned === true ? '' : `Authorization: Bearer ${apiKey}\r\n`;
    const path =
      target.kind === 'constant' ? target.path : `/send/?${address(target, index)}&qos=${qos}&timeout=30${secret}`;
    const head =
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${authorization}` +
      `Content-Type: application/octet-stream\r\nContent-Length: ${payloadBytes}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.alloc(payloadBytes, 'x')]);
  }
}

function address(target: Exclude<PublishOrder['target'], {readonly kind: 'constant'}>, index: number): string {
  switch (target.kind) {
    case 'channel':
      return `channel=${target.channel}`;
    case 'identities':
      return `identity=${target.identity}${index % target.count}`;
    case 'channels':
      return `channel=c${index}`;
  }
}

function anyBelow(count: number): number {
  return Math.floor(Math.random() * count);
}

function ignore(): void {}
