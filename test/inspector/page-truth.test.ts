// What the page says of what it shows: that time is stopped, that nothing is known of a name, that a packet belongs to no
// message, what was lost.

import type {TraceHeader, TraceLine} from '../../src/story/trace.ts';
import {emptySelection} from '../../src/story/trace-feed.ts';
import {writeTraceLine} from '../../src/story/trace-lines.ts';
import {browserTest} from '../support/browser-test.ts';
import {holdPorts} from '../support/ports.ts';
import {single} from '../support/room.ts';
import {inspectorKey} from './inspector-harness.ts';
import {choose, lit, openPage, openWatching, pageOf} from './inspector-page.ts';

const options = {retryIntervalMs: 60_000, inspector: 'on', inspectorKey} as const;

browserTest('while time is stopped the head says so instead of “live”, and leads back', async (t) => {
  const {harness, client, identity} = await single(t, options);
  const {page, conduct} = await openWatching(t, harness.gateway.port);
  await choose(page, identity);
  const sent = harness.api.send({channel: 'room', qos: 1});
  const {id} = await client.parsed();
  await lit(page, 'awaitingAck');
  const live = page.getByText(/^live · /);
  const paused = page.locator('.head').getByRole('button', {name: /paused at \d\d:\d\d:\d\d/});
  t.is(await paused.count(), 0);
  // A row that is pressed stops time as well as the key does.
  await page.locator('.rung[data-row^="SEND q1"]').click();
  await paused.waitFor();
  t.is(await live.count(), 0);
  client.sendAnswer('ack', id);
  await sent;
  await page.keyboard.press('2');
  await paused.waitFor();
  t.is(await page.locator('.plot .times').first().getByText('now').count(), 0);
  await paused.click();
  await live.waitFor();
  await page.keyboard.press('1');
  await lit(page, 'confirmed');
  // Escape selects nothing, and then follows the latest.
  await page.keyboard.press('Space');
  await paused.waitFor();
  await page.keyboard.press('Escape');
  await paused.waitFor();
  await page.keyboard.press('Escape');
  await live.waitFor();
  t.deepEqual(conduct.errors, []);
});

browserTest(
  'the page names the nodes whose clients it does not show, and no node where all are shown [RB-66]',
  async (t) => {
    const other = `127.0.0.1:${(await holdPorts(t, 1))[0]}`;
    const inCluster = await single(t, {...options, peers: [other]});
    const {page, conduct} = await openWatching(t, inCluster.harness.gateway.port);
    const banner = page.locator('p.banner[role=status]');
    await banner.getByText(`Shown: this node only; not asked: 1 other node (${other})`).waitFor();
    // In every view, and also while time is stopped.
    await page.keyboard.press('2');
    await page.keyboard.press('Space');
    await page
      .locator('.head')
      .getByRole('button', {name: /paused at/})
      .waitFor();
    t.is(await banner.count(), 1);
    t.deepEqual(conduct.errors, []);

    const alone = await single(t, options);
    const {page: whole} = await openWatching(t, alone.harness.gateway.port);
    await choose(whole, alone.identity);
    t.is(await whole.locator('p.banner').count(), 0);
  },
);

browserTest('the page counts the threads that do not answer, while they do not [RB-66]', async (t) => {
  const {harness} = await single(t, options);
  const {page, conduct} = await openPage(t, pageOf(harness.gateway.port));
  const header: TraceHeader = {
    kind: 'header',
    version: 1,
    source: 'a test',
    at: 0,
    wallMs: 0,
    threads: 2,
    selection: emptySelection,
  };
  const text = '1 of 2 threads of this node did not answer';
  const lines: readonly TraceLine[] = [header, {kind: 'coverage', at: 0, partial: true, text}];
  const recording = Buffer.from(lines.map(writeTraceLine).join(''));
  await page.locator('input[type=file]').setInputFiles({name: 'a.jsonl', mimeType: 'text/plain', buffer: recording});
  await page.getByText('Shown: 1 of 2 threads of this node did not answer').waitFor();
  t.deepEqual(conduct.errors, []);
});

