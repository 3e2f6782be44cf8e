// Rounds: each contestant in turn, as often as asked for, so that what else the machine does meets all of them alike.

import type {Contestant} from './contestants.ts';
import type {PublishOrder, PublishResult} from './generator/orders.ts';
import {cpuBetween, readCpu} from './meter.ts';
import {profileRounds} from './profile.ts';
import {foreignShareMax} from './quiet.ts';
import type {Stage} from './stage.ts';
import {median} from './statistics.ts';

/** One round of publishing, measured. */
export interface Round {
  /** CPU of the server, all threads, µs for each unit of work. */
  readonly cpuUs: number;
  /** Of it, that of the main thread. */
  readonly mainUs: number;
  /** Units of work a second. */
  readonly perSecond: number;
  /** CPU of the load generator as a part of the round's time: near 1 it is what limits the rate. */
  readonly generatorShare: number;
  /** What others used of the machine meanwhile, in cores. */
  readonly foreignShare: number;
  /** Writes to sockets for each unit of work, as the server counts them; `NaN` where it does not. */
  readonly writes: number;
  readonly result: PublishResult;
}

export type Rounds = ReadonlyMap<string, readonly Round[]>;

const publishMsMax = 90_000;
const attemptsMax = 3;

/** What a section fills in of a {@link PublishOrder}. */
export type Load = Omit<PublishOrder, 'dialect' | 'port' | 'durationMs'>;

/** Measures one round; the unit of work is a delivery, or a publication if no client receives. */
export async function measureRound(
  stage: Stage,
  contestant: Contestant,
  load: Load,
  durationMs: number,
): Promise<Round> {
  const {generator} = stage;
  const {dialect, port, pid} = contestant;
  const writesBefore = await countWrites(contestant);
  const foreign = stage.quiet.start();
  const before = {server: readCpu(pid), generator: readCpu(generator.pid)};
  const result = await generator.ask('publish', {...load, dialect, port, durationMs}, durationMs + publishMsMax);
  const server = cpuBetween(before.server, readCpu(pid));
  const generatorUs = cpuBetween(before.generator, readCpu(generator.pid)).totalUs;
  const units = load.group === undefined ? result.publications : result.deliveries;
  const foreignShare = foreign();
  const writes = (await countWrites(contestant)) - writesBefore;
  if (!result.isComplete || result.errors > 0 || units === 0) {
    stage.say(`${contestant.name}: a round is not sound: ${JSON.stringify(result)}`);
  }
  return {
    cpuUs: server.totalUs / units,
    mainUs: server.mainUs / units,
    perSecond: (units / result.elapsedMs) * 1000,
    generatorShare: generatorUs / 1000 / result.elapsedMs,
    foreignShare,
    writes: writes / units,
    result,
  };
}

async function countWrites({process}: Contestant): Promise<number> {
  const told = await process?.ask('report', {collect: false});
  return told?.counters.writes ?? Number.NaN;
}

/** Warms every contestant up, then measures them by turns. `loadOf` gives each its load. */
export async function playRounds(
  stage: Stage,
  contestants: readonly Contestant[],
  loadOf: (contestant: Contestant) => Load,
  label: string,
): Promise<Rounds> {
  const {rounds, roundMs, warmUpMs} = stage.plan;
  const played = new Map<string, Round[]>();
  for (const contestant of contestants) {
    await measureRound(stage, contestant, loadOf(contestant), warmUpMs);
    played.set(contestant.name, []);
  }
  for (let round = 0; round < rounds; round++) {
    // Forwards and backwards in turn, so that none always runs after the same other.
    for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) {
      const measured = await undisturbed(stage, () => measureRound(stage, contestant, loadOf(contestant), roundMs));
      played.get(contestant.name)?.push(measured);
    }
  }
  await profileRounds(stage, contestants, label, (contestant) =>
    measureRound(stage, contestant, loadOf(contestant), roundMs),
  );
  return played;
}

/** Plays a round when the machine is quiet, and again where others disturbed it; keeps the least disturbed of three. */
export async function undisturbed<Played extends {readonly foreignShare: number}>(
  stage: Stage,
  play: () => Promise<Played>,
): Promise<Played> {
  const endsAt = performance.now() + stage.plan.patienceMs;
  await stage.quiet.wait();
  let best = await play();
  for (let attempt = 1; attempt < attemptsMax && performance.now() < endsAt; attempt++) {
    if (best.foreignShare < foreignShareMax) break;
    await stage.quiet.wait();
    const played = await play();
    if (played.foreignShare < best.foreignShare) best = played;
  }
  return best;
}

/** The median of a figure. */
export function medianOf(rounds: readonly Round[] | undefined, figure: (round: Round) => number): number {
  return median((rounds ?? []).map(figure));
}

/** The median of the ratios of rounds that were neighbours: ours to another's. */
export function ratioOf(
  ours: readonly Round[] | undefined,
  others: readonly Round[] | undefined,
  figure: (round: Round) => number = (round) => round.cpuUs,
): number {
  const ratios = (ours ?? []).map((round, index) => {
    const other = others?.[index];
    return other === undefined ? Number.NaN : figure(round) / figure(other);
  });
  return median(ratios);
}
