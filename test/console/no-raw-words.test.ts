// The columns of states hold codes for programs: `nothing-new`, `timeChanged`. People read sentences that are made
// of them. This test walks through the console and runs the commands that show states, in every state.
import { accountMailRenderers } from '../../src/account-mail-renderers.js';
import { feedCommands } from '../../src/cli/feed-commands.js';
import { issueCommands } from '../../src/cli/issue-commands.js';
import { reviewCommands } from '../../src/cli/issue-review.js';
import { reportOf } from '../../src/cli/import-report.js';
import { getImport } from '../../src/imports/get-import.js';
import { importOutcomes } from '../../src/imports/outcome.js';
import { renderConfirmation } from '../../src/joining/render-confirmation.js';
import { renderNotice } from '../../src/joining/render-notice.js';
import { renderAddressMail } from '../../src/preferences/render-address-mail.js';
import { kindInWords } from '../../src/reports/feedback-words.js';
import { openSecrets } from '../../src/secrets.js';
import { harbour, notice } from '../digest/notice-sample.js';
import { eventId } from '../../src/team/account-event.js';
import { eventMails } from '../../src/team/event-mail.js';
import { temporaryFolder } from '../support/database.js';
import { shared, useApp, useDatabase } from '../support/fixture.js';
import { baseUrl, issueFor, secretKey } from '../support/newsroom.js';
import { makeAccount, visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database);

/** Codes that no check of the schema lists. */
const otherCodes = [
  'nothing-new no-readers no-postal-address not-reviewed by-hand',
  'nothingNew timeChanged',
  importOutcomes.join(' '),
].flatMap((codes) => codes.split(' '));
/** Codes that are English words too. */
const alsoWords = new Set(['warm-up', 'double']);

