// Signing in to the console in a browser.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { password } from '../console/browser-session.js';

/** A page of a new context, signed in as the owner of makeAccount and on the first screen. */
export async function signedInPage(
  browser: Browser,
  { url }: { url: string },
  options: BrowserContextOptions,
): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  await page.goto(`${url}/console`);
  await page.fill('#email', 'owner@example.org');
  await page.fill('#password', password);
  await page.press('#password', 'Enter');
  await page.waitForURL(/\/console(\/newsletters\/[^/]+)?$/);
  return page;
}
