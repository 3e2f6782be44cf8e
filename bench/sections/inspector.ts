// The inspector's page under load: 5,000 clients, a steady stream of deliveries to all of them by turns, everything traced.
// Measured are the page's frames and memory, and what tracing and the page's feed cost the gateway at this load.

import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import {hasBrowser, InspectorPage} from '../browser.ts';
import {type Contestant, startGatewayDaemon} from '../contestants.ts';
import {cpuBetween, readCpu} from '../meter.ts';
import {selfTimes} from '../profile.ts';
import type {Stage} from '../stage.ts';
import {median} from '../statistics.ts';
import {figure, percent, type SectionResult} from '../tables.ts';

const clients = 5_000;
/** At QoS 2: three steps of a chart, four packets, a beginning and an answer each. */
const deliveriesPerSecond = 700;
const stepsPerDelivery = 3;
const payloadBytes = 64;
const key = 'inspector-key-of-the-benchmark';
/** What is to be reached. */
const framesMin = 30;
const rendererBytesMax = 300e6;
/** Pairs of rounds at most: each takes many seconds. */
const pairsMax = 8;
/** Until the page holds as many events as it keeps. */
const fillMs = 22_000;

interface PageFigures {
  readonly view: string;
  readonly perSecond: number;
  readonly longestMs: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
  readonly ownBytes: number;
  /** Lines of the trace that came. */
  readonly linesPerSecond: number;
  readonly shown: {readonly connections: string; readonly lost: string};
}

interface Load {
  readonly share: number;
  readonly perSecond: number;
}

/** Measures the gateway without tracing, traced, and traced with the page open. */
export async function runInspector(stage: Stage): Promise<SectionResult> {
  const {plan} = stage;
  if (!hasBrowser()) {
    stage.say('chromium is not installed: skipped');
    return {tables: [], rounds: []};
  }
  const seconds = plan.isQuick ? 8 : 20;
  const roundMs = seconds * 250;
  const off = await start(stage, 'off', 0);
  const traced = await start(stage, 'traced', 1);
  // What is compiled late and grows late shall not be the first one's cost.
  for (const contestant of [off, traced]) await play(stage, contestant, roundMs);
  const closed = await alternate(stage, off, traced, roundMs);
  stage.say('the page opens');
  const page = await InspectorPage.open(traced.port, key);
  const pages: PageFigures[] = [];
  let opened: Pair[] = [];
  try {
    const watching = play(stage, traced, fillMs + seconds * 1_500 + 1_000);
    await page.show('Watch');
    await page.chooseFirst();
    await wait(fillMs);
    pages.push(await look(page, 'Watch', seconds * 1_000));
    await page.show('Overview');
    pages.push(await look(page, 'Overview', seconds * 500));
    await watching;
    await page.show('Watch');
    opened = await alternate(stage, off, traced, roundMs);
    if (plan.profileFolder !== undefined) await profile(stage, page, traced, plan.profileFolder);
  } finally {
    await page.close();
  }
  return {tables: [pageTable(pages), gatewayTable(closed, opened)], rounds: {pages, closed, opened}};
}

/** Neighbouring rounds of both. */
interface Pair {
  readonly off: Load;
  readonly traced: Load;
}

async function alternate(stage: Stage, off: Contestant, traced: Contestant, ms: number): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let round = 0; round < Math.min(stage.plan.rounds, pairsMax); round++) {
    pairs.push({off: await play(stage, off, ms), traced: await play(stage, traced, ms)});
  }
  return pairs;
}

async function start(stage: Stage, name: string, traceRate: number): Promise<Contestant> {
  const {plan, business} = stage;
  const options = {traceRate, inspector: 'on', inspectorKey: key} as const;
  const contestant = stage.enter(await startGatewayDaemon(name, plan.root, business.facts.port, options));
  await stage.connect(contestant, {group: name, count: clients, identity: `${name}-`, channelsEach: 2});
  await stage.settle(contestant);
  return contestant;
}

