// What every view must be, whatever it shows: within the window, in both colour schemes, reached by keys, without
// requests to other servers.

import type {Page} from 'playwright-core';
import {browserTest} from '../support/browser-test.ts';
import {keepScreenshot, overflowOf} from '../support/chromium.ts';
import {acknowledgeAll} from '../support/raw-client.ts';
import {room} from '../support/room.ts';
import {inspectorKey} from './inspector-harness.ts';
import {lit, openWatching, rowsOf} from './inspector-page.ts';

const views = ['watch', 'overview', 'source', 'sandbox'] as const;

/** Relative luminance of a colour as the browser gives it, 0 to 1. */
async function brightnessOf(page: Page, property: 'color' | 'backgroundColor', selector: string): Promise<number> {
  const text = await page
    .locator(selector)
    .first()
    .evaluate((element, name) => getComputedStyle(element)[name], property);
  const [red = 0, green = 0, blue = 0] = (text.match(/[\d.]+/g) ?? []).map(Number);
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 400]) {
    browserTest(
      `each view fits ${width} pixels, ${colorScheme}, and makes requests to its own origin only`,
      async (t) => {
        const {harness, clients} = await room(t, 12, {inspector: 'on', inspectorKey});
        for (const client of clients) acknowledgeAll(client, 'ok');
        const {page, conduct} = await openWatching(t, harness.gateway.port, {
          colorScheme,
          viewport: {width, height: 800},
          reducedMotion: 'reduce',
        });
        // So that the header of the ladder is as full as it can be.
        for (const client of clients) client.sendAnswer('ack', 999);
        for (const qos of [0, 1, 2])
          await harness.api.send({channel: 'room', qos, timeout: 10}, `{"a long one":"${'x'.repeat(300)}"}`);
        for (const [place, view] of views.entries()) {
          await page.keyboard.press(String(place + 1));
          await page.locator(`main.${view}`).waitFor();
          if (view === 'watch') {
            await page.locator('.rows .row').first().click();
            await lit(page, 'completed');
            await page.locator('.rung[data-row^="SEND q1"]').first().click();
            await page.locator('.fields').waitFor();
            await page.locator('.ladders header .strays').waitFor();
            const title = await page.locator('.ladders > header h2').boundingBox();
            t.true((title?.width ?? 0) > 110, `the title of the ladder has ${title?.width} px`);
          }
          if (view === 'sandbox') await page.locator('svg.chart').nth(1).waitFor();
          t.is(await overflowOf(page), 0, view);
          t.is((await brightnessOf(page, 'backgroundColor', '.panel')) < 0.3, colorScheme === 'dark', view);
          t.is((await brightnessOf(page, 'color', '.panel h2')) > 0.7, colorScheme === 'dark', view);
          await keepScreenshot(page, `inspector-${view}-${colorScheme}-${width}`);
        }
        t.deepEqual([...conduct.origins], [new URL(harness.gateway.url).origin]);
        t.deepEqual(conduct.errors, []);
      },
    );
  }
}

browserTest('connections, ladder, chart and time are used by the keyboard alone', async (t) => {
  const {harness, clients, identities} = await room(t, 5, {inspector: 'on', inspectorKey});
  for (const client of clients) acknowledgeAll(client, 'ok');
  const {page, conduct} = await openWatching(t, harness.gateway.port);
  await harness.api.send({channel: 'room', qos: 2, timeout: 10});
  const sorted = identities.toSorted();
  const selected = page.locator('.rows .row.selected');
  await page.locator('.rows .row').nth(4).waitFor();

  await page.keyboard.press('/');
  await page.keyboard.type((sorted[3] ?? '').slice(0, 12));
  await page.keyboard.press('Enter');
  await selected.filter({hasText: sorted[3] ?? ''}).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('Delete');
  await page.keyboard.press('Enter');
  await selected.filter({hasText: sorted[0] ?? ''}).waitFor();
  await page.keyboard.press('End');
  await selected.filter({hasText: sorted[4] ?? ''}).waitFor();
  await page.keyboard.press('ArrowUp');
  await selected.filter({hasText: sorted[3] ?? ''}).waitFor();

  await lit(page, 'completed');
  await page.keyboard.press('ArrowLeft');
  await lit(page, 'awaitingCom');
  await page.getByLabel('Packets and steps; arrows move through time').focus();
  const rows = await rowsOf(page);
  await page.keyboard.press('ArrowUp');
  await page.waitForFunction((count) => document.querySelectorAll('.rung').length < count, rows.length);
  await page.keyboard.press('Space');
  await lit(page, 'completed');

  await page.keyboard.press('c');
  await page.locator('svg.chart[data-chart="outboundQos1"]').waitFor();
  await page.keyboard.press('f');
  t.is(await page.locator('.connections').count(), 0);
  await page.keyboard.press('f');
  await page.locator('[data-step="awaitingAck wire.ack"]').focus();
  await page.keyboard.press('Enter');
  await page.locator('.stepCard', {hasText: 'awaitingAck on wire.ack: confirm, release RB-11'}).waitFor();
  await page.locator('.stepCard .rule').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', {name: 'RB-11'}).getByText('keeps the SEND until an ACK').waitFor();
  await page.keyboard.press('Escape');
  t.is(await page.getByRole('dialog').count(), 0);
  await page.keyboard.press('?');
  await page.getByRole('dialog', {name: 'Keys'}).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  t.is(await selected.count(), 0);
  t.deepEqual(conduct.errors, []);
});

