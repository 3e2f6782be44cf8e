// The chat's page as a test uses it: built from the source, opened in a tab, and asked what it shows.

import {mkdtemp} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {BrowserContext, Page} from 'playwright-core';
import {build} from 'vite';
import {type Conduct, observeConduct} from '../browser/chromium.ts';
import {root} from '../docs/documents.ts';

/** Builds the page into a folder, so that what is tried is what the source says now; gives the folder. */
export async function buildPage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rainbow-page-'));
  const configFile = join(root, 'examples/chat/page/vite.config.ts');
  await build({configFile, logLevel: 'warn', build: {outDir: folder}});
  return folder;
}

/** One person in a tab of its own. */
export class Tab {
  readonly page: Page;
  readonly conduct: Conduct;

  constructor(page: Page) {
    this.page = page;
    this.conduct = observeConduct(page);
  }

  /** Joins by the keyboard alone. */
  static async join(context: BrowserContext, url: string, name: string): Promise<Tab> {
    const tab = new Tab(await context.newPage());
    await tab.page.goto(url);
    await tab.page.keyboard.type(name);
    await tab.page.keyboard.press('Enter');
    await tab.isConnected();
    return tab;
  }

  async isConnected(): Promise<void> {
    await this.page.locator('#connection[data-state^="open"]').waitFor();
  }

  async reaches(state: string): Promise<void> {
    await this.page.locator(`#connection[data-state="${state}"]`).waitFor();
  }

  async say(text: string): Promise<void> {
    await this.page.locator('#text').focus();
    await this.page.keyboard.type(text);
    await this.page.keyboard.press('Enter');
  }

  /** Waits until the message is shown. */
  async hears(text: string): Promise<void> {
    await this.page.locator('.text', {hasText: text}).waitFor();
  }

  /** Waits until a message of its own is that far. */
  async sees(text: string, progress: string): Promise<void> {
    const message = this.page.locator('.ours', {has: this.page.locator('.text', {hasText: text})});
    await message.locator('.words', {hasText: progress}).waitFor();
  }

  async outbox(count: number): Promise<void> {
    await this.page.locator(`#outbox[data-count="${count}"]`).waitFor();
  }

  /** Turns the switch. */
  async setNetwork(isThere: boolean): Promise<void> {
    await this.page.getByRole('switch', {name: 'Network'}).click();
    await this.page.locator(`#network[aria-checked="${isThere}"]`).waitFor();
  }

  /** Not as a mouse would: the next attempt may be made, and the button be gone, before it is there. */
  async hurry(): Promise<void> {
    await this.page.locator('#retry').dispatchEvent('click');
    await this.isConnected();
  }

  async texts(): Promise<readonly string[]> {
    return await this.page.locator('.text').allTextContents();
  }
}
