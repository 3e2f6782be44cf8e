// A thousand clients that do not read beside a thousand that do, in one channel.

import {readResidentBytes} from '../../bench/meter.ts';
import {median} from '../../bench/statistics.ts';
import {type Crowd, Hall} from './harness/crowd.ts';
import type {Scenario} from './harness/scenario.ts';
import type {ScenarioLifetime} from './harness/scenario-lifetime.ts';

const each = 1_000;
const sendBufferBytes = 65_536;
const window = 64;
const queue = 64;
const fillBytes = 16_384;
const fillsMax = 2_000;
const rounds = 7;
const roundMs = 700;
const payloadBytes = 512;
const watchEveryMs = 100;
const healthy = 'healthy';
const frozen = 'frozen';
const everybody = 'everybody';
/** A delivery that waits, with its place in a queue and in its publication. */
const deliveryBytes = 256;
/** What a heap may grow by beside. */
const slackBytes = 64 * 1_048_576;

const residentGrowthMax =
  each * (sendBufferBytes + fillBytes) +
  each * (window + queue) * deliveryBytes +
  (window + queue) * fillBytes +
  slackBytes;

export const frozenReaders: Scenario = {
  name: 'frozen-readers',
  claim: `${each} clients that never read at most double the latency of ${each} beside them, make no caller count them, and cost no more memory than is configured for them.`,
  isQuick: false,
  async run(lifetime) {
    const hall = await Hall.open(lifetime, {send_buffer: sendBufferBytes, payload_max: sendBufferBytes, window, queue});
    const {daemon} = hall;
    const readers = await hall.crowd();
    await admit(readers, `${everybody};;${healthy}`);
    const before = await measure(readers);

    const sleepers = await hall.crowd();
    await admit(sleepers, `${everybody};;${frozen}`);
    const memory = new MemoryWatch(lifetime, daemon.pid);
    process.kill(sleepers.pid, 'SIGSTOP');
    const fills = await fill(hall);
    const beside = await measure(readers);
    const answer = await hall.publish(everybody, 1, 1, 'x');
    if (answer.connections !== each || answer.timeout !== true) {
      throw new Error(`Expected ${each} to confirm and the others to be open, got ${JSON.stringify(answer)}`);
    }
    const refused = await overfill(hall);
    const {grownBytes} = memory;
    if (grownBytes > residentGrowthMax) {
      throw new Error(`Expected ${residentGrowthMax} bytes more at most, got ${grownBytes}`);
    }

    process.kill(sleepers.pid, 'SIGKILL');
    await daemon.reaches('rainbow_connections', (count) => count === each);
    const after = await measure(readers);
    return (
      `${compare('p50', before, beside, after)}; ${compare('p99', before, beside, after)}; ` +
      `frozen after ${fills} messages of ${fillBytes} bytes; ${refused} deliveries refused; ` +
      `${Math.round(grownBytes / 1e6)} MB more at the most, of ${Math.round(residentGrowthMax / 1e6)}`
    );
  },
};

type Latencies = Readonly<Record<'p50' | 'p99', number>>;

/** Throws where latencies have more than doubled; against the slower of both measurements without the frozen ones. */
function compare(part: keyof Latencies, before: Latencies, beside: Latencies, after: Latencies): string {
  const told = [before, beside, after].map((latencies) => latencies[part].toFixed(1));
  const figures = `${part} ${told[0]} ms before, ${told[1]} ms beside, ${told[2]} ms after`;
  if (beside[part] > 2 * Math.max(before[part], after[part]))
    throw new Error(`Expected at most the double, got ${figures}`);
  return figures;
}

/** How much the resident memory of a process has grown at the most. */
class MemoryWatch {
  readonly #pid: number;
  readonly #start: number;
  #most: number;

  constructor(lifetime: ScenarioLifetime, pid: number) {
    this.#pid = pid;
    this.#start = readResidentBytes(pid);
    this.#most = this.#start;
    const timer = setInterval(() => this.#look(), watchEveryMs);
    lifetime.teardown(() => clearInterval(timer));
  }

  get grownBytes(): number {
    this.#look();
    return this.#most - this.#start;
  }

  #look(): void {
    this.#most = Math.max(this.#most, readResidentBytes(this.#pid));
  }
}

async function admit(crowd: Crowd, channels: string): Promise<void> {
  const {opened} = await crowd.connect(each, channels);
  if (opened !== each) throw new Error(`Expected ${each} to be let in, got ${opened}`);
}

/** Medians of the rounds: what happens in fewer than half of them is the machine's. */
async function measure(readers: Crowd): Promise<Latencies> {
  const latencies = [];
  for (let round = 0; round < rounds; round++) {
    const order = {channel: everybody, qos: 0, subscribers: each, payloadBytes, durationMs: roundMs} as const;
    const {isComplete, delivered} = await readers.publish(order);
    if (!isComplete) throw new Error('Expected every reader to get every message');
    latencies.push(delivered);
  }
  return {p50: median(latencies.map(({p50}) => p50)), p99: median(latencies.map(({p99}) => p99))};
}

/** Publishes until no frozen client is written to any more; returns after how many messages. */
async function fill(hall: Hall): Promise<number> {
  const body = new Uint8Array(fillBytes);
  let dropped = 0;
  for (let count = 1; count <= fillsMax; count++) {
    await hall.publish(frozen, 0, 1, body);
    const droppedNow = await hall.daemon.metric('rainbow_frames_dropped_total');
    if (droppedNow - dropped === each) return count;
    dropped = droppedNow;
  }
  throw new Error(`Expected the frozen to be full after ${fillsMax} messages`);
}

/** Publishes more than may wait for them at QoS 1; returns how many deliveries were refused. */
async function overfill(hall: Hall): Promise<number> {
  const body = new Uint8Array(fillBytes);
  const answers = await Promise.all(Array.from({length: 2 * (window + queue)}, () => hall.publish(frozen, 1, 2, body)));
  const confirmed = answers.reduce((sum, {connections = 0}) => sum + connections, 0);
  if (confirmed > 0) throw new Error(`Expected no client to confirm, got ${confirmed}`);
  return answers.reduce((sum, {refused = 0}) => sum + refused, 0);
}
