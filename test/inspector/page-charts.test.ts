// The charts of the page: their states and steps are pressed, and read where there is little room.

import {charts} from '../../src/inspector/model/chart-graph.ts';
import {browserTest} from '../support/browser-test.ts';
import {room} from '../support/room.ts';
import {inspectorKey} from './inspector-harness.ts';
import {lit, openWatching} from './inspector-page.ts';

browserTest('a state that is pressed lists what is in it, the longest there first, and leads to it', async (t) => {
  const {harness, clients, identities} = await room(t, 3, {inspector: 'on', inspectorKey, retryIntervalMs: 60_000});
  const {page, conduct} = await openWatching(t, harness.gateway.port);
  const sent = harness.api.send({channel: 'room', qos: 2});
  const packets = await Promise.all(clients.map((client) => client.parsed()));
  // By mouse, of all messages: two clients are silent, and one is a step further.
  clients[0]?.sendAnswer('rec', packets[0]?.id ?? 0);
  const members = page.locator('.members button');
  await page.locator('.state[data-state="awaitingRec"]').click();
  await page.locator('.members', {hasText: '2 deliveries await REC'}).waitFor();
  const silent = await members.evaluateAll((buttons) => buttons.map((button) => button.getAttribute('data-member')));
  t.deepEqual(new Set(silent), new Set(identities.slice(1)));
  await page.locator('.state[data-state="completed"]').click();
  await page.locator('.members', {hasText: '0 deliveries are completed'}).waitFor();
  // By keys; Space presses, and does not stop time.
  await page.locator('.state[data-state="awaitingCom"]').focus();
  await page.keyboard.press('Space');
  await page.locator(`.members [data-member="${identities[0]}"]`).waitFor();
  t.is(await page.getByText(/^paused at/).count(), 0);
  await members.first().click();
  await page.locator('.rows .row.selected', {hasText: identities[0] ?? ''}).waitFor();
  await lit(page, 'awaitingCom');
  // The connections, a state around others included.
  await page.keyboard.press('Escape');
  await page.getByRole('tab', {name: 'Connection'}).click();
  await page.locator('.state[data-state="open"]').press('Enter');
  await members.nth(2).waitFor();
  await page.locator(`.members [data-member="${identities[2]}"]`).click();
  await page.locator('.rows .row.selected', {hasText: identities[2] ?? ''}).waitFor();
  for (const [place, client] of clients.entries()) {
    const id = packets[place]?.id ?? 0;
    if (place > 0) client.sendAnswer('rec', id);
    client.sendAnswer('com', id);
  }
  await sent;
  t.deepEqual(conduct.errors, []);
});

browserTest(
  'at 400 pixels each chart fits its panel, in letters to be read; its steps are listed by number',
  async (t) => {
    const {harness} = await room(t, 2, {inspector: 'on', inspectorKey});
    const {page, conduct} = await openWatching(t, harness.gateway.port, {viewport: {width: 400, height: 800}});
    await page.getByText(/^\d+ steps by number$/).click();
    for (const {chart, title, edges} of charts) {
      await page.getByRole('tab', {name: title}).click();
      await page.locator(`svg.chart[data-chart="${chart}"]`).waitFor();
      const {overflow, letters} = await page.locator('.drawing').evaluate((frame) => {
        const svg = frame.querySelector<SVGSVGElement>('svg.chart');
        const texts = [...(svg?.querySelectorAll('text') ?? [])];
        const scale = (svg?.getBoundingClientRect().width ?? 0) / (svg?.viewBox.baseVal.width ?? 1);
        const sizes = texts.map((text) => Number.parseFloat(getComputedStyle(text).fontSize) * scale);
        return {overflow: frame.scrollWidth - frame.clientWidth, letters: Math.min(...sizes)};
      });
      t.is(overflow, 0, title);
      t.true(letters >= 8.5, `${title}: ${letters} px`);
      t.is(await page.locator('.steps li').count(), edges.length, title);
      t.is(await page.locator('.steps button').count(), edges.flatMap(({steps}) => steps).length, title);
    }
    // A step of the list says what it does, as one on the chart does where there is room.
    await page.getByRole('tab', {name: 'Down, QoS 1'}).click();
    await page.locator('.steps [data-step="queued window.opened"]').click();
    await page.locator('.stepCard', {hasText: 'queued on window.opened: transmit'}).waitFor();
    t.deepEqual(conduct.errors, []);
  },
);
