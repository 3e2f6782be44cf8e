// What a seed decides of a node under strain before anything runs. Each scenario has one kind of trouble; its seeds are its own.

import {defaultOptions, type GatewayOptions} from '../../../src/gateway/config/options.ts';
import {Rng} from '../rng.ts';

/**
 * `overload`: several times the calls that the business server can work on; `memory`: more bytes than `memory_max`; `hung`:
 * threads that stand still; `shutdown`: close calls that take long when the gateway is ended.
 */
export const scenarioNames = ['overload', 'memory', 'hung', 'shutdown'] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export interface StrainPlan {
  readonly scenario: ScenarioName;
  readonly seed: number;
  readonly options: GatewayOptions;
  readonly clients: number;
  /** Requests that the business server works on at a time, how long each takes, and a close call. */
  readonly capacity: number;
  readonly serviceMs: number;
  readonly closeMs: number;
  /** Share of the close calls that it answers 503. */
  readonly closesRefused: number;
  /** Whether it names clients, so that one connection takes over from another. */
  readonly isNaming: boolean;
  /** How long a client knocks before it gives up. */
  readonly patienceMs: number;
  /** Between an acknowledgement and the next message, on average, and messages that one has open. */
  readonly pauseMs: number;
  readonly openMax: number;
  readonly payloadBytesMax: number;
  /** Of the answer to a message. */
  readonly replyBytes: number;
  /** How long a client stays, on average. */
  readonly stayMs: number;
  /** Share of the clients that acknowledge nothing. */
  readonly deaf: number;
  /** Between two publications, on average; infinite: none. */
  readonly publishMs: number;
  /** Of what the business server can do, at least so much is done once it is warm. */
  readonly goodputMin: number;
  readonly warmMs: number;
  readonly stormMs: number;
}

const url = 'http://business.test';

export function planFor(scenario: ScenarioName, seed: number): StrainPlan {
  const rng = new Rng(seed, `plan of ${scenario}`);
  const options: GatewayOptions = {
    ...defaultOptions,
    connectUrl: `${url}/connect/`,
    forwardUrl: `${url}/message/`,
    closeUrl: `${url}/close/`,
    securityToken: 'a-token-of-the-strained-node',
    threads: rng.pick([1, 2, 3]),
    upstreamWorkers: rng.pick([1, 1, 2]),
    upstreamSocketsMax: 16,
    callTimeoutMs: 10_000,
    retryIntervalMs: 3_000,
    payloadBytesMax: 262_144,
    memoryBytesMax: 1_000_000_000,
    watchdogTimeoutMs: 0,
    traceRate: 0,
  };
  const plain = {
    scenario,
    seed,
    options,
    clients: 40,
    capacity: 1_000,
    serviceMs: 10,
    closeMs: 10,
    closesRefused: 0,
    isNaming: rng.chance(0.5),
    patienceMs: 20_000,
    pauseMs: 500,
    openMax: 1,
    payloadBytesMax: 64,
    replyBytes: 10,
    stayMs: 20_000,
    deaf: 0,
    publishMs: Number.POSITIVE_INFINITY,
    goodputMin: 0,
    warmMs: 0,
    stormMs: 40_000,
  };
  switch (scenario) {
    case 'overload':
      return overload(plain, rng);
    case 'memory':
      return memory(plain, rng);
    case 'hung':
      return hung(plain, rng);
    case 'shutdown':
      return shutdown(plain, rng);
  }
}

