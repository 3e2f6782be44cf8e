// A recording made by the real command, and shown by the real command: the page shows what it showed live.

import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {Page} from 'playwright-core';
import {browserTest} from '../support/browser-test.ts';
import {emptyFolder, projectPath, serve} from '../support/command.ts';
import {until, within} from '../support/deadline.ts';
import {securityToken} from '../support/gateway.ts';
import {single} from '../support/room.ts';
import {inspectorKey} from './inspector-harness.ts';
import {choose, lit, openPage, openWatching, rowsOf} from './inspector-page.ts';

/** What the page shows of what is chosen, at this moment. */
async function view(page: Page) {
  const chart = page.locator('svg.chart');
  return {
    chart: await chart.getAttribute('data-chart'),
    state: await chart.getAttribute('data-active'),
    card: await page.locator('.stepCard').textContent(),
    rows: await rowsOf(page),
    fields: await page.locator('.fields tr').allTextContents(),
  };
}

browserTest(
  'a recording shows the chart, the ladder and the bytes that the live page showed, now and at each moment before',
  async (t) => {
    const {harness, client, identity} = await single(t, {retryIntervalMs: 300, inspector: 'on', inspectorKey});
    const rainbow = projectPath('bin/rainbow.js');
    const file = join(await emptyFolder(t), 'today.trace');
    const environment = {RAINBOW_URL: harness.gateway.url, RAINBOW_SECURITY_TOKEN: securityToken};
    const record = await serve(t, process.execPath, [rainbow, 'record', '-o', file, '--payloads'], {environment});
    const isRecording = async () =>
      (await readFile(file, 'utf8').catch(() => '')).includes('"roster"') ? true : undefined;
    await until(isRecording, 'the recording to begin');

    const live = await openWatching(t, harness.gateway.port);
    await choose(live.page, identity);
    const sent = harness.api.send({channel: 'room', qos: 2, msgtype: 7}, '{"pay":12}');
    const {id} = await client.parsed();
    // The first REC is lost: the SEND comes again, with DUP.
    await client.parsed();
    client.sendAnswer('rec', id, 'paid');
    await sent;
    client.sendAnswer('com', id);
    client.sendMessage({qos: 1, type: 9, id: 5, payload: 'up'});
    await lit(live.page, 'acknowledged');
    const stopped = async () => ((await readFile(file, 'utf8')).includes('"acknowledged"') ? true : undefined);
    await until(stopped, 'the recording to have all of it');
    record.process.kill('SIGINT');
    t.is((await record.ended).code, 0);

    const replay = await serve(t, process.execPath, [rainbow, 'replay', file]);
    let told = '';
    replay.process.stdout?.on('data', (text: string) => {
      told += text;
    });
    const url = await until(() => /open (\S+)/.exec(told)?.[1], 'the address of the page');
    const recorded = await openPage(t, url);
    const {page} = recorded;
    await page.getByText(/^recording · rainbow-server/).waitFor();
    await choose(page, identity);
    await lit(page, 'acknowledged');
    // Both at their last row, then back over all of them.
    for (const one of [live.page, page]) {
      const rungs = one.locator('.rung');
      await rungs.last().click();
    }
    const rows = (await rowsOf(page)).length;
    t.true(rows >= 15, `${rows} rows`);
    const seen: string[] = [];
    for (let row = rows; row > 1; row--) {
      const [now, then] = [await view(live.page), await view(page)];
      t.deepEqual(then, now, `row ${row}`);
      seen.push(`${then.rows.at(-1)} ${then.fields.at(-1) ?? ''}`.trim());
      for (const one of [live.page, page]) {
        await one.keyboard.press('ArrowUp');
        await within(
          one.waitForFunction((count) => document.querySelectorAll('.rung').length < count, row),
          'a row less',
        );
      }
    }
    t.true(
      seen.some((text) => text.startsWith(`SEND q2 id ${id} DUP`) && text.includes('{"pay":12}')),
      seen.join('\n'),
    );
    t.true(seen.some((text) => text.startsWith(`REC id ${id}`) && text.includes('paid')));
    t.deepEqual([...recorded.conduct.origins], [new URL(url).origin]);
    t.deepEqual([...live.conduct.errors, ...recorded.conduct.errors], []);
  },
);
