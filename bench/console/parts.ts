// Shows every part of the console on one page, in both schemes, so that a person sees what a change of the style does.
//   npm run parts -- [FOLDER]
// FOLDER (default: parts) gets parts.html, parts-light.png and parts-dark.png.
import { mkdir, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { editView } from '../../src/console/next-issue/edit-view.js';
import { linePlot } from '../../src/console/growth/plot.js';
import { stateWords } from '../../src/console/state-words.js';
import { translator } from '../../src/languages/translate.js';
import { renderConsole, styleSheet } from '../../src/templating/templates.js';
import { launchBrowser } from '../../test/browser/launch.js';

const at = new Date('2026-11-24T06:00:00Z');
const words = translator('en');
const newsletter = {
  slug: 'harbour',
  name: 'The Harbour Post',
  timezone: 'Europe/Berlin',
  postalAddress: 'Quay 1',
};
const link = (label: string, current = false) => ({ href: '#', to: '#', label, current });
const counts = { accepted: 2_903, candidates: 3_003 };
const issue = {
  id: '7',
  status: 'finished',
  number: 7,
  slot: at,
  kind: 'scheduled',
  subject: 'Ferries',
  counts,
};
const days = [1, 2, 3, 4, 5, 6, 7].map((day) => ({
  at: day * 14,
  label: `${day} Nov`,
  readers: 2_900 + day * day * 3,
}));

const frame = {
  locale: words.locale,
  clock: { now: new Date('2026-11-24T19:00:00Z'), zone: newsletter.timezone },
  frame: {
    language: 'en',
    direction: 'ltr',
    skip: 'Skip to content',
    menu: 'Your account',
    pages: 'Console',
    profile: 'Profile',
    password: 'Password',
    secondFactor: 'Second factor',
    sessions: 'Sessions',
    languageOfConsole: 'Language',
    signOut: 'Sign out',
    allNewsletters: 'All newsletters',
  },
  account: { email: 'ada@example.org', role: 'owner' },
  rail: {
    here: newsletter.name,
    newsletters: [link(newsletter.name, true), link('The Evening Post')],
    own: [link('Home', true), link('Next issue'), link('Readers')],
    all: [link('Delivery'), link('Team')],
  },
  flash: { kind: 'ok', text: 'Saved.' },
  mayWrite: true,
  states: stateWords(words),
};

/** Each part, as a page would fill it. */
const view = {
  newsletter,
  issue,
  heading: issue.subject,
  home: '#',
  can: { pause: true, cancel: true },
  tabs: [link('Report', true), link('Recipients'), link('Mail')],
  issues: [issue, { ...issue, id: '6', status: 'paused', subject: 'Timetables' }],
  feeds: [
    {
      id: '1',
      title: 'Harbour',
      url: 'https://harbour.example/feed',
      badge: 'ok',
      status: 'ok',
      lastNewPostAt: at.toISOString(),
    },
    {
      id: '2',
      title: null,
      url: 'https://pier.example/feed',
      badge: 'failed',
      status: 'failing',
      failures: 3,
      lastError: 'pier.example refuses connections',
      nextPollAt: at.toISOString(),
    },
  ],
  cards: [
    {
      slug: 'harbour',
      name: newsletter.name,
      listed: true,
      schedule: 'Every day at 07:00, Berlin time',
      next: { when: 'tomorrow at 07:00', distance: 'in 13 h' },
      readers: 3_003,
      tasks: [],
      more: 0,
    },
    {
      slug: 'evening',
      name: 'The Evening Post',
      listed: false,
      schedule: 'Every Friday at 18:00, New York time',
      next: undefined,
      readers: 1,
      tasks: [
        { text: 'Add a postal address.', to: '#', urgent: true },
        { text: '3 posts held from “Pier”.', to: '#', urgent: false },
      ],
      more: 2,
    },
  ],
  filters: [link('All', true), { ...link('Active'), count: 2_903 }, { ...link('Unsubscribed'), count: 12 }],
  timeline: [
    {
      at,
      what: 'The mailbox is full',
      to: '#',
      lines: ['said at the hand-over', 'about issue 7'],
      quote: { words: '452 4.2.2 Mailbox full', language: null },
      isTrouble: true,
    },
    {
      at,
      what: 'Sent: Ferries',
      to: '#',
      lines: ['The mail server accepted the message. It replied: 250 2.0.0 Ok'],
      isTrouble: false,
    },
    {
      at,
      what: 'Confirmed The Harbour Post',
      lines: ['on a page of ours', 'from the IP address 192.0.2.7'],
      quote: { words: 'Yes, mail me The Harbour Post every day.', language: 'en' },
      isTrouble: false,
    },
  ],
  plot: linePlot(
    {
      label: 'From 2,903 to 3,047 readers',
      locale: 'en',
      spans: days.map((_, day) => ({ from: `2026-11-0${day + 1}`, to: `2026-11-0${day + 1}` })),
    },
    days.map(({ readers }) => readers),
  ),
  days,
  shares: [
    { label: 'Form', count: 2_100, width: 100 },
    { label: 'Import', count: 803, width: 38 },
  ],
  mail: { subject: 'Ferry timetable changes', preheader: 'And the fish market moves' },
  asReader: { asked: '' },
  links: {
    count: 1,
    groups: [
      { title: 'Ferries', links: [{ url: 'https://harbour.example/ferries', host: 'harbour.example' }] },
    ],
  },
  edit: editView(
    {
      madeFrom: 1,
      subject: '',
      subjectNow: issue.subject,
      words: { opening: 'Good morning.', closing: null, sponsor: null },
      posts: ['Ferries', 'Fish'].map((title, index) => ({
        id: String(index),
        fate: index === 0 ? 'keep' : 'later',
        title,
        excerpt: 'From the quay.',
        ownTitle: title,
        ownExcerpt: '',
        image: null,
        pinned: index === 0,
      })),
      isSubjectWrong: false,
    },
    { thumbnails: undefined, mayEdit: true },
    words,
  ),
  waiting: [{ id: '8', posts: 3, number: 8 }],
  total: 5,
  readers: 3_003,
  nextAt: { when: 'tomorrow at 07:00', distance: 'in 13 hours', city: 'Berlin' },
  names: { siteUrl: 'Site', archive: 'Archive', weekdays: 'Days', thanks: 'Words of thanks' },
  typed: { siteUrl: 'example', thanks: 'Thank you.' },
  wrong: { siteUrl: 'This is not a web address.', chosen: 'This password is too common.' },
  archives: [{ value: 'public', label: 'Public', chosen: true }],
  weekdays: [
    { name: 'monday', label: 'Monday', checked: true },
    { name: 'tuesday', label: 'Tuesday', checked: false },
  ],
  roles: [{ value: 'editor', label: 'Editor', chosen: true }],
  changed: ['Name: Ann → Anna'],
  url: 'https://shop.example.org/hooks/digest',
  events: [{ event: 'issue.paused', label: 'An issue was paused', chosen: true }],
  coversAll: false,
  newsletters: [{ id: '1', name: newsletter.name, chosen: true }],
  minPasswordLength: 12,
  maxPasswordLength: 200,
};

/** The page, which needs no server. */
export const partsPage = (): string =>
  renderConsole('parts', { ...frame, ...view }).replace(
    '<link rel="stylesheet" href="/assets/console.css">',
    `<style>${styleSheet('console.css')}</style>`,
  );

/** A picture of the whole page. */
export async function photographParts(browser: Browser, colorScheme: 'light' | 'dark'): Promise<Buffer> {
  const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 900 } });
  await page.setContent(partsPage());
  const picture = await page.screenshot({ fullPage: true });
  await page.close();
  return picture;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folder = process.argv[2] ?? 'parts';
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/parts.html`, partsPage());
  const browser = await launchBrowser();
  for (const scheme of ['light', 'dark'] as const)
    await writeFile(`${folder}/parts-${scheme}.png`, await photographParts(browser, scheme));
  await browser.close();
}
