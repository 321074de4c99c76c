// Every kind of mail to accounts in the account's language: no sentence is left in English, and the mail says its language.
import { accountMailRenderers } from '../../src/account-mail-renderers.js';
import { personalKinds, type AccountMailKind } from '../../src/account-mails/store.js';
import { createAccount } from '../../src/accounts/create-account.js';
import { findAccount, setAccountLanguage } from '../../src/accounts/manage-accounts.js';
import { day, hour } from '../../src/durations.js';
import type { Language } from '../../src/languages/language.js';
import { hold, selectHold } from '../../src/lifeline/store.js';
import { openSecrets } from '../../src/secrets.js';
import { eventId } from '../../src/team/account-event.js';
import { password } from '../console/browser-session.js';
import { makeEverything } from '../console/every-state.js';
import { useDatabase } from '../support/fixture.js';
import { baseUrl, issueFor, secretKey } from '../support/newsroom.js';

const database = useDatabase();
const languages = ['en', 'de', 'fr', 'es', 'he', 'ar'] as const;
const at = new Date('2026-11-20T10:00:00Z');
/** An hour later: bounces take time. */
const now = () => new Date(Date.now() + 2 * hour);
const kinds: AccountMailKind[] = [
  ...(['review', 'feed-held', 'feed-failing', 'feed-gone', 'hold', 'provider-refuses', 'dmarc'] as const),
  ...(['many-hard-bounces', 'many-complaints', 'nothing-came-back', 'webhook-disabled'] as const),
  ...personalKinds,
];
const accounts = new Map<Language, string>();
const subjects = new Map<AccountMailKind, string>();

/** To the sums of the issue. */
const addAccepted = (issueId: string, count: number) =>
  database.db.change('insert into issue_counts (issue_id, shard, accepted) values ($1, -1, $2)', [
    issueId,
    count,
  ]);

/** Each reason for a mail exists. */
beforeAll(async () => {
  const { db } = database;
  const { issueIds } = await makeEverything(db);
  const feeds = await db.query<{ id: string }>('select id from feeds order by id');
  await db.change(`update posts set feed_id = $1, state = 'held', held_at = now()`, [feeds[0]?.id]);
  const { id: review } = await db.one<{ id: string }>(
    `select id from issues where id = any ($1) and review = 'hold'`,
    [issueIds],
  );
  const { issueId } = await issueFor(db, 60, { name: 'Alarmed' });
  await db.change(
    `update deliveries set state = case when n < 4 then 'complained' else 'refused' end, reason = 'hard'
     from (select subscriber_id, row_number() over (order by subscriber_id) as n from deliveries where issue_id = $1) as d
     where issue_id = $1 and deliveries.subscriber_id = d.subscriber_id and n < 40`,
    [issueId],
  );
  await addAccepted(issueId, 1_000);
  const { issueId: before } = await issueFor(db, 1, { name: 'Silent' });
  await db.change(`update newsletters set from_address = 'digest@other.example' where name = 'Silent'`);
  await addAccepted(before, 9_000);
  await hold(db, { reason: 'x', lostFrom: at, lostUntil: new Date(at.getTime() + day), beat: 1 });
  const { heldAt } = (await selectHold(db)) ?? { heldAt: at };
  const { id: report } = await db.one<{ id: string }>(
    `insert into domain_reports (kind, domain, organization, report_id, begins_at, ends_at, received_at, messages, failed, excused)
     values ('dmarc', 'news.example.org', 'Receiver', '1', now(), now(), now(), 1000, 30, 0) returning id`,
  );
  await db.change(
    `insert into domain_report_sources (domain_report_id, source, messages, failed, excused) values
     ($1, '203.0.113.7', 20, 20, 0), ($1, '203.0.113.8', 10, 10, 0)`,
    [report],
  );
  const { id: webhook } = await db.one<{ id: string }>(
    `insert into webhooks (url, events, secret, created_at, disabled_at, disabled_because)
     values ('https://hook.example/', '{issue.finished}', '', now(), now(), 'failing') returning id`,
  );
  for (const language of languages) {
    const email = `${language}@example.org`;
    await createAccount({ db }, { email, password, role: 'owner' });
    const id = (await findAccount(db, email))?.id ?? '';
    await setAccountLanguage(db, { id, language });
    accounts.set(language, id);
  }
  const event = eventId({ at, browser: 'Firefox', system: 'Linux' });
  for (const [kind, subjectId] of [
    ['review', review],
    ['feed-held', feeds[0]?.id ?? ''],
    ['feed-failing', feeds[2]?.id ?? ''],
    ['feed-gone', feeds[4]?.id ?? ''],
    ['hold', heldAt.toISOString()],
    ['provider-refuses', 'google'],
    ['many-hard-bounces', 'news.example.org'],
    ['many-complaints', 'news.example.org'],
    ['nothing-came-back', ''],
    ['dmarc', 'news.example.org'],
    ['webhook-disabled', webhook],
    ...personalKinds.map((personal) => [personal, event] as const),
  ] as const)
    subjects.set(kind, subjectId);
});

/** A mail with a link for this account. */
async function subjectOf(kind: AccountMailKind, accountId: string): Promise<string> {
  if (kind !== 'invitation' && kind !== 'reset') return subjects.get(kind) ?? '';
  const { id } = await database.db.one<{ id: string }>(
    `insert into account_links (account_id, purpose, made_by, made_at, expires_at)
     values ($1, $2, $1, now(), now() + interval '1 day') returning id`,
    [accountId, kind],
  );
  return id;
}

/** The sentences of a mail: what stands between two tags, and has several words. */
const sentencesOf = (html: string): string[] =>
  html
    .replaceAll(/<(style|script|title)\b[^]*?<\/\1>/g, ' ')
    .replaceAll(/<!--[^]*?-->/g, ' ')
    .split(/<[^>]*>/)
    .map((words) => words.replaceAll(/&[#\w]+;|\s+/g, ' ').trim())
    .filter((words) => /[a-z]{2,} [a-z]{2,}/i.test(words));

/** Names, and posts. */
const notOurs =
  /^(?:Every State|Daily Digest(?:: digest\.example\.org)?|Alarmed|Post number .*|\w+ State: \S+)$/;
const renderersOf = () =>
  accountMailRenderers({ db: database.db, now, secrets: openSecrets(secretKey), baseUrl });

test('every kind is tried', () => {
  expect(kinds.toSorted()).toEqual(Object.keys(renderersOf()).toSorted());
});

test.each(kinds)('%s', async (kind) => {
  const renderers = renderersOf();
  let english: string[] = [];
  for (const language of languages) {
    const accountId = accounts.get(language) ?? '';
    const mail = await renderers[kind]({ accountId, subjectId: await subjectOf(kind, accountId) });
    const html = mail?.html ?? '';
    expect(html).toMatch(new RegExp(`<html[^>]* lang="${language}"`));
    expect(html).toContain(`dir="${['he', 'ar'].includes(language) ? 'rtl' : 'ltr'}"`);
    const sentences = [mail?.subject ?? '', ...sentencesOf(html)];
    // English is the first language.
    expect([language, sentences.filter((one) => english.includes(one))]).toEqual([language, []]);
    if (language === 'en') english = sentences.filter((one) => !notOurs.test(one));
  }
  expect(english.length).toBeGreaterThan(2);
});
