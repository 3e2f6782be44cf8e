import test from 'ava';
import fc from 'fast-check';
import {defaultOptions} from '../../../src/gateway/config/options.ts';
import {readFileLimit, shareFiles} from '../../../src/gateway/shard/open-files.ts';

test('where files are plenty, everybody has what is configured', (t) => {
  for (const limit of [1_048_576, Number.POSITIVE_INFINITY]) {
    t.like(shareFiles(limit, defaultOptions), {clientsMax: 100_000, upstreamSocketsMax: 128});
  }
  t.is(shareFiles(Number.POSITIVE_INFINITY, defaultOptions).socketsMax, Number.POSITIVE_INFINITY);
});

test('where they are few, all shares together stay within the limit, and no shard is left without', (t) => {
  const threads = fc.integer({min: 1, max: 16});
  const upstreamWorkers = fc.integer({min: 1, max: 8});
  const upstreamSocketsMax = fc.integer({min: 1, max: 10_000});
  fc.assert(
    fc.property(
      fc.integer({min: 0, max: 200_000}),
      fc.record({threads, upstreamWorkers, upstreamSocketsMax, connectionsMax: fc.integer({min: 1, max: 1_000_000})}),
      (limit, options) => {
        const shares = shareFiles(limit, options);
        const workers = options.threads * options.upstreamWorkers;
        // 23 of the process and 5 of each thread are open in a gateway that has nothing to do.
        const own = 23 + 5 * (options.threads + workers);
        const all = own + shares.upstreamSocketsMax * workers + shares.socketsMax * options.threads;
        const isPossible = limit >= own * 2 + workers + options.threads;
        return (
          (!isPossible || all <= limit) &&
          Object.values(shares).every((share) => share >= 1) &&
          shares.clientsMax <= options.connectionsMax &&
          shares.upstreamSocketsMax <= options.upstreamSocketsMax
        );
      },
    ),
  );
  t.pass();
});

test('callers have places that no client can take', (t) => {
  for (const limit of [128, 256, 1_024, 20_000]) {
    const {clientsMax, socketsMax} = shareFiles(limit, defaultOptions);
    t.true(clientsMax < socketsMax, `${limit}: ${clientsMax} clients, ${socketsMax} sockets`);
  }
});

test('the limit of this process is read', (t) => {
  t.true(readFileLimit() >= 64);
});
