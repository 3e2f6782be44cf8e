// Many clients at once, more than the gateway can greet in a moment.

import {readFileSync} from 'node:fs';
import test from 'ava';
import {startDaemon} from '../support/gateway.ts';
import {dial} from '../support/raw-client.ts';

/** What Node would let wait is 511. */
const wanted = 700;

test('clients by the hundred that come while the gateway is busy wait to be accepted, and are let in', async (t) => {
  const daemon = await startDaemon(t);
  const somaxconn = Number(readFileSync('/proc/sys/net/core/somaxconn', 'latin1'));
  const count = Math.min(wanted, somaxconn);
  daemon.process.kill('SIGSTOP');
  // The kernel completes a connection only where it has a place in the queue.
  const clients = await Promise.all(Array.from({length: count}, () => dial(t, daemon.port)));
  daemon.process.kill('SIGCONT');
  for (const client of clients) client.request();
  const answers = await Promise.all(clients.map((client) => client.response()));
  t.true(answers.every(({status}) => status === 101));
});
