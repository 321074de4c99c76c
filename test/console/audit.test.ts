// Owners read in the audit log who did what, in words with names, and take it as a file.
import { readdirSync, readFileSync } from 'node:fs';
import { auditActions, isAuditAction } from '../../src/accounts/audit-actions.js';
import { createApiKey } from '../../src/accounts/api-keys.js';
import { findAudit, recordAudit } from '../../src/accounts/audit.js';
import type { Actor } from '../../src/accounts/permission.js';
import { packageRoot } from '../../src/config/environment.js';
import { kindNames, sentences } from '../../src/console/audit/sentences.js';
import type { Db } from '../../src/db.js';
import { languages } from '../../src/languages/language.js';
import { translator } from '../../src/languages/translate.js';
import { explained, type Reading } from '../support/explained.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter, makeReaders } from '../support/newsroom.js';
import { makeAccount, visitor, type Page, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database);
let owner: Visitor;
let newsletterId: string;
let subscriberId: string;

beforeAll(async () => {
  newsletterId = (await makeNewsletter(database.db, { name: 'The Harbour Post' })).id;
  await makeReaders(database.db, newsletterId, 2);
  subscriberId = (await database.db.one<{ id: string }>('select min(id)::text as id from subscribers')).id;
  owner = visitor(app.url);
  await owner.signIn(await makeAccount(database.db, 'owner'));
});

const record = (
  actor: Actor,
  action: Parameters<typeof recordAudit>[1]['action'],
  subject?: string,
  at = new Date(),
) => recordAudit({ db: database.db, now: () => at }, { actor, action, subject });

const cli: Actor = { kind: 'cli', role: 'owner' };

/** The rows of the page's table, each as its cells. */
const rowsOf = ({ text }: Page): string[][] =>
  [...text.matchAll(/<tr>(\s*<td.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell = '']) =>
      cell.replaceAll(/<[^>]*>/g, '').trim(),
    ),
  );

test('every action in the code has a sentence in each language, and no sentence shows a code', () => {
  const sources = readdirSync(new URL('src/', packageRoot), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(new URL(`src/${file}`, packageRoot), 'utf8'));
  const written = sources.flatMap((source) =>
    source.includes('audit')
      ? [...source.matchAll(/\b(?:action|audit): '([a-z-]+\.[a-z-]+)'/g)].map(([, action = '']) => action)
      : [],
  );
  expect(written.length).toBeGreaterThan(40);
  expect(written.filter((action) => !isAuditAction(action))).toEqual([]);
  for (const language of languages) {
    const { t } = translator(language);
    for (const key of Object.values(kindNames)) expect(t(key)).not.toMatch(/[_.]/);
    for (const action of Object.values(auditActions).flat()) {
      const said = t(sentences[action], { who: 'Ada' });
      expect(said).toContain('Ada');
      expect(said).not.toContain(action);
    }
  }
});

test('an entry says who did what to whom, by name', async () => {
  const { key } = await createApiKey(database, { name: 'The shop', role: 'editor' });
  await record(cli, 'newsletter.change', `newsletter:${newsletterId}`);
  await record(
    { kind: 'key', id: key.id, role: 'editor' },
    'subscriber.change',
    `subscriber:${subscriberId}`,
  );
  await owner.get(`/console/subscribers/${subscriberId}`);
  await owner.post(`/console/subscribers/${subscriberId}/erase`);
  const page = await owner.get('/console/audit');
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect(rowsOf(page).map(([, ...cells]) => cells)).toEqual([
    ['owner@example.org erased a reader', `an erased reader (No. ${subscriberId})`, '–'],
    ['The API key “The shop” changed a reader', `an erased reader (No. ${subscriberId})`, '–'],
    ['The command line changed the settings of a newsletter', 'The Harbour Post', '–'],
    ['owner@example.org signed in', '–', '–'],
  ]);
  expect(page.text).toContain('href="/console/newsletters/the-harbour-post"><bdi>The Harbour Post');
});

