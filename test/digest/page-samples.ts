// A sample of each public page, for tests of their content.
import { customFieldsSchema } from '../../src/newsletters/custom-fields.js';
import { languageNames, languages, type Language } from '../../src/languages/language.js';
import { pageOfWords, type PageLanguage } from '../../src/languages/page-language.js';
import { translator } from '../../src/languages/translate.js';
import { scheduleInWords } from '../../src/newsletters/schedule-words.js';
import { newsletterDefaults, type Newsletter } from '../../src/newsletters/schema.js';
import type { PageViews } from '../../src/templating/page-views.js';
import type { Preferences } from '../../src/preferences/preferences.js';
import { embedCode } from '../../src/joining/embed.js';
import { formView, severalFormView } from '../../src/joining/form-view.js';
import { namesOf } from '../../src/subscribers/names.js';
import { preferencesView } from '../../src/preferences/preferences-view.js';
import { confirmWording, rejoinWording } from '../../src/subscribers/wording.js';
import { renderPage } from '../../src/templating/templates.js';
import { dateInWords } from '../../src/text/words.js';

const newsletter = {
  name: 'The Harbour Post',
  slug: 'harbour',
  language: 'en',
  siteUrl: 'https://www.harbourpost.example/',
  postalAddress: 'Harbour Post Ltd\nKajgatan 4\n411 09 Göteborg, Sweden',
};
const archived = { ...newsletter, archive: true };
const slot = '2026-11-23T06:00:00Z';
const post = { lead: false, readOn: true, byline: false, untitled: false, against: false, listTitle: '' };
const posts = [
  {
    ...post,
    title: 'The bakery that opens at midnight, and the people who queue for it',
    shortTitle: 'The bakery that opens at midnight, and the people who queue…',
    url: 'https://harbourpost.example/2026/11/midnight-bakery',
    author: 'Ingrid Åkerström',
    commentCount: 48,
    excerpt:
      '“You come for the rye,” says one, “and you stay because nobody here is in a hurry.” A night behind the counter on Kajgatan, where the first loaves leave the oven as the last trams come in.',
    lead: true,
    byline: true,
    picture: {
      url: 'https://harbourpost.example/bakery.jpg',
      alt: 'A lit shop window',
      width: 536,
      height: 302,
    },
  },
  {
    ...post,
    title: 'Café Zażółć gęślą jaźń: review',
    shortTitle: 'Café Zażółć gęślą jaźń: review',
    url: 'https://harbourpost.example/cafe',
    author: 'Małgorzata Wójcik',
    commentCount: 1,
    excerpt: 'We went three times to be fair. The soup was better each time, and the coffee worse.',
    byline: true,
    thumb: { url: 'https://harbourpost.example/cafe.jpg', alt: '', width: 168, height: 168 },
  },
  {
    ...post,
    title: 'What the harbour sounded like in 1926',
    shortTitle: 'What the harbour sounded like in 1926',
    url: `https://harbourpost.example/sounds/${'a-very-long-address-'.repeat(8)}`,
    bodyHtml:
      '<p>Elin Dahl’s diaries fill <em>nineteen</em> notebooks.</p><h3>The logs</h3><blockquote><p>Fog since five.</p></blockquote><pre>06:40 horn\n06:55 horn, twice, and a very long line that goes on and on until it must be wrapped somewhere</pre><p><img src="https://harbourpost.example/x.jpg" alt="A page" width="536" height="300" loading="lazy"></p>',
  },
].map((one) => ({ ...one, listTitle: one.title }));
const also = [
  { title: 'Ferry timetable changes from Monday', url: 'https://harbourpost.example/ferries' },
  { title: '海辺の図書館が再開しました' },
];
const email = 'a.reader.with.a.rather.long.address@subdomain.example.org';
const timezone = 'Europe/Stockholm';
const archiveUrl = '/n/harbour';
const issues = [
  { subject: 'The bakery that opens at midnight and 15 more', at: '2026-11-23T06:00:00Z' },
  { subject: '海辺の図書館が再開しました', at: '2026-11-20T06:00:00Z', url: '/n/harbour/issues/2' },
];

