// Those who call the gateway's API: publish to channels and to single clients, subscribe, unsubscribe, occupy, ask who is
// there; singly and in bursts within one instant. Their operations find the gateway idle, so that it is known what they
// must come to; but for one contested channel, where everything happens at once.

import {RainbowError} from '../../src/core/errors.ts';
import {messageIdMax, type Qos} from '../../src/protocol/packet.ts';
import type {ChangeOutcome, PartInfo, PublishRequest, Router} from '../../src/router/router.ts';
import type {Harness} from './harness.ts';
import type {ObservedPublication} from './observed-publication.ts';
import {writeSerial} from './serial.ts';

export const contestedChannel = 'contested';

/** What a publication is for and how. */
export type PublishTerms = Pick<PublishRequest, 'channel' | 'identity' | 'qos' | 'timeoutMs'>;

export class Callers {
  readonly #harness: Harness;
  /** Through which shard they call, for one operation: of one caller's calls the order is known. */
  #router: Router;
  #isActive = true;

  constructor(harness: Harness) {
    this.#harness = harness;
    this.#router = this.#pickRouter();
  }

  start(): void {
    const {clock, rng, plan} = this.#harness;
    clock.startTimer(rng.callers.waitMs(plan.operationEveryMs), () => {
      if (!this.#isActive) return;
      this.#harness.whenAtRest(() => this.#operate());
      this.start();
    });
  }

  stop(): void {
    this.#isActive = false;
  }

  /** Publishes; the answer is checked when it comes. */
  publish(terms: PublishTerms): ObservedPublication {
    const {observer, rng, trace, clock} = this.#harness;
    const serial = observer.publications.length;
    const fillerBytes = rng.callers.chance(0.05) ? rng.callers.integer(200, 3_000) : rng.callers.integer(0, 60);
    const request: PublishRequest = {
      ...terms,
      type: rng.callers.integer(0, 65_535),
      payload: writeSerial(serial, fillerBytes),
      wantsReplies: rng.callers.chance(0.5),
    };
    const publication = observer.publishes(request, this.#members(terms), serial);
    trace.say('caller', 0, `publishes ${serial} to ${terms.channel ?? terms.identity} at QoS ${terms.qos}`);
    const settle = (outcome: Parameters<ObservedPublication['settled']>[1]): void => {
      publication.settled(clock.now(), outcome, observer.isStopping);
      const text =
        typeof outcome === 'string' ? outcome : `${outcome.connections}${outcome.isTimedOut ? ', late' : ''}`;
      trace.say('caller', 0, `is answered about ${serial}: ${text}`);
    };
    this.#harness.expect(this.#router.publish(request), settle, (error) => settle(codeOf(error)));
    return publication;
  }

  /** Asks who is there, and checks it; to be called while the gateway is at rest. */
  ask(): void {
    const {observer} = this.#harness;
    const expected = new Map(observer.memberships.channels.map((name) => [name, observer.memberships.of(name).size]));
    const check = (info: PartInfo): void => {
      for (const {name, connections} of info.channels) {
        if (name === contestedChannel) continue;
        const members = expected.get(name) ?? 0;
        if (connections !== members)
          observer.violations.note('membership', 0, `${name} has ${connections}, not ${members}`);
        expected.delete(name);
      }
      if (expected.size > 0) observer.violations.note('membership', 0, `${[...expected.keys()].join()} not there`);
    };
    const fail = (error: unknown): void => observer.violations.note('settle', 0, String(error));
    this.#harness.expect(this.#pickRouter().info(), check, fail);
  }

  /** Puts a client into the contested channel, or out of it. */
  contest(): void {
    const {rng, plan} = this.#harness;
    // Where a client may be in few channels only, the contested one would decide about the others.
    if (plan.settings.channelsPerConnectionMax <= plan.channels) return;
    for (let count = rng.callers.integer(1, 6); count > 0; count--) {
      if (rng.callers.chance(0.2)) this.#publishTo(contestedChannel);
      else this.#subscribeSomeone(contestedChannel, false);
    }
  }

  #operate(): void {
    const {rng, plan} = this.#harness;
    this.#router = this.#pickRouter();
    const kind = rng.callers.integer(1, 100);
    if (kind <= 70) {
      for (let count = rng.callers.chance(0.1) ? rng.callers.integer(2, 8) : 1; count > 0; count--)
        this.#publishSomething();
    } else if (kind <= 82) {
      this.#subscribeSomeone(`room-${rng.callers.integer(0, plan.channels - 1)}`, true);
    } else if (kind <= 90) {
      this.contest();
    } else if (kind <= 97) {
      this.#useIds();
    } else {
      this.ask();
    }
  }

  /**
   * Others use up the message ids, until one that was in flight a moment ago comes up again. Only where no packet is copied
   * on its way and the gateway can remember which ids have answers to come: an ACK names an id, and not a message.
   */
  #useIds(): void {
    const {plan, shards, observer} = this.#harness;
    const {repeatedId} = observer;
    if (plan.hostility !== undefined || plan.settings.window < 1_000 || repeatedId === undefined) return;
    for (const {context} of shards) {
      const given = context.sequences.nextMessageId();
      const count = (repeatedId - given - 1 + 2 * messageIdMax) % messageIdMax;
      for (let more = 0; more < count; more++) context.sequences.nextMessageId();
    }
    for (let more = 0; more < 2; more++) this.#publishSomething();
  }

