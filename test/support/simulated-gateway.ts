// The actors of one thread under a simulated clock: links that record what they were handed, a business server that
// answers on command. Everything else is the product's own.

import type {ActorSettings} from '../../src/actors/actor-settings.ts';
import {createShardContext} from '../../src/actors/create-shard-context.ts';
import type {EventLoss} from '../../src/actors/event-outbox.ts';
import {createLocalPart} from '../../src/actors/local-part.ts';
import type {SessionMessage} from '../../src/actors/messages.ts';
import type {CloseLoss} from '../../src/actors/owed-close.ts';
import type {ShardContext} from '../../src/actors/shard-context.ts';
import {noHooks, type ShardHooks} from '../../src/actors/shard-hooks.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {createCounters} from '../../src/core/counters.ts';
import type {MemoryBound} from '../../src/core/memory-bound.ts';
import {SeededRandom} from '../../src/core/random-seeded.ts';
import {connectRainbow} from '../../src/fronts/rainbow/connection.ts';
import {ConnectionEnvironment, type ConnectionSettings} from '../../src/fronts/rainbow/connection-environment.ts';
import type {Link, LinkMailbox} from '../../src/fronts/rainbow/link.ts';
import {emptyBytes, parsePacket} from '../../src/protocol/packet.ts';
import type {PromptDirectory} from '../../src/router/directory.ts';
import type {LocalPart} from '../../src/router/part.ts';
import type {PublishOutcome, PublishRequest} from '../../src/router/router.ts';
import type {ActorRef} from '../../src/runtime/actor.ts';
import {
  type AcceptedAnswer,
  type Answer,
  type Call,
  type FailedAnswer,
  type UpstreamTransport,
  unsent,
} from '../../src/upstream/call.ts';
import {packet, spell} from './packets.ts';
import {unframeAll} from './unframe.ts';

/** A link that keeps what it was handed, as packets.ts spells it. */
export class RecordingLink implements Link {
  bufferedBytes = 0;
  isHeldUp = false;
  readonly sent: string[] = [];
  readonly events: string[] = [];
  /** Code and reason of each close frame. */
  readonly closes: string[] = [];
  onSend: ((packet: string) => void) | undefined;
  onAdmit: (() => void) | undefined;
  mailbox: LinkMailbox | undefined;

  reportTo(mailbox: LinkMailbox): void {
    this.mailbox = mailbox;
  }
  admit(): void {
    this.events.push('admit');
    this.onAdmit?.();
  }
  refuse(status: 401 | 503): void {
    this.events.push(`refuse ${status}`);
  }
  send(frame: Uint8Array): void {
    for (const packetBytes of unframeAll(frame)) {
      const sent = this.spell(packetBytes);
      this.sent.push(sent);
      this.onSend?.(sent);
    }
  }
  /** The packet of a frame as a test writes it. */
  spell(bytes: Uint8Array): string {
    return spell(bytes);
  }
  holdUp(): void {
    this.events.push('hold up');
  }
  ping(): void {
    this.events.push('ping');
  }
  close(code: number, reason: string): void {
    this.closes.push(`${code} ${reason}`);
    this.events.push(`close ${code}`);
  }
  terminate(): void {
    this.events.push('terminate');
  }
  /** What was sent since the last call. */
  take(): string[] {
    return this.sent.splice(0);
  }
}

/** A transport that keeps the calls until they are answered. */
export class RecordingTransport implements UpstreamTransport {
  readonly calls: Call[] = [];
  #receive: (answers: readonly Answer[]) => void = () => {};

  dispatch(calls: readonly Call[]): void {
    this.calls.push(...calls);
  }
  onAnswers(receive: (answers: readonly Answer[]) => void): void {
    this.#receive = receive;
  }
  /** Whether calls wait for a socket, so that they can be taken back; else they were sent. */
  isWaiting = false;
  withdraw(calls: readonly number[]): void {
    if (!this.isWaiting) return;
    const places = new Set(calls);
    const taken = this.calls.filter(({call}) => places.has(call));
    for (const call of taken) this.calls.splice(this.calls.indexOf(call), 1);
    if (taken.length > 0) this.#receive(taken.map(({call}) => unsent(call, 'withdrawn')));
  }
  async close(): Promise<void> {}

  /** Answers the oldest call of this kind. */
  accept(kind: Call['kind'], answer: Partial<AcceptedAnswer> & {text?: string} = {}): Call {
    const call = this.take(kind);
    const {text, ...rest} = answer;
    const body = text === undefined ? emptyBytes : Buffer.from(text);
    const nothing = {join: undefined, leave: undefined, cookie: undefined, identity: undefined};
    this.#receive([{kind: 'accepted', call: call.call, body, ...nothing, ...rest}]);
    return call;
  }
  refuse(): void {
    this.#receive([{kind: 'refused', call: this.take('connect').call}]);
  }
  fail(kind: Call['kind'], failure: Partial<FailedAnswer> = {}): Call {
    const call = this.take(kind);
    this.#receive([{...unsent(call.call, 'status'), status: 500, wasSent: true, ...failure}]);
    return call;
  }
  /** The deadline of the oldest connect call comes, and the business server works on; it stays to be answered. */
  cut(): void {
    const call = this.calls.find(({kind}) => kind === 'connect');
    if (call === undefined) throw new Error('Expected a connect call');
    this.#receive([{...unsent(call.call, 'timeout'), wasSent: true, isSlow: true, isPending: true}]);
  }
  /** The business server is not there: nothing was written. */
  missAll(kind: Call['kind']): void {
    for (const call of this.calls.filter((one) => one.kind === kind)) {
      this.calls.splice(this.calls.indexOf(call), 1);
      this.#receive([unsent(call.call, 'unreachable')]);
    }
  }
  take(kind: Call['kind']): Call {
    const place = this.calls.findIndex((call) => call.kind === kind);
    const [call] = place < 0 ? [] : this.calls.splice(place, 1);
    if (call === undefined)
      throw new Error(`Expected a ${kind} call, got ${this.calls.map((other) => other.kind).join(', ')}`);
    return call;
  }
}

