// One round of publishing. As fast as the server answers, with a number of publications outstanding; or at a rate,
// whatever the server does, so that a slow answer delays no later call (the latency is counted from when a call was due).
//
// A publication is outstanding until it is answered and has reached every subscriber. At QoS 0 the answer comes first.
//
// `continuous`: each call goes out as soon as one is done. Two states then keep themselves up: in one all calls run in step
// and share their writes, in the other each has its own. Which of them a round falls into is chance, and the cost differs
// by a factor of ten. `waves`: all calls go out at once, and the next ones when all are done. `pipelined`: waves, on one
// connection and in one write, so that they also arrive at once where others use the machine as well.

import {Histogram} from '../statistics.ts';
import {Group} from './group.ts';
import type {PublishOrder, PublishResult} from './orders.ts';
import type {Publisher} from './publisher.ts';

/** For what is still under way when the time is up. */
const drainMsMax = 20_000;

/** Runs `order` and settles when all is delivered and answered, or given up. */
export async function publishRound(
  order: PublishOrder,
  group: Group | undefined,
  publisher: Publisher,
): Promise<PublishResult> {
  const receivers = group ?? new Group();
  const before = {deliveries: receivers.deliveries, duplicates: receivers.duplicates, releases: receivers.releases};
  receivers.latencies = new Histogram();
  await publisher.ready();

  const startedAt = performance.now();
  const endsAt = startedAt + order.durationMs;
  const {promise: done, resolve: finish} = Promise.withResolvers<void>();
  const subscribers = group === undefined ? 0 : order.subscribers;
  let issued = 0;
  let waveEnd = 0;

  const delivered = (): number => receivers.deliveries - before.deliveries;
  const completed = (): number =>
    subscribers === 0 ? publisher.answered : Math.min(publisher.answered, Math.floor(delivered() / subscribers));
  const isReleased = (): boolean => order.qos < 2 || receivers.releases - before.releases >= issued * subscribers;
  const mayIssue = order.rate === undefined ? withinOutstanding : onSchedule(order.rate, startedAt);

  function withinOutstanding(): number | undefined {
    const underWay = issued - completed();
    if (order.flow !== 'continuous') {
      if (underWay === 0) waveEnd = issued + order.outstanding;
      if (issued >= waveEnd) return undefined;
    }
    return underWay < order.outstanding ? performance.now() : undefined;
  }

  function pump(): void {
    const now = performance.now();
    if (now < endsAt) {
      while (publisher.isFree()) {
        const dueAt = mayIssue(issued);
        if (dueAt === undefined) break;
        publisher.publish(issued++, dueAt);
      }
      publisher.flush();
    } else if (completed() >= issued && isReleased()) {
      finish();
    }
  }

  let isOver = false;
  // A rate needs a clock finer than timers are; the check that a round is over needs none.
  function spin(): void {
    if (isOver) return;
    pump();
    if (order.rate === undefined) setTimeout(spin, 5);
    else setImmediate(spin);
  }

  receivers.onProgress = pump;
  publisher.onAnswer = pump;
  const giveUp = setTimeout(finish, order.durationMs + drainMsMax);
  spin();
  await done;
  isOver = true;
  clearTimeout(giveUp);
  receivers.onProgress = () => {};
  publisher.onAnswer = () => {};
  publisher.close();
  return {
    publications: issued,
    deliveries: delivered(),
    duplicates: receivers.duplicates - before.duplicates,
    confirmed: publisher.confirmed,
    errors: publisher.errors,
    isComplete: completed() >= issued && isReleased(),
    elapsedMs: performance.now() - startedAt,
    answered: publisher.latencies.summarize(),
    delivered: receivers.latencies.summarize(),
  };
}

/** When call number `issued` was due, once that time has come. */
function onSchedule(rate: number, startedAt: number): (issued: number) => number | undefined {
  return (issued) => {
    const dueAt = startedAt + (issued * 1000) / rate;
    return dueAt <= performance.now() ? dueAt : undefined;
  };
}
