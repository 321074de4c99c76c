// Each public page as it comes, for the tests that look at them.
import type { PageViews } from '../../src/page-views.js';

const newsletter = {
  name: 'The Harbour Post',
  slug: 'harbour',
  language: 'en',
  siteUrl: 'https://www.harbourpost.example/',
  postalAddress: 'Harbour Post Ltd\nKajgatan 4\n411 09 Göteborg, Sweden',
};
const when = 'Every weekday at 07:00, Stockholm time';
const email = 'a.reader.with.a.rather.long.address@subdomain.example.org';
const wording = 'Yes, send me The Harbour Post by e-mail.';
const wordingVersion = 'subscribe-1';
const timezone = 'Europe/Stockholm';
const issues = [
  { subject: 'The bakery that opens at midnight and 15 more', at: '2026-11-23T06:00:00Z' },
  { subject: '海辺の図書館が再開しました', at: '2026-11-20T06:00:00Z', url: '/n/harbour/issues/2' },
];

type Render = <Name extends keyof PageViews>(name: Name, view: PageViews[Name]) => string;

/** Every page, rendered with realistic values, by a name of its own. */
export const pageSamples = (render: Render): Record<string, string> => ({
  index: render('index', { newsletters: [{ name: newsletter.name, slug: newsletter.slug, when }] }),
  'index-empty': render('index', { newsletters: [] }),
  newsletter: render('newsletter', { newsletter, when, timezone, wording, wordingVersion, issues }),
  'newsletter-problem': render('newsletter', {
    newsletter,
    when,
    timezone,
    wording,
    wordingVersion,
    issues: [],
    problem: 'The address has no @.',
    email: '"><script>alert(1)</script>',
    readerName: '{{email}}',
  }),
  'check-inbox': render('check-inbox', { newsletter, email }),
  confirm: render('confirm', { newsletter, email, wording }),
  confirmed: render('confirmed', { newsletter, email, when }),
  expired: render('link-invalid', { reason: 'expired', newsletter }),
  unknown: render('link-invalid', { reason: 'unknown' }),
  unsubscribe: render('unsubscribe', { newsletter, email }),
  unsubscribed: render('unsubscribed', { newsletter, email, already: false }),
  'unsubscribed-already': render('unsubscribed', { newsletter, email, already: true }),
  error: render('error', { status: 404, title: 'There is no such page', detail: 'Nothing is here.' }),
  'too-many': render('too-many', { retryAfterSeconds: 400 }),
});