test('a failed sign-in names its caller, and a sign-out its account', async () => {
  const other = visitor(app.url);
  await other.signIn('owner@example.org', 'wrong password');
  await other.signIn('owner@example.org');
  await other.get('/console');
  await other.post('/console/sign-out');
  const rows = rowsOf(await owner.get('/console/audit?kind=signingIn'));
  expect(rows.slice(0, 3).map(([, ...cells]) => cells)).toEqual([
    ['owner@example.org signed out', '–', '–'],
    ['owner@example.org signed in', '–', '–'],
    ['Someone failed to sign in', 'owner@example.org', 'From this machine'],
  ]);
});

test('a person, a kind of act and a period are filters, and a page leads to the next', async () => {
  const day = (text: string) => new Date(`${text}T12:00:00Z`);
  for (let number = 0; number < 60; number += 1)
    await record(cli, 'post.change', undefined, day('2020-05-02'));
  await record(cli, 'feed.add', undefined, day('2020-05-03'));
  const whatOf = (page: Page) => rowsOf(page).map(([, what]) => what);
  const first = await owner.get('/console/audit?person=cli&kind=posts&from=2020-05-01&to=2020-05-02');
  expect(whatOf(first)).toEqual(Array.from({ length: 50 }, () => 'The command line changed a post'));
  const next = /<a class="button" href="([^"]*before&#x3D;[^"]*)">Older/.exec(first.text)?.[1] ?? '';
  const second = await owner.get(next.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='));
  expect(whatOf(second)).toHaveLength(10);
  expect(second.text).not.toContain('Older');
  expect(whatOf(await owner.get('/console/audit?from=2020-05-03&to=2020-05-03'))).toEqual([
    'The command line added a feed',
  ]);
  expect((await owner.get('/console/audit?person=account:999')).text).toContain('No entry matches');
  expect((await owner.get('/console/audit?person=%27&kind=x&from=2020-13-01&before=x')).status).toBe(200);
});

test('the file holds the same sentences, and is itself an entry', async () => {
  const file = await owner.get('/console/audit.csv?kind=erasures');
  expect(file.headers.get('content-disposition')).toContain('audit-log.csv');
  expect(file.text.split('\r\n')).toEqual([
    'When (UTC),Who did what,About,Details,Entry',
    expect.stringMatching(
      /^20\S+Z,owner@example\.org erased a reader,an erased reader \(No\. \d+\),,\d+$/,
    ) as string,
    '',
  ]);
  expect(rowsOf(await owner.get('/console/audit?kind=exports'))[0]?.[1]).toBe(
    'owner@example.org exported the audit log',
  );
});

test('only owners see the log, and only they find it in the rail', async () => {
  for (const role of ['editor', 'viewer'] as const) {
    const other = visitor(app.url);
    await other.signIn(await makeAccount(database.db, role));
    const refused = await other.get('/console/audit');
    expect([role, refused.status]).toEqual([role, 403]);
    expect(refused.text).toContain('This page is for owners.');
    expect((await other.get('/console')).text).not.toContain('/console/audit');
  }
  expect((await owner.get('/console')).text).toContain('href="/console/audit"');
});

test('a page of a rare act or person reads no other entries', async () => {
  const { db } = database;
  await db.query(
    `insert into audit (actor, action) select 'account:' || (1 + n % 2), 'post.change'
     from generate_series(1, 3000) n`,
  );
  const found: Reading[] = [];
  const seen: Db = explained(db, (reading) => reading.discarded > 200 && found.push(reading));
  for (const filter of [
    { actions: auditActions.erasures },
    { actor: 'cli' },
    { actor: 'cli', actions: auditActions.issues },
    { actor: 'account:1', actions: auditActions.exports },
    { from: new Date('2020-05-01'), to: new Date('2020-05-03') },
  ])
    await findAudit(seen, { ...filter, limit: 51 });
  expect(found).toEqual([]);
});
