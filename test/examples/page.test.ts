// The chat in a real browser: the page on the client SDK, the business server on the server SDK, a real gateway between.

import {browserTest} from '../support/browser-test.ts';
import {keepScreenshot, overflowOf, startBrowser} from '../support/chromium.ts';
import {type ChatClient, connectClient, startChatHarness} from './chat-harness.ts';
import {Tab} from './chat-page.ts';

/** However long a busy machine takes: gateway and business server give no client up. */
const patient = {
  sayTimeoutMs: 120_000,
  whoTimeoutMs: 120_000,
  gatewayOptions: {keepAliveMs: 600_000, messageTimeoutMs: 600_000, callTimeoutMs: 300_000},
} as const;

browserTest(
  'two tabs chat at QoS 2: over a cut and a reload with unsent messages nothing is lost, and nothing is said twice',
  async (t) => {
    const openContext = await startBrowser(t);
    const {chat, gateway} = await startChatHarness(t, patient);
    const url = `http://127.0.0.1:${chat.port}/`;
    const eve = await connectClient(t, gateway, 'eve');
    const ann = await Tab.joinAlone(await openContext(), url, 'ann');
    const bob = await Tab.joinAlone(await openContext(), url, 'bob');

    await recordProgress(ann);
    await ann.say('hello');
    await bob.hears('hello');
    await ann.sees('hello', 'confirmed by 3');
    t.deepEqual(await progressOf(ann), ['queued', 'sent', 'at the gateway', 'confirmed by 3']);

    // Cut: what is said waits on the silent connection, then in the outbox, and what others say is caught up with.
    await ann.cut();
    for (const text of ['one', 'two', 'three']) await ann.say(text);
    await ann.outbox(3);
    await ann.sees('three', 'sent');
    await ann.giveUp();
    await ann.sees('three', 'queued again');
    await bob.say('are you there?');
    await bob.sees('are you there?', 'confirmed by 2');
    t.false((await ann.texts()).includes('are you there?'));
    await ann.setNetwork(true);
    await ann.hurry();
    await ann.outbox(0);
    await ann.hears('are you there?');
    for (const text of ['one', 'two', 'three']) await ann.sees(text, 'confirmed by 3');

    // Reload before anything could leave the page: the next one has it.
    await ann.cut();
    for (const text of ['four', 'five']) await ann.say(text);
    await ann.sees('five', 'sent');
    await ann.goOn();
    await ann.page.reload();
    await ann.isConnected();
    for (const text of ['four', 'five']) await ann.sees(text, 'confirmed by 3');

    // Reload after it has arrived, and before it is answered, for bob's silence keeps it open: it is sent twice, said once.
    await bob.cut();
    await ann.say('six');
    await ann.sees('six', 'at the gateway');
    await ann.page.reload();
    await ann.isConnected();
    await ann.outbox(1);
    await bob.setNetwork(true);
    await bob.goOn();
    await ann.sees('six', 'confirmed by');
    await ann.outbox(0);

    await bob.isConnected();
    await bob.say('the end');
    const all = ['hello', 'are you there?', 'one', 'two', 'three', 'four', 'five', 'six', 'the end'];
    for (const tab of [ann, bob]) {
      await tab.hears('the end');
      await tab.hears('six');
      t.deepEqual(await tab.texts(), all);
      t.deepEqual(tab.conduct.errors, []);
      t.deepEqual(
        [...tab.conduct.origins].toSorted(),
        [new URL(url).origin, gateway.url.replace('http', 'ws')].toSorted(),
      );
    }
    // A client of another make, that was there all the time, counts what the business server has said.
    t.deepEqual(await saidTo(eve, 'the end'), all);
  },
);

