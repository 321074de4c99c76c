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
import { translator } from '../../src/languages/translate.js';
import { kindKeys } from '../../src/feedback/kind-keys.js';
import { openSecrets } from '../../src/secrets.js';
import { harbour, notice } from '../digest/notice-sample.js';
import { eventId } from '../../src/team/account-event.js';
import { eventMails } from '../../src/team/event-mail.js';
import { temporaryFolder } from '../support/database.js';
import { shared, useApp, useDatabase } from '../support/fixture.js';
import { baseUrl, secretKey } from '../support/newsroom.js';
import { makeAccount, visitor } from './browser-session.js';
import { makeEverything } from './every-state.js';

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

const made = shared(async () => ({ ...(await makeEverything(database.db)), close: () => Promise.resolve() }));

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
      ...cells.filter((cell) => (cell in kindKeys && cell !== 'none') || ['google', 'others'].includes(cell)),
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
  for (const key of Object.values(kindKeys)) expect(said).toContain(translator('en').t(key));
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
