// Debian's chromium, driven by playwright-core, which brings no browser of its own. Nothing is installed: where there is
// no browser the test says so and passes. What it shows is kept in tmp/screenshots, to be looked at.

import {existsSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {type BrowserContext, type BrowserContextOptions, chromium, type Page} from 'playwright-core';
import {root} from '../docs/documents.ts';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser with a profile of its own, which ends with the test; `undefined` where there is none. */
export async function startBrowser(
  t: ExecutionContext,
): Promise<((options?: BrowserContextOptions) => Promise<BrowserContext>) | undefined> {
  if (!existsSync(executablePath)) {
    t.log(`NOT TRIED: ${executablePath} is not here; apt-get install chromium, or name another in CHROMIUM`);
    t.pass();
    return undefined;
  }
  const browser = await chromium.launch({executablePath, headless: true, args: quiet});
  t.teardown(() => browser.close());
  return (options) => browser.newContext(options);
}

/** Keeps what the page looks like. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({path: join(root, 'tmp/screenshots', `${name}.png`)});
}
