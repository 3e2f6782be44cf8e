// Kills a gateway at a point of a play, starts it again, lets clients and callers do what they do after a lost connection,
// and looks whether every promise was kept.

import {within} from '../../../test/support/deadline.ts';
import {Scene} from '../harness/harness.ts';
import {type Moment, spellTransition, type Transition} from '../harness/orders.ts';
import type {Stage} from '../harness/scenario-lifetime.ts';
import type {Play} from './play.ts';

/** A client that comes back resends at least this many messages, so that there is something to lose. */
const resentMin = 2;

/** A play on a scene of its own, once played to its end. */
export class Rehearsed {
  readonly play: Play;
  /** What it takes, in order, each once. */
  readonly transitions: readonly Transition[];
  readonly scene: Scene;

  private constructor(play: Play, scene: Scene, transitions: readonly Transition[]) {
    this.play = play;
    this.scene = scene;
    this.transitions = transitions;
  }

  /** Plays it once from beginning to end; for `cacheFolder` see {@link Scene}. */
  static async open(stage: Stage, play: Play, cacheFolder?: string): Promise<Rehearsed> {
    const scene = await Scene.open(stage, {isRigged: true, keys: play.keys ?? {}, cacheFolder});
    await scene.daemon.order({kind: 'watch'});
    await play.run(scene);
    await scene.postsEnded();
    const taken = await scene.daemon.taken();
    await scene.clear();
    scene.check();
    return new Rehearsed(play, scene, taken);
  }

  /** Plays it to the point, where the gateway is killed, and then goes on. */
  async killAt(transition: Transition, moment: Moment): Promise<void> {
    const {scene, play} = this;
    if (!scene.daemon.isAlive) await scene.restart();
    const {daemon} = scene;
    await daemon.order({kind: 'watch'});
    await daemon.order({kind: 'kill', point: {transition, moment, nth: play.nth ?? 1}});
    const before = {up: scene.ledger.unconfirmed, cut: scene.ledger.cut};
    // It breaks off at whatever it waits for when the gateway goes.
    const playing = play.run(scene).catch(() => {});
    const end = await within(daemon.exited, `the end at ${spellTransition(transition)} in "${play.name}"`);
    if (end !== 'SIGKILL') throw new Error(`Expected the gateway to be killed, got ${end} in "${play.name}"`);
    scene.abandon();
    await within(Promise.all([playing, scene.postsEnded()]), `"${play.name}" to break off`);
    await scene.restart();
    await this.#resend(scene.ledger.unconfirmed - before.up, scene.ledger.cut - before.cut);
    await scene.clear();
    scene.check();
  }

  // As clients and callers do after a lost connection: what was not confirmed is sent anew.
  async #resend(messages: number, posts: number): Promise<void> {
    const {scene} = this;
    const device = await scene.device('again');
    for (let count = 0; count < Math.max(resentMin, messages); count++) {
      device.send(count % 2 === 0 ? 1 : 2);
      // One at a time: the window may be no larger.
      await device.isSettled();
    }
    for (let count = 0; count < Math.max(resentMin, posts); count++) {
      const answer = await scene.publish(count % 2 === 0 ? 1 : 2);
      if (answer?.connections !== 1) throw new Error(`Expected one client to confirm, got ${answer?.connections}`);
    }
  }
}
