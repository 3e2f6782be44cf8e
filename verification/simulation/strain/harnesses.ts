// What each world does to the node, and what it promises in particular.

import type {Person} from './crowd.ts';
import type {Strain} from './simulation.ts';

/** How a world runs. */
interface Course {
  /** The trouble. */
  readonly storm: () => Promise<void>;
  /** Whether calm follows, in which everybody goes before the node is ended. */
  readonly isCalmAfter: boolean;
}

/** Of one client's share, at most so many times is done for another. */
const favourMax = 5;
/** After a thread was found to hang, until its successor lets clients in. */
const replaceMsMax = 1_500;

export function watchWorld(strain: Strain): Course {
  switch (strain.world.plan.world) {
    case 'overload':
      return {storm: () => overload(strain), isCalmAfter: true};
    case 'memory':
      return {storm: () => memory(strain), isCalmAfter: true};
    case 'hung':
      return {storm: () => hung(strain), isCalmAfter: true};
    case 'shutdown':
      return {storm: () => strain.world.run(strain.world.plan.stormMs), isCalmAfter: false};
  }
}

async function overload({world, crowd, business, facts}: Strain): Promise<void> {
  const {plan, clock} = world;
  const {threads, upstreamWorkers, upstreamSocketsMax} = plan.options;
  await world.run(plan.warmMs);
  const before = crowd.people.map(({served}) => served);
  const [acknowledged, startedAt] = [crowd.acknowledged, clock.now()];
  const [calls, closes] = [business.done.connect, business.done.close];
  await world.run(plan.stormMs);
  if (world.isBroken) return;
  const seconds = (clock.now() - startedAt) / 1_000;
  const sockets = threads * upstreamWorkers * upstreamSocketsMax;
  const capacity = (Math.min(plan.capacity, sockets) * 1_000) / plan.serviceMs;
  const useful = crowd.acknowledged - acknowledged + business.done.connect - calls + business.done.close - closes;
  facts.goodput = useful / seconds / capacity;
  if (facts.goodput < plan.goodputMin) {
    world.note(`RB-68: ${(100 * facts.goodput).toFixed(0)} % of what the business server can do is done`);
  }
  const shares = crowd.people.filter(({client}) => client?.isOpen).map((person) => servedSince(person, before));
  const mean = shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
  facts.served = mean;
  facts.servedMin = Math.min(...shares);
  facts.servedMax = Math.max(...shares);
  if (plan.stayMs < Number.POSITIVE_INFINITY || mean < 2) return;
  const starved = shares.filter((share) => share === 0).length;
  if (starved > 0) world.note(`RB-72: ${starved} of ${shares.length} clients are not served, others ${mean} times`);
  const most = Math.max(...shares);
  if (most > favourMax * mean) world.note(`RB-72: one client is served ${most} times, others ${mean} times`);
}

function servedSince({number, served}: Person, before: readonly number[]): number {
  return served - (before[number] ?? 0);
}

async function memory(strain: Strain): Promise<void> {
  const {world} = strain;
  publish(strain);
  await world.run(world.plan.stormMs);
}

function publish({world, node, publications}: Strain): void {
  const {plan, dice, clock} = world;
  const untilAt = clock.now() + plan.stormMs;
  const again = (): void => {
    world.later(1 + dice.callers.waitMs(plan.publishMs), () => {
      if (clock.now() > untilAt) return;
      const {listening} = node;
      const shard = listening.length > 0 ? dice.callers.pick(listening) : undefined;
      if (shard !== undefined && !shard.thread.isFrozen && shard.isOpen) {
        const bytes = dice.callers.integer(12, plan.payloadBytesMax);
        publications.publish(shard, {
          qos: dice.callers.pick([0, 1, 2]),
          timeoutMs: dice.callers.pick([1_000, 4_000]),
          bytes,
        });
      }
      again();
    });
  };
  again();
}

async function hung(strain: Strain): Promise<void> {
  const {world, node, records, facts} = strain;
  const {plan, dice, clock} = world;
  const {watchdogTimeoutMs} = plan.options;
  publish(strain);
  const untilAt = clock.now() + plan.stormMs;
  await world.run(3_000);
  while (!world.isBroken && clock.now() < untilAt) {
    const shard = dice.faults.pick(node.listening);
    const worker = dice.faults.pick(shard.workers?.threads ?? []);
    records.mayRepeat = true;
    const isShard = dice.faults.chance(0.6);
    facts.hung = (facts.hung ?? 0) + 1;
    const clients = [...shard.clients];
    if (isShard) shard.thread.freeze();
    else worker.freeze();
    // Of two that are watched the main thread looks at the shard, and the shard at its worker: each looks ten times.
    await world.run(watchdogTimeoutMs * 1.3 + 200);
    if (isShard) {
      if (!shard.thread.hasEnded) world.note(`shard ${shard.index} hangs and nobody notices`);
      if (clients.some(({hasLeft}) => !hasLeft)) world.note(`clients of shard ${shard.index} are left with it`);
      await world.run(replaceMsMax);
      const successor = node.living[shard.index];
      if (successor === shard || successor?.isOpen !== true) world.note(`shard ${shard.index} has no successor`);
    } else if (!worker.hasEnded && !shard.thread.hasEnded && worker.hasLine) {
      world.note('an upstream worker hangs and nobody notices');
    }
    // More than five deaths in half a minute end the gateway.
    await world.run(dice.faults.integer(5_500, 9_000));
  }
}
