// docs/howto/sizing.md: its costs are figures of docs/performance.md, its example is calculated from them, and its command
// runs against a gateway.

import test from 'ava';
import {success} from '../../support/business-server.ts';
import {securityToken, start} from '../../support/gateway.ts';
import {readDocument, tableRows} from '../documents.ts';
import {commandsOf, replaced, Shell} from './howto.ts';

const document = readDocument('docs/howto/sizing.md');
const rows = tableRows(document);
const measured = tableRows(readDocument('docs/performance.md'));

/** A cell of the row of performance.md that begins so. */
function figure(column: number, ...begin: readonly string[]): string {
  const found = measured.filter((row) => begin.every((cell, index) => row[index] === cell));
  if (found.length !== 1) throw new Error(`Expected one row ${begin.join(' | ')}, got ${found.length}`);
  return found[0]?.[column] ?? '';
}

function costOf(what: string): string {
  const row = rows.find(([first]) => first.startsWith(what));
  if (row === undefined) throw new Error(`Expected a row ${what}`);
  return row[1] ?? '';
}

test('each cost is the one that was measured', (t) => {
  t.is(costOf('an idle connection, memory'), `${figure(3, '15,000', 'as it is', 'gateway')} KB`);
  t.is(costOf('the same, with `NODE_OPTIONS'), `${figure(3, '15,000', '`--max-semi-space-size=16`', 'gateway')} KB`);
  for (const qos of ['0', '1', '2']) {
    t.is(costOf(`a delivery at QoS ${qos}`), `${figure(3, '500', qos, '1')} µs`);
  }
  t.is(costOf('a message from a client'), `${uplink(3)} µs`);
  t.is(costOf('a call of `/send/`'), `${figure(2, 'key', '1')} µs`);
  t.is(costOf('the same, signed'), `${figure(2, 'signed', '1')} µs`);
  const [, , main = '', , , ratio = ''] = measured.find((row) => row[0] === 'gateway' && row[3] === '14 %') ?? [];
  t.is(costOf('a client that connects'), `${main} µs`, ratio);
  for (const number of [uplink(2), figure(3, '500', '1', '8'), figure(3, '500', '1', '64'), handshakes]) {
    t.true(document.text.includes(number), number);
  }
});

/** The row of QoS 1 in the table of messages to the business server. */
function uplink(column: number): string {
  return measured.find((row) => row[0] === '1' && row[4]?.endsWith(' %'))?.[column] ?? '';
}

const handshakes = measured.find((row) => row[0] === 'gateway' && row[3] === '14 %')?.[1] ?? '';

test('the example follows from the costs', (t) => {
  const clients = 20_000;
  const costs = [costOf('an idle'), costOf('a delivery at QoS 1'), costOf('a message from a client')].map(
    Number.parseFloat,
  );
  const [memoryKb = 0, deliveryMicros = 0, messageMicros = 0] = costs;
  t.is(costOf('memory of idle'), `20,000 × ${memoryKb.toFixed(1)} KB`);
  const results = new Map(rows.map(([need, , result = '']) => [need, result]));
  t.is(results.get('memory of idle connections'), `${(clients * memoryKb) / 1_000} MB`);
  t.is(results.get('deliveries'), `${percent((clients / 10) * deliveryMicros)} of a core`);
  t.is(results.get('messages from clients'), `${percent((clients / 60) * messageMicros)} of a core`);
  t.is(
    results.get('all clients reconnect after a restart'),
    `${Math.round(clients / Number(handshakes.replace(',', '')))} s`,
  );
});

function percent(microsPerSecond: number): string {
  return `${(microsPerSecond / 10_000).toFixed(1)} %`;
}

test('the command of the guide measures a gateway', async (t) => {
  const {business, gateway} = await start(t);
  business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const shell = await Shell.start(t);
  const [command = '', ...others] = commandsOf(document);
  t.deepEqual(others, []);
  const environment = {RAINBOW_URL: gateway.url, RAINBOW_SECURITY_TOKEN: securityToken};
  const {code, output} = await shell.run(replaced(command, [['-c 200 -d 2', '-c 10 -d 1']]), environment);
  t.is(code, 0, output);
});
