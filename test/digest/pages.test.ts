// The public pages: a reader's input stays text, no GET changes anything, and no page needs a script.
import { renderPage } from '../../src/templating/templates.js';
import { pageSamples } from './page-samples.js';

const pages = pageSamples();

test.each(Object.entries(pages))(
  '%s needs no script and no inline style, and has a title and one heading',
  (_, html) => {
    expect(html).toMatch(/^<!doctype html>\n<html lang="en" dir="ltr">/);
    // A page may load our script; it contains no inline script.
    const written = html
      .replace('<script src="/assets/preferences.js" defer></script>', '')
      .replace('<script src="/assets/copy.js" defer></script>', '')
      .replace('<script src="/assets/subscribe.js" type="module"></script>', '');
    expect(written).not.toMatch(
      /<script|\sstyle=|\son[a-z]+=|javascript:|http-equiv="refresh"|\{\{(?!email)/i,
    );
    expect(html).toMatch(/<title>[^<]+<\/title>/);
    expect(html.match(/<h1>/g)).toHaveLength(1);
  },
);

test('typed values come back as text', () => {
  expect(pages['newsletter-problem']).toContain('value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"');
  expect(pages['newsletter-problem']).toContain('value="{{email}}"');
});

test('the pages behind a token stay out of indexes, and out of the referrers of their links', () => {
  const names = [
    'confirm',
    'confirmed',
    'unsubscribe',
    'unsubscribed',
    'expired',
    'unknown',
    'preferences',
    'erase',
  ];
  for (const name of names) expect(pages[name]).toMatch(/noindex[\s\S]*no-referrer/);
  expect(pages['newsletter']).not.toContain('noindex');
});

test('confirming and leaving are buttons that POST to the address they stand on', () => {
  expect(pages['confirm']).toContain('<form method="post"><button type="submit">');
  expect(pages['unsubscribe']).toContain('<form method="post" action="?via=page"><button type="submit">');
  expect(pages['confirm']).toContain('I confirm that I want to receive The Harbour Post by e-mail.');
});

test('the waiting time is written out', () => {
  const wait = (retryAfterSeconds: number) =>
    /Please try again (.*?)\./.exec(renderPage('too-many', { retryAfterSeconds }))?.[1];
  expect([1, 40, 400, 7000].map(wait)).toEqual([
    'in 1 second',
    'in 40 seconds',
    'in 7 minutes',
    'in 2 hours',
  ]);
});
