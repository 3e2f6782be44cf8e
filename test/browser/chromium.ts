// Debian's chromium, driven by playwright-core, which brings no browser of its own, and what is asked of any page in it.

import {join} from 'node:path';
import {type BrowserContext, type BrowserContextOptions, chromium, type Page} from 'playwright-core';
import {root} from '../docs/documents.ts';
import {patienceMs} from '../e2e/kit/deadline.ts';
import type {Lifetime} from '../e2e/kit/lifetime.ts';
import {scaled} from '../e2e/kit/patience.ts';

/** Where the browser is; another place can be named in CHROMIUM. */
export const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a browser of its own, which ends with `t`; gives what opens a profile in it. */
export async function startBrowser(t: Lifetime): Promise<(options?: BrowserContextOptions) => Promise<BrowserContext>> {
  const browser = await chromium.launch({executablePath: chromiumPath, headless: true, args: quiet});
  t.teardown(() => browser.close());
  return async (options) => {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(scaled(patienceMs));
    return context;
  };
}

/** What a page did besides what was wanted of it. */
export interface Conduct {
  /** Errors of its program and of its console. */
  readonly errors: string[];
  /** Where it asked for anything, sockets included. */
  readonly origins: Set<string>;
}

/** Notes the conduct of `page` from now on: to be called before it goes anywhere. */
export function observeConduct(page: Page): Conduct {
  const conduct: Conduct = {errors: [], origins: new Set()};
  page.on('pageerror', (error) => conduct.errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') conduct.errors.push(`${message.text()} ${message.location().url}`.trim());
  });
  page.on('request', (request) => {
    // What stands in the page itself is asked of nobody.
    if (!/^(?:data|blob):/.test(request.url())) conduct.origins.add(new URL(request.url()).origin);
  });
  page.on('websocket', (socket) => conduct.origins.add(new URL(socket.url()).origin));
  return conduct;
}

/** Pixels that the page is wider than its window. */
export async function overflowOf(page: Page): Promise<number> {
  return await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Keeps what the page looks like, to be looked at. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({path: join(root, 'tmp/screenshots', `${name}.png`)});
}
