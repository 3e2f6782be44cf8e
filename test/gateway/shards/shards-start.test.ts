// A start in the middle of clients that try again and again, as after a restart. The only test of this file: it measures
// where clients end up.

import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import test from 'ava';
import {startGateway} from '../../../src/gateway/gateway.ts';
import {patientOptions} from '../../support/patient-options.ts';
import {holdPort} from '../../support/ports.ts';

const key = 'a-key-of-the-start-tests-24';
const clients = 400;
const threads = 2;

test('clients that retry during a start are spread over all shards, none above 1.3 times its fair share', async (t) => {
  const business = createServer((request, response) => {
    request.resume();
    response.setHeader('RAINBOWCLIENTCHANNEL', 'room');
    response.end('{"status":"success"}');
  });
  business.listen(0, '127.0.0.1');
  await once(business, 'listening');
  t.teardown(() => business.close());
  const url = `http://127.0.0.1:${(business.address() as AddressInfo).port}/`;
  const port = await holdPort(t);
  let refused = 0;
  const sockets: WebSocket[] = [];
  async function comeIn(): Promise<void> {
    for (;;) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/connect/`);
      const isOpen = await new Promise<boolean>((resolve) => {
        socket.addEventListener('open', () => resolve(true));
        socket.addEventListener('error', () => resolve(false));
      });
      if (isOpen) {
        sockets.push(socket);
        return;
      }
      refused++;
      // A client's own pause between two attempts.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  t.teardown(() => {
    for (const socket of sockets) socket.close();
  });
  const inside = Promise.all(Array.from({length: clients}, comeIn));
  const gateway = await startGateway({
    ...patientOptions,
    port,
    threads,
    connectUrl: url,
    forwardUrl: url,
    closeUrl: url,
    securityToken: 'a-token-of-the-start-tests',
    apiKeys: [key],
  });
  t.teardown(() => gateway.close());
  await inside;
  const answer = await fetch(`${gateway.url}/send/?channel=room&qos=1&dry=1`, {
    method: 'POST',
    headers: {authorization: `Bearer ${key}`},
  });
  const {clients: rows} = (await answer.json()) as {clients: readonly {readonly thread: number}[]};
  const counts = Array.from({length: threads}, (_, index) => rows.filter(({thread}) => thread === index).length);
  t.log(`${refused} attempts were refused`);
  t.log(`clients on each shard: ${counts.join(', ')}`);
  t.is(rows.length, clients);
  for (const count of counts) t.true(count <= (1.3 * clients) / threads, counts.join(', '));
});
