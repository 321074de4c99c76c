// The tasks on a newsletter's home.
import { defaultSchedule } from '../../src/newsletters/schedule.js';
import { tasksOf, type TaskFacts } from '../../src/console/home/tasks.js';
import { translator } from '../../src/languages/translate.js';

const counts = {
  candidates: 100,
  excluded: 0,
  queued: 0,
  sending: 0,
  accepted: 100,
  deferred: 0,
  refused: 0,
  uncertain: 0,
  bounced: 0,
  complained: 0,
};
const issue = { id: '7', number: 3, status: 'finished' as const, pauseReason: null, counts, holdUps: [] };
const until = new Date('2026-11-20T07:04:00Z');
const feed = {
  id: '5',
  title: 'News',
  url: 'https://a.example/feed',
  status: 'ok' as const,
  lastError: null,
  lastSuccessAt: null,
  held: 0,
};
const calm: TaskFacts = {
  newsletter: { slug: 'tide', postalAddress: '1 Quay Lane', schedule: defaultSchedule },
  sender: { unsigned: undefined, lacking: undefined },
  isOwner: true,
  issues: [issue],
  feeds: [feed],
  now: new Date('2026-11-20T07:00:00Z'),
};

test('nothing needs anybody while all is well', () => {
  expect(tasksOf(calm, translator('en'))).toEqual([]);
});

test.each<[string, Partial<TaskFacts>, RegExp, string]>([
  [
    'no postal address',
    { newsletter: { slug: 'tide', postalAddress: null, schedule: defaultSchedule } },
    /^Add a postal address/,
    '/console/newsletters/tide/settings#postalAddress',
  ],
  [
    'a pause',
    { newsletter: { ...calm.newsletter, schedule: { ...defaultSchedule, paused: true } } },
    /^Issues are paused/,
    '/console/newsletters/tide/settings#paused',
  ],
  [
    'a domain without a key',
    { sender: { unsigned: 'tide.example', lacking: undefined } },
    /^Mail from tide.example is not signed/,
    '/console/newsletters/tide/settings',
  ],
  [
    'a record that is missing in DNS',
    { sender: { unsigned: undefined, lacking: { domain: 'tide.example', records: ['SPF', 'DMARC'] } } },
    /^Receivers cannot recognise mail from tide\.example: missing or wrong in DNS: SPF, DMARC\.$/,
    '/console/delivery/dns',
  ],
  [
    'an issue in review',
    { issues: [{ ...issue, status: 'review' }] },
    /^Issue No. 3 waits for your approval\.$/,
    '/console/issues/7',
  ],
  [
    'a paused issue',
    { issues: [{ ...issue, status: 'paused', pauseReason: 'many hard bounces' }] },
    /^Issue No. 3 is paused: many hard bounces\.$/,
    '/console/issues/7',
  ],
  [
    'a relay that takes nothing',
    {
      issues: [
        {
          ...issue,
          status: 'sending',
          holdUps: [
            { kind: 'provider', name: 'yahoo', until, detail: '451 [TSS04]' },
            { kind: 'relay', name: 'smtp.example:587', until: null, detail: 'in trouble, for 1 worker' },
          ],
        },
      ],
    },
    /^Issue No. 3 waits: the relay smtp.example:587 is not used: in trouble, for 1 worker\.$/,
    '/console/issues/7',
  ],
  [
    'refused addresses',
    { issues: [{ ...issue, counts: { ...counts, accepted: 1_940, refused: 50, bounced: 10 } }] },
    /^60 addresses of issue No. 3 refused the mail\.$/,
    '/console/issues/7',
  ],
  [
    'a feed that fails',
    { feeds: [{ ...feed, status: 'failing', lastError: 'The server answers 500.' }] },
    /^The feed “News” fails: The server answers 500\.$/,
    '/console/newsletters/tide/feeds/5',
  ],
  [
    'a feed that worked before',
    {
      feeds: [
        {
          ...feed,
          status: 'failing',
          lastError: 'The server answers 500.',
          lastSuccessAt: '2026-11-18T06:00:00.000Z',
        },
      ],
    },
    /^The feed “News” fails\. It last worked 2 days ago: The server answers 500\.$/,
    '/console/newsletters/tide/feeds/5',
  ],
  [
    'held posts',
    { feeds: [{ ...feed, held: 1 }] },
    /^1 post held from “News”/,
    '/console/newsletters/tide/feeds/5#held',
  ],
])('%s is a task', (_what, facts, text, to) => {
  expect(tasksOf({ ...calm, ...facts }, translator('en'))).toEqual([
    expect.objectContaining({ text: expect.stringMatching(text), to }),
  ]);
});

test('an editor, who has no page about DNS, has no task about it', () => {
  const sender = { unsigned: undefined, lacking: { domain: 'tide.example', records: ['SPF'] } };
  expect(tasksOf({ ...calm, sender, isOwner: false }, translator('en'))).toEqual([]);
});

test('refusals of an issue before the last are over', () => {
  const refused = { ...issue, id: '6', number: 2, counts: { ...counts, refused: 9 } };
  expect(tasksOf({ ...calm, issues: [issue, refused] }, translator('en'))).toEqual([]);
});
