// The sandbox in a browser: its buttons, its stories by the keyboard, and a random walk over the buttons.

import type {ExecutionContext} from 'ava';
import type {Page} from 'playwright-core';
import {SeededRandom} from '../../src/core/random-seeded.ts';
import {stories} from '../../src/inspector/sandbox/stories.ts';
import {browserTest} from '../support/browser-test.ts';
import {start} from '../support/gateway.ts';
import type {Lifetime} from '../support/lifetime.ts';
import {inspectorKey} from './inspector-harness.ts';
import {lit, type OpenedPage, openPage, pageOf} from './inspector-page.ts';

async function openSandbox(t: ExecutionContext & Lifetime): Promise<OpenedPage> {
  const {gateway} = await start(t, {inspector: 'on', inspectorKey});
  const opened = await openPage(t, `${pageOf(gateway.port)}#/sandbox`);
  await opened.page.getByLabel('What can be done').waitFor();
  return opened;
}

/** Presses the button of the first packet of this kind on the link. */
async function onPacket(page: Page, kind: string, deed: 'Lose' | 'Delay' | 'Copy' | 'Arrive now'): Promise<void> {
  await page.locator(`li[data-packet="${kind}"]`).first().getByRole('button', {name: deed}).click();
}

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', {name, exact: true}).click();
}

async function outcomes(page: Page): Promise<readonly (string | null)[]> {
  return await page
    .locator('[data-outcome]')
    .evaluateAll((items) => items.map((item) => item.getAttribute('data-outcome')));
}

/** A message whose first answer is lost, and which is repeated. */
async function loseTheAnswer(page: Page, qos: 1 | 2): Promise<void> {
  await press(page, `QoS ${qos}`);
  await onPacket(page, 'send', 'Arrive now');
  await press(page, 'Accept');
  await onPacket(page, qos === 1 ? 'ack' : 'rec', 'Lose');
  await press(page, 'Retry now');
  await onPacket(page, 'send', 'Arrive now');
}

browserTest(
  'time stands until Run, and the page says so where a packet waits; both charts are those of its QoS',
  async (t) => {
    const {page, conduct} = await openSandbox(t);
    const time = page.getByLabel('What can be done').locator('output');
    await time.getByText(/^stands at 0\.0 s$/).waitFor();
    const waits = page.getByText('Time stands still. Press Run or Step');
    t.is(await waits.count(), 0);
    await press(page, 'QoS 1');
    await waits.waitFor();
    for (const chart of ['outboundQos1', 'inboundQos1']) {
      await page.locator(`svg.chart[data-chart="${chart}"]`).waitFor();
    }
    const filled = (name: string) =>
      page.getByRole('button', {name, exact: true}).evaluate((button) => getComputedStyle(button).backgroundColor);
    const plain = await filled('Step');
    t.is(await filled('Run'), plain, 'nothing looks as if it ran');
    await press(page, 'Run');
    await time.getByText(/^runs at/).waitFor();
    t.not(await filled('Pause'), plain);
    t.is(await waits.count(), 0);
    await page.locator('[data-outcome="once"]').waitFor();
    t.deepEqual(conduct.errors, []);
  },
);

browserTest('sender and receiver show one QoS, also where the message before was of another', async (t) => {
  const {page, conduct} = await openSandbox(t);
  for (const [before, after] of [
    [2, 1],
    [1, 2],
  ] as const) {
    await press(page, 'Start over');
    await press(page, `QoS ${before}`);
    await onPacket(page, 'send', 'Arrive now');
    await press(page, 'Accept');
    await press(page, `QoS ${after}`);
    await page.locator(`svg.chart[data-chart="outboundQos${after}"]`).waitFor();
    // Nothing of the new message has arrived: no state of the receiver is lit.
    await page.locator(`svg.chart[data-chart="inboundQos${after}"][data-active=""]`).waitFor();
  }
  t.deepEqual(conduct.errors, []);
});

