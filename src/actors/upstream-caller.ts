// Gathers the calls of a turn into one batch for the workers, and brings the answers back to the sessions that wait
// for them. One a thread.

import type {Counters} from '../core/counters.ts';
import {type Identified, IdTable} from '../core/id-table.ts';
import {invariant, unreachable} from '../core/invariant.ts';
import {isRefresh} from '../protocol/refresh.ts';
import type {ActorRef, Behaviour} from '../runtime/actor.ts';
import type {Scheduler} from '../runtime/scheduler.ts';
import type {Supervisor} from '../runtime/supervisor.ts';
import type {AcceptedAnswer, Answer, Call, FailedAnswer, UpstreamTransport} from '../upstream/call.ts';
import type {InboundMessage} from './inbound-message.ts';
import type {AnsweredMessage, UpstreamMessage} from './messages.ts';

/** Drained every turn, so this is never met: a turn handles fewer messages. A session whose call is refused fails it. */
const mailboxBound = 1_048_576;

/** Who waits for the answer to a call. */
interface Waiting extends Identified<Waiting> {
  readonly kind: Call['kind'];
  readonly from: ActorRef<AnsweredMessage>;
  readonly context: InboundMessage | undefined;
  /** When it was asked for. */
  readonly at: number;
  /** Its deadline came, and another answer follows. */
  wasCut: boolean;
  /** Whose connect call it is. */
  readonly connecting: string | undefined;
}

/** Bounds the calls under way, over all threads. */
export interface CallLoad {
  /** Whether one more may be made; else it fails as overloaded. */
  mayCall(): boolean;
  changed(by: 1 | -1): void;
  /** A call was answered, or not made at all. */
  ended(kind: Call['kind'], answer: Answer): void;
  /** A connect call, made under `identity`, was allowed after its session had failed. */
  onUnclaimed(identity: string, answer: AcceptedAnswer): void;
}

const endedCounters = {
  connect: 'connectCallsEnded',
  message: 'messageCallsEnded',
  close: 'closeCallsEnded',
  events: 'eventsCallsEnded',
} as const;
const timeCounters = {
  connect: 'connectCallsMs',
  message: 'messageCallsMs',
  close: 'closeCallsMs',
  events: 'eventsCallsMs',
} as const;

/** The answer to a call that is one too many. */
export function overloaded({call}: Call): FailedAnswer {
  const cause = 'upstream_queue is full';
  return {
    kind: 'failed',
    call,
    reason: 'overloaded',
    status: undefined,
    wasSent: false,
    cause,
    retryAfterMs: undefined,
  };
}

/** Makes the caller of a thread. */
export function spawnUpstreamCaller(
  scheduler: Scheduler,
  supervisor: Supervisor,
  transport: UpstreamTransport,
  load: CallLoad,
): ActorRef<UpstreamMessage> {
  const waiting = new IdTable<Waiting>();
  let batch: Call[] = [];
  let withdrawn: number[] = [];
  /** Behind the rest of the batch: ends are reported before beginnings. [RB-67] */
  let connects: Call[] = [];
  const cell = scheduler.spawn<UpstreamMessage>({
    name: 'upstream',
    mailboxBound,
    supervisor,
    create: (): Behaviour<UpstreamMessage> => ({
      receive(message) {
        switch (message.kind) {
          case 'call':
            call(message.call, message.from, message.context);
            return;
          case 'answers':
            for (const answer of message.answers) pass(answer);
            return;
          case 'withdraw':
            withdraw(message.call);
            return;
          default:
            unreachable(message);
        }
      },
    }),
  });

  function call(call: Call, from: ActorRef<AnsweredMessage>, context: InboundMessage | undefined): void {
    scheduler.counters.calls++;
    // A close call is owed, and there are no more of them than there were sessions. [RB-64]
    const mayCall = call.kind === 'close' || load.mayCall();
    const connecting = call.kind === 'connect' && !isRefresh(call.headers) ? call.identity : undefined;
    const at = scheduler.now;
    waiting.add({id: call.call, kind: call.kind, from, context, at, wasCut: false, connecting, next: undefined});
    load.changed(1);
    if (!mayCall) {
      pass(overloaded(call));
      return;
    }
    if (call.kind === 'connect') connects.push(call);
    else batch.push(call);
  }

  /** The result of this call is no longer needed: it is not made, unless it was sent already. */
  function withdraw(call: number): void {
    if (waiting.find(call) !== undefined) withdrawn.push(call);
  }

  function pass(answer: Answer): void {
    const waiter = waiting.find(answer.call);
    invariant(waiter !== undefined, 'Expected each call to be answered once');
    const isFirst = !waiter.wasCut;
    if (answer.kind === 'failed' && isFirst) countFailure(answer, scheduler.counters);
    if (answer.kind === 'failed' && answer.isPending === true) {
      // It still runs at the business server, and counts until it ends there.
      waiter.wasCut = true;
    } else {
      waiting.remove(waiter);
      load.changed(-1);
    }
    const {kind, from, context, connecting} = waiter;
    if (isFirst) {
      scheduler.counters[endedCounters[kind]]++;
      scheduler.counters[timeCounters[kind]] += scheduler.now - waiter.at;
      load.ended(kind, answer);
    }
    const isTold = from.tell({kind: 'answered', answer, context});
    if (!isTold && connecting !== undefined && answer.kind === 'accepted') load.onUnclaimed(connecting, answer);
  }

  transport.onAnswers((answers) => cell.tell({kind: 'answers', answers}));
  scheduler.onTurnEnd('dispatch', () => {
    if (batch.length + connects.length > 0) {
      // Close calls go before the connect calls of their turn, [RB-67] and behind the message calls of their own session.
      const calls = connects.length === 0 ? batch : [...batch, ...connects];
      batch = [];
      connects = [];
      transport.dispatch(calls);
    }
    if (withdrawn.length > 0) {
      const calls = withdrawn;
      withdrawn = [];
      transport.withdraw(calls);
    }
  });
  return cell;
}

function countFailure({reason, wasSent}: FailedAnswer, counters: Counters): void {
  counters.callsFailed++;
  if (reason === 'withdrawn') counters.callsWithdrawn++;
  else if (reason === 'overloaded' || (reason === 'timeout' && !wasSent)) counters.callsShed++;
  else if (reason === 'timeout') counters.callsCut++;
}
