// Two shards of a node and the ports between them, under a simulated clock: the test says which of them gets anything done.

import {PortPeer} from '../../../src/cluster/shards/peer-port.ts';
import {Presence, presenceBytes} from '../../../src/cluster/shards/presence.ts';
import type {ShardMessage} from '../../../src/cluster/shards/shard-message.ts';
import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import {createCounters} from '../../../src/core/counters.ts';
import {nobody} from '../../../src/router/add-up.ts';
import type {Part} from '../../../src/router/part.ts';
import type {PublishOutcome, PublishRequest} from '../../../src/router/router.ts';
import {EnvelopeExchange} from '../../../src/runtime/envelope-exchange.ts';
import {Scheduler} from '../../../src/runtime/scheduler.ts';
import {SharedOrder, sharedOrderBytes} from '../../../src/runtime/shared-order.ts';
import {createPorts} from '../../../verification/simulation/port.ts';

export const peerTimeoutMs = 2_000;
export const subscription = {identity: 'me', channel: 'room'};

export function request(qos: 0 | 1, payload: Uint8Array = new Uint8Array(0)): PublishRequest {
  return {
    channel: 'room',
    identity: undefined,
    message: 'p1',
    type: 1,
    qos,
    timeoutMs: 5_000,
    payload,
    wantsReplies: false,
  };
}

/** Two shards; the second one does nothing while `isBusy`, the first one while `isHeldUp`. */
export function createPair() {
  const clock = new SimulatedClock();
  const done: string[] = [];
  const due: {readonly isOfOther: boolean; readonly run: () => void}[] = [];
  const pair = {
    isBusy: false,
    isHeldUp: false,
    isGone: false,
    /** Timers left when the end of the other shard was reported. */
    timersAtEnd: -1,
    /** What everything at the other shard fails with. */
    refusal: undefined as unknown,
    /** Whether the other shard begins everything and ends nothing before the test says so. */
    isSlow: false,
    /** What a publication is answered. */
    outcome: {} as Partial<PublishOutcome>,
  };
  /** What is begun, in order; each ends when called. */
  const begun: (() => void)[] = [];
  /** Everything that was posted, by either. */
  const posted: (readonly ShardMessage[])[] = [];
  let number = 0;
  async function act(what: string): Promise<number> {
    if (pair.refusal !== undefined) await Promise.reject(pair.refusal);
    done.push(what);
    const own = ++number;
    if (pair.isSlow) await new Promise<void>((resolve) => begun.push(resolve));
    return own;
  }
  const memory = new SharedArrayBuffer(sharedOrderBytes);
  const owners = new Map<object, boolean>();
  const ports = createPorts({
    // What a port says, the shard at its other end hears.
    defer: (source, run) => void due.push({isOfOther: owners.get(source) === true, run}),
    pass: (messages: readonly ShardMessage[]) => {
      posted.push(messages);
      return messages;
    },
  });
  const local: Part = {
    publish: async ({timeoutMs, payload}) => {
      const connections = await act(
        `publish ${timeoutMs}${payload.length > 0 ? ` ${Buffer.from(payload).toString()}` : ''}`,
      );
      return {...nobody('p1'), connections, ...pair.outcome};
    },
    subscribe: async () => ({outcome: 'done', ticket: await act('subscribe')}),
    unsubscribe: async () => {
      await act('unsubscribe');
      return 'done';
    },
    evict: async ({before}) => {
      await act(`evict before ${before}`);
      return 'done';
    },
    permit: async ({identity}) => {
      await act(`permit ${identity}`);
      return 'done';
    },
    claim: async ({identity}) => ({outcome: 'done', ticket: await act(`claim ${identity}`), token: 7n}),
    contest: async ({token}) => ({outcome: 'done', ticket: await act(`contest ${token}`)}),
    disconnect: async ({target, name}) => ({connections: await act(`disconnect ${target} ${name}`), isPartial: false}),
    takeOver: async ({identity, fencingToken}) => {
      await act(`takeOver ${identity} ${fencingToken}`);
      return 'done';
    },
    key: async ({kind, key}) => {
      await act(`${kind} ${key}`);
      return {kind: 'granted'};
    },
    find: async ({identity}) => {
      await act(`find ${identity}`);
      return undefined;
    },
    info: async () => ({connections: await act('info'), channels: []}),
    changes: async () => {
      await act('changes');
      return 'done';
    },
    census: async () => {
      await act('census');
      return {channels: [], isPartial: false};
    },
    connections: async () => ({rows: [], end: undefined, total: await act('connections')}),
    channels: async () => ({rows: [], end: undefined, total: await act('channels')}),
    query: async () => {
      await act('query');
      return {kind: 'watched', isWatching: false};
    },
  };
  const presences = [0, 1].map(() => new Presence(new SharedArrayBuffer(presenceBytes)));
  const [peer] = [0, 1].map((place) => {
    const defer = (run: () => void): void => void due.push({isOfOther: place === 1, run});
    const onFatal = (error: unknown): never => {
      throw error;
    };
    const scheduler = new Scheduler({clock, counters: createCounters(), defer, onFatal});
    const port = ports[place] as (typeof ports)[0];
    owners.set(port, place === 1);
    return new PortPeer({
      name: `shard ${place}`,
      port,
      presence: presences[place] as Presence,
      exchange: new EnvelopeExchange({scheduler, order: new SharedOrder(memory, place)}),
      clock,
      peerTimeoutMs,
      local,
      onGone: () => {
        if (place !== 0) return;
        pair.isGone = true;
        pair.timersAtEnd = clock.pendingCount;
      },
    });
  }) as [PortPeer, PortPeer];
  async function run(): Promise<void> {
    for (;;) {
      // What was answered comes in microtasks.
      for (let tick = 0; tick < 10; tick++) await Promise.resolve();
      const place = due.findIndex(({isOfOther}) => !(isOfOther ? pair.isBusy : pair.isHeldUp));
      const [next] = place < 0 ? [] : due.splice(place, 1);
      if (next === undefined) return;
      next.run();
    }
  }
  async function pass(ms: number): Promise<void> {
    clock.advance(ms);
    await run();
  }
  return {clock, done, begun, posted, pair, peer, ports, presences, run, pass};
}

