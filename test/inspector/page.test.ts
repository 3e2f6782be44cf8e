// The inspector's page at a real gateway, in a real browser.

import type {ExecutionContext} from 'ava';
import {browserTest} from '../support/browser-test.ts';
import {room, single} from '../support/room.ts';
import {inspectorKey} from './inspector-harness.ts';
import {choose, lit, type OpenedPage, openPage, openWatching, pageOf} from './inspector-page.ts';

interface Watched extends OpenedPage, Awaited<ReturnType<typeof single>> {}

/** A gateway with one client in the channel `room`, and the page watching it, that client chosen. */
async function watch(t: ExecutionContext, retryIntervalMs = 60_000): Promise<Watched> {
  const room = await single(t, {retryIntervalMs, inspector: 'on', inspectorKey});
  const opened = await openWatching(t, room.harness.gateway.port);
  await choose(opened.page, room.identity);
  return {...room, ...opened};
}

browserTest('the chart follows a QoS 2 delivery of a real gateway through its states', async (t) => {
  const {harness, client, page, conduct} = await watch(t);
  await lit(page, 'open.fresh');
  const sent = harness.api.send({channel: 'room', qos: 2});
  const {id} = await client.parsed();
  await lit(page, 'awaitingRec');
  t.is(await page.locator('svg.chart').getAttribute('data-chart'), 'outboundQos2');
  client.sendAnswer('rec', id);
  await lit(page, 'awaitingCom');
  await sent;
  client.sendAnswer('com', id);
  await lit(page, 'completed');
  for (const packet of ['SEND q2', 'REC', 'REL', 'COM']) {
    t.is(await page.locator(`.rung[data-row="${packet} id ${id}"]`).count(), 1, packet);
  }
  t.deepEqual(conduct.errors, []);
});

browserTest('a dropped ACK shows as DUP in the ladder, and scrubbing back shows the earlier state', async (t) => {
  const {harness, client, page, conduct} = await watch(t, 300);
  const sent = harness.api.send({channel: 'room', qos: 1});
  const {id} = await client.parsed();
  // The first SEND is met with silence, as if its ACK had been lost.
  await client.parsed();
  client.sendAnswer('ack', id);
  await sent;
  await lit(page, 'confirmed');
  t.true((await page.locator(`.rung.dup[data-row="SEND q1 id ${id} DUP"]`).count()) > 0);
  const moment = page.getByLabel('Moment');
  await page.keyboard.press('Space');
  const end = Number(await moment.inputValue());
  for (let back = 0; back < 3; back++) await page.keyboard.press('ArrowLeft');
  t.true(Number(await moment.inputValue()) < end);
  await lit(page, 'awaitingAck');
  t.is(await page.locator(`.rung[data-row="ACK id ${id}"]`).count(), 0);
  await page.keyboard.press('Space');
  await lit(page, 'confirmed');
  t.deepEqual(conduct.errors, []);
});

browserTest('a message is followed to every client that it went to, and from there to one of them', async (t) => {
  const {harness, clients, identities} = await room(t, 3, {inspector: 'on', inspectorKey});
  const {page, conduct} = await openWatching(t, harness.gateway.port);
  const sent = harness.api.send({channel: 'room', qos: 2});
  const [first] = clients;
  const packets = await Promise.all(clients.map((client) => client.parsed()));
  first?.sendAnswer('rec', packets[0]?.id ?? 0);
  await page.getByLabel('Messages').getByText('2 deliveries await REC').click();
  await page.locator('.sentences', {hasText: '2 deliveries await REC'}).waitFor();
  await page.locator('.sentences', {hasText: '1 delivery awaits COM'}).waitFor();
  t.is(await page.locator('.rung[data-row^="SEND q2"]').count(), 3);
  await page.locator('.rung[data-row^="REC"]').click();
  await page
    .getByText(identities[0] ?? '', {exact: true})
    .first()
    .waitFor();
  await page.getByRole('button', {name: 'All of this client'}).click();
  await page.locator('.rows .row.selected', {hasText: identities[0] ?? ''}).waitFor();
  await page.getByRole('button', {name: 'Latest'}).click();
  for (const [place, client] of clients.entries()) {
    if (place > 0) client.sendAnswer('rec', packets[place]?.id ?? 0);
    client.sendAnswer('com', packets[place]?.id ?? 0);
  }
  await sent;
  await lit(page, 'completed');
  t.deepEqual(conduct.errors, []);
});

browserTest('a wrong key is refused, in words', async (t) => {
  const {harness} = await single(t, {inspector: 'on', inspectorKey});
  const {page} = await openPage(t, pageOf(harness.gateway.port));
  await page.getByLabel('Key of the inspector').fill('another');
  await page.getByRole('button', {name: 'Watch'}).click();
  await page.getByText('The key was refused.').waitFor();
  t.pass();
});
