// Undo of an import before any mail: it removes new rows and restores changed rows.
import type { Newsletter } from '../../src/newsletters/schema.js';
import { addressHash } from '../../src/subscribers/address.js';
import { getImport } from '../../src/imports/get-import.js';
import { runImport } from '../../src/imports/run-import.js';
import { addSuppression } from '../../src/subscribers/suppressions.js';
import { requestUndoImport } from '../../src/imports/undo-import.js';
import { undoImport } from '../../src/people/undo-import.js';
import { unsubscribe } from '../../src/preferences/unsubscribe.js';
import { updateSubscriber } from '../../src/subscribers/update-subscriber.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { useDatabase } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';
import { imported, importDeps, start, statuses, type ImportOptions } from './import-support.js';
import { secrets } from '../support/site.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const database = useDatabase();
let newsletter: Newsletter;

beforeEach(async () => {
  await database.db.change('delete from subscribers');
  await database.db.change('delete from suppressions');
  newsletter = await makeNewsletter(database.db);
});

const deps = () => importDeps(database.db);
const take = (body: string, options?: ImportOptions) => imported(database.db, newsletter.id, body, options);

async function undo(importId: string) {
  const asked = await requestUndoImport(deps(), { importId });
  if (asked.status !== 'accepted') throw new Error(asked.status);
  await undoImport(deps(), { importId });
  return (await getImport(deps(), importId))?.undo;
}

const subscriptionOf = async (email: string) =>
  database.db.one<{ id: string; subscriberId: string }>(
    `select s.id, s.subscriber_id from subscriptions s join subscribers r on r.id = s.subscriber_id
     where r.address = $1 and s.newsletter_id = $2`,
    [email, newsletter.id],
  );

/** The current state of everything that an import may change. */
const everything = () =>
  database.db.query(
    `select r.address, r.name, s.confirmed_at, s.unsubscribed_at, s.expired_at, s.requested_at,
       u.reason from subscribers r left join subscriptions s on s.subscriber_id = r.id
     left join suppressions u on u.address_hash = r.address_hash order by r.address_key`,
  );

test('removes the readers that it created, and restores those that it changed', async () => {
  await take(
    'email,name,status\nada@example.org,Ada,active\nbob@example.org,Bob,pending\ncarl@example.org,,unsubscribed\n',
  );
  const other = await makeNewsletter(database.db);
  await imported(database.db, other.id, 'email\ndora@example.org\n');
  const before = await everything();
  const done = await take(
    [
      'email,name,status',
      'ada@example.org,Countess,unsubscribed',
      'bob@example.org,,active',
      'carl@example.org,,active',
      'dora@example.org,Dora,active',
      'emil@example.org,Emil,active',
      'fred@example.org,,bounced',
      // These readers are twice in the file, and the import changes them twice.
      ...Array.from({ length: 5000 }, (_, n) => `r${n}@example.org,,active`),
      'emil@example.org,Emile,unsubscribed',
      'bob@example.org,Robert,unsubscribed',
    ].join('\n'),
  );
  expect(done).toMatchObject({ created: 5003, updated: 2 });
  expect(await undo(done.id)).toMatchObject({
    state: 'finished',
    removed: 5003,
    restored: 2,
    kept: 0,
    suppressionsLifted: 1,
    suppressionsKept: 0,
  });
  expect(await everything()).toEqual(before);
  // A second undo changes nothing.
  expect(await requestUndoImport(deps(), { importId: done.id })).toMatchObject({
    status: 'accepted',
    fresh: false,
  });
  expect(await undoImport(deps(), { importId: done.id })).toBe('not-to-do');
  expect(await everything()).toEqual(before);
  // The consent record names the undone import.
  const ada = await subscriptionOf('ada@example.org');
  const consents = await database.db.query(
    `select event, via, detail ->> 'undoneImportId' as undone from consents where subscription_id = $1 order by id`,
    [ada.id],
  );
  expect(consents.at(-1)).toEqual({ event: 'changed', via: 'import', undone: done.id });
  // The same file can be imported again.
  expect(await take('email\nemil@example.org\n')).toMatchObject({ created: 1 });
});

test('readers who have acted since stay as they are, and are counted', async () => {
  const done = await take(['left', 'chose', 'asleep'].map((name) => `${name}@example.org`).join('\n'));
  const left = await subscriptionOf('left@example.org');
  const token = signToken(secrets.derive('links'), 'unsubscribe', left.id);
  await unsubscribe(deps(), { token, via: 'one-click' });
  const chose = await subscriptionOf('chose@example.org');
  await updateSubscriber(deps(), {
    id: chose.subscriberId,
    via: 'console',
    newsletterId: newsletter.id,
    topics: ['Town'],
  });
  expect(await undo(done.id)).toMatchObject({ removed: 1, kept: 2 });
  expect(await statuses(database.db, newsletter.id)).toEqual({
    'left@example.org': 'unsubscribed',
    'chose@example.org': 'active',
  });
});

