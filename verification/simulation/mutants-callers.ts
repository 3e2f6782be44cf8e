// Mutants that do wrong to those who call the API.

import type {Clock} from '../../src/core/clock.ts';
import type {PublishOutcome, PublishRequest, Router} from '../../src/router/router.ts';
import type {Mutant} from './mutant.ts';
import type {Sabotage} from './sabotage.ts';

/** What is wrong with the answer to a publication. */
type Wrong = (
  outcome: PublishOutcome,
  request: PublishRequest,
  clock: Clock,
) => PublishOutcome | Promise<PublishOutcome>;

export const callerMutants: readonly Mutant[] = [
  {
    name: 'one connection too many in the answer',
    sabotage: onPublish((outcome, {qos}) => ({...outcome, connections: outcome.connections + (qos > 0 ? 1 : 0)})),
    rules: ['RB-61'],
  },
  {
    name: 'one connection too few in the answer',
    sabotage: onPublish((outcome) => ({...outcome, connections: Math.max(0, outcome.connections - 1)})),
    rules: ['RB-61'],
  },
  {
    name: 'an answer after the timeout',
    sabotage: onPublish(async (outcome, {timeoutMs}, clock) => {
      await new Promise<void>((resolve) => void clock.startTimer(timeoutMs + 1, resolve));
      return outcome;
    }),
    rules: ['RB-62'],
  },
  {
    name: 'an answer that never comes',
    sabotage: onPublish((outcome) => (outcome.isTimedOut ? new Promise(() => {}) : outcome)),
    rules: ['drain', 'settle', 'stop', 'RB-14'],
  },
  {
    name: 'a false timeout',
    sabotage: onPublish((outcome, {qos}) => ({...outcome, isTimedOut: qos > 0})),
    rules: ['RB-62'],
  },
  {
    name: 'an answer before all have confirmed',
    sabotage: {
      router: (router) => wrap(router, (request) => router.publish({...request, timeoutMs: 60}).then(notTimedOut)),
    },
    rules: ['RB-61'],
  },
  {
    name: 'a reply that no client gave',
    sabotage: onPublish((outcome) => ({
      ...outcome,
      replies: outcome.replies.map(({identity}) => ({identity, data: Buffer.from('yes')})),
    })),
    rules: ['RB-61'],
  },
  {
    name: 'messages of one channel sent to another',
    sabotage: {
      router: (router) =>
        wrap(router, (request) =>
          router.publish(request.channel === undefined ? request : {...request, channel: 'room-0'}),
        ),
    },
    rules: ['membership', 'RB-61', 'RB-62'],
  },
  {
    name: 'a subscription that is not carried out',
    sabotage: {
      router: (router) => ({
        ...router,
        publish: (request) => router.publish(request),
        subscribe: async () => ({outcome: 'done', isPartial: false}),
      }),
    },
    rules: ['membership', 'RB-61', 'RB-62'],
  },
];

function notTimedOut(outcome: PublishOutcome): PublishOutcome {
  return {...outcome, isTimedOut: false};
}

function onPublish(wrong: Wrong): Sabotage {
  return {
    router: (router, clock) => wrap(router, async (request) => wrong(await router.publish(request), request, clock)),
  };
}

function wrap(router: Router, publish: Router['publish']): Router {
  return {...router, publish};
}