/** The codes that could be taken for nothing else, and sentences that end with a code. */
async function rawWords(): Promise<RegExp> {
  const checks = await database.db.query<{ definition: string }>(
    `select pg_get_constraintdef(oid) as definition from pg_constraint where contype = 'c'`,
  );
  const listed = checks.flatMap(({ definition }) =>
    /ANY \(|= '/.test(definition)
      ? [...definition.matchAll(/'([\w-]+)'::text/g)].map(([, code]) => code ?? '')
      : [],
  );
  const codes = [...new Set([...listed, ...otherCodes])].filter(
    (code) => /[-_A-Z]/.test(code) && !alsoWords.has(code),
  );
  expect(codes.length).toBeGreaterThan(12);
  return new RegExp(
    `(?<![\\w/:.-])(?:${codes.join('|')})(?![\\w/-])|\\b(?:is|are|Skipped:) (?:review|collecting|frozen|eligible|null|undefined)\\b|\\b[Pp]ost is known\\b`,
    'g',
  );
}

/** Issues, readers, feeds, posts and an import in every state. */
async function makeEverything(): Promise<{ issueIds: string[]; importId: string; newsletterId: string }> {
  const { db } = database;
  const { issueId, newsletterId } = await issueFor(db, 12, { posts: 4, name: 'Every State' });
  const states =
    'accepted deferred refused uncertain bounced complained excluded excluded excluded refused'.split(' ');
  const reasons = [
    null,
    null,
    'hard',
    'restored',
    null,
    null,
    'unsubscribed',
    'warm-up',
    'superseded',
    'expired',
  ];
  for (const [at, state] of states.entries())
    await db.change(
      `update deliveries set state = $2, reason = $3, reply_code = 550, reply = $4, changed_at = now(), attempts = 1,
         due_at = case when $2 = 'deferred' then now() end
       where issue_id = $1 and subscriber_id = (select subscriber_id from deliveries where issue_id = $1
         order by subscriber_id offset $5 limit 1)`,
      [issueId, state, reasons[at], reasons[at] === 'hard' ? '550 5.1.1 User unknown' : null, at],
    );
  await db.change(
    `update issues set excluded = '{"nothingNew": 1, "paused": 2, "suppressed": 3, "timeChanged": 4}' where id = $1`,
    [issueId],
  );
  const made = await db.query<{ id: string }>(
    `insert into issues (newsletter_id, kind, slot, review, subject, skipped_at, skip_reason, frozen_at, paused_at, paused_by,
       pause_reason, guard_kind, guard_bad, guard_ends, cancelled_at)
     select $1, 'manual', now() - n * interval '1 day', case when n = 9 then 'hold' else 'auto' end, null,
       case when skip is not null then now() end, skip, case when n > 5 then now() end,
       case when paused is not null then now() end, paused, case when paused is not null then 'example.org' end, guard,
       case when guard is not null then 5 end, case when guard is not null then 10 end, case when n = 15 then now() end
     from unnest(
       array['nothing-new', 'no-readers', 'no-postal-address', 'not-reviewed', null, null, null, null, null, null, null, null, null, null, null, null],
       array[null, null, null, null, null, 'admin', 'hold', null, null, 'guard', 'guard', 'guard', 'guard', 'guard', null, 'guard'],
       array[null, null, null, null, null, null, null, null, null, 'everything-is-refused', 'hard-bounces', 'complaints',
         'hard-bounces-of-week', 'complaints-of-week', null, 'not-authenticated']) with ordinality as x (skip, paused, guard, n)
     returning id`,
    [newsletterId],
  );
  await db.change(
    `insert into feeds (newsletter_id, url, disabled_at, gone_at, failures, last_error, last_polled_at, last_success_at, next_poll_at)
     select $1, 'https://feed.example/' || n, case when n > 3 then now() end, case when n = 5 then now() end,
       case when n = 3 then 9 else 0 end, case when n = 3 then 'The server does not answer.' end, now(),
       case when n = 2 then now() end, now() + interval '1 year' from generate_series(1, 5) n`,
    [newsletterId],
  );
  await db.change(
    `update posts set state = (array['eligible', 'held', 'excluded', 'known'])[1 + id % 4] where newsletter_id = $1`,
    [newsletterId],
  );
  await db.change(
    `insert into suppressions (address_hash, reason)
     select address_hash, (array['manual', 'bounce', 'complaint', 'erasure', 'imported'])[1 + id % 5] from subscribers
     order by id limit 5`,
  );
  await db.change(
    `insert into feedback_events (issue_id, subscriber_id, kind, day, at, source, provider, words, forwarded)
     select $1, (select min(subscriber_id) from deliveries where issue_id = $1), kind, current_date, now(),
       (array['smtp', 'listener', 'webhook'])[1 + n % 3], (array['google', 'others', 'orange.fr'])[1 + n % 3], '550 said no', n = 1
     from unnest($2::text[]) with ordinality as k (kind, n)`,
    [issueId, Object.keys(kindInWords)],
  );
  await db.change(
    `insert into provider_pauses (group_key, cause, bad, ends, reply, paused_at, until, times)
     values ('google', 'auth', 40, 200, '550 said no', now(), now() + interval '1 hour', 1)`,
  );
  const { id: importId } = await db.one<{ id: string }>(
    `insert into imports (newsletter_id, basis, state, content_type, format, encoding, layout, rows, outcomes, statuses)
     values ($1, 'x', 'finished', 'text/csv', 'csv', 'utf-8', '{"format":"csv","source":null,"separator":",","columns":[]}', 7, $2,
       '{"active": 1, "pending": 1, "expired": 1, "unsubscribed": 1, "suppressed": 1}') returning id`,
    [newsletterId, JSON.stringify(Object.fromEntries(importOutcomes.map((outcome) => [outcome, 1])))],
  );
  for (const [at, outcome] of importOutcomes.entries())
    await db.change('insert into import_rows (import_id, line, outcome, email) values ($1, $2, $3, $4)', [
      importId,
      at + 2,
      outcome,
      `line${at}@example.org`,
    ]);
  return { issueIds: [issueId, ...made.map(({ id }) => id)], importId, newsletterId };
}

const made = shared(async () => ({ ...(await makeEverything()), close: () => Promise.resolve() }));

/** What a person reads of a page: neither code nor attributes. */
const textOf = (html: string): string =>
  html
    .replaceAll(/<(script|style|code|textarea)\b.*?<\/\1>/gs, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');

const around = (text: string, raw: RegExp): string[] =>
  [...text.matchAll(raw)].map(({ index }) => text.slice(Math.max(0, index - 40), index + 40));

test('no page of the console shows the code of a state', async () => {
  const raw = await rawWords();
  const owner = visitor(app.url);
  await owner.signIn(await makeAccount(database.db, 'owner'));
  const subscribers = await database.db.query<{ id: string }>('select id from subscribers order by id');
  const queue = [
    '/console',
    '/console/sending',
    `/console/newsletters/every-state/imports/${made.importId}`,
    ...made.issueIds.map((id) => `/console/issues/${id}`),
    ...subscribers.flatMap(({ id }) => [
      `/console/subscribers/${id}`,
      `/console/issues/${made.issueIds[0]}/why?subscriber=${id}`,
    ]),
    ...made.issueIds.slice(1).map((id) => `/console/issues/${id}/why?subscriber=${subscribers.at(-1)?.id}`),
  ];
  const seen = new Set(queue);
  const found: string[] = [];
  let said = '';
  let pages = 0;
  for (const path of queue) {
    const { status, text } = await owner.get(path);
    if (status !== 200) continue;
    pages += 1;
    found.push(...around(textOf(text), raw).map((words) => `${path}: ${words}`));
    // A kind of feedback may be a word of English: it must not be all that a cell says.
    const cells = [...text.matchAll(/<td\b[^>]*>(.*?)<\/td>/gs)].map(([, cell = '']) => textOf(cell).trim());
    found.push(
      ...cells.filter(
        (cell) => (cell in kindInWords && cell !== 'none') || ['google', 'others'].includes(cell),
      ),
    );
    said += textOf(text);
    for (const [, link = ''] of text.matchAll(/href="(\/console[^"#]*)/g)) {
      const next = link.replaceAll('&amp;', '&');
      if (seen.has(next) || /\.(csv|ndjson)|preview|sign-out|[?](?:after|before|outcome)=/.test(next))
        continue;
      seen.add(next);
      queue.push(next);
    }
  }
  expect(pages).toBeGreaterThan(60);
  expect(found).toEqual([]);
  for (const words of Object.values(kindInWords)) expect(said).toContain(words);
  expect(said).toMatch(/Nothing is sent to Gmail until .* it refused 40 of the last 200 messages/);
});

test('no mail shows the code of a state', async () => {
  const { db } = database;
  const raw = await rawWords();
  const email = await makeAccount(db, 'editor');
  const deps = { db, now: () => new Date(), secrets: openSecrets(secretKey), baseUrl };
  const feeds = await db.query<{ id: string }>('select id from feeds order by id');
  // One feed holds posts, others fail or are gone.
  await db.change(`update posts set feed_id = $1, held_at = now() where state = 'held'`, [feeds[0]?.id]);
  const { id: accountId } = await db.one<{ id: string }>('select id from accounts where email = $1', [email]);
  const newsletter = { name: harbour.name, siteUrl: null, postalAddress: harbour.postalAddress };
  const mails: { subject?: string; html: string; text: string }[] = [
    ...(await db.query<{ subject: string; html: string; text: string }>(
      'select subject, html, text from variants',
    )),
    await renderConfirmation({ newsletterName: 'A', confirmUrl: `${baseUrl}/confirm/x`, language: 'en' }),
    await renderNotice(notice, harbour, 'en'),
    ...(await Promise.all(
      (['old', 'new'] as const).map((end) =>
        renderAddressMail({
          end,
          newsletter,
          newAddress: 'b@example.org',
          url: `${baseUrl}/x`,
          language: 'en',
        }),
      ),
    )),
  ];
  const kinds = new Set<string>();
  const subjectIds = [...made.issueIds, ...feeds.map(({ id }) => id)];
  const event = eventId({ at: new Date(), browser: 'Firefox', system: 'Linux' });
  for (const [kind, render] of Object.entries(accountMailRenderers(deps)))
    for (const subjectId of kind in eventMails(deps) ? [event] : subjectIds) {
      const mail = await render({ subjectId, accountId });
      if (mail === undefined) continue;
      kinds.add(kind);
      mails.push({ subject: mail.subject, html: mail.html ?? '', text: mail.text });
    }
  expect([...kinds]).toEqual(expect.arrayContaining(['review', 'feed-held', 'feed-gone', 'feed-failing']));
  for (const { subject = '', html, text } of mails)
    for (const part of [subject, textOf(html), text]) expect(around(part, raw)).toEqual([]);
});

test('no command prints the code of a state', async () => {
  const raw = await rawWords();
  const before = { ...process.env };
  process.env['DATABASE_URL'] = database.url;
  process.env['DATA_DIR'] = await temporaryFolder();
  const printed: string[] = [];
  const out = {
    json: false,
    result: (_: unknown, lines: string | readonly string[]) => void printed.push([lines].flat().join('\n')),
    note: (text: string) => void printed.push(text),
    progress: () => ({ update: () => undefined, end: () => undefined }),
  };
  const commands = [...issueCommands, ...reviewCommands, ...feedCommands];
  const run = async (name: string, args: string[] = []) => {
    const command = commands.find((one) => one.name === name);
    expect(await command?.run({ args, values: { newsletter: made.newsletterId, limit: 50 }, out })).toBe(0);
  };
  try {
    await run('issue list');
    await run('feed list');
    for (const id of made.issueIds.slice(0, 6)) await run('issue show', [id]);
  } finally {
    process.env = before;
  }
  const report = await getImport(database, made.importId);
  printed.push(...(report ? reportOf(report) : []));
  expect(printed.join('\n')).toContain('every reader has already had every post');
  expect(around(printed.join('\n'), raw)).toEqual([]);
  // Without npx the shell does not find the command that a hint names.
  expect(printed.join('\n')).not.toMatch(/(?<!npx )daily-digest (?:issue|feed|subscribers)/);
});
