// Undo of an import after some of its readers were mailed.
import type { Newsletter } from '../../src/newsletters/schema.js';
import { getImport } from '../../src/imports/get-import.js';
import { requestUndoImport } from '../../src/imports/undo-import.js';
import { undoImport } from '../../src/people/undo-import.js';
import { closeAfterAll, useDatabase, useSite } from '../support/fixture.js';
import {
  assembleDeps,
  deliveryDeps,
  fanOutNext,
  ledger,
  makeNewsletter,
  makePosts,
  sendAll,
  type Bench,
} from '../support/newsroom.js';
import { startSink, type Sink } from '../support/smtp-sink.js';
import { waitUntil } from '../support/wait.js';
import { imported, importDeps, statuses } from './import-support.js';
import { subscriptionOf } from '../support/site.js';

const database = useDatabase();
const site = useSite(database);
let relay: Sink;
let worker: Bench;
let newsletter: Newsletter;

beforeAll(async () => {
  relay = await startSink();
  worker = await deliveryDeps(database.db, relay.url);
});
beforeEach(async () => {
  await database.db.change('delete from subscribers');
  newsletter = await makeNewsletter(database.db);
  await makePosts(database.db, newsletter.id, 2);
  relay.clear();
});
closeAfterAll(async () => {
  await worker.close();
  await relay.close();
});

const [ann, ben, cyd] = ['ann@example.org', 'ben@example.org', 'cyd@example.org'] as const;
const file = `email\n${ann}\n${ben}\n${cyd}\n`;
const take = (body = file) => imported(database.db, newsletter.id, body);
const now = () => statuses(database.db, newsletter.id);

async function prepareIssue(): Promise<string> {
  return fanOutNext(assembleDeps(database.db), newsletter.id);
}

async function undo(importId: string) {
  const deps = importDeps(database.db);
  await requestUndoImport(deps, { importId });
  await undoImport(deps, { importId });
  return (await getImport(deps, importId))?.undo;
}

/** The link in the last mail to an address, moved to the test's site. */
async function linkTo(address: string): Promise<string> {
  const mail = await relay.messagesTo(address).at(-1)?.parsed();
  const header = mail?.headers.find(({ key }) => key === 'list-unsubscribe')?.value ?? '';
  const [, path = ''] = /<https:\/\/[^/]+(\/[^>]+)>/.exec(header) ?? [];
  return `${site.url}${path}`;
}

// One-click unsubscribe: RFC 8058.
const oneClick = async (address: string) =>
  fetch(await linkTo(address), { method: 'POST', body: new URLSearchParams('List-Unsubscribe=One-Click') });

test('mailed readers are unsubscribed, and leaving by that mail lasts; the others can be imported again', async () => {
  const done = await take();
  await sendAll(worker, await prepareIssue());
  await relay.waitFor(3);
  expect(await undo(done.id)).toMatchObject({ removed: 0, restored: 0, kept: 3, ended: 3 });
  expect(await now()).toEqual({ [ann]: 'unsubscribed', [ben]: 'unsubscribed', [cyd]: 'unsubscribed' });
  const { id } = await subscriptionOf(database.db, newsletter.id, ann);
  const [last] = await database.db.query(
    `select event, via, detail from consents where subscription_id = $1 order by id desc limit 1`,
    [id],
  );
  expect(last).toEqual({ event: 'unsubscribed', via: 'import', detail: { undoneImportId: done.id } });

  // Ann leaves by her mail program's button. Ben leaves on the page, which asks him first as usual.
  expect((await oneClick(ann)).status).toBe(200);
  const page = await fetch(await linkTo(ben));
  expect(await page.text()).toMatch(/<button/);
  await fetch(await linkTo(ben), { method: 'POST' });
  expect((await subscriptionOf(database.db, newsletter.id, ann)).events).toEqual([
    'imported',
    'unsubscribed',
    'unsubscribed',
  ]);

  const again = await take();
  expect(again.outcomes).toEqual({ 'unsubscribed-before': 2, updated: 1 });
  expect(await now()).toEqual({ [ann]: 'unsubscribed', [ben]: 'unsubscribed', [cyd]: 'active' });
  // The second import can be undone in turn, and the file imported a third time.
  expect(await undo(again.id)).toMatchObject({ restored: 1, kept: 0, ended: 0 });
  expect((await now())[cyd]).toBe('unsubscribed');
  await take();
  expect((await now())[cyd]).toBe('active');
});

test('a file that says they left outlasts the undo as well', async () => {
  const done = await take();
  await sendAll(worker, await prepareIssue());
  await undo(done.id);
  await take(`email,status\n${ann},unsubscribed\n`);
  await take();
  expect(await now()).toEqual({ [ann]: 'unsubscribed', [ben]: 'active', [cyd]: 'active' });
});

test('a reader who signed up here, was confirmed by the import and mailed, is unsubscribed too', async () => {
  await take(`email,status\n${ann},pending\n`);
  const done = await take();
  await sendAll(worker, await prepareIssue());
  expect(await undo(done.id)).toMatchObject({ removed: 0, restored: 0, kept: 3, ended: 3 });
  expect((await now())[ann]).toBe('unsubscribed');
});

test('a queued reader is removed and not mailed, unless a worker has already claimed them', async () => {
  const done = await take();
  const issueId = await prepareIssue();
  let undoing: ReturnType<typeof undo> | undefined;
  await database.db.transaction(async (claim) => {
    await claim.change(
      `update deliveries set state = 'sending' where issue_id = $1 and subscriber_id =
         (select id from subscribers where address = $2)`,
      [issueId, ann],
    );
    undoing = undo(done.id);
    await waitUntil(async () => {
      const waiting = await database.db.query(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return waiting.length > 0;
    });
  });
  expect(await undoing).toMatchObject({ removed: 2, kept: 1, ended: 1 });
  expect(await ledger(database.db, issueId)).toEqual({ sending: 1, excluded: 2 });
  expect(await now()).toEqual({ [ann]: 'unsubscribed' });
  await sendAll(worker, issueId);
  expect(relay.messages).toEqual([]);
});

test('when the records of who was mailed are gone, no reader is removed', async () => {
  const done = await take();
  const issueId = await prepareIssue();
  await database.db.change('delete from deliveries where issue_id = $1', [issueId]);
  await database.db.change('update issues set deliveries_forgotten_at = now() where id = $1', [issueId]);
  expect(await undo(done.id)).toMatchObject({ removed: 0, kept: 3, ended: 3 });
});
