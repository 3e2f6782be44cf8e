// axe-core over every view, in both colour schemes, with something and with nothing in them.

import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import type {AxeResults} from 'axe-core';
import type {Page} from 'playwright-core';
import {browserTest} from '../support/browser-test.ts';
import {acknowledgeAll} from '../support/raw-client.ts';
import {room} from '../support/room.ts';
import {inspectorKey} from './inspector-harness.ts';
import {choose, lit, openPage, openWatching, pageOf} from './inspector-page.ts';

const views = ['watch', 'overview', 'source', 'sandbox'] as const;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What is wrong with the page as it stands, one line each. */
async function violationsOf(page: Page): Promise<readonly string[]> {
  // As an expression: the page's policy takes no script that was put into it.
  await page.evaluate(`${axe};0`);
  const {violations} = await page.evaluate<AxeResults>('axe.run()');
  return violations.flatMap(({id, impact, nodes}) =>
    nodes.map(({target, failureSummary}) => `${id} (${impact}) ${target.join(' ')}: ${failureSummary}`),
  );
}

for (const colorScheme of ['light', 'dark'] as const) {
  browserTest(`axe-core finds nothing in any view, ${colorScheme}`, async (t) => {
    const {harness, clients, identities} = await room(t, 6, {inspector: 'on', inspectorKey, retryIntervalMs: 200});
    const [silent, ...others] = clients;
    for (const client of others) acknowledgeAll(client, 'ok');
    const wishes = {colorScheme, viewport: {width: 1280, height: 800}, reducedMotion: 'reduce'} as const;
    const {page, conduct} = await openWatching(t, harness.gateway.port, wishes);
    for (const qos of [0, 1, 2]) await harness.api.send({channel: 'room', qos, timeout: 0.5}, '{"a":1}');
    silent?.sendAnswer('ack', 777);
    const check = async (what: string): Promise<void> => {
      t.deepEqual(await violationsOf(page), [], what);
    };
    for (const [place, view] of views.entries()) {
      await page.keyboard.press(String(place + 1));
      await page.locator(`main.${view}`).waitFor();
      if (view === 'watch') {
        await page.locator('.messages li').first().waitFor();
        await check('watch, nothing selected');
        await page.locator('.row.head button', {hasText: 'stray'}).click();
        await page.locator('.rows .row').first().click();
        await page.locator('.rung.stray').click();
        await page.getByText(/^paused at/).waitFor();
      }
      if (view === 'sandbox') {
        await page.locator('svg.chart').nth(1).waitFor();
        await check('sandbox, nothing sent');
        await page.getByRole('button', {name: 'QoS 2'}).click();
        await page.locator('.stands').first().waitFor();
      }
      await check(view);
    }
    await page.keyboard.press('1');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await choose(page, identities[1] ?? '');
    await lit(page, 'completed');
    await page.locator('.state.active').first().click();
    await page.locator('.members button').first().waitFor();
    await check('a state that was asked about');
    await page.setViewportSize({width: 400, height: 800});
    await page.getByText(/^\d+ steps by number$/).click();
    await check('on a narrow page');
    await page.setViewportSize(wishes.viewport);
    await page.getByRole('button', {name: 'Send …'}).click();
    await page.getByRole('dialog').waitFor();
    await check('a message to send');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({state: 'detached'});
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await check('the keys');
    t.deepEqual(conduct.errors, []);
    const empty = await openPage(t, `${pageOf(harness.gateway.port)}#/watch`, wishes);
    for (const [place, view] of views.entries()) {
      await empty.page.keyboard.press(String(place + 1));
      await empty.page.locator(`main.${view}`).waitFor();
      t.deepEqual(await violationsOf(empty.page), [], `${view}, without a source`);
    }
  });
}
