// Takes the README's pictures: starts the demo and photographs it in a browser. The demo's newsletter appears
// in each of our looks, as the API previews them.
//   npm run pictures        needs chromium (CHROMIUM names another browser)
import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { withContext } from '../src/cli/context.js';
import { packageRoot } from '../src/config/environment.js';
import type { LookPatch } from '../src/newsletters/look.js';
import { launchBrowser } from '../test/browser/launch.js';
import { consolePictures, type CallApi } from './console-pictures.js';

const folder = new URL('docs/pictures/', packageRoot);
const cli = new URL('dist/src/cli.js', packageRoot).pathname;
/** The demo keeps its data in the subfolder "demo". */
const dataDir = await mkdtemp(path.join(tmpdir(), 'daily-digest-pictures-'));

/** Starts the demo and reads the addresses that it prints once every server listens. */
async function startDemo(): Promise<{
  addresses: Map<string, string>;
  account: { email: string; password: string };
  stop: () => Promise<unknown>;
}> {
  const demo = spawn(process.execPath, [cli, 'demo'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DATA_DIR: dataDir },
  });
  const ended = new Promise((resolve) => demo.once('exit', resolve));
  const addresses = new Map<string, string>();
  const account = { email: '', password: '' };
  for await (const line of createInterface({ input: demo.stdout })) {
    const [, what, url] = /^ {2}(\S.*?) {2,}(https?:\S+)/.exec(line) ?? [];
    if (what && url) addresses.set(what, url);
    const [, email, password] = /^\s+(\S+@\S+), password (\S+)/.exec(line) ?? [];
    if (email && password) Object.assign(account, { email, password });
    if (addresses.has('Caught mail')) break;
  }
  return {
    addresses,
    account,
    stop() {
      demo.kill('SIGTERM');
      return ended;
    },
  };
}

/** Opens the demo's API with a new key. */
function openApi(baseUrl: string) {
  const made = spawnSync(process.execPath, [cli, 'api-key', 'create', '--name', 'pictures', '--json'], {
    env: { ...process.env, DATA_DIR: path.join(dataDir, 'demo') },
    encoding: 'utf8',
  });
  const { apiKey } = JSON.parse(made.stdout) as { apiKey: string };
  return async <Body>(method: string, at: string, body?: object | string): Promise<Body> => {
    const answer = await fetch(`${baseUrl}/api/v1/${at}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': typeof body === 'string' ? 'text/csv' : 'application/json',
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${at} was answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as Body;
  };
}

const screens = {
  '': { width: 680, height: 1130, colorScheme: 'light' },
  '-phone': { width: 390, height: 844, colorScheme: 'dark' },
} as const;

async function picture(
  browser: Browser,
  name: string,
  page: { url: string } | { html: string },
  { width, height, colorScheme }: { width: number; height: number; colorScheme: 'light' | 'dark' },
): Promise<void> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    deviceScaleFactor: 1.5,
  });
  const tab = await context.newPage();
  await ('url' in page ? tab.goto(page.url) : tab.setContent(page.html));
  await tab.waitForLoadState('networkidle');
  await keep(name, tab);
  await context.close();
}

async function keep(name: string, page: Page): Promise<void> {
  const { size } = await sharp(await page.screenshot())
    .webp({ quality: 82 })
    .toFile(new URL(`${name}.webp`, folder).pathname);
  process.stdout.write(`docs/pictures/${name}.webp, ${Math.round(size / 1000)} kB\n`);
}

const looks: readonly { look: LookPatch; content: 'excerpt' | 'full' }[] = [
  { look: { template: 'magazine' }, content: 'excerpt' },
  {
    look: {
      template: 'headlines',
      brandColour: '#a32a1c',
      fonts: { headings: 'helvetica', text: 'helvetica' },
    },
    content: 'excerpt',
  },
  {
    look: { template: 'letter', brandColour: '#2c6e49', fonts: { headings: 'georgia', text: 'georgia' } },
    content: 'full',
  },
];

async function lookPictures(browser: Browser, api: CallApi): Promise<void> {
  const { data } = await api<{ data: { id: string }[] }>('GET', 'newsletters');
  const at = `newsletters/${data[0]?.id}`;
  // The demo's hostile post proves that it does no harm. In a picture it would only puzzle.
  const posts = await api<{ data: { id: string; title: string }[] }>('GET', `${at}/posts?limit=100`);
  for (const { id, title } of posts.data)
    if (title.includes('<script>')) await api('PATCH', `posts/${id}`, { state: 'excluded' });
  for (const { look, content } of looks) {
    await api('PATCH', at, { content });
    const { html } = await api<{ html: string }>('POST', `${at}/look-preview`, { look });
    for (const [suffix, screen] of Object.entries(screens))
      await picture(browser, `${look.template}${suffix}`, { html }, screen);
  }
}

const { addresses, account, stop } = await startDemo();
const address = (what: string): string => {
  const url = addresses.get(what);
  if (url === undefined) throw new Error(`the demo named no address for "${what}"`);
  return url;
};
const browser = await launchBrowser();
try {
  await mkdir(folder, { recursive: true });
  const { origin } = new URL(address('Console'));
  const api = openApi(origin);
  await lookPictures(browser, api);
  const subscribe = { width: 1000, height: 760, colorScheme: 'light' } as const;
  await picture(browser, 'subscribe', { url: address('Subscribe page') }, subscribe);
  process.env['DATA_DIR'] = path.join(dataDir, 'demo');
  await withContext(({ db }) => consolePictures({ browser, api, db, origin, account }, keep));
} finally {
  await browser.close();
  await stop();
  await rm(dataDir, { recursive: true, force: true });
}
