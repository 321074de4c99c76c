// Every mail in a real browser, as a mail program shows it: wide and narrow, light and dark, from left to
// right and from right to left. axe-core finds no violation, and nothing is cut off.
import { renderDigest } from '../../src/digest/render-digest.js';
import { directionOf } from '../../src/languages/language.js';
import { renderAddressMail } from '../../src/preferences/render-address-mail.js';
import { renderConfirmation } from '../../src/joining/render-confirmation.js';
import { renderNotice } from '../../src/joining/render-notice.js';
import { input, withContent } from '../digest/sample.js';
import { harbour, notice } from '../digest/notice-sample.js';
import { describeInBrowser, useBrowser, violationsIn } from './chromium.js';

async function mailsIn(language: string): Promise<Record<string, string>> {
  const confirmUrl = 'https://mail.example/confirm/abcdefghijklmnopqrstuv';
  const headlines = { ...withContent('headlines'), language };
  const mails = {
    digest: renderDigest(input({ language })),
    'digest of headlines': renderDigest(input({ newsletter: headlines, language })),
    confirmation: renderConfirmation({ newsletterName: 'The Harbour Post', confirmUrl, language }),
    notice: renderNotice(notice, harbour, language),
    'address mail': renderAddressMail({
      end: 'old',
      newsletter: { name: 'The Harbour Post', siteUrl: null, postalAddress: 'Quay 1' },
      newAddress: 'reader@example.org',
      url: 'https://mail.example/address/abcdefghijklmnopqrstuv',
      language,
    }),
  };
  const rendered = Object.entries(mails).map(async ([name, mail]) => [name, (await mail).html]);
  return Object.fromEntries(await Promise.all(rendered)) as Record<string, string>;
}

const looks = [
  { width: 1200, colorScheme: 'light' },
  { width: 375, colorScheme: 'dark' },
] as const;

describeInBrowser('every mail', () => {
  const browser = useBrowser();
  test.each(['en', 'de', 'he', 'ar'])('in %s', async (language) => {
    const page = await browser.newPage();
    // The samples' pictures do not exist. Mail is checked without images, and tests stay on this machine.
    await page.route(/^https:/, (route) => route.abort());
    const faults: string[] = [];
    for (const [name, html] of Object.entries(await mailsIn(language))) {
      await page.setContent(html, { waitUntil: 'domcontentloaded' });
      for (const { width, colorScheme } of looks) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        const wider = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        const direction = await page.evaluate('getComputedStyle(document.body).direction');
        const found = [
          ...(wider === 0 ? [] : [`${wider} px wider`]),
          ...(direction === directionOf(language) ? [] : [`is ${String(direction)}`]),
          ...(await violationsIn(page, { mail: true })),
        ];
        faults.push(...found.map((fault) => `${name}, ${width} wide, ${colorScheme}: ${fault}`));
      }
    }
    expect(faults).toEqual([]);
    await page.close();
  });
});
