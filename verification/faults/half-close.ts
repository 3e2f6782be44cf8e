// One side says that it is done (FIN) and goes on listening: a client, a client that is not let in yet, a caller.

import {connect} from 'node:net';
import {success} from '../../test/support/business-server.ts';
import {within} from '../../test/support/deadline.ts';
import {dial} from '../../test/support/raw-client.ts';
import {Harness, room} from './harness/harness.ts';
import type {Scenario} from './harness/scenario.ts';

const messages = 20;

export const halfClose: Scenario = {
  name: 'half-close',
  claim:
    'What a client sent before its FIN is delivered in order, and then the close call is made, once, also for one that was not let in yet; a caller that half-closes is cut off, and its message is delivered.',
  isQuick: true,
  async run(lifetime) {
    const harness = await Harness.open(lifetime);
    await clientFinishes(harness);
    await knockerFinishes(harness);
    const answerBytes = await callerFinishes(harness);
    harness.check();
    return (
      `${messages} messages before a FIN delivered; 2 close calls; ` +
      `${answerBytes} bytes of answer to a caller that half-closed`
    );
  },
};

async function clientFinishes(harness: Harness): Promise<void> {
  const {business} = harness;
  const sender = await harness.join('sender');
  const sent = Array.from({length: messages}, () => sender.send(1).text);
  sender.raw.finish();
  await sender.raw.end();
  await business.next('close');
  const got = business.calls('message').map(({body}) => body.toString());
  if (got.join() !== sent.join()) throw new Error(`Expected ${sent.join()}, got ${got.join()}`);
}

/** The business server admits a client that has finished already, and so gets its close call. */
async function knockerFinishes(harness: Harness): Promise<void> {
  const {business, daemon} = harness;
  const held = harness.hold(success());
  business.once('connect', held.script);
  const client = await dial(harness.cast, daemon.port);
  client.request();
  await held.arrived;
  client.finish();
  await client.end();
  held.release();
  await business.next('close');
}

/** Node takes the FIN of a caller for its end: it gets no answer, which it must take for "unknown". */
async function callerFinishes(harness: Harness): Promise<number> {
  const {daemon, cast} = harness;
  const listener = await harness.join('listener');
  const socket = connect({port: daemon.port, host: '127.0.0.1', allowHalfOpen: true});
  cast.teardown(() => void socket.destroy());
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  const text = 'of a caller that half-closes';
  const query = new URLSearchParams({channel: room, qos: '1', ...daemon.api.signature()});
  const head = `POST /send/?${query} HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: ${text.length}\r\n\r\n`;
  harness.ledger.posted(text, 1);
  const ended = new Promise<void>((resolve) => socket.once('end', resolve));
  socket.end(head + text);
  const {id} = await listener.nextSend();
  listener.answer('ack', id);
  await within(ended, 'the end of the caller');
  return bytes;
}
