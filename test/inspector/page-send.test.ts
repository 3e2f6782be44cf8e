// A message that is sent from the page.

import {browserTest} from '../support/browser-test.ts';
import {single} from '../support/room.ts';
import {inspectorKey} from './inspector-harness.ts';
import {choose, openWatching} from './inspector-page.ts';

const apiKey = 'api-key-of-this-test-only';

browserTest('a message is sent from the page with an API key, not with another, and then shown', async (t) => {
  const {harness, client, identity} = await single(t, {inspector: 'on', inspectorKey, apiKeys: [apiKey]});
  const {page, conduct} = await openWatching(t, harness.gateway.port);
  await choose(page, identity);
  await page.getByRole('button', {name: 'Send …'}).click();
  const dialog = page.getByRole('dialog');
  t.is(await dialog.getByLabel('Identity of the client').inputValue(), identity);
  await dialog.getByLabel('Payload').fill('from the page');
  const key = dialog.getByLabel('API key');
  // That of the inspector reads, and cannot send.
  await key.fill(inspectorKey);
  await dialog.getByRole('button', {name: 'Send', exact: true}).click();
  await dialog.getByText(/^Not sent: .* \(RB_API_KEY\)$/).waitFor();
  await key.fill(apiKey);
  await dialog.getByRole('button', {name: 'Send', exact: true}).click();
  const {command, qos, type, id, payload} = await client.parsed();
  t.like({command, qos, type, text: payload.toString()}, {command: 'send', qos: 1, type: 1, text: 'from the page'});
  client.sendAnswer('ack', id);
  await dialog.getByText(/^Sent as p\w+, confirmed by 1 client\.$/).waitFor();
  await dialog.getByRole('button', {name: 'Show it'}).click();
  await page.locator(`.rung[data-row="ACK id ${id}"]`).waitFor();
  // To an empty channel, as the page is then: neither a client nor a channel is there to be named.
  await page.getByRole('button', {name: 'Send …'}).click();
  await dialog.getByLabel('Name of the channel').fill('empty');
  await dialog.getByRole('button', {name: 'Send', exact: true}).click();
  await dialog.getByText(/^Sent as p\w+, confirmed by 0 clients\.$/).waitFor();
  // The browser itself reports the answer 401.
  t.deepEqual(
    conduct.errors.filter((error) => !error.includes('401')),
    [],
  );
  t.false(page.url().includes(apiKey));
  t.is(await page.evaluate((secret) => JSON.stringify([sessionStorage, localStorage]).includes(secret), apiKey), false);
});
