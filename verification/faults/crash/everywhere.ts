// Kills the gateway everywhere: takes each play in turn, and kills it at each transition that no earlier play has had, the
// first time, or the nth time where the play says so.

import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Harness} from '../harness/harness.ts';
import {type Moment, spellTransition, type Transition} from '../harness/orders.ts';
import {ScenarioLifetime} from '../harness/scenario-lifetime.ts';
import {Rehearsed} from './crash.ts';
import type {Play} from './play.ts';

/** Most of the time a play waits for a clock, or a gateway starts. */
const lanes = 4;
const moments: readonly Moment[] = ['before', 'after'];

/** What was killed, and the result. */
export interface Toll {
  readonly transitions: readonly Transition[];
  readonly kills: number;
  readonly confirmedUp: number;
  readonly confirmedDown: number;
  /** POSTs that a kill cut. */
  readonly cut: number;
}

/** Kills at every transition of `plays` that `isWanted`. Rejects with the first promise that was broken. */
export async function killEverywhere(
  lifetime: ScenarioLifetime,
  plays: readonly Play[],
  isWanted: (transition: Transition) => boolean,
): Promise<Toll> {
  const cacheFolder = await makeCache(lifetime);
  const claimed = new Map<string, Transition>();
  const toll = {kills: 0, confirmedUp: 0, confirmedDown: 0, cut: 0};
  const waiting = [...plays];

  async function runLane(): Promise<void> {
    for (let play = waiting.shift(); play !== undefined; play = waiting.shift()) await runPlay(play);
  }

  async function runPlay(play: Play): Promise<void> {
    const own = new ScenarioLifetime();
    lifetime.teardown(() => own.close());
    try {
      const rehearsed = await Rehearsed.open(own, play, cacheFolder);
      const {nth = 1} = play;
      const keyOf = (one: Transition): string => `${spellTransition(one)} ${nth}`;
      const news = rehearsed.transitions.filter((one) => isWanted(one) && !claimed.has(keyOf(one)));
      for (const transition of news) claimed.set(keyOf(transition), transition);
      for (const transition of news) {
        for (const moment of moments) {
          await rehearsed.killAt(transition, moment);
          toll.kills++;
        }
      }
      const {confirmedUp, confirmedDown, cut} = rehearsed.harness.ledger;
      toll.confirmedUp += confirmedUp;
      toll.confirmedDown += confirmedDown;
      toll.cut += cut;
    } catch (error) {
      // The other lanes end as soon as they can.
      waiting.length = 0;
      throw error;
    } finally {
      await own.close();
    }
  }

  const results = await Promise.allSettled(Array.from({length: lanes}, runLane));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  const transitions = new Map([...claimed.values()].map((one) => [spellTransition(one), one]));
  return {...toll, transitions: [...transitions.values()]};
}

/** A gateway is started and stopped once, so that the many to come cost half as much. */
async function makeCache(lifetime: ScenarioLifetime): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rainbow-faults-'));
  lifetime.teardown(() => rm(folder, {recursive: true, force: true}));
  const {daemon} = await Harness.open(lifetime, {takesOrders: true, cacheFolder: folder});
  await daemon.stop();
  return folder;
}
