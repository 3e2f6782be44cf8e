// What a run of the benchmark shall do, from its command line.

import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import type {Flow, Qos} from './generator/orders.ts';

export const sectionNames = [
  'fanout',
  'unicast',
  'uplink',
  'handshake',
  'memory',
  'latency',
  'growth',
  'shards',
  'trace',
  'inspector',
] as const;
export type SectionName = (typeof sectionNames)[number];

/** What one run measures, and how often. */
export interface Plan {
  readonly sections: readonly SectionName[];
  /** Each figure is the median of this many rounds, whose contestants take turns. */
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmUpMs: number;
  /** A first look: fewer cells, shorter rounds. */
  readonly isQuick: boolean;
  /** How long a round waits for a moment in which others leave the machine to us. */
  readonly patienceMs: number;
  /** Whether mosquitto and nats-server are measured too, where they are installed. */
  readonly hasPeers: boolean;
  /** A revision to run pairwise. */
  readonly compare: string | undefined;
  /** Where CPU profiles of the servers' main threads go, one of each for each cell. */
  readonly profileFolder: string | undefined;
  /** The checkout whose gateway is measured. */
  readonly root: string;
  /** Sizes of a fan-out. */
  readonly subscribers: readonly number[];
  readonly payloads: readonly number[];
  readonly levels: readonly Qos[];
  readonly outstandings: readonly number[];
  readonly flow: Flow;
}

export const usage = `npm run bench -- [options]
  --only LIST         of ${sectionNames.join(', ')}; all by default
  --rounds N          rounds a figure is the median of (5; with --quick 2)
  --quick             fewer cells, shorter rounds: a first look, no claim
  --patience SECONDS  a round waits for a quiet machine at most this long (3)
  --peers             mosquitto and nats-server in the same run, where installed
  --compare REV       another revision, or the folder of one, in the same run, its rounds between ours, and a verdict
                      on each cell; exit code 1 where one became dearer
  --subscribers LIST  sizes of the fan-out (500,5000)
  --payloads LIST     bytes of its messages (64,1024)
  --qos LIST          its levels, and those of the uplink (0,1,2)
  --outstanding LIST  publications under way at a time (1,8,64)
  --flow FLOW         how a fan-out is called: pipelined, waves or continuous (generator/publishing.ts)
  --profile FOLDER    a CPU profile of each server's main thread for each cell
  --root FOLDER       the checkout whose gateway is measured (this one)`;

/** Reads the command line; throws with what is wrong about it. */
export function readPlan(args: readonly string[]): Plan {
  const {values} = parseArgs({
    args: [...args],
    options: {
      only: {type: 'string'},
      rounds: {type: 'string'},
      quick: {type: 'boolean', default: false},
      patience: {type: 'string', default: '3'},
      peers: {type: 'boolean', default: false},
      compare: {type: 'string'},
      subscribers: {type: 'string'},
      payloads: {type: 'string'},
      qos: {type: 'string'},
      outstanding: {type: 'string'},
      flow: {type: 'string', default: 'pipelined'},
      profile: {type: 'string'},
      root: {type: 'string'},
    },
  });
  const isQuick = values.quick;
  return {
    sections: values.only === undefined ? sectionNames : values.only.split(',').map(sectionName),
    rounds: values.rounds === undefined ? (isQuick ? 2 : 5) : positive(values.rounds),
    roundMs: isQuick ? 500 : 1_000,
    warmUpMs: isQuick ? 300 : 500,
    isQuick,
    patienceMs: positive(values.patience) * 1_000,
    hasPeers: values.peers,
    compare: values.compare,
    profileFolder: values.profile,
    root: values.root ?? fileURLToPath(new URL('..', import.meta.url)),
    subscribers: values.subscribers?.split(',').map(positive) ?? (isQuick ? [500] : [500, 5_000]),
    payloads: values.payloads?.split(',').map(positive) ?? (isQuick ? [64] : [64, 1_024]),
    levels: values.qos?.split(',').map(level) ?? [0, 1, 2],
    outstandings: values.outstanding?.split(',').map(positive) ?? [1, 8, 64],
    flow: flowName(values.flow),
  };
}

function level(text: string): Qos {
  if (text === '0') return 0;
  if (text === '1') return 1;
  if (text === '2') return 2;
  throw new Error(`Expected --qos to name 0, 1 and 2, got ${text}`);
}

function sectionName(name: string): SectionName {
  const found = sectionNames.find((known) => known === name);
  if (found === undefined) throw new Error(`Expected --only to name ${sectionNames.join(', ')}, got ${name}`);
  return found;
}

function flowName(name: string): Flow {
  if (name === 'pipelined' || name === 'waves' || name === 'continuous') return name;
  throw new Error(`Expected --flow to be pipelined, waves or continuous, got ${name}`);
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new Error(`Expected a whole number above 0, got ${text}`);
  return Number(text);
}
