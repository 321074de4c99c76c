// A real browser for the tests of a file, if there is one, and axe-core on its pages.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { shared } from '../support/fixture.js';
import { allowSlowTests } from '../support/time-limit.js';
import { executablePath, launchBrowser } from './launch.js';

allowSlowTests();

const present = existsSync(executablePath);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A `describe` that is skipped if chromium is not installed; its name then gives the reason. */
export const describeInBrowser = (name: string, tests: () => void): void =>
  (present ? describe : describe.skip)(present ? name : `${name} (chromium is not installed)`, tests);

/** Launched before the first test, and closed after the last. */
export const useBrowser = (): Browser => shared(launchBrowser);

/** Opens an address from a page that may reload itself at the same moment. */
export async function leaveFor(page: Page, url: string): Promise<void> {
  for (;;)
    try {
      await page.goto(url);
      return;
    } catch (error) {
      if (!/interrupted by another navigation/.test(String(error))) throw error;
    }
}

/** The page's current violations. A mail is shown inside a mail program's page, and has no landmarks. */
export async function violationsIn(page: Page, { mail = false } = {}): Promise<string[]> {
  const rules = mail ? { region: { enabled: false }, 'landmark-one-main': { enabled: false } } : {};
  // The debugger evaluates the script, so the page's policy does not apply.
  if (!(await page.evaluate('Boolean(window.axe)'))) await page.evaluate(axe);
  return page.evaluate<string[]>(
    `axe.run({ rules: ${JSON.stringify(rules)}, resultTypes: ['violations'] }).then(({ violations }) => violations.map(
      ({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary).join(' | ')))`,
  );
}
