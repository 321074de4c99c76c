// MAIL.md: nothing that the requester typed but the address; no image, no tracking.
import { renderConfirmation } from '../../src/subscribers/render-confirmation.js';
import { renderNotice } from '../../src/subscribers/render-notice.js';
import { harbour, notice } from './notice-sample.js';

const confirmUrl = 'https://mail.example/confirm/abcdefghijklmnopqrstuv';
const rendered = renderConfirmation({
  newsletterName: 'Ships & <b>Harbours</b>\r\nBcc: x',
  siteUrl: 'https://site.example/',
  postalAddress: 'Quay 1\nPort',
  confirmUrl,
  language: 'en',
});

test('asks in both parts, with the link', async () => {
  const { html, text, subject } = await rendered;
  expect(subject).toBe('Please confirm: Ships & <b>Harbours</b> Bcc: x');
  expect(html).toContain(`href="${confirmUrl}"`);
  expect(text).toContain(`\n${confirmUrl}\n`);
  for (const part of [html, text]) expect(part).toMatch(/Quay 1[\s\S]*Port/);
  expect(text).toContain('Ships & <b>Harbours</b>');
  expect(text.split('\n').every((line) => line.length <= 78)).toBe(true);
});

test('has no image, no style sheet from elsewhere, and links only to the confirmation and the site', async () => {
  const { html } = await rendered;
  expect(html).not.toMatch(/<img|<link|<script|<form|url\(|@import|<b>/);
  const links = [...html.matchAll(/href="([^"]*)"/g)].map((match) => match[1]);
  expect(new Set(links)).toEqual(new Set([confirmUrl, 'https://site.example/']));
});

test('nor has the reminder, or the word to who has it already', async () => {
  const { html, text, subject } = await renderNotice(notice, harbour, 'en');
  expect(subject).toBe('You have Ships & <b>Harbours</b> Bcc: x already');
  expect(html).not.toMatch(/<img|<link|<script|<form|url\(|@import|<b>/);
  const links = [notice.button.url, notice.link?.url, harbour.siteUrl];
  expect(new Set([...html.matchAll(/href="([^"]*)"/g)].map((match) => match[1]))).toEqual(new Set(links));
  for (const link of links) expect(text).toContain(link);
  for (const part of [html, text]) expect(part).toMatch(/Quay 1[\s\S]*Port/);
  expect(text.split('\n').every((line) => line.length <= 78)).toBe(true);
});
