// The inspector's page in Debian's chromium, watched from outside: frames, memory, CPU. One browser, one page.

import {existsSync} from 'node:fs';
import {type Browser, chromium, type Page} from 'playwright-core';
import {readOwnBytes, readResidentBytes} from './meter.ts';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'];
const openMsMax = 30_000;

/** Whether there is a browser. */
export function hasBrowser(): boolean {
  return existsSync(executablePath);
}

/** Frames that the page was shown in a time. */
export interface Frames {
  readonly perSecond: number;
  /** The longest time between two of them. */
  readonly longestMs: number;
}

export class InspectorPage {
  readonly #browser: Browser;
  readonly #page: Page;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
  }

  /** Opens the page of the gateway at `port`, gives the key, and settles when its feed has begun. */
  static async open(port: number, key: string): Promise<InspectorPage> {
    const browser = await chromium.launch({executablePath, headless: true, args});
    try {
      const page = await browser.newPage({viewport: {width: 1280, height: 900}});
      page.setDefaultTimeout(openMsMax);
      await page.goto(`http://127.0.0.1:${port}/inspector/`);
      await page.getByLabel('Key of the inspector').fill(key);
      await page.getByRole('button', {name: 'Watch'}).click();
      await page.getByText(/^live · /).waitFor();
      return new InspectorPage(browser, page);
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  /** Shows another view. */
  async show(view: 'Watch' | 'Overview'): Promise<void> {
    await this.#page.getByRole('link', {name: view}).click();
  }

  /** Chooses a client of the list. */
  async chooseFirst(): Promise<void> {
    await this.#page.locator('.rows .row').first().click();
  }

  /** Counts frames for `ms`. */
  countFrames(ms: number): Promise<Frames> {
    return this.#page.evaluate(async (duration) => {
      const startedAt = performance.now();
      let before = startedAt;
      let [frames, longestMs] = [0, 0];
      while (before - startedAt < duration) {
        const now = await new Promise<number>((resolve) => {
          requestAnimationFrame(() => resolve(performance.now()));
        });
        longestMs = Math.max(longestMs, now - before);
        before = now;
        frames++;
      }
      return {perSecond: (frames * 1_000) / (before - startedAt), longestMs};
    }, ms);
  }

  /** Bytes that the page's process has in memory; `own` without those of the browser's program. */
  async memory(): Promise<{readonly residentBytes: number; readonly ownBytes: number}> {
    const pid = await rendererOf(this.#browser);
    return {residentBytes: readResidentBytes(pid), ownBytes: readOwnBytes(pid)};
  }

  /** Bytes of what is alive for the page's own program, and of garbage not yet collected. */
  async heapBytes(): Promise<number> {
    const session = await this.#page.context().newCDPSession(this.#page);
    const {usedSize} = await session.send('Runtime.getHeapUsage');
    await session.detach();
    return usedSize;
  }

  /** How many connections the page says it knows, lines it has taken so far, and what it says did not reach it. */
  async shown(): Promise<{readonly connections: string; readonly lines: number; readonly lost: string}> {
    const connections = (await this.#page.locator('.sourceState').textContent()) ?? '';
    const lines = Number(await this.#page.getByLabel('Moment').getAttribute('max'));
    const fault = this.#page.locator('.overview .fault');
    return {connections, lines, lost: (await fault.count()) > 0 ? ((await fault.textContent()) ?? '') : ''};
  }

  /** A CPU profile of the page, for `--profile`. */
  async profile(ms: number): Promise<unknown> {
    const session = await this.#page.context().newCDPSession(this.#page);
    await session.send('Profiler.enable');
    await session.send('Profiler.start');
    await this.countFrames(ms);
    const {profile} = await session.send('Profiler.stop');
    await session.detach();
    return profile;
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}

// The page has the renderer that has worked most: the others are spare.
async function rendererOf(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const {processInfo} = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const [busiest] = processInfo
    .filter(({type}) => type === 'renderer')
    .sort((left, right) => right.cpuTime - left.cpuTime);
  if (busiest === undefined) throw new Error('Expected chromium to have a renderer');
  return busiest.id;
}
