// The messages of one application that sends by the SDK, over all its pages and connections: what it was promised about
// each, against what happened to it. A message may have several flows, one for each connection on which it was sent.

import type {DeliveryEvent, Payload} from '../../src/client/client.ts';
import type {Qos} from '../../src/protocol/packet.ts';
import type {ObservedMessage} from './observed-message.ts';
import type {Violations} from './violation.ts';

const numberBytes = 4;

interface ApplicationMessage {
  readonly number: number;
  readonly qos: Qos;
  readonly mayRepeat: boolean;
  readonly flows: ObservedMessage[];
  /** Whether the SDK has taken it. */
  isTaken: boolean;
  /** How it ended, once it has. */
  outcome: string | undefined;
  /** The page that sent it is gone, and nothing kept it. */
  isForgotten: boolean;
}

export class SdkMessages {
  readonly #client: number;
  readonly #violations: Violations;
  /** Whether no packet is lost or passed by another, as on every real connection. */
  readonly #isTcp: boolean;
  readonly #messages: ApplicationMessage[] = [];
  /** The latest that was transmitted for the first time, at QoS 1 and 2. */
  #latestSent = -1;

  constructor(client: number, violations: Violations, isTcp: boolean) {
    this.#client = client;
    this.#isTcp = isTcp;
    this.#violations = violations;
  }

  /** A new message; its payload has room for a serial, then its number, then filler. */
  create(qos: Qos, mayRepeat: boolean, fillerBytes: number): {readonly key: string; readonly payload: Uint8Array} {
    const number = this.#messages.length;
    this.#messages.push({number, qos, mayRepeat, flows: [], isTaken: false, outcome: undefined, isForgotten: false});
    const payload = new Uint8Array(2 * numberBytes + fillerBytes);
    new DataView(payload.buffer).setUint32(numberBytes, number);
    return {key: String(number), payload};
  }

  /** Its first SEND on a connection went out. */
  transmitted(body: Uint8Array, flow: ObservedMessage, isDup: boolean): void {
    const message = this.#messages[new DataView(body.buffer, body.byteOffset).getUint32(0)];
    if (message === undefined) return;
    const {number, qos, mayRepeat, flows} = message;
    if (isDup) this.#note('RB-09', `message ${number} begins a flow with DUP`);
    const isOnce = qos === 0 || (qos === 2 && !mayRepeat);
    if (isOnce && flows.length > 0) this.#note('RB-17', `message ${number} was sent on a second connection`);
    if (message.outcome !== undefined) this.#note('sdk', `message ${number} was sent after its end`);
    if (qos > 0 && flows.length === 0) {
      if (number < this.#latestSent) this.#note('RB-45', `message ${number} was sent after ${this.#latestSent}`);
      this.#latestSent = Math.max(this.#latestSent, number);
    }
    flows.push(flow);
  }

  /** The SDK did not take it. */
  refused(key: string): void {
    const message = this.#messages[Number(key)];
    if (message === undefined || message.isTaken) return;
    message.outcome = 'refused';
    if (message.flows.length > 0) this.#note('sdk', `message ${key} was refused, but it went`);
  }

  /** What the application got. */
  told({key, state, error, answer, mayBeRepeat}: DeliveryEvent): void {
    const message = this.#messages[Number(key)];
    if (message === undefined) {
      this.#note('sdk', `an event of ${key}, which was never sent`);
      return;
    }
    message.isTaken = true;
    const {number, flows, qos, outcome} = message;
    if (outcome !== undefined) this.#note('sdk', `message ${number} was ${state} after it was ${outcome}`);
    if (state === 'sent' && !mayBeRepeat && flows.length > 1)
      this.#note('sdk', `message ${number} was repeated untold`);
    if (state === 'sent' && qos === 0) message.outcome = state;
    if (state === 'atGateway') this.#checkArrival(message);
    if (state === 'answered') this.#checkAnswer(message, answer);
    if (state === 'failed') {
      message.outcome = error?.code ?? state;
      const hasGone = flows.length > 0;
      if (hasGone && !error?.mayHaveArrived) this.#note('sdk', `message ${number}: ${error?.code}, but it went`);
    }
  }

  /** The page is gone without a word. What the store has is reported by the next page. */
  pageDied(kept: ReadonlySet<string>): void {
    for (const message of this.#messages) {
      if (message.outcome === undefined && !kept.has(String(message.number))) message.isForgotten = true;
    }
  }

  /** Messages that have not ended, and whose end must be reported. */
  get open(): readonly number[] {
    return this.#messages
      .filter(({outcome, isForgotten}) => outcome === undefined && !isForgotten)
      .map(({number}) => number);
  }

  #checkArrival({number, flows}: ApplicationMessage): void {
    const hasArrived = flows.some(({hasArrived}) => hasArrived);
    if (!hasArrived && this.#isTcp) this.#note('sdk', `message ${number} is reported at the gateway, and is not there`);
  }

  #checkAnswer(message: ApplicationMessage, answer: Payload | undefined): void {
    const {number, flows, qos, mayRepeat} = message;
    message.outcome = 'answered';
    const processed = flows.flatMap((flow) => [...flow.processed]);
    if (processed.length === 0) this.#note('RB-12', `message ${number} is reported as answered, unprocessed`);
    const text = answer?.text() ?? '';
    if (text !== '' && !processed.includes(text)) this.#note('RB-05', `message ${number} was answered ${text}`);
    if (qos === 2 && !mayRepeat && flows.length !== 1) this.#note('RB-21', `message ${number}: ${flows.length} flows`);
  }

  #note(rule: string, what: string): void {
    this.#violations.note(rule, 0, `client ${this.#client}: ${what}`);
  }
}