test('a suppression that something else wants too is not lifted', async () => {
  const names = ['alone', 'manual', 'bounced', 'again'];
  const done = await take(
    `email,status\n${names.map((name) => `${name}@example.org,suppressed\n`).join('')}`,
  );
  await addSuppression(deps(), { email: 'manual@example.org' });
  await take('email,status\nagain@example.org,bounced\n');
  const bounced = await subscriptionOf('bounced@example.org');
  const other = await makeNewsletter(database.db);
  const issue = await database.db.one<{ id: string }>(
    `insert into issues (newsletter_id, kind, slot, review) values ($1, 'manual', now(), 'auto') returning id`,
    [other.id],
  );
  await database.db.change(
    `insert into deliveries (issue_id, subscriber_id, subscription_id, variant_id, batch, state, read_from)
     values ($3, $1, $2, 1, 1, 'bounced', 0)`,
    [bounced.subscriberId, bounced.id, issue.id],
  );
  expect(await undo(done.id)).toMatchObject({ suppressionsLifted: 1, suppressionsKept: 3 });
  const hashes = names
    .slice(1)
    .map((name) => addressHash(secrets.derive('address-hash'), `${name}@example.org`));
  const kept = await database.db.query<{ addressHash: Buffer }>('select address_hash from suppressions');
  expect(kept.map(({ addressHash: hash }) => hash.toString('hex')).toSorted()).toEqual(
    hashes.map((hash) => hash.toString('hex')).toSorted(),
  );
});

test('a running import stops, and its changes are undone', async () => {
  const body = `email\n${Array.from({ length: 12_000 }, (_, n) => `reader${n}@example.org`).join('\n')}`;
  const importId = await start(database.db, newsletter.id, body);
  let asked: Promise<unknown> | undefined;
  const result = await runImport(
    { ...deps(), onProgress: () => void (asked ??= requestUndoImport(deps(), { importId })) },
    { importId },
  );
  await asked;
  expect(result).toBe('not-to-do');
  expect(await undoImport(deps(), { importId })).toBe('finished');
  expect(await getImport(deps(), importId)).toMatchObject({
    state: 'failed',
    failure: expect.stringMatching(/Undone/) as string,
    undo: { state: 'finished', kept: 0 },
  });
  const { count } = await database.db.one<{ count: number }>(
    `select (select count(*) from subscribers)::int + (select count(*) from import_chunks)::int as count`,
  );
  expect(count).toBe(0);
});

test('continues where a dead worker stopped; one of two workers does it', async () => {
  await take('email,name\nreader1@example.org,Before\n');
  const lines = Array.from({ length: 9000 }, (_, n) => `reader${n}@example.org,After`);
  const done = await take(`email,name\n${lines.join('\n')}`);
  await requestUndoImport(deps(), { importId: done.id });
  let lots = 0;
  const dying = undoImport(
    {
      ...deps(),
      onProgress() {
        lots += 1;
        if (lots === 2) throw new Error('the worker died');
      },
    },
    { importId: done.id },
  );
  await expect(dying).rejects.toThrow('died');
  const results = await Promise.all([1, 2].map(() => undoImport(deps(), { importId: done.id })));
  expect(results).toContain('finished');
  expect((await getImport(deps(), done.id))?.undo).toMatchObject({ removed: 8999, restored: 1, kept: 0 });
  expect(await database.db.query('select address, name from subscribers')).toEqual([
    { address: 'reader1@example.org', name: 'Before' },
  ]);
});

test('a dry run, an unknown import and a forgotten one cannot be undone', async () => {
  const dry = await take('email\nada@example.org\n', { dryRun: true });
  expect(await requestUndoImport(deps(), { importId: dry.id })).toMatchObject({ code: 'nothing-to-undo' });
  expect(await requestUndoImport(deps(), { importId: '999999' })).toEqual({ status: 'not-found' });
  expect(await requestUndoImport(deps(), { importId: 'x' })).toEqual({ status: 'not-found' });
  const old = await take('email\nada@example.org\n');
  await database.db.change('update imports set rows_forgotten_at = now() where id = $1', [old.id]);
  expect(await requestUndoImport(deps(), { importId: old.id })).toMatchObject({ code: 'too-late' });
});
