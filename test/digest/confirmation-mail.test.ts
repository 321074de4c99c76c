// docs/mail-rules.md, "The message": a confirmation contains nothing that the requester typed, except the
// address.
import { languages } from '../../src/languages/language.js';
import { translator } from '../../src/languages/translate.js';
import { renderAddressMail } from '../../src/preferences/render-address-mail.js';
import { renderConfirmation } from '../../src/joining/render-confirmation.js';
import { renderNotice } from '../../src/joining/render-notice.js';
import { harbour, notice } from './notice-sample.js';

const confirmUrl = 'https://mail.example/confirm/abcdefghijklmnopqrstuv';
const rendered = renderConfirmation({
  newsletterName: 'Ships & <b>Harbours</b>\r\nBcc: x',
  siteUrl: 'https://site.example/',
  postalAddress: 'Quay 1\nPort',
  confirmUrl,
  language: 'en',
});

const longestLine = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

test('asks in both parts, with the link', async () => {
  const { html, text, subject } = await rendered;
  expect(subject).toBe('Please confirm: Ships & <b>Harbours</b> Bcc: x');
  expect(html).toContain(`href="${confirmUrl}"`);
  expect(text).toContain(`\n${confirmUrl}\n`);
  for (const part of [html, text]) expect(part).toMatch(/Quay 1[\s\S]*Port/);
  expect(text).toContain('Ships & <b>Harbours</b>');
  expect(longestLine(text)).toBeLessThanOrEqual(78);
});

test('has no image, no style sheet from elsewhere, and links only to the confirmation and the site', async () => {
  const { html } = await rendered;
  expect(html).not.toMatch(/<img|<link|<script|<form|url\(|@import|<b>/);
  const links = [...html.matchAll(/href="([^"]*)"/g)].map((match) => match[1]);
  expect(new Set(links)).toEqual(new Set([confirmUrl, 'https://site.example/']));
});

test('has the publisher’s own words as text, above our sentence', async () => {
  const { html, text, subject } = await renderConfirmation({
    newsletterName: 'Ships',
    confirmUrl,
    language: 'he',
    own: {
      subject: 'One click\r\nBcc: x',
      introduction: 'Hello <b>you</b>,\nthis is us.\n\nSee you {{name}}!',
    },
  });
  expect(subject).toBe('One click Bcc: x');
  expect(html).toContain(
    '<p dir="auto" style="margin:0 0 24px">Hello &lt;b&gt;you&lt;/b&gt;,<br>this is us.</p><p dir="auto" style="margin:0 0 24px">See you {{name}}!</p>',
  );
  expect(text).toMatch(/\nHello <b>you<\/b>,\nthis is us\.\n\nSee you \{\{name\}\}!\n\n/);
  expect(html.indexOf('this is us')).toBeLessThan(html.indexOf(`href="${confirmUrl}"`));
});

describe('a change of address', () => {
  const url = 'https://mail.example/address/abcdefghijklmnopqrstuv';
  const newAddress = 'ana.new@example.org';
  const newsletter = {
    name: 'Ships & <b>Harbours</b>\r\nBcc: x',
    siteUrl: harbour.siteUrl ?? null,
    postalAddress: 'Quay 1\nPort',
  };

  test.each(languages)('asks the old and the new address in the same way (%s)', async (language) => {
    for (const end of ['old', 'new'] as const) {
      const mail = await renderAddressMail({ end, newsletter, newAddress, url, language });
      expect(mail.subject).not.toMatch(/[\r\n]/);
      expect(mail.html).not.toMatch(/<img|<link|<script|<form|url\(|@import|<b>/);
      expect(mail.html).toContain(`lang="${translator(language).locale}"`);
      const linked = [...mail.html.matchAll(/href="([^"]*)"/g)].map((match) => match[1]);
      expect(new Set(linked)).toEqual(new Set([url, newsletter.siteUrl]));
      expect(mail.text).toContain(`\n${url}\n`);
      expect(longestLine(mail.text)).toBeLessThanOrEqual(78);
      for (const part of [mail.html, mail.text]) {
        expect(part).toMatch(/Quay 1[\s\S]*Port/);
        // The old address sees the new one. The new address may be a stranger's, so its mail names no other.
        expect(part.includes(newAddress)).toBe(end === 'old');
      }
    }
  });
});

test('the notice to an active reader has none of these either', async () => {
  const { html, text, subject } = await renderNotice(notice, harbour, 'en');
  expect(subject).toBe('You are already subscribed to Ships & <b>Harbours</b> Bcc: x');
  expect(html).not.toMatch(/<img|<link|<script|<form|url\(|@import|<b>/);
  const links = [notice.button.url, notice.link?.url, harbour.siteUrl];
  expect(new Set([...html.matchAll(/href="([^"]*)"/g)].map((match) => match[1]))).toEqual(new Set(links));
  for (const link of links) expect(text).toContain(link);
  for (const part of [html, text]) expect(part).toMatch(/Quay 1[\s\S]*Port/);
  expect(longestLine(text)).toBeLessThanOrEqual(78);
});
