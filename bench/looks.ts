// Photographs the posts of a loopback site (test/looks) in every look, so that a person can see what a change does.
//   npm run looks -- [FOLDER] [--only WORDS]
// FOLDER gets LOOK-CONTENT-WIDTH-SCHEME[-no-images].png. --only letter-full takes the pictures whose name has these words.
//   npm run looks -- --keep
// renews the dozen of docs/pictures/looks: the beginnings of mails, in few colours.
import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { packageRoot } from '../src/config/environment.js';
import { defaultLook, templateNames } from '../src/newsletters/look.js';
import { renderDigest, sampleReader, type DigestPost } from '../src/digest/render-digest.js';
import { launchBrowser } from '../test/browser/launch.js';
import { measured, openRealSite, readPosts } from '../test/looks/real-site.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: '' }, keep: { type: 'boolean', default: false } },
});
const keptFolder = new URL('docs/pictures/looks', packageRoot).pathname;
const folder = values.keep ? keptFolder : (positionals[0] ?? 'looks');
/** What docs/pictures/looks shows. README has the first three. */
const kept = [
  'magazine-full1-600-light',
  'headlines-full1-600-light',
  'letter-full1-600-light',
  'magazine-full1-375-dark',
  'letter-full1-375-dark',
  'headlines-excerpt-375-light',
  'magazine-excerpt-600-dark',
  'magazine-full2-600-light',
  'letter-full3-600-light',
  'headlines-headlines-375-dark',
  'letter-excerpt-375-light',
  'letter-excerpt-900-light',
];
/** CSS pixels of a kept picture. */
const keptHeight = 1500;
/** A mail of all posts in full would be over the size budget. */
const postsOfMail = { headlines: 30, excerpt: 30, full: 9 } as const;

interface Shot {
  name: string;
  html: string;
  width: number;
  colorScheme: 'light' | 'dark';
  images: boolean;
}

async function shotsOf(posts: readonly DigestPost[]): Promise<Shot[]> {
  const shots: Shot[] = [];
  for (const template of templateNames)
    for (const content of ['headlines', 'excerpt', 'full'] as const)
      for (let from = 0; from < posts.length; from += postsOfMail[content]) {
        const { html } = await renderDigest({
          newsletter: {
            name: 'The Real World',
            siteUrl: 'https://real.example/',
            postalAddress: 'Quay 1\n12345 Exampletown',
            language: 'en',
            timezone: 'UTC',
            content,
            look: { ...defaultLook, template },
          },
          subjectTemplate: '{{firstTitle}}',
          slot: new Date('2026-11-23T07:00:00Z'),
          posts: posts.slice(from, from + postsOfMail[content]),
          more: 0,
          images: measured,
          issueUrl: 'https://real.example/issues/1',
          unsubscribeUrl: 'https://real.example/unsubscribe/x',
          preferencesUrl: 'https://real.example/preferences/x',
          sentTo: sampleReader,
        });
        for (const width of [900, 600, 375])
          for (const colorScheme of ['light', 'dark'] as const)
            for (const images of [true, false]) {
              const part = content === 'full' ? `full${1 + from / postsOfMail.full}` : content;
              const name = `${template}-${part}-${width}-${colorScheme}${images ? '' : '-no-images'}`;
              shots.push({ name, html, width, colorScheme, images });
            }
      }
  return shots;
}

async function photograph(browser: Browser, { name, html, width, colorScheme, images }: Shot): Promise<void> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  // Nothing outside this machine is asked.
  await page.route(images ? /^https:/ : /^https?:/, (route) => route.abort());
  await page.setContent(html, { waitUntil: 'load' });
  const taken = await page.screenshot({ fullPage: true });
  await page.close();
  const path = `${folder}/${name}.png`;
  if (!values.keep) return writeFile(path, taken);
  const { height } = await sharp(taken).metadata();
  await sharp(taken)
    .extract({ left: 0, top: 0, width, height: Math.min(height, keptHeight) })
    .png({ palette: true, colours: 128, effort: 10 })
    .toFile(path);
}

const site = await openRealSite();
const browser = await launchBrowser();
try {
  await mkdir(folder, { recursive: true });
  const shots = (await shotsOf(await readPosts(site.origin))).filter(({ name }) =>
    values.keep ? kept.includes(name) : name.includes(values.only),
  );
  for (const shot of shots) await photograph(browser, shot);
  process.stdout.write(`${shots.length} pictures in ${folder}\n`);
} finally {
  await browser.close();
  site.close();
}