async function play(stage: Stage, {name, port, pid, dialect}: Contestant, durationMs: number): Promise<Load> {
  stage.say(`${name}: ${deliveriesPerSecond} deliveries a second for ${(durationMs / 1_000).toFixed(0)} s`);
  const before = readCpu(pid);
  const result = await stage.generator.ask(
    'publish',
    {
      group: name,
      dialect,
      port,
      target: {kind: 'identities', identity: `${name}-`, count: clients},
      qos: 2,
      payloadBytes,
      subscribers: 1,
      durationMs,
      outstanding: 1,
      flow: 'continuous',
      rate: deliveriesPerSecond,
    },
    durationMs + 60_000,
  );
  if (!result.isComplete || result.errors > 0) stage.say(`${name}: not sound: ${JSON.stringify(result)}`);
  return {
    share: cpuBetween(before, readCpu(pid)).totalUs / 1_000 / result.elapsedMs,
    perSecond: (result.publications * 1_000) / result.elapsedMs,
  };
}

async function look(page: InspectorPage, view: string, ms: number): Promise<PageFigures> {
  const {lines} = await page.shown();
  const frames = await page.countFrames(ms);
  const shown = await page.shown();
  return {
    view,
    ...frames,
    linesPerSecond: ((shown.lines - lines) * 1_000) / ms,
    heapBytes: await page.heapBytes(),
    ...(await page.memory()),
    shown,
  };
}

async function profile(stage: Stage, page: InspectorPage, traced: Contestant, folder: string): Promise<void> {
  const ms = 5_000;
  const playing = play(stage, traced, ms + 1_000);
  await page.show('Watch');
  const file = join(folder, 'inspector-page.cpuprofile');
  writeFileSync(file, JSON.stringify(await page.profile(ms)));
  await playing;
  stage.say(`profile of the page:\n${selfTimes(file)}`);
}

function pageTable(pages: readonly PageFigures[]) {
  return {
    title: 'The inspector under load: the page',
    notes: [
      `${clients} clients, ${deliveriesPerSecond * stepsPerDelivery} steps of charts a second, everything traced, chromium without a graphics card. Frames a second: at`,
      `least ${framesMin}; resident: of the process that runs the page, at most ${rendererBytesMax / 1e6} MB (! where missed); own: of it, all but the browser's program.`,
    ],
    columns: ['view', 'events/s', 'frames/s', 'longest ms', 'heap MB', 'own MB', 'resident MB', 'shows'],
    rows: pages.map(({view, linesPerSecond, perSecond, longestMs, heapBytes, ownBytes, residentBytes, shown}) => [
      view,
      linesPerSecond.toFixed(0),
      `${perSecond.toFixed(1)}${perSecond < framesMin ? ' !' : ''}`,
      longestMs.toFixed(0),
      (heapBytes / 1e6).toFixed(0),
      (ownBytes / 1e6).toFixed(0),
      `${(residentBytes / 1e6).toFixed(0)}${residentBytes > rendererBytesMax ? ' !' : ''}`,
      `${shown.connections} ${shown.lost}`.trim(),
    ]),
  };
}

function gatewayTable(closed: readonly Pair[], opened: readonly Pair[]) {
  const row = (title: string, pairs: readonly Pair[]): string[] => [
    title,
    percent(median(pairs.map(({off}) => off.share))),
    percent(median(pairs.map(({traced}) => traced.share))),
    percent(median(pairs.map(({off, traced}) => traced.share / off.share - 1))),
    figure(median(pairs.map(({traced}) => traced.perSecond))),
  ];
  return {
    title: 'The inspector under load: the gateway',
    notes: [
      'CPU of the gateway as a part of one core, by turns: one with tracing off, one with everything traced. While the page is',
      'open it watches the second one, and uses the machine while either is measured.',
    ],
    columns: ['', 'off', 'traced', 'more', 'deliveries/s'],
    rows: [row('no reader', closed), row('the page is open', opened)],
  };
}
