// Regenerates the pictures of docs/inspector.md, from a real daemon with real clients:
// `node test/inspector/write-images.ts`, after `npm run build:pages`. What they show differs a little each time; review
// them before a commit.

import {spawn} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Page} from 'playwright-core';
import {projectPath} from '../support/command.ts';
import {until} from '../support/deadline.ts';
import {securityToken} from '../support/gateway.ts';
import type {Lifetime} from '../support/lifetime.ts';
import {startTalkingClients} from './inspector-harness.ts';
import {choose, lit, openPage, openWatching} from './inspector-page.ts';

const [folder = projectPath('docs/images')] = process.argv.slice(2);
const ends: (() => void | Promise<void>)[] = [];
const t: Lifetime = {teardown: (end) => void ends.push(end)};

async function keep(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  await page.screenshot({path: join(folder, `inspector-${name}.png`)});
}

/** Records for some seconds with the real command, and shows that with the real command; gives the page's address. */
async function recordAndReplay(port: number): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'rainbow-images-'));
  t.teardown(() => rm(place, {recursive: true}));
  const file = join(place, 'kitchen.trace');
  const rainbow = projectPath('bin/rainbow.js');
  const env = {...process.env, RAINBOW_URL: `http://127.0.0.1:${port}`, RAINBOW_SECURITY_TOKEN: securityToken};
  const record = spawn(process.execPath, [rainbow, 'record', '-o', file, '--payloads', '--seconds', '8'], {env});
  await new Promise((resolve) => record.once('close', resolve));
  const replay = spawn(process.execPath, [rainbow, 'replay', file]);
  t.teardown(() => void replay.kill());
  let told = '';
  replay.stdout.on('data', (text) => {
    told += String(text);
  });
  return await until(() => /open (\S+)/.exec(told)?.[1], 'the address of the page');
}

try {
  const harness = await startTalkingClients(t);
  const {port} = harness.daemon;

  const wide = await openWatching(t, port, {viewport: {width: 1280, height: 800}});
  await until(async () => ((await wide.page.locator('.chart .times').count()) > 2 ? true : undefined), 'some counts');
  await wide.page.locator('.state.peopled').first().waitFor();
  await keep(wide.page, 'connections');

  // A QoS 2 delivery that awaits its COM, among others: bob takes his time.
  await choose(wide.page, 'bob');
  await lit(wide.page, 'awaitingCom');
  await wide.page.keyboard.press('Space');
  while ((await wide.page.locator('svg.chart[data-active="awaitingCom"]').count()) === 0) {
    await wide.page.keyboard.press('ArrowLeft');
  }
  await keep(wide.page, 'chart');
  await wide.page.keyboard.press('Space');

  // Ann's ACK is dropped, so the SEND comes again with DUP; time is stopped there, and its bytes are read.
  await wide.page.keyboard.press('/');
  await wide.page.keyboard.type('ann');
  await wide.page.keyboard.press('Enter');
  const dup = wide.page.locator('.rung.dup[data-row^="SEND q1"]').last();
  await dup.click();
  await wide.page.locator('.fields').waitFor();
  await keep(wide.page, 'ladder');
  await wide.page.keyboard.press('Space');

  const dark = await openWatching(t, port, {viewport: {width: 1280, height: 800}, colorScheme: 'dark'});
  await dark.page.keyboard.press('2');
  const isLong = () => (document.querySelector('.plot .line')?.getAttribute('d') ?? '').length > 1_500;
  await dark.page.waitForFunction(isLong, undefined, {timeout: 60_000});
  await keep(dark.page, 'overview');

  const narrow = await openWatching(t, port, {viewport: {width: 400, height: 800}});
  await choose(narrow.page, 'bob');
  await lit(narrow.page, 'awaitingCom');
  await narrow.page.locator('.charts').evaluate((panel) => panel.scrollIntoView());
  await keep(narrow.page, 'narrow');

  const replay = await openPage(t, await recordAndReplay(port), {
    viewport: {width: 1280, height: 800},
    colorScheme: 'dark',
  });
  await choose(replay.page, 'bob');
  await replay.page.locator('.rung[data-row^="REC"]').last().click();
  await replay.page.locator('.fields').waitFor();
  await replay.page.locator('svg.chart').waitFor();
  await keep(replay.page, 'replay');

  await wide.page.keyboard.press('4');
  await wide.page.getByLabel('Story', {exact: true}).selectOption('lost-ack');
  for (let step = 0; step < 5; step++) await wide.page.locator('#nextStep').click();
  await wide.page.setViewportSize({width: 1280, height: 1480});
  await wide.page.locator('.verdicts .twice').waitFor();
  await keep(wide.page, 'sandbox');
} finally {
  for (const end of ends.toReversed()) await end();
}
process.exit(0);
