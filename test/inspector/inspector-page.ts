// The inspector's page as a test uses it: opened in a browser, given its key, and asked what it shows.

import type {BrowserContextOptions, Page} from 'playwright-core';
import {type Conduct, observeConduct, startBrowser} from '../support/chromium.ts';
import type {Lifetime} from '../support/lifetime.ts';
import {inspectorKey} from './inspector-harness.ts';

/** An open page. */
export interface OpenedPage {
  readonly page: Page;
  readonly conduct: Conduct;
}

/** Opens `url` in a browser of its own. */
export async function openPage(t: Lifetime, url: string, options: BrowserContextOptions = {}): Promise<OpenedPage> {
  const openContext = await startBrowser(t);
  const context = await openContext({viewport: {width: 1280, height: 900}, ...options});
  const page = await context.newPage();
  const conduct = observeConduct(page);
  await page.goto(url);
  return {page, conduct};
}

/** Opens the page of the gateway on `port` and watches that gateway. */
export async function openWatching(
  t: Lifetime,
  port: number,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const opened = await openPage(t, pageOf(port), options);
  const {page} = opened;
  await page.getByLabel('Key of the inspector').fill(inspectorKey);
  await page.getByLabel('with payloads').check();
  await page.getByRole('button', {name: 'Watch'}).click();
  await page.getByText(/^live · /).waitFor();
  return opened;
}

/** The page's address at a gateway. */
export function pageOf(port: number): string {
  return `http://127.0.0.1:${port}/inspector/`;
}

/** Chooses the connection of `identity` in the list. */
export async function choose(page: Page, identity: string): Promise<void> {
  const search = page.getByLabel('Search connections');
  await search.fill(identity);
  await page.locator('.rows .row', {hasText: identity}).first().click();
  await page.locator('.rows .row.selected', {hasText: identity}).waitFor();
  await search.fill('');
  // Out of the field: what is typed next is for the page.
  await page.keyboard.press('Escape');
}

/** Settles once `state` of a chart that is shown is lit. */
export async function lit(page: Page, state: string): Promise<void> {
  await page.locator(`svg.chart[data-active="${state}"]`).first().waitFor();
}

/** What the rows of the ladder say, the oldest first. */
export async function rowsOf(page: Page): Promise<readonly string[]> {
  return await page.locator('.rung').evaluateAll((rungs) => rungs.map((rung) => rung.getAttribute('data-row') ?? ''));
}