browserTest('the client’s chart is drawn, and says that a gateway cannot see a client’s state', async (t) => {
  const {harness} = await room(t, 1, {inspector: 'on', inspectorKey});
  const {page, conduct} = await openWatching(t, harness.gateway.port);
  await page.getByRole('tab', {name: 'Client SDK'}).click();
  const chart = page.locator('svg.chart[data-chart="clientConnection"]');
  await chart.waitFor();
  for (const state of ['idle', 'connecting', 'open.fresh', 'waiting', 'refused']) {
    t.is(await chart.locator(`[data-state="${state}"]`).count(), 1, state);
  }
  await page.getByText('A gateway cannot see in which state a client is').waitFor();
  t.is(await chart.locator('.state.active').count(), 0);
  t.deepEqual(conduct.errors, []);
});

browserTest('the layout worker ends when no chart is asked for, and another one lays out the next', async (t) => {
  const {harness, clients} = await room(t, 1, {inspector: 'on', inspectorKey});
  for (const client of clients) acknowledgeAll(client, 'ok');
  const {page, conduct} = await openWatching(t, harness.gateway.port);
  await page.locator('svg.chart').first().waitFor();
  const [worker] = page.workers();
  if (worker !== undefined) await new Promise((resolve) => worker.once('close', resolve));
  t.is(page.workers().length, 0);
  await page.getByRole('tab', {name: 'Client SDK'}).click();
  await page.locator('svg.chart[data-chart="clientConnection"]').waitFor();
  t.deepEqual(conduct.errors, []);
});

browserTest('the plots of the overview have values while something happens', async (t) => {
  const {harness, clients} = await room(t, 3, {inspector: 'on', inspectorKey});
  for (const client of clients) acknowledgeAll(client, 'ok');
  const {page, conduct} = await openWatching(t, harness.gateway.port);
  await page.keyboard.press('2');
  const values = async (title: string): Promise<readonly number[]> => {
    const texts = await page.locator('.plot').filter({hasText: title}).locator('.legend b').allTextContents();
    return texts.map((text) => Number.parseFloat(text.replaceAll(',', '')));
  };
  const titles = ['Deliveries down', 'Messages up', 'Latency', 'Connections'];
  let all: readonly (readonly number[])[] = [];
  let drawn: readonly string[] = [];
  const isEnough = (): boolean =>
    all.length > 0 &&
    all.flat().every((value) => value > 0) &&
    drawn.filter((path) => path.split('L').length > 2).length >= 6;
  // One message after the other, until the page has seen enough of them.
  for (let count = 1; count < 2_000 && !isEnough(); count++) {
    await harness.api.send({channel: 'room', qos: 1, timeout: 10});
    await harness.api.send({channel: 'room', qos: 0});
    clients[0]?.sendMessage({qos: 1, type: 2, id: count, payload: 'up'});
    all = await Promise.all(titles.map(values));
    drawn = await page.locator('.plot .line').evaluateAll((lines) => lines.map((line) => line.getAttribute('d') ?? ''));
  }
  t.true(isEnough(), JSON.stringify({all, drawn}));
  t.deepEqual(all[3], [3]);
  const fresh = page.locator('.bar', {hasText: 'open.fresh'});
  await fresh.locator('b', {hasText: '3'}).waitFor();
  await fresh.locator('.spark[data-most="3"]').waitFor();
  t.deepEqual(conduct.errors, []);
});
