// What each scenario does to the node, and what it promises in particular.

import type {Person} from './crowd.ts';
import type {Strain} from './simulation.ts';

/** How a scenario runs. */
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

export function courseOf(strain: Strain): Course {
  switch (strain.harness.plan.scenario) {
    case 'overload':
      return {storm: () => overload(strain), isCalmAfter: true};
    case 'memory':
      return {storm: () => memory(strain), isCalmAfter: true};
    case 'hung':
      return {storm: () => hung(strain), isCalmAfter: true};
    case 'shutdown':
      return {storm: () => strain.harness.run(strain.harness.plan.stormMs), isCalmAfter: false};
  }
}

async function overload({harness, crowd, business, facts}: Strain): Promise<void> {
  const {plan, clock} = harness;
  const {threads, upstreamWorkers, upstreamSocketsMax} = plan.options;
  await harness.run(plan.warmMs);
  const before = crowd.people.map(({served}) => served);
  const [acknowledged, startedAt] = [crowd.acknowledged, clock.now()];
  const [calls, closes] = [business.done.connect, business.done.close];
  await harness.run(plan.stormMs);
  if (harness.isBroken) return;
  const seconds = (clock.now() - startedAt) / 1_000;
  const sockets = threads * upstreamWorkers * upstreamSocketsMax;
  const capacity = (Math.min(plan.capacity, sockets) * 1_000) / plan.serviceMs;
  const useful = crowd.acknowledged - acknowledged + business.done.connect - calls + business.done.close - closes;
  facts.goodput = useful / seconds / capacity;
  if (facts.goodput < plan.goodputMin) {
    harness.note(`RB-68: ${(100 * facts.goodput).toFixed(0)} % of what the business server can do is done`);
  }
  const shares = crowd.people.filter(({client}) => client?.isOpen).map((person) => servedSince(person, before));
  const mean = shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
  facts.served = mean;
  facts.servedMin = Math.min(...shares);
  facts.servedMax = Math.max(...shares);
  if (plan.stayMs < Number.POSITIVE_INFINITY || mean < 2) return;
  const starved = shares.filter((share) => share === 0).length;
  if (starved > 0) harness.note(`RB-72: ${starved} of ${shares.length} clients are not served, others ${mean} times`);
  const most = Math.max(...shares);
  if (most > favourMax * mean) harness.note(`RB-72: one client is served ${most} times, others ${mean} times`);
}

function servedSince({number, served}: Person, before: readonly number[]): number {
  return served - (before[number] ?? 0);
}

async function memory(strain: Strain): Promise<void> {
  const {harness} = strain;
  publish(strain);
  await harness.run(harness.plan.stormMs);
}

function publish({harness, node, publications}: Strain): void {
  const {plan, rng, clock} = harness;
  const untilAt = clock.now() + plan.stormMs;
  const again = (): void => {
    harness.later(1 + rng.callers.waitMs(plan.publishMs), () => {
      if (clock.now() > untilAt) return;
      const {listening} = node;
      const shard = listening.length > 0 ? rng.callers.pick(listening) : undefined;
      if (shard !== undefined && !shard.thread.isFrozen && shard.isOpen) {
        const bytes = rng.callers.integer(12, plan.payloadBytesMax);
        publications.publish(shard, {
          qos: rng.callers.pick([0, 1, 2]),
          timeoutMs: rng.callers.pick([1_000, 4_000]),
          bytes,
        });
      }
      again();
    });
  };
  again();
}

async function hung(strain: Strain): Promise<void> {
  const {harness, node, records, facts} = strain;
  const {plan, rng, clock} = harness;
  const {watchdogTimeoutMs} = plan.options;
  publish(strain);
  const untilAt = clock.now() + plan.stormMs;
  await harness.run(3_000);
  while (!harness.isBroken && clock.now() < untilAt) {
    const shard = rng.faults.pick(node.listening);
    const worker = rng.faults.pick(shard.workers?.threads ?? []);
    records.mayRepeat = true;
    const isShard = rng.faults.chance(0.6);
    facts.hung = (facts.hung ?? 0) + 1;
    const clients = [...shard.clients];
    if (isShard) shard.thread.freeze();
    else worker.freeze();
    // Of two that are watched the main thread looks at the shard, and the shard at its worker: each looks ten times.
    await harness.run(watchdogTimeoutMs * 1.3 + 200);
    if (isShard) {
      if (!shard.thread.hasEnded) harness.note(`shard ${shard.index} hangs unnoticed`);
      if (clients.some(({hasLeft}) => !hasLeft)) harness.note(`clients of shard ${shard.index} are left with it`);
      await harness.run(replaceMsMax);
      const successor = node.living[shard.index];
      if (successor === shard || successor?.isOpen !== true) harness.note(`shard ${shard.index} has no successor`);
    } else if (!worker.hasEnded && !shard.thread.hasEnded && worker.hasLine) {
      harness.note('an upstream worker hangs unnoticed');
    }
    // More than five deaths in half a minute end the gateway.
    await harness.run(rng.faults.integer(5_500, 9_000));
  }
}