/** One kind of question. */
export interface Kind {
  readonly ask: (peer: PortPeer) => Promise<unknown>;
  /** The answer to the question with this number among all that were carried out. */
  readonly answer: (number: number) => unknown;
  /** After how long it is given up. */
  readonly deadlineMs: number;
  /** For how long it may begin. @default for ever */
  readonly beginMs?: number;
}

const changeMs = {deadlineMs: peerTimeoutMs + 400, beginMs: peerTimeoutMs};

export const kinds: Readonly<Record<string, Kind>> = {
  'a publication': {
    ask: (peer) => peer.ask({kind: 'publish', request: request(1)}),
    answer: (connections) => ({connections, isTimedOut: false}),
    deadlineMs: 5_400,
    beginMs: 5_000,
  },
  'a subscription': {
    ask: (peer) => peer.ask({kind: 'subscribe', request: {...subscription, occupy: false}}),
    answer: (ticket) => ({outcome: 'done', ticket}),
    ...changeMs,
  },
  'the end of a subscription': {
    ask: (peer) => peer.ask({kind: 'unsubscribe', request: subscription}),
    answer: () => 'done',
    ...changeMs,
  },
  'an eviction': {
    ask: (peer) => peer.ask({kind: 'evict', request: {channel: 'room', before: 7, except: []}}),
    answer: () => 'done',
    deadlineMs: peerTimeoutMs + 400,
  },
  'a takeover': {
    ask: (peer) => peer.ask({kind: 'takeOver', request: {identity: 'me', fencingToken: 3}}),
    answer: () => 'done',
    deadlineMs: 3_600_400,
  },
  'a question for facts': {
    ask: (peer) => peer.ask({kind: 'info', request: undefined}),
    answer: (connections) => ({connections, channels: []}),
    deadlineMs: peerTimeoutMs + 400,
  },
  'a search': {
    ask: (peer) => peer.ask({kind: 'find', request: {identity: 'me'}}),
    answer: () => undefined,
    deadlineMs: peerTimeoutMs + 400,
  },
  'a query': {
    ask: (peer) =>
      peer.ask({kind: 'query', request: {kind: 'watch', watcher: 'w', selection: undefined, durationMs: 1}}),
    answer: () => ({kind: 'watched', isWatching: false}),
    deadlineMs: peerTimeoutMs + 400,
  },
};
