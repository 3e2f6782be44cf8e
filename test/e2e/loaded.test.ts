// What a gateway loads to start: each thread of each process pays for it.

import {createRequire} from 'node:module';
import test from 'ava';
import {startGateway} from '../../src/gateway/gateway.ts';

/** Of a cluster's nodes, of metrics that are scraped, and of Node's own `fetch`. */
const unwanted = ['/node_modules/undici/', '/node_modules/@prometheus-io/', '/node_modules/@opentelemetry/'];

test('a gateway loads no HTTP client and no library of metrics before it needs them', (t) => {
  t.is(typeof startGateway, 'function');
  const {cache} = createRequire(import.meta.url);
  const packages = Object.keys(cache);
  t.true(packages.some((path) => path.includes('/node_modules/fastify/')));
  t.deepEqual(
    packages.filter((path) => unwanted.some((part) => path.includes(part))),
    [],
  );
  const {moduleLoadList} = process as typeof process & {readonly moduleLoadList: readonly string[]};
  t.true(moduleLoadList.includes('NativeModule http'));
  t.false(moduleLoadList.includes('NativeModule internal/deps/undici/undici'), 'import no value of node:http');
});
