// Uses a page as a person does: by keyboard alone, or by touching it.
import type { Page } from 'playwright-core';

/** How a person reaches an element of the page and uses it. */
export interface Hand {
  press(page: Page, selector: string): Promise<void>;
  /** Writes into a field, and sends its form. */
  write(page: Page, selector: string, text: string): Promise<void>;
  /** Replaces what a field holds. */
  replace(page: Page, selector: string, text: string): Promise<void>;
  /** Chooses an option by its label. */
  choose(page: Page, selector: string, label: string): Promise<void>;
  /** Ticks a box, or the last of two radio buttons. */
  tick(page: Page, selector: string): Promise<void>;
}

/** The most elements that Tab visits before the one that is looked for. */
const patience = 100;

async function tabTo(page: Page, selector: string): Promise<void> {
  for (let at = 0; at < patience; at += 1) {
    // A page may have put the focus there already.
    if ((await page.locator(`${selector}:focus`).count()) > 0) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the Tab key does not reach ${selector}`);
}

export const keyboard: Hand = {
  async press(page, selector) {
    await tabTo(page, selector);
    await page.keyboard.press('Enter');
  },
  async write(page, selector, text) {
    await tabTo(page, selector);
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
  },
  async replace(page, selector, text) {
    await tabTo(page, selector);
    await page.keyboard.press('Control+A');
    await page.keyboard.type(text);
  },
  async choose(page, selector, label) {
    await tabTo(page, selector);
    // A menu finds an option by its first letters. A space would open it.
    await page.keyboard.type(label.split(' ')[0] ?? '');
  },
  async tick(page, selector) {
    if ((await page.getAttribute(selector, 'type')) === 'checkbox') {
      await tabTo(page, selector);
      await page.keyboard.press('Space');
      return;
    }
    // Tab reaches the chosen one of a group, and an arrow chooses the next.
    await tabTo(page, `input[name="${await page.getAttribute(selector, 'name')}"]`);
    await page.keyboard.press('ArrowDown');
  },
};

export const finger: Hand = {
  press: (page, selector) => page.click(selector),
  async write(page, selector, text) {
    await page.fill(selector, text);
    await page.press(selector, 'Enter');
  },
  replace: (page, selector, text) => page.fill(selector, text),
  async choose(page, selector, label) {
    await page.selectOption(selector, { label });
  },
  tick: (page, selector) => page.check(selector),
};