browserTest('a row that is pressed stays in sight, and has its time of day', async (t) => {
  const {harness, client, identity} = await single(t, options);
  const {page, conduct} = await openWatching(t, harness.gateway.port);
  await choose(page, identity);
  for (let count = 0; count < 8; count++) {
    const sent = harness.api.send({channel: 'room', qos: 2});
    const {id} = await client.parsed();
    client.sendAnswer('rec', id);
    await client.parsed();
    client.sendAnswer('com', id);
    await sent;
    await page.locator(`.rung[data-row="COM id ${id}"]`).waitFor();
  }
  await page
    .getByText(/^\d\d:\d\d:\d\d$/)
    .first()
    .waitFor();
  // At the end the first row in sight is whole: the names of the lanes above do not cut it.
  const cut = () => {
    const {scrollTop, scrollHeight, clientHeight} = document.querySelector('.rungs') ?? document.body;
    const height = Number(document.querySelector('.rung .reach')?.getAttribute('height'));
    const isAtEnd = scrollTop > 0 && scrollTop + clientHeight >= scrollHeight - 1;
    // How far from a whole number of rows; a panel's height may have a fraction.
    return isAtEnd ? {by: Math.abs(((scrollTop + height / 2) % height) - height / 2)} : undefined;
  };
  const found = await (await page.waitForFunction(cut)).jsonValue();
  t.true((found?.by ?? Number.NaN) <= 1, `cut by ${found?.by} px`);
  // The last one: the panel with its fields comes up from below.
  await page.locator('.rung').last().click();
  await page.locator('.detail time', {hasText: /^\d\d:\d\d:\d\d\.\d{3}$/}).waitFor();
  const isInSight = () => {
    const [row, frame] = ['.rung.chosen', '.rungs'].map((name) =>
      document.querySelector(name)?.getBoundingClientRect(),
    );
    return row !== undefined && frame !== undefined && row.top >= frame.top - 1 && row.bottom <= frame.bottom + 1;
  };
  await page.waitForFunction(isInSight);
  for (let step = 0; step < 12; step++) await page.keyboard.press('ArrowLeft');
  await page.waitForFunction(isInSight);
  t.deepEqual(conduct.errors, []);
});

browserTest('a name that nothing traced has is answered so, and an identity leads to its client', async (t) => {
  const {harness, identity} = await single(t, options);
  const {page, conduct} = await openWatching(t, harness.gateway.port);
  await page.locator('.rows .row', {hasText: identity}).waitFor();
  const field = page.getByLabel('Search messages');
  for (const name of ['pffffffffff', 'zzz']) {
    await field.fill(name);
    await page.getByRole('button', {name: 'Where is it?'}).click();
    await page.getByText(`Nothing is known of ${name}: no message or client of that name was traced`).waitFor();
    await page.getByRole('button', {name: 'Show all'}).click();
  }
  await field.fill(identity);
  await page.getByRole('button', {name: 'Where is it?'}).click();
  await page.locator('.rows .row.selected', {hasText: identity}).waitFor();
  t.is(await page.getByText('Nothing has happened yet').count(), 0);
  t.deepEqual(conduct.errors, []);
});

browserTest(
  'ACK, REC, REL and COM for an id that no message has are marked, counted and found [RB-19] [RB-24]',
  async (t) => {
    const {harness, client, identity} = await single(t, options);
    const {page, conduct} = await openWatching(t, harness.gateway.port);
    await choose(page, identity);
    const sent = harness.api.send({channel: 'room', qos: 2});
    const {id} = await client.parsed();
    client.sendAnswer('rec', id);
    await sent;
    client.sendAnswer('com', id);
    await lit(page, 'completed');
    t.is(await page.locator('.rung.stray').count(), 0, 'its own packets are not among these');
    for (const kind of ['ack', 'rec', 'rel', 'com'] as const) {
      client.sendAnswer(kind, 777);
      await page.locator(`.rung.stray[data-row="${kind.toUpperCase()} id 777: no such message"]`).waitFor();
    }
    await page.locator('.ladders header').getByText('4 stray').waitFor();
    const search = page.getByLabel('Search rows');
    await search.fill('ack id 777');
    await page.locator('.rung').nth(1).waitFor({state: 'detached'});
    t.is(await page.locator('.rung.stray').count(), 1);
    await search.fill('nothing of the kind');
    await page.getByText('No row matches.').waitFor();
    await search.fill('');
    await page.getByLabel('Rows', {exact: true}).selectOption('trouble');
    await page.locator('.rung').nth(4).waitFor({state: 'detached'});
    t.is(await page.locator('.rung.stray').count(), 4);
    await page.getByRole('button', {name: 'stray'}).click();
    await page.locator('.rows .row').first().locator('.strays', {hasText: '4'}).waitFor();
    await page.keyboard.press('2');
    await page.locator('[data-counter="packetsUnknownId"] b').getByText(/[34]/).waitFor();
    t.deepEqual(conduct.errors, []);
  },
);