browserTest(
  'at QoS 1 a lost ACK has the message delivered twice, by hand; the ladder shows loss and DUP [RB-13]',
  async (t) => {
    const {page, conduct} = await openSandbox(t);
    await loseTheAnswer(page, 1);
    await press(page, 'Accept');
    t.deepEqual(await outcomes(page), ['twice']);
    await page.getByLabel('Verdicts').getByRole('button', {name: 'RB-13'}).click();
    // Not its text alone, but also what the charts say where they obey it.
    const uses = page.getByRole('dialog').getByLabel('Where the charts obey RB-13');
    await uses.locator('li', {hasText: 'on wire.replaced'}).first().waitFor();
    await page
      .getByRole('dialog')
      .getByText('After its ACK', {exact: false})
      .or(page.getByRole('dialog').getByText('Once the receiver has sent ACK', {exact: false}))
      .waitFor();
    await page.keyboard.press('Escape');
    t.is(await page.locator('.rung.bad[data-row="ACK id 1 lost"]').count(), 1);
    t.true((await page.locator('.rung.dup[data-row*="DUP"]').count()) > 0);
    await lit(page, 'acknowledged');
    t.deepEqual(conduct.errors, []);
  },
);

browserTest('at QoS 2 the same moves deliver it once, and there is no call left to accept [RB-21]', async (t) => {
  const {page, conduct} = await openSandbox(t);
  await loseTheAnswer(page, 2);
  t.true(await page.getByRole('button', {name: 'Accept', exact: true}).isDisabled());
  for (const packet of ['rec', 'rel', 'com']) await onPacket(page, packet, 'Arrive now');
  t.deepEqual(await outcomes(page), ['once']);
  await page.getByLabel('Verdicts').getByRole('button', {name: 'RB-21'}).waitFor();
  await lit(page, 'completed');
  t.deepEqual(conduct.errors, []);
});

browserTest(
  'whatever is pressed, no message at QoS 2 is delivered twice; at QoS 1 the same presses do it [RB-21]',
  async (t) => {
    const {page, conduct} = await openSandbox(t);
    for (const [qos, isTwice] of [
      [1, true],
      [2, false],
    ] as const) {
      let twice = 0;
      for (let seed = 1; seed <= 3; seed++) {
        await press(page, 'Start over');
        const random = new SeededRandom(seed);
        for (let presses = 0; presses < 90; presses++) {
          const wasPressed = await pressAny(page, qos, random);
          t.true(wasPressed);
        }
        twice += (await outcomes(page)).filter((outcome) => outcome === 'twice').length;
      }
      t.is(twice > 0, isTwice, `QoS ${qos}: ${twice} times`);
    }
    t.deepEqual(conduct.errors, []);
  },
);

/** Presses one of the buttons that are there, in the page's own turn, so that none goes between. */
async function pressAny(page: Page, qos: number, random: SeededRandom): Promise<boolean> {
  const wish = {qos: `QoS ${qos}`, chance: random.integer(0, 1_000_000)};
  return await page.evaluate(({qos: name, chance}) => {
    const never = ['Run', 'Pause', 'Start over', 'Cut the connection', 'Crash sender', 'Crash receiver'];
    const buttons = [...document.querySelectorAll<HTMLButtonElement>('.controls button, .wire button')].filter(
      (button) => !button.disabled && !never.includes(button.textContent),
    );
    const fitting = buttons.filter((button) => !button.textContent.startsWith('QoS') || button.textContent === name);
    const button = fitting[chance % fitting.length];
    button?.click();
    return button !== undefined;
  }, wish);
}

browserTest(
  'every story can be played to its end by the keyboard alone, and reaches the verdict that it promises',
  async (t) => {
    const {page, conduct} = await openSandbox(t);
    const list = page.getByLabel('Story', {exact: true});
    await list.focus();
    for (const {id, title, steps, expected} of stories) {
      await list.focus();
      // The list is walked by its keys; each entry begins its story.
      for (let moves = 0; moves <= stories.length && (await list.inputValue()) !== id; moves++) {
        await page.keyboard.press('ArrowDown');
      }
      t.is(await list.inputValue(), id, title);
      await page.keyboard.press('Tab');
      for (let step = 0; step < steps.length; step++) {
        await page.locator('#nextStep:focus').waitFor();
        await page.keyboard.press('Enter');
        await page
          .getByText(step + 1 === steps.length ? 'That was it' : `Do it (${step + 2} of ${steps.length})`)
          .waitFor();
      }
      t.deepEqual(
        await outcomes(page),
        expected.map(({outcome}) => outcome),
        title,
      );
      t.is(await page.locator('.verdicts li', {hasText: '✓'}).count(), expected.length, title);
    }
    t.deepEqual(conduct.errors, []);
  },
);
