// What the page shows of calls to the business server where payloads are watched.

import {browserTest} from '../support/browser-test.ts';
import {answer} from '../support/business-server.ts';
import {single} from '../support/room.ts';
import {inspectorKey} from './inspector-harness.ts';
import {choose, lit, openWatching} from './inspector-page.ts';

browserTest('a call that failed shows what was sent and the beginning of what came back', async (t) => {
  const {harness, client, identity} = await single(t, {inspector: 'on', inspectorKey});
  const {page, conduct} = await openWatching(t, harness.gateway.port);
  await choose(page, identity);
  harness.business.once('message', answer(500, `<h1>Oops</h1>${'x'.repeat(1_000)}`));
  client.sendMessage({qos: 1, id: 6, type: 7, payload: 'up'});
  await lit(page, 'unanswered');
  const body = page.locator('.detail .body');
  await page.locator('.rung[data-row="failed (500)"]').click();
  await body.getByText(/^<h1>Oops<\/h1>x{243}$/).waitFor();
  // A page of the business server is text here, and nothing else.
  t.is(await body.locator('h1').count(), 0);
  await page.locator('.rung[data-row="message type 7"]').click();
  await body.getByText(/^up$/).waitFor();
  t.deepEqual(conduct.errors, []);
});
