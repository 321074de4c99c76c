// The list of issues, filtered by state.
import { issueStatuses } from '../../src/console/state-words.js';
import { listIssueRows } from '../../src/issues/issue.js';
import { issueStatus } from '../../src/issues/status.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';
import { makeEverything } from './every-state.js';

const database = useDatabase();
const app = useApp(database);
const path = '/console/newsletters/every-state/issues';
let newsletterId: string;
let owner: Visitor;

beforeAll(async () => {
  newsletterId = (await makeEverything(database.db)).newsletterId;
  owner = visitor(app.url);
  await owner.signIn(await makeAccount(database.db, 'owner'));
});

test('each issue is in the list of its own state and in no other', async () => {
  const { db } = database;
  const all = await listIssueRows(db, { newsletterId, limit: 100 });
  expect(all.length).toBeGreaterThan(10);
  const found: string[] = [];
  for (const status of issueStatuses)
    for (const row of await listIssueRows(db, { newsletterId, status, limit: 100 }))
      found.push(`${row.id} ${status}`);
  expect(found.toSorted()).toEqual(all.map((row) => `${row.id} ${issueStatus(row)}`).toSorted());
});

/** The page with its attributes as a browser reads them. */
const textOf = async (address: string): Promise<string> =>
  (await owner.get(address)).text.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&');

const idsOn = (text: string): string[] => [
  ...new Set([...text.matchAll(/href="\/console\/issues\/(\d+)"/g)].map(([, id]) => id ?? '')),
];

test('the page filters, says which state it shows, and an empty state leads back', async () => {
  const rows = await listIssueRows(database.db, { newsletterId, status: 'skipped', limit: 100 });
  const text = await textOf(`${path}?status=skipped`);
  expect(idsOn(text)).toEqual(rows.map(({ id }) => id));
  expect(text).toContain(`href="${path}?status=skipped" aria-current="true"`);
  const none = await textOf(`${path}?status=finished`);
  expect([idsOn(none), none.includes('No issue is in this state')]).toEqual([[], true]);
  // An unknown state filters nothing.
  expect(idsOn(await textOf(`${path}?status=x`)).length).toBeGreaterThan(rows.length);
});

test('the next page keeps the state', async () => {
  await database.db.change(
    `insert into issues (newsletter_id, kind, slot, review, skipped_at, skip_reason)
     select $1, 'manual', now() - n * interval '1 hour', 'auto', now(), 'nothing-new' from generate_series(1, 60) n`,
    [newsletterId],
  );
  const text = await textOf(`${path}?status=skipped`);
  const next = /href="(\?status=skipped&before=\d+)"/.exec(text)?.[1] ?? '';
  const second = await textOf(`${path}${next}`);
  const both = [...idsOn(text), ...idsOn(second)];
  expect([both.length, new Set(both).size]).toEqual([64, 64]);
});
