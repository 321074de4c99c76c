// A real browser, where there is one (CHROMIUM names another than Debian's), and what axe-core says of its pages.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type Page } from 'playwright-core';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const present = existsSync(executablePath);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A `describe` that is skipped, and says why, where chromium is not installed. */
export const describeInBrowser = (name: string, tests: () => void): void =>
  (present ? describe : describe.skip)(present ? name : `${name} (chromium is not installed)`, tests);

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/** What is inaccessible in the page as it stands. A mail is within a page of its program's, and has no landmarks. */
export async function violationsIn(page: Page, { mail = false } = {}): Promise<string[]> {
  const rules = mail ? { region: { enabled: false }, 'landmark-one-main': { enabled: false } } : {};
  // Evaluated by the debugger, which a page's policy does not concern.
  if (!(await page.evaluate('Boolean(window.axe)'))) await page.evaluate(axe);
  return page.evaluate<string[]>(
    `axe.run({ rules: ${JSON.stringify(rules)}, resultTypes: ['violations'] }).then(({ violations }) => violations.map(
      ({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary).join(' | ')))`,
  );
}
