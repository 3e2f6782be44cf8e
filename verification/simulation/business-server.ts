// The business server with its HTTP between: answers calls well or badly, soon or late, and remembers what it has carried
// out, so that a message that comes again under the same RAINBOWMESSAGEID is answered as before and not carried out again.

import {emptyBytes} from '../../src/protocol/packet.ts';
import {
  type AcceptedAnswer,
  type Answer,
  type Call,
  type FailedAnswer,
  type FailureReason,
  unsent,
} from '../../src/upstream/call.ts';
import type {Harness} from './harness.ts';
import {callTimeoutMs} from './shard.ts';

type Answering = (answer: Answer) => void;
type What = 'well' | 'slow' | 'refuse' | 'fail' | 'away' | 'doneThenFail' | 'hang' | 'doneThenHang' | 'veryLate';

const badForConnect: readonly What[] = ['slow', 'refuse', 'fail', 'hang', 'veryLate'];
const badForMessage: readonly What[] = ['slow', 'fail', 'doneThenFail', 'hang', 'doneThenHang'];

const badForClose: readonly What[] = ['slow', 'fail', 'away', 'away', 'hang'];
const badFor: Readonly<Record<Call['kind'], readonly What[]>> = {
  connect: badForConnect,
  message: badForMessage,
  close: badForClose,
  // The simulated gateways post none.
  events: [],
};

export class BusinessServer {
  /** Cleared when the storm is over. */
  isFailing = true;
  readonly #harness: Harness;
  readonly #done = new Map<string, Uint8Array>();
  #cookies = 0;

  constructor(harness: Harness) {
    this.#harness = harness;
  }

  /** Answers `call`, perhaps more than once: all but the first are ignored. */
  take(call: Call, answer: Answering): void {
    const {observer, plan, trace} = this.#harness;
    const rng = this.#harness.rng.business;
    observer.called(call);
    trace.say('business', observer.numberOf(call), describeCall(call));
    const soonMs = 1 + rng.waitMs(call.kind === 'message' ? 10 : 20);
    const isBad = this.isFailing && rng.chance(plan.failing);
    const what = isBad ? rng.pick(badFor[call.kind]) : 'well';
    this.#carryOut(call, answer, what, Math.min(soonMs, 100));
  }

  /** The gateway gets `answer`. */
  tells(call: Call, answer: Answer): void {
    const {observer, trace} = this.#harness;
    observer.answered(call, answer);
    trace.say('business', observer.numberOf(call), describeAnswer(call, answer));
  }

  #carryOut(call: Call, answer: Answering, what: What, soonMs: number): void {
    const rng = this.#harness.rng.business;
    switch (what) {
      case 'well':
        this.#later(soonMs, () => answer(this.#accept(call)));
        return;
      case 'slow':
        this.#later(rng.integer(500, callTimeoutMs - 500), () => answer(this.#accept(call)));
        return;
      case 'veryLate':
        this.#later(callTimeoutMs + rng.integer(500, 5_000), () => answer(this.#accept(call)));
        return;
      case 'refuse':
        this.#later(soonMs, () => answer({kind: 'refused', call: call.call}));
        return;
      case 'doneThenFail':
      case 'fail':
        this.#later(soonMs, () => {
          if (what === 'doneThenFail') this.#process(call);
          answer(failed(call, rng.pick(['status', 'unreachable'])));
        });
        return;
      case 'away':
        this.#later(soonMs, () =>
          answer(
            rng.chance(0.5)
              ? {...failed(call, 'unreachable'), wasSent: false}
              : {...failed(call, 'status'), status: 503, retryAfterMs: rng.pick([undefined, 1_000])},
          ),
        );
        return;
      case 'doneThenHang':
        this.#later(rng.integer(0, callTimeoutMs), () => this.#process(call));
        this.#later(callTimeoutMs, () => answer(failed(call, 'timeout')));
        return;
      default:
        this.#later(callTimeoutMs, () => answer(failed(call, 'timeout')));
    }
  }

  #accept(call: Call): AcceptedAnswer {
    const {plan, observer} = this.#harness;
    const rng = this.#harness.rng.business;
    const body = this.#process(call);
    const isConnect = call.kind === 'connect';
    const mayJoin = isConnect || (call.kind === 'message' && rng.chance(0.1));
    return {
      kind: 'accepted',
      call: call.call,
      body,
      join: mayJoin ? this.#channels(isConnect ? 0.6 : 0.3) : undefined,
      leave: call.kind === 'message' && rng.chance(0.05) ? this.#channels(0.3) : undefined,
      cookie: call.kind !== 'close' && rng.chance(0.2) ? this.#cookie() : undefined,
      identity: isConnect && plan.isNaming ? `user-${observer.clientOf(call.identity)}` : undefined,
    };
  }

  /** Carries a message out, once for each id; returns the body of its answer. */
  #process(call: Call): Uint8Array {
    if (call.kind !== 'message') return emptyBytes;
    const done = this.#done.get(call.message);
    if (done !== undefined) return done;
    const body = this.#harness.rng.business.chance(0.3) ? emptyBytes : Buffer.from(call.message, 'latin1');
    this.#done.set(call.message, body);
    this.#harness.observer.processed(call);
    return body;
  }

  #channels(share: number): string | undefined {
    const {plan} = this.#harness;
    const rng = this.#harness.rng.business;
    const names: string[] = [];
    for (let channel = 0; channel < plan.channels; channel++) if (rng.chance(share)) names.push(`room-${channel}`);
    return names.length === 0 ? undefined : names.join(';;');
  }

  #cookie(): string {
    return this.#harness.rng.business.chance(0.3) ? '' : `cookie-${++this.#cookies}`;
  }

  #later(delayMs: number, run: () => void): void {
    this.#harness.clock.startTimer(delayMs, run);
  }
}

function failed({call}: Call, reason: FailureReason): FailedAnswer {
  return {...unsent(call, reason), status: reason === 'status' ? 500 : undefined, wasSent: true};
}

function describeCall(call: Call): string {
  if (call.kind !== 'message') return `call ${call.call} ${call.kind}`;
  return `call ${call.call} message ${call.message} type ${call.type}, ${call.payload.length} bytes`;
}

function describeAnswer(call: Call, answer: Answer): string {
  const head = `answer ${call.call} ${call.kind} ${answer.kind}`;
  if (answer.kind === 'failed') return `${head} ${answer.reason}`;
  if (answer.kind === 'refused') return head;
  const {join, leave, cookie} = answer;
  const headers = {join, leave, cookie};
  return `${head} ${Buffer.from(answer.body).toString('latin1')} ${JSON.stringify(headers)}`;
}
