// The pictures of the README, taken of the running product: the demo is started, and a browser looks at it.
//   npm run pictures        needs chromium (CHROMIUM names another)
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { chromium, type Browser } from 'playwright-core';
import { packageRoot } from '../src/config.js';
import { caughtMail } from '../src/demo/mailbox.js';

const folder = new URL('docs/', packageRoot);

/** Starts the demo and reads the addresses that it prints when everything is open. */
async function startDemo(): Promise<{ addresses: Map<string, string>; stop: () => void }> {
  const demo = spawn(process.execPath, [new URL('dist/src/cli.js', packageRoot).pathname, 'demo'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const addresses = new Map<string, string>();
  for await (const line of createInterface({ input: demo.stdout })) {
    const [, what, url] = /^ {2}(\S.*?) {2,}(https?:\S+)/.exec(line) ?? [];
    if (what && url) addresses.set(what, url);
    if (addresses.has('Caught mail')) break;
  }
  return { addresses, stop: () => demo.kill('SIGTERM') };
}

async function picture(
  browser: Browser,
  name: string,
  page: { url: string } | { html: string },
  { width, height, dark = false }: { width: number; height: number; dark?: boolean },
): Promise<void> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    deviceScaleFactor: 1.5,
  });
  const tab = await context.newPage();
  await ('url' in page ? tab.goto(page.url) : tab.setContent(page.html));
  await tab.waitForLoadState('networkidle');
  await tab.screenshot({ path: new URL(`${name}.png`, folder).pathname });
  await context.close();
  process.stdout.write(`docs/${name}.png\n`);
}

const { addresses, stop } = await startDemo();
const address = (what: string): string => {
  const url = addresses.get(what);
  if (url === undefined) throw new Error(`the demo named no address for "${what}"`);
  return url;
};
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
try {
  await mkdir(folder, { recursive: true });
  const mails = await caughtMail(address('Caught mail'));
  const digest = mails.find(({ subject }) => subject.startsWith('The Tidewater Journal:'));
  if (digest === undefined) throw new Error('no digest was caught');
  await picture(browser, 'digest', { html: digest.html }, { width: 720, height: 1100 });
  await picture(browser, 'digest-dark', { html: digest.html }, { width: 390, height: 844, dark: true });
  await picture(browser, 'subscribe', { url: address('Subscribe page') }, { width: 1100, height: 800 });
} finally {
  await browser.close();
  stop();
}