const preferencesUrl = '/preferences/AAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const now = new Date('2026-11-23T09:14:00Z');
const plain: Newsletter = {
  ...newsletterDefaults,
  ...newsletter,
  id: '1',
  from: { name: newsletter.name, address: 'digest@harbourpost.example' },
  replyTo: null,
  timezone,
  createdAt: now,
  updatedAt: now,
};
const asking: Newsletter = {
  ...plain,
  schedule: { ...plain.schedule, frequencies: ['daily', 'weekly'] },
  topics: ['City hall', 'Harbour & ferries', 'Food', 'Culture', 'Weather', 'Lost cats'],
  customFields: customFieldsSchema.parse([
    { name: 'street', label: 'Your street', type: 'text', hint: 'So that we know who reads us where.' },
    { name: 'since', label: 'A reader since', type: 'number', min: 0, max: 2100, integer: true },
    {
      name: 'paper',
      label: 'The paper comes',
      type: 'choice',
      choices: ['Daily', 'On Saturdays'],
      required: true,
    },
    { name: 'adult', label: 'I am over 16', type: 'checkbox', required: true, hint: 'The law wants it.' },
  ]),
};
const several = [asking, { ...plain, name: 'מזג האוויר', slug: 'weather', language: 'he' }];
const inbox = { newsletter, name: newsletter.name, again: '/n/harbour' };
const refused = (field: string, problem: string) => ({
  field,
  problem,
  typed: {
    email: '"><script>alert(1)</script>',
    name: '{{email}}',
    topics: ['Food', '<b>'],
    frequency: 'weekly',
    'customFields.street': '"><img src=x>',
    'customFields.adult': ['0', '1'],
  },
});
const preferences: Preferences = {
  subscriptionId: '1',
  subscriberId: '1',
  newsletter: {
    ...plain,
    schedule: { ...plain.schedule, frequencies: ['daily', 'weekly'], weekdays: [1, 2, 3, 4, 5] },
    tracking: 'consent',
    customFields: asking.customFields,
    topics: ['City hall', 'Harbour & ferries', 'Food', 'Culture', 'Weather', 'Lost cats'],
  },
  email,
  status: 'active',
  time: { frequency: 'weekly', sendTime: '06:30', weekday: 3, timezone },
  chosen: false,
  topics: ['City hall', 'Food', 'Lost cats'],
  customFields: { since: 1999, paper: 'Daily', adult: true },
  pausedUntil: null,
  next: new Date('2026-11-25T05:30:00Z'),
  undoable: false,
  leftAt: null,
  less: { weekly: false },
  language: null,
  plainText: false,
  tracking: false,
  addressChange: undefined,
  others: [
    { newsletter: { ...plain, name: 'The Harbour Post on Sunday', slug: 'sunday' }, subscriptionId: '2' },
    { newsletter: { ...plain, name: 'البريد البحري', slug: 'mina' }, subscriptionId: undefined },
  ],
};
const urlOf = () => preferencesUrl;

/** The page in `language`, for a reader who clicked on it or whose browser asks for it. */
function pageIn(language: Language): PageLanguage {
  const menu = languages
    .filter((one) => one !== language)
    .map((one) => ({ language: one, name: languageNames[one], href: `?lang=${one}` }));
  return { ...pageOfWords(translator(language)), menu };
}