  #publishSomething(): void {
    const {rng, plan} = this.#harness;
    if (rng.callers.chance(0.2)) this.#publishTo(undefined);
    else if (rng.callers.chance(0.1)) this.#publishTo(contestedChannel);
    else this.#publishTo(`room-${rng.callers.integer(0, plan.channels)}`);
  }

  /** To `channel`, or to one client where it is not given. */
  #publishTo(channel: string | undefined): void {
    const {rng} = this.#harness;
    const qos: Qos = rng.callers.pick([0, 1, 1, 2, 2]);
    const timeoutMs = rng.callers.pick([300, 1_000, 5_000, 10_000, 30_000]);
    this.publish({channel, identity: channel === undefined ? this.#someone() : undefined, qos, timeoutMs});
  }

  #subscribeSomeone(channel: string, isCertain: boolean): void {
    const {rng, observer, trace} = this.#harness;
    const identity = this.#someone();
    const connection = observer.named.get(identity);
    const isLeaving = rng.callers.chance(0.4);
    const occupy = !isLeaving && rng.callers.chance(0.3);
    let expected = isLeaving ? 'done' : 'noSuchConnection';
    if (isCertain && connection !== undefined) {
      if (isLeaving) observer.memberships.leave(connection.number, channel);
      else if (!observer.isStopping) expected = observer.memberships.join(connection.number, channel, occupy);
    }
    const what = `${isLeaving ? 'unsubscribe' : occupy ? 'occupy' : 'subscribe'} ${channel}`;
    trace.say('caller', connection?.number ?? 0, what);
    const check = ({outcome}: ChangeOutcome): void => {
      if (!isCertain || outcome === expected) return;
      observer.violations.note('membership', connection?.number ?? 0, `${what}: ${outcome}, not ${expected}`);
    };
    const fail = (error: unknown): void => {
      if (codeOf(error) === 'RB_STOPPING' && observer.isStopping) return;
      observer.violations.note('settle', connection?.number ?? 0, `${what}: ${String(error)}`);
    };
    const subscription = {identity, channel};
    const router = this.#pickRouter();
    const join = (): Promise<ChangeOutcome> => (occupy ? router.occupy(subscription) : router.subscribe(subscription));
    this.#harness.expect(isLeaving ? router.unsubscribe(subscription) : join(), check, fail);
  }

  #pickRouter(): Router {
    return this.#harness.rng.shards.pick(this.#harness.shards).router;
  }

  /** An identity: mostly of an open connection, sometimes of one that has ended. */
  #someone(): string {
    const {rng, observer} = this.#harness;
    const names = [...observer.named.keys()];
    if (names.length > 0 && rng.callers.chance(0.9)) return rng.callers.pick(names);
    return observer.connections.length > 0 ? rng.callers.pick(observer.connections).identity : 'unknown';
  }

  #members({channel, identity}: PublishTerms): ReadonlySet<number> | undefined {
    const {observer} = this.#harness;
    if (channel === contestedChannel) return undefined;
    if (channel !== undefined) return new Set(observer.memberships.of(channel));
    const connection = observer.named.get(identity ?? '');
    return new Set(connection === undefined ? [] : [connection.number]);
  }
}

function codeOf(error: unknown): string {
  return error instanceof RainbowError ? error.code : String(error);
}
