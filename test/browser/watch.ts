// Watches the pages of a journey: what their scripts report, what axe-core finds, and whether one scrolls sideways.
import type { BrowserContextOptions, Page } from 'playwright-core';
import { violationsIn } from './chromium.js';

export interface Watch {
  /** Empty: all is well. */
  faults: string[];
  /** Examines what a page shows now; the first page, if none is named. */
  look(page?: Page): Promise<void>;
}

/** axe-core needs scripts in the page. */
export function watch(
  pages: readonly [Page, ...Page[]],
  { javaScriptEnabled: hasScripts = true }: BrowserContextOptions,
): Watch {
  const faults: string[] = [];
  for (const page of pages) {
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on('console', (message) => {
      // The browser itself reports each answer beyond 400.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        faults.push(message.text());
    });
  }
  return {
    faults,
    async look(page = pages[0]) {
      if (hasScripts) faults.push(...(await violationsIn(page)));
      const wider = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      if (wider > 0) faults.push(`${page.url()} is ${wider} px too wide`);
    },
  };
}
