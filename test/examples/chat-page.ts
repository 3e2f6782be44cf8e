// The chat's page as a test uses it: opened in a tab, and asked what it shows.

import type {BrowserContext, Page} from 'playwright-core';
import {type Conduct, observeConduct} from '../support/chromium.ts';

const aheadMs = 60_000;
/** More than two heartbeats of the page. */
const silenceMs = 10_000;

/** One person in a tab of its own. */
export class Tab {
  readonly page: Page;
  readonly conduct: Conduct;

  constructor(page: Page) {
    this.page = page;
    this.conduct = observeConduct(page);
  }

  /** Joins in a profile of its own, whose time can be stopped. */
  static async joinAlone(context: BrowserContext, url: string, name: string): Promise<Tab> {
    // Before the page is there: it would have the time of the machine.
    await context.clock.install();
    return await Tab.join(context, url, name);
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

  /** Turns the switch off, and stops the page's time: what it does of itself after some seconds of silence, it does not do. */
  async cut(): Promise<void> {
    const now = await this.page.evaluate(() => Date.now());
    // Ahead, since the page's time goes on until it stops; nothing that is due until then gives up a connection.
    await this.page.clock.pauseAt(now + aheadMs);
    await this.setNetwork(false);
  }

  /** Lets the time pass in which the page gives up its silent connection. */
  async giveUp(): Promise<void> {
    await this.page.clock.runFor(silenceMs);
    await this.reaches('waiting');
    await this.goOn();
  }

  /** The page's time passes again. */
  async goOn(): Promise<void> {
    await this.page.clock.resume();
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