function overload(plain: StrainPlan, rng: Rng): StrainPlan {
  if (rng.chance(0.15)) return flood(plain);
  const threads = rng.pick([1, 1, 2]);
  const upstreamSocketsMax = rng.pick([8, 16, 32]);
  const sockets = threads * plain.options.upstreamWorkers * upstreamSocketsMax;
  // From one that all sockets keep busy to one that would take longer than `call_timeout` for as many calls as there are sockets.
  const excess = rng.pick([1, 2, 4, 32]);
  const capacity = Math.max(1, Math.round(sockets / excess));
  const serviceMs = excess > 4 ? 500 : rng.pick([100, 250, 500]);
  const perSecond = (Math.min(capacity, sockets) * 1_000) / serviceMs;
  const patienceMs = rng.pick([3_000, 5_000, 20_000]);
  return {
    ...plain,
    options: {...plain.options, threads, upstreamSocketsMax},
    capacity,
    serviceMs,
    closeMs: serviceMs,
    patienceMs,
    // Each has one message open, and sends the next at once: about so many times what can be done in a second.
    clients: Math.min(1_500, Math.round(perSecond * rng.pick([4, 8]))),
    pauseMs: 20,
    stayMs: rng.pick([Number.POSITIVE_INFINITY, 60_000]),
    goodputMin: excess > 4 ? 0.7 : 0.9,
    // What the first burst leaves keeps such a server from answering in time for a while.
    warmMs: excess > 4 ? 90_000 : 25_000,
    stormMs: 30_000,
  };
}

/** One place, and so many sockets that what they hold would take more than twice `call_timeout`. */
function flood(plain: StrainPlan): StrainPlan {
  return {
    ...plain,
    options: {...plain.options, threads: 1, upstreamWorkers: 1, upstreamSocketsMax: 128},
    capacity: 1,
    serviceMs: 200,
    closeMs: 200,
    clients: 500,
    patienceMs: 60_000,
    pauseMs: 20,
    stayMs: Number.POSITIVE_INFINITY,
    goodputMin: 0.5,
    warmMs: 200_000,
    stormMs: 30_000,
  };
}

function memory(plain: StrainPlan, rng: Rng): StrainPlan {
  const memoryBytesMax = rng.pick([1_000_000, 4_000_000]);
  return {
    ...plain,
    // Calls wait without limit, so that it is memory that runs short.
    options: {...plain.options, callTimeoutMs: 60_000, memoryBytesMax, queueBytesMax: rng.pick([500_000, 16_000_000])},
    clients: rng.integer(10, 60),
    // Slow enough for messages to pile up.
    capacity: rng.integer(2, 8),
    serviceMs: rng.pick([50, 200]),
    replyBytes: 2_000,
    payloadBytesMax: rng.pick([2_000, 20_000, 100_000]),
    openMax: rng.pick([5, 30]),
    pauseMs: 200,
    stayMs: 10_000,
    deaf: rng.pick([0, 0.3]),
    publishMs: rng.pick([50, 300]),
    stormMs: 20_000,
  };
}

function hung(plain: StrainPlan, rng: Rng): StrainPlan {
  const threads = rng.pick([2, 3, 4]);
  return {
    ...plain,
    options: {
      ...plain.options,
      threads,
      watchdogTimeoutMs: rng.pick([1_000, 3_000]),
      callTimeoutMs: 5_000,
      closeRetryMs: 3_000,
    },
    closesRefused: rng.pick([0, 0.3, 0.9]),
    clients: rng.integer(20, 80),
    serviceMs: rng.pick([5, 50]),
    closeMs: rng.pick([5, 300]),
    stayMs: rng.pick([5_000, 30_000]),
    publishMs: 150,
    stormMs: 40_000,
  };
}

function shutdown(plain: StrainPlan, rng: Rng): StrainPlan {
  const shutdownGraceMs = rng.pick([1_500, 4_000]);
  return {
    ...plain,
    options: {
      ...plain.options,
      shutdownGraceMs,
      shutdownMaxMs: rng.pick([10_000, 60_000]),
      callTimeoutMs: 10_000,
      closeRetryMs: 3_000,
      upstreamSocketsMax: rng.pick([4, 16, 64]),
    },
    closesRefused: rng.pick([0, 0.3, 0.9]),
    clients: rng.integer(50, 600),
    capacity: rng.pick([8, 64, 1_000]),
    serviceMs: 5,
    closeMs: rng.pick([20, 500, 2_000]),
    stayMs: Number.POSITIVE_INFINITY,
    pauseMs: 2_000,
    stormMs: rng.integer(3_000, 6_000),
  };
}
