// The inspector's page in Debian's chromium. Where that is not installed the tests pass with a loud line: CI installs it.

import {existsSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {chromium, type Page} from 'playwright-core';

const executablePath = process.env.RAINBOW_CHROMIUM ?? '/usr/bin/chromium';

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A page, and what went wrong on it. */
export interface Opened {
  readonly page: Page;
  /** Errors of the page and of its console, and requests to elsewhere. */
  readonly faults: readonly string[];
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'dark' | 'light';
}

/** Whether there is a browser; says so where there is none. */
export function hasBrowser(t: ExecutionContext): boolean {
  if (existsSync(executablePath)) return true;
  t.log(`NOT TESTED: there is no ${executablePath}. Install Debian's chromium to test the page.`);
  t.pass();
  return false;
}

/** Opens `url` in a browser of its own, which ends with the test. */
export async function openPage(t: ExecutionContext, url: string, options: PageOptions = {}): Promise<Opened> {
  const {width = 1280, height = 900, colorScheme = 'light'} = options;
  const folder = await mkdtemp(join(tmpdir(), 'rainbow-chromium-'));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath,
    headless: true,
    args,
    viewport: {width, height},
    colorScheme,
  });
  t.teardown(async () => {
    await context.close();
    await rm(folder, {recursive: true, force: true});
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    // That there is no recording beside the page of a gateway is no fault.
    const isExpected = message.location().url.endsWith('/inspector/recording/');
    if (message.type() === 'error' && !isExpected) faults.push(message.text());
  });
  const {origin} = new URL(url);
  page.on('request', (request) => {
    const isOurs = request.url().startsWith(origin) || request.url().startsWith('data:');
    if (!isOurs) faults.push(`a request to ${request.url()}`);
  });
  page.setDefaultTimeout(15_000);
  await page.goto(url);
  return {page, faults};
}