browserTest('the overview has a figure for what timed out, and does not count QoS 0 as unconfirmed', async (t) => {
  const {harness, client} = await single(t, options);
  const {page, conduct} = await openWatching(t, harness.gateway.port);
  await page.keyboard.press('2');
  const timedOut = page.locator('[data-counter="publicationsTimedOut"]');
  await timedOut.getByText('0').waitFor();
  await harness.api.send({channel: 'room', qos: 1, timeout: 0.1});
  await timedOut.locator('b').getByText('1').waitFor();
  await timedOut.getByText('+1').waitFor();
  await client.parsed();
  await page.locator('.plot .times').first().getByText('60 s before').waitFor();
  // What its line comes to stands beside each state.
  await page
    .locator('.chartStates', {hasText: 'Down, QoS 1'})
    .locator('.bar', {hasText: 'overdue'})
    .getByText('max 1')
    .waitFor();
  // Only QoS 0, until its rate is seen: nothing is begun meanwhile that could be confirmed.
  const legend = page.locator('.plot').filter({hasText: 'Deliveries down'}).locator('.legend b');
  const rates = async () => (await legend.allTextContents()).map((text) => Number.parseFloat(text));
  let seen = await rates();
  for (let count = 0; count < 2_000 && !((seen[2] ?? 0) > 0 && seen[0] === 0); count++) {
    await harness.api.send({channel: 'room', qos: 0});
    seen = await rates();
  }
  t.is(seen[0], 0);
  t.true((seen[2] ?? 0) > 0);
  t.deepEqual(conduct.errors, []);
});

browserTest('a page that is loaded again watches again, until it is stopped', async (t) => {
  const {harness, identity} = await single(t, options);
  const {page, conduct} = await openWatching(t, harness.gateway.port);
  await page.reload();
  await page.getByText(/^live · /).waitFor();
  await page.locator('.rows .row', {hasText: identity}).waitFor();
  await page.keyboard.press('3');
  t.true(await page.getByLabel('with payloads').isChecked());
  // Watched from here, it is what a person then looks at.
  await page.getByRole('button', {name: 'Watch'}).click();
  await page.waitForURL(/#\/watch$/);
  await page.keyboard.press('3');
  await page.getByRole('button', {name: 'Stop'}).click();
  await page.reload();
  await page.getByRole('link', {name: 'Watch'}).click();
  await page.getByText('Nothing is watched.').waitFor();
  t.deepEqual(conduct.errors, []);
  // In a tab that knows no key, the empty list leads to where one is asked for.
  const other = await openPage(t, `${pageOf(harness.gateway.port)}#/watch`);
  await other.page.locator('.rows').getByRole('link', {name: 'Source'}).click();
  await other.page.getByLabel('Key of the inspector').waitFor();
});

for (const width of [1280, 400]) {
  browserTest(
    `at ${width} pixels numbers are sorted from the most, names from A, and pressed again the other way`,
    async (t) => {
      const {harness, identity} = await single(t, options);
      const {page, conduct} = await openWatching(t, harness.gateway.port, {viewport: {width, height: 800}});
      await page.locator('.rows .row', {hasText: identity}).waitFor();
      for (const [title, first, second] of [
        ['in flight', '▾', '▴'],
        ['heard', '▾', '▴'],
        ['state', '▴', '▾'],
      ] as const) {
        const head = page.locator('.row.head button', {hasText: title});
        await head.click();
        await head.getByText(first).waitFor();
        await head.click();
        await head.getByText(second).waitFor();
        t.true(await head.evaluate((button) => button.scrollWidth <= button.clientWidth), `${title} is not cut off`);
      }
      t.deepEqual(conduct.errors, []);
    },
  );
}