export interface Client {
  readonly link: RecordingLink;
  readonly actor: ActorRef<SessionMessage>;
  /** The client sends one packet, as packets.ts spells it; the turn is run. */
  receive(written: string): void;
  tell(message: SessionMessage): void;
}

/** Of the actors and of their connections. */
export type SimulatedSettings = ActorSettings & ConnectionSettings;

export interface SimulatedGateway {
  readonly clock: SimulatedClock;
  readonly context: ShardContext;
  readonly connections: ConnectionEnvironment;
  readonly transport: RecordingTransport;
  readonly router: LocalPart;
  readonly failures: string[];
  /** Close calls that were given up. */
  readonly losses: CloseLoss[];
  /** Events that were given up. */
  readonly eventLosses: EventLoss[];
  readonly run: () => void;
  /** Lets time pass, turns included. */
  readonly advance: (ms: number) => void;
  /** A client whose connect call waits to be answered. */
  readonly knock: () => Client;
  /** An open client in these channels. */
  readonly connect: (channels?: string, answer?: Partial<AcceptedAnswer>) => Client;
  readonly publish: (request: Partial<PublishRequest>) => Promise<PublishOutcome>;
}

/** Where it stands beside others. @default alone */
export interface GatewayPlace extends Partial<ShardHooks> {
  readonly directory?: PromptDirectory;
  readonly number?: number;
  readonly tickets?: SharedArrayBuffer;
  readonly clock?: SimulatedClock;
  /** The turns to be run, of all of them. */
  readonly due?: (() => void)[];
}

export function simulateGateway(
  own: Partial<SimulatedSettings> = {},
  memory?: MemoryBound,
  {directory, number = 0, tickets, clock = new SimulatedClock(), due = [], ...hooks}: GatewayPlace = {},
): SimulatedGateway {
  const transport = new RecordingTransport();
  const failures: string[] = [];
  const losses: CloseLoss[] = [];
  const eventLosses: EventLoss[] = [];
  const settings: SimulatedSettings = {
    pingIntervalMs: own.keepAliveMs ?? 60_000,
    keepAliveMs: 60_000,
    ackTimeoutMs: 0,
    retryIntervalMs: 3_000,
    window: 1_000,
    queue: 1_000,
    queueBytesMax: 1_000_000,
    sendBufferBytesMax: 10_000,
    payloadBytesMax: 1_000,
    channelsPerConnectionMax: 10,
    sessionExpiryMs: 120_000,
    sessionExpiryMaxMs: 3_600_000,
    sessionKeepAliveMs: 30_000,
    sessionQueue: 1_000,
    sessionQueueBytesMax: 1_000_000,
    unorderedTypes: new Set(),
    ...own,
  };
  const defer = (turn: () => void): void => void due.push(turn);
  const context = createShardContext({
    settings,
    clock,
    random: new SeededRandom(1 + number),
    number,
    ...(tickets !== undefined && {tickets}),
    counters: createCounters(),
    ...(memory !== undefined && {memory}),
    hooks: {...noHooks, ...hooks},
    ...(directory !== undefined && {directory}),
    transport,
    defer,
    onFailure: (actor) => failures.push(actor),
    onCloseLost: (loss) => losses.push(loss),
    onEventsLost: (loss) => eventLosses.push(loss),
    onFatal: (error) => {
      throw error;
    },
  });
  const connections = new ConnectionEnvironment(context, settings, defer);
  const router = createLocalPart(context);
  function run(): void {
    for (let turn = due.shift(); turn !== undefined; turn = due.shift()) turn();
  }
  function knock(): Client {
    const link = new RecordingLink();
    const actor = connectRainbow(connections, link, context.random.hex(32));
    const tell = (message: SessionMessage): void => {
      actor.tell(message);
      run();
    };
    tell({kind: 'start', headers: []});
    return {link, actor, tell, receive: (written) => tell(parsePacket(packet(written)))};
  }
  return {
    clock,
    context,
    connections,
    transport,
    router,
    failures,
    losses,
    eventLosses,
    run,
    knock,
    advance: (ms) => {
      run();
      clock.advance(ms, run);
      run();
    },
    connect(channels, answer = {}) {
      const client = knock();
      transport.accept('connect', {join: channels, ...answer});
      run();
      return client;
    },
    publish(request) {
      const promise = router.publish({
        channel: 'room',
        identity: undefined,
        type: 1,
        qos: 1,
        timeoutMs: 10_000,
        payload: emptyBytes,
        wantsReplies: false,
        ...request,
      });
      run();
      return promise;
    },
  };
}