browserTest('rooms and the question who is here are reached by keys, and a push from outside is shown', async (t) => {
  const openContext = await startBrowser(t);
  const {chat, gateway} = await startChatHarness(t, patient);
  const url = `http://127.0.0.1:${chat.port}/`;
  const context = await openContext();
  const ann = await Tab.join(context, url, 'ann');
  const bob = await Tab.join(context, url, '王');
  for (const {page} of [ann, bob]) {
    await page.keyboard.press('Alt+ArrowDown');
    await page.locator('input[value=kitchen]:checked').waitFor();
  }
  await ann.say('tea?');
  await bob.hears('tea?');
  await ann.sees('tea?', 'confirmed by 2');

  const who = ann.page.getByRole('button', {name: 'Who is here?'});
  await who.focus();
  await ann.page.keyboard.press('Enter');
  await ann.page.locator('#who-answer', {hasText: /^2 answered in \d+ ms$/}).waitFor();
  const names = await ann.page.locator('#who-list li').allTextContents();
  t.deepEqual(names.map((name) => name.slice(1)).toSorted(), ['ann', '王']);

  const newRoom = ann.page.getByLabel('Go to another room');
  await newRoom.focus();
  await ann.page.keyboard.type('cellar');
  await ann.page.keyboard.press('Enter');
  await ann.page.locator('input[value=cellar]:checked').waitFor();
  await ann.page.keyboard.press('Escape');
  t.is(await ann.page.evaluate(() => document.activeElement?.id), 'text');
  await ann.say('so dark');
  await ann.sees('so dark', 'confirmed by 1');
  t.deepEqual(await ann.texts(), ['so dark']);

  const carl = await connectClient(t, gateway, 'carl');
  await carl.ask(1, {room: 'cellar'});
  t.deepEqual(await carl.ask(2, {text: '<b>no markup</b>'}), {delivered: 2});
  await ann.hears('<b>no markup</b>');
  // Silence for a while is no news: neither the words nor the state beside them change.
  const said = ann.page.locator('#connection');
  await ann.reaches('open.suspect');
  t.is(await said.textContent(), 'connectedopen');
  t.deepEqual([...ann.conduct.errors, ...bob.conduct.errors], []);
});

browserTest('what another of the same name said is not ours; what we said is, also after a reload', async (t) => {
  const openContext = await startBrowser(t);
  const {chat, gateway} = await startChatHarness(t, patient);
  const other = await connectClient(t, gateway, 'Bob Lee');
  await other.ask(2, {text: 'by the other'});
  const bob = await Tab.join(await openContext(), `http://127.0.0.1:${chat.port}/`, 'Bob Lee');
  await bob.hears('by the other');
  await bob.say('by me');
  await bob.sees('by me', 'confirmed by 2');
  await bob.page.reload();
  await bob.isConnected();
  await bob.hears('by me');
  t.deepEqual(await bob.page.locator('.ours .text').allTextContents(), ['by me']);
  t.deepEqual(await bob.page.locator('.message:not(.ours) .text').allTextContents(), ['by the other']);
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [size, width, height] of [
    ['wide', 1280, 800],
    ['narrow', 400, 800],
  ] as const) {
    browserTest(`the page fits, ${colorScheme} and ${size}, connected and cut`, async (t) => {
      const openContext = await startBrowser(t);
      const {chat, gateway} = await startChatHarness(t, patient);
      const url = `http://127.0.0.1:${chat.port}/`;
      const context = await openContext({colorScheme, viewport: {width, height}, reducedMotion: 'reduce'});
      const door = new Tab(await context.newPage());
      await door.page.goto(url);
      await keepScreenshot(door.page, `door-${colorScheme}-${size}`);
      const ann = await Tab.join(context, url, 'ann');
      const bob = await connectClient(t, gateway, 'bob');
      await bob.ask(2, {text: 'Morning! Is the gateway awake?'});
      await ann.say('It is. Watch the beads under this one.');
      await ann.sees('It is.', 'confirmed by 2');
      await ann.page.getByRole('button', {name: 'Who is here?'}).click();
      await ann.page.locator('#who-list li').nth(1).waitFor();
      await keepScreenshot(ann.page, `chat-${colorScheme}-${size}`);
      t.is(await overflowOf(ann.page), 0);
      const field = await ann.page.getByLabel('Go to another room').boundingBox();
      t.true(field !== null && field.x >= 0 && field.x + field.width <= width);
      await ann.setNetwork(false);
      await ann.say('Said while the network is cut.');
      await ann.say('And this: a longer one, to see that lines wrap where they should and nothing leaves the page.');
      await ann.reaches('waiting');
      await ann.sees('And this', 'queued');
      await keepScreenshot(ann.page, `cut-${colorScheme}-${size}`);
      t.is(await overflowOf(ann.page), 0);
    });
  }
}

/** Notes each station of each message from now on. */
async function recordProgress({page}: Tab): Promise<void> {
  await page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(globalThis, {seenProgress: seen});
    new MutationObserver((changes) => {
      for (const node of changes.flatMap(({addedNodes}) => [...addedNodes])) {
        if (node instanceof Element && node.matches('.progress')) seen.push(node.textContent);
      }
    }).observe(document.body, {childList: true, subtree: true});
  });
}

async function progressOf({page}: Tab): Promise<unknown> {
  return await page.evaluate(() => (globalThis as {readonly seenProgress?: unknown}).seenProgress);
}

/** Texts in the order in which they came, to the last. */
async function saidTo(client: ChatClient, last: string): Promise<readonly string[]> {
  const texts: string[] = [];
  while (texts.at(-1) !== last) {
    const {from, text} = (await client.heard()) as {readonly from: string; readonly text: string};
    if (from !== 'chat') texts.push(text);
  }
  return texts;
}
