// Where the product has the HTTP API: counts the calls that are not answered, so that a shard that stops answers them before
// it lets go of its peers.

import type {Router} from '../../src/router/router.ts';

export interface RouterDrain {
  readonly router: Router;
  /** Settles when every call has been answered. */
  idle(): Promise<void>;
}

export function createRouterDrain(whole: Router): RouterDrain {
  let open = 0;
  let onIdle: (() => void) | undefined;

  function count<Answer>(answer: Promise<Answer>): Promise<Answer> {
    open++;
    return answer.finally(() => {
      open--;
      if (open === 0) onIdle?.();
    });
  }

  return {
    router: {
      publish: (request) => count(whole.publish(request)),
      subscribe: (subscription) => count(whole.subscribe(subscription)),
      occupy: (subscription, terms) => count(whole.occupy(subscription, terms)),
      claim: (subscription) => count(whole.claim(subscription)),
      mayClaim: (contest) => count(whole.mayClaim(contest)),
      unsubscribe: (subscription) => count(whole.unsubscribe(subscription)),
      permit: (permit) => count(whole.permit(permit)),
      disconnect: (disconnection) => count(whole.disconnect(disconnection)),
      evict: (channel, token) => count(whole.evict(channel, token)),
      ask: (query) => count(whole.ask(query)),
      find: (identity) => count(whole.find(identity)),
      changed: (request) => count(whole.changed(request)),
      census: (request) => count(whole.census(request)),
      connections: (request) => count(whole.connections(request)),
      channels: (request) => count(whole.channels(request)),
      info: () => count(whole.info()),
    },
    async idle() {
      if (open === 0) return;
      const {promise, resolve} = Promise.withResolvers<void>();
      onIdle = resolve;
      await promise;
    },
  };
}
