// The choice of a language, and the rules of each language.
import { chooseLanguage, languages } from '../../src/languages/language.js';
import { pageOfWords } from '../../src/languages/page-language.js';
import { translator } from '../../src/languages/translate.js';
import { renderDigest } from '../../src/digest/render-digest.js';
import { htmlBudget } from '../../src/digest/size-budget.js';
import { renderConfirmation } from '../../src/joining/render-confirmation.js';
import { askWording, languageOfWording } from '../../src/subscribers/wording.js';
import { renderPage } from '../../src/templating/templates.js';
import { input } from '../digest/sample.js';

describe('a reader is addressed', () => {
  test.each([
    ['as they asked', { asked: 'fr', stored: 'de', accepts: 'es', newsletter: 'he' }, 'fr'],
    ['as they chose', { stored: 'de-AT', accepts: 'es', newsletter: 'he' }, 'de-AT'],
    ['as their browser says', { accepts: 'nl, es-MX;q=0.8, fr;q=0.9', newsletter: 'he' }, 'fr'],
    ['as the newsletter does', { stored: 'nl', accepts: 'sv', newsletter: 'he' }, 'he'],
    ['in English', { stored: 'nl', newsletter: 'pt-BR' }, 'en'],
    // RFC 9110 section 12.5.4: `*` expresses no preference, and a weight of 0 is a refusal.
    ['in any language', { accepts: '*', newsletter: 'ar' }, 'ar'],
    ['in none that they refuse', { accepts: 'de;q=0, fr;q=0.1', newsletter: 'de' }, 'fr'],
    ['as old tags mean it', { accepts: 'iw' }, 'he'],
    [
      'and nonsense is passed over',
      { asked: '../../x', accepts: ';;,q=,de;q=9,,fr', newsletter: 'es' },
      'fr',
    ],
  ])('%s', (_, wishes, expected) => {
    expect(chooseLanguage(wishes)).toBe(expected);
  });
});

test('an argument in Latin letters chooses its form in languages written from right to left', () => {
  const pending = (tag: string, who: string) =>
    translator(tag).t('address.pending', { email: 'a@example.org', who });
  for (const tag of languages)
    expect(new Set(['both', 'old', 'new'].map((who) => pending(tag, who))).size).toBe(3);
  expect(pending('he', 'both')).toContain('נא לאשר בשתי ההודעות');
});

test('Arabic counts in six forms, Hebrew in three', () => {
  const count = (tag: string, counts: number[]) =>
    new Set(counts.map((n) => translator(tag).t('digest.comments', { count: n }).replaceAll(/\d+/g, 'n')))
      .size;
  expect(count('ar', [0, 1, 2, 3, 11, 100])).toBe(6);
  expect(count('he', [1, 2, 3, 11, 100])).toBe(3);
  expect(translator('ar').t('digest.comments', { count: 11 })).toContain('11');
  expect(translator('de-CH').t('digest.andMore', { count: 1234 })).toMatch(/1[’']234/);
});

test('a tag without a catalogue, or an invalid tag, gives English', () => {
  for (const tag of ['nl', 'x-klingon', '', 'not a language'])
    expect(translator(tag).t('joining.subscribe')).toBe('Subscribe');
});

test('an argument opens no tag, and does not reorder its surroundings', () => {
  const name = '<b>x</b>" onload="a()\u0001link\u0002 \u05d0';
  const html = renderPage(
    'unsubscribed',
    { newsletter: { name, slug: 's', language: 'en' }, email: 'a@b.example', already: true },
    pageOfWords(translator('en')),
  );
  expect(html).toContain('\u2068&lt;b&gt;x&lt;/b&gt;&quot; onload&#x3D;&quot;a()link \u05d0\u2069');
  expect(html).toContain('<strong class="address">a@b.example</strong>');
  expect(translator('he').t('leaving.leave', { newsletter: 'The Post' })).toContain('\u2068The Post\u2069');
});

test('the version of a consent names its language and its words', () => {
  const versions = languages.map((language) => askWording('Any', translator(language)).version);
  expect(versions.map(languageOfWording)).toEqual([...languages]);
  expect(new Set(versions.map((version) => version.slice(-8))).size).toBe(languages.length);
  expect(askWording('Another', translator('de')).version).toBe(askWording('Any', translator('de')).version);
  for (const other of ['subscribe-1', 'subscribe-nl-01234567', 7, undefined])
    expect(languageOfWording(other)).toBeUndefined();
});

const graphemes = (line: string): number => [...new Intl.Segmenter().segment(line)].length;

describe.each([...languages])('mails in %s', (language) => {
  const direction = language === 'he' || language === 'ar' ? 'rtl' : 'ltr';

  test('have the language, the direction, and nothing in English beside it', async () => {
    const digest = await renderDigest(input({ language }));
    const confirmation = await renderConfirmation({
      newsletterName: 'The Harbour Post',
      confirmUrl: 'https://mail.example/confirm/abcdefghijklmnopqrstuv',
      language,
    });
    for (const { html } of [digest, confirmation])
      expect(html).toMatch(new RegExp(`<html lang="${language}" dir="${direction}"`));
    expect(digest.bytes).toBeLessThan(htmlBudget);
    const english = /View in browser|In this issue|Read on:|Unsubscribe|You get this|Do you want to receive/;
    const parts = [digest.html, digest.text, confirmation.html, confirmation.text];
    const isEnglish = language === 'en';
    expect(parts.map((part) => english.test(part))).toEqual(parts.map(() => isEnglish));
    for (const text of [digest.text, confirmation.text])
      expect(text.split('\n').filter((line) => graphemes(line) > 78 && !line.includes('https://'))).toEqual(
        [],
      );
  });
});
