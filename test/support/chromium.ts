// Debian's chromium, one for each process that wants it, driven by playwright-core, which brings no browser of its own, and what is asked of any page in it.

import {join} from 'node:path';
import {type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page} from 'playwright-core';
import {root} from '../docs/documents.ts';
import {patienceMs} from './deadline.ts';
import type {Lifetime} from './lifetime.ts';
import {scaled} from './patience.ts';

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

let started: Promise<Browser> | undefined;

/** The browser of this process: it starts with the first who asks, and ends with the process. */
async function theBrowser(): Promise<Browser> {
  started ??= chromium.launch({executablePath: chromiumPath, headless: true, args: quiet});
  const browser = await started;
  if (browser.isConnected()) return browser;
  started = undefined;
  return await theBrowser();
}

/** Gives what opens a profile in a browser; such profiles share nothing, and end with `t`. */
export async function startBrowser(t: Lifetime): Promise<(options?: BrowserContextOptions) => Promise<BrowserContext>> {
  const browser = await theBrowser();
  return async (options) => {
    const context = await browser.newContext(options);
    t.teardown(() => context.close());
    // On a machine that has only its loopback interface, pages would be offline.
    await context.addInitScript("Object.defineProperty(Navigator.prototype, 'onLine', {get: () => true});");
    context.setDefaultTimeout(scaled(patienceMs));
    return context;
  };
}

/** Ends the browser, if one was started. */
export async function endBrowser(): Promise<void> {
  const browser = await started;
  started = undefined;
  await browser?.close();
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
    // What the page itself contains needs no request.
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
