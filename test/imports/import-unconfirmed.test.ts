// Unconfirmed readers of an old list get no unexpected mail. A request expires after seven days
// (docs/mail-rules.md), also if it was made elsewhere.
import type { Newsletter } from '../../src/newsletters/schema.js';
import { listImportRows } from '../../src/imports/get-import.js';
import { enqueueUnsentConfirmations } from '../../src/joining/resume-confirmations.js';
import { useDatabase } from '../support/fixture.js';
import { makeNewsletter, rememberingQueue } from '../support/newsroom.js';
import { imported, importDeps, statuses, type ImportOptions } from './import-support.js';

const database = useDatabase();
let newsletter: Newsletter;

beforeEach(async () => {
  await database.db.change('delete from subscribers');
  newsletter = await makeNewsletter(database.db);
});

const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString();
const file = [
  'email,subscription_ip,confirmation_ip,subscription_time,global_status',
  `old@example.org,192.0.2.1,,2019-05-06 07:08:09,unconfirmed`,
  `week@example.org,192.0.2.1,,${day(7.1)},unconfirmed`,
  `new@example.org,192.0.2.1,,${day(6.5)},unconfirmed`,
  `when@example.org,,,,unconfirmed`,
  `ann@example.org,,,2019-05-06 07:08:09,subscribed`,
].join('\n');
const take = (body: string, options?: ImportOptions) => imported(database.db, newsletter.id, body, options);

/** How many readers the sweep asks to confirm. */
async function asked(): Promise<number> {
  return enqueueUnsentConfirmations({ ...importDeps(database.db), enqueue: rememberingQueue().enqueue });
}

test('only readers who signed up in the last seven days get a confirmation mail', async () => {
  const dry = await take(file, { dryRun: true });
  expect(dry).toMatchObject({ source: 'mailpoet', toConfirm: 1 });
  const done = await take(file);
  expect(done).toMatchObject({ toConfirm: 1, statuses: { active: 1, pending: 1, expired: 3 } });
  expect(await statuses(database.db, newsletter.id)).toEqual({
    'old@example.org': 'expired',
    'week@example.org': 'expired',
    'new@example.org': 'pending',
    'when@example.org': 'expired',
    'ann@example.org': 'active',
  });
  expect(await asked()).toBe(1);
  const rows = await listImportRows(importDeps(database.db), { importId: dry.id, limit: 5 });
  expect(rows?.data.map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/more than seven days/),
    expect.stringMatching(/more than seven days/),
    null,
    expect.stringMatching(/since an unknown date/),
    null,
  ]);
  // A new name does not make the sweep ask the reader again.
  const named = 'email,name,status\nnew@example.org,New,pending\n';
  expect(await take(named, { asksAll: true })).toMatchObject({ updated: 1, toConfirm: 0 });
});

test('all of them, if the publisher wants that', async () => {
  expect(await take(file, { asksAll: true })).toMatchObject({
    toConfirm: 4,
    statuses: { active: 1, pending: 4 },
  });
  expect(await asked()).toBe(4);
});

test('rows that do not say, if the publisher calls them pending', async () => {
  const body = 'email,status,created_at\nann@example.org,,2019-05-06\nbob@example.org,pending,2019-05-06\n';
  expect(await take(body, { status: 'pending' })).toMatchObject({ toConfirm: 1 });
  expect(await statuses(database.db, newsletter.id)).toEqual({
    'ann@example.org': 'pending',
    'bob@example.org': 'expired',
  });
  expect(await asked()).toBe(1);
});