/** Every page with realistic values, each under a unique name. */
export function pageSamples(language: Language = 'en'): Record<string, string> {
  const words = translator(language);
  const { t } = words;
  const page = pageIn(language);
  const render = <Name extends keyof PageViews>(name: Name, view: PageViews[Name]) =>
    renderPage(name, view, page);
  const when = scheduleInWords(plain.schedule, timezone, words);
  const wording = confirmWording(newsletter.name, words).text;
  const undo = { url: preferencesUrl, wording: rejoinWording(newsletter.name, words).text, weekly: true };
  const noAt = t('errors.addressOneAt');
  const date = dateInWords(new Date(slot), timezone, words.locale);
  return {
    index: render('index', { form: severalFormView(several, words) }),
    'index-problem': render('index', {
      form: severalFormView(several, words, {
        refused: {
          field: 'newsletters',
          problem: t('confirming.chooseOne'),
          typed: { email: 'ada@readers.example', newsletters: 'weather' },
        },
      }),
    }),
    'index-empty': render('index', {}),
    newsletter: render('newsletter', { newsletter, when, timezone, form: formView(plain, words), issues }),
    'newsletter-asking': render('newsletter', {
      newsletter,
      when,
      timezone,
      form: formView(asking, words),
      issues: [],
    }),
    'newsletter-problem': render('newsletter', {
      newsletter,
      when,
      timezone,
      form: formView(asking, words, { refused: refused('email', noAt) }),
      issues: [],
    }),
    'newsletter-unanswered': render('newsletter', {
      newsletter,
      when,
      timezone,
      form: formView(asking, words, {
        refused: refused('customFields.adult', t('errors.fieldTick', { field: 'I am over 16' })),
      }),
      issues: [],
    }),
    archive: render('archive', {
      newsletter: archived,
      archiveUrl,
      timezone,
      issues: [
        { number: 1204, headline: 'The bakery that opens at midnight and 15 more', slot },
        { number: 1203, headline: '海辺の図書館が再開しました', slot: '2026-11-20T06:00:00Z' },
      ],
      hasNewer: true,
      olderBefore: 1203,
    }),
    'archive-empty': render('archive', {
      newsletter: archived,
      archiveUrl,
      timezone,
      issues: [],
      hasNewer: false,
    }),
    issue: render('issue', {
      newsletter: archived,
      archiveUrl,
      number: 1204,
      headline: 'The bakery that opens at midnight and 15 more',
      date,
      slot,
      social: {
        title: 'The bakery',
        description: 'The bakery · The café',
        url: 'https://mail.example/n/harbour/issues/1204',
      },
      headlinesOnly: false,
      posts,
      also,
      older: 1203,
      newer: 1205,
      form: formView(asking, words, { short: true }),
    }),
    'issue-headlines': render('issue', {
      newsletter: archived,
      archiveUrl,
      number: 1,
      headline: 'The bakery',
      date,
      slot,
      social: { title: 'The bakery', description: '', url: 'https://mail.example/n/harbour/issues/1' },
      headlinesOnly: true,
      posts: posts.map(({ title, shortTitle, url }) => ({ ...post, readOn: false, title, shortTitle, url })),
      also: [],
      form: formView(plain, words, { short: true }),
    }),
    embed: render('embed', {
      newsletter,
      code: embedCode(asking, { baseUrl: 'https://mail.example', words, keep: '' }),
    }),
    'embed-frame': render('embed-frame', {
      newsletter,
      when,
      form: formView(asking, words, { frame: true }),
      frame: true,
    }),
    'embed-frame-problem': render('embed-frame', {
      newsletter,
      when,
      form: formView(plain, words, { frame: true, refused: refused('email', noAt) }),
      frame: true,
    }),
    'check-inbox-suggesting': render('check-inbox', {
      ...inbox,
      email: 'ada@gmial.com',
      suggestion: 'ada@gmail.com',
    }),
    'check-inbox-framed': render('check-inbox', { ...inbox, email, frame: true }),
    'check-inbox': render('check-inbox', { ...inbox, email }),
    'check-inbox-several': render('check-inbox', { name: namesOf(several, words.locale), email, again: '/' }),
    confirm: render('confirm', { newsletter, email, wording }),
    confirmed: render('confirmed', { newsletter, email, when }),
    expired: render('link-over', { newsletter, email, freshUrl: '/confirm/abc/again' }),
    'confirmed-several': render('confirmed', {
      newsletter,
      email,
      when,
      several: several.map((one) => ({ name: one.name, language: one.language, when })),
    }),
    unknown: render('link-invalid', { reason: 'unknown' }),
    unsubscribe: render('unsubscribe', {
      newsletter,
      email,
      preferencesUrl,
      less: { weekly: true, pauseUntil: '2026-12-23' },
    }),
    unsubscribed: render('unsubscribed', { newsletter, email, already: false, undo, preferencesUrl }),
    'unsubscribed-thanked': render('unsubscribed', {
      newsletter,
      email,
      already: false,
      undo,
      preferencesUrl,
      thanked: true,
    }),
    'unsubscribed-no-reason': render('unsubscribed', {
      newsletter,
      email,
      already: false,
      undo,
      preferencesUrl,
      reasonProblem: true,
    }),
    'unsubscribed-already': render('unsubscribed', { newsletter, email, already: true }),
    preferences: render('preferences', {
      newsletter,
      ...preferencesView(preferences, { now, urlOf, words }),
    }),
    'preferences-saved': render('preferences', {
      newsletter,
      ...preferencesView({ ...preferences, chosen: true }, { now, urlOf, words, did: { outcome: 'saved' } }),
    }),
    'preferences-paused': render('preferences', {
      newsletter,
      ...preferencesView(
        { ...preferences, pausedUntil: new Date('2026-12-23T23:00:00Z') },
        { now, urlOf, words, did: { outcome: 'paused' } },
      ),
    }),
    'preferences-problem': render('preferences', {
      newsletter,
      ...preferencesView(
        {
          ...preferences,
          newsletter: plain,
          email: '"><script>alert(1)</script>',
          status: 'suppressed',
          next: undefined,
        },
        {
          now,
          urlOf,
          words,
          did: { outcome: 'invalid', reason: { key: 'errors.pauseDate' } },
        },
      ),
    }),
    'preferences-moving': render('preferences', {
      newsletter,
      ...preferencesView(
        {
          ...preferences,
          others: [],
          addressChange: {
            id: '1',
            address: 'another.rather.long.address@subdomain.example.org',
            expiresAt: now,
            oldAgreedAt: now,
            newAgreedAt: null,
          },
        },
        { now, urlOf, words },
      ),
    }),
    ...Object.fromEntries(
      (['ready', 'waiting', 'done', 'gone'] as const).map((state) => [
        `address-${state}`,
        render('address-change', {
          newsletter,
          newAddress: email,
          old: true,
          ready: state === 'ready',
          waiting: state === 'waiting',
          done: state === 'done',
        }),
      ]),
    ),
    erase: render('erase', { newsletter, email }),
    erased: render('erased', { newsletter, email }),
    error: render('error', {
      status: 404,
      title: t('errors.titleNotFound'),
      detail: t('errors.notFound'),
    }),
    'error-internal': render('error', {
      status: 500,
      title: t('errors.titleOther'),
      detail: t('errors.internal'),
    }),
    'too-many': render('too-many', { retryAfterSeconds: 400 }),
  };
}
