// Kills a gateway at a point of a play, starts it again, lets clients and callers do what they do after a lost connection,
// and checks that every promise was kept.

import {within} from '../../../test/support/deadline.ts';
import {Harness} from '../harness/harness.ts';
import {type Moment, spellTransition, type Transition} from '../harness/orders.ts';
import type {ScenarioLifetime} from '../harness/scenario-lifetime.ts';
import type {Play} from './play.ts';

/** A client that comes back resends at least this many messages, so that there is something to lose. */
const resentMin = 2;

/** A play on a harness of its own, once played to its end. */
export class Rehearsed {
  readonly play: Play;
  /** What it takes, in order, each once. */
  readonly transitions: readonly Transition[];
  readonly harness: Harness;

  private constructor(play: Play, harness: Harness, transitions: readonly Transition[]) {
    this.play = play;
    this.harness = harness;
    this.transitions = transitions;
  }

  /** Plays it once from beginning to end; for `cacheFolder` see {@link Harness}. */
  static async open(lifetime: ScenarioLifetime, play: Play, cacheFolder?: string): Promise<Rehearsed> {
    const harness = await Harness.open(lifetime, {takesOrders: true, keys: play.keys ?? {}, cacheFolder});
    await harness.daemon.order({kind: 'watch'});
    await play.run(harness);
    await harness.postsEnded();
    const taken = await harness.daemon.taken();
    await harness.clear();
    harness.check();
    return new Rehearsed(play, harness, taken);
  }

  /** Plays it to the point, where the gateway is killed, and then goes on. */
  async killAt(transition: Transition, moment: Moment): Promise<void> {
    const {harness, play} = this;
    if (!harness.daemon.isAlive) await harness.restart();
    const {daemon} = harness;
    await daemon.order({kind: 'watch'});
    await daemon.order({kind: 'kill', point: {transition, moment, nth: play.nth ?? 1}});
    const before = {up: harness.ledger.unconfirmed, cut: harness.ledger.cut};
    // It breaks off at whatever it waits for when the gateway goes.
    const playing = play.run(harness).catch(() => {});
    const end = await within(daemon.exited, `the end at ${spellTransition(transition)} in "${play.name}"`);
    if (end !== 'SIGKILL') throw new Error(`Expected the gateway to be killed, got ${end} in "${play.name}"`);
    harness.abandon();
    await within(Promise.all([playing, harness.postsEnded()]), `"${play.name}" to break off`);
    await harness.restart();
    await this.#resend(harness.ledger.unconfirmed - before.up, harness.ledger.cut - before.cut);
    await harness.clear();
    harness.check();
  }

  // As clients and callers do after a lost connection: what was not confirmed is sent again.
  async #resend(messages: number, posts: number): Promise<void> {
    const {harness} = this;
    const device = await harness.device('again');
    for (let count = 0; count < Math.max(resentMin, messages); count++) {
      device.send(count % 2 === 0 ? 1 : 2);
      // One at a time: the window may be no larger.
      await device.isSettled();
    }
    for (let count = 0; count < Math.max(resentMin, posts); count++) {
      const answer = await harness.publish(count % 2 === 0 ? 1 : 2);
      if (answer?.connections !== 1) throw new Error(`Expected one client to confirm, got ${answer?.connections}`);
    }
  }
}
