// Owners see how mail leaves, which addresses get none, and which programs have a key.
import { createAccount } from '../../src/accounts/create-account.js';
import { readConfig } from '../../src/config/environment.js';
import { relayView } from '../../src/console/delivery/relay-view.js';
import type { Db } from '../../src/db.js';
import { translator } from '../../src/languages/translate.js';
import {
  latestSuppressions,
  listSuppressions,
  suppressBounced,
  suppressComplained,
} from '../../src/subscribers/suppressions.js';
import { openSecrets } from '../../src/secrets.js';
import { explained, type Reading } from '../support/explained.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { evidence, issueFor, makeNewsletter, secretKey } from '../support/newsroom.js';
import { makeAccount, password, visitor, type Page, type Visitor } from './browser-session.js';

const database = useDatabase();
// Nothing listens on port 1.
const { relays = [] } = readConfig({ SMTP_URL: 'smtp://127.0.0.1:1?rate=20&connections=5' });
const app = useApp(database, { settings: { relays } });
let owner: Visitor;

beforeAll(async () => {
  await makeNewsletter(database.db, { confirm: 'imported-only' });
  owner = visitor(app.url);
  await owner.signIn(await makeAccount(database.db, 'owner'));
});

const suppressions = '/console/delivery/suppressions';
const addressesOn = ({ text }: Page): string[] =>
  [...text.matchAll(/<a href="\/console\/subscribers\/\d+"><bdi>([^<]*)</g)].map(([, email]) => email ?? '');
const idOf = async (reason: string): Promise<string> => {
  const { hash } = await database.db.one<{ hash: Buffer }>(
    'select address_hash as hash from suppressions where reason = $1',
    [reason],
  );
  return hash.toString('base64url');
};
const lastAct = () => database.db.one('select action, detail from audit order by id desc limit 1');

test('a test of a relay says why it cannot be used, and what to do', async () => {
  const before = await owner.get('/console/delivery');
  expect(before.text).toContain('no worker reports');
  expect(before.text).toContain('at most 20 a second');
  const tested = await owner.post('/console/delivery/test', { relay: '127.0.0.1:1' });
  expect([tested.status, tested.location]).toEqual([303, '/console/delivery?tested=127.0.0.1%3A1']);
  const page = await owner.get(tested.location ?? '');
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect(page.text).toMatch(/The mail server 127\.0\.0\.1:1 cannot be used: .+\./);
  const evil = await owner.post('/console/delivery/test', { relay: 'evil.example:25' });
  expect([evil.status, evil.location]).toEqual([303, '/console/delivery']);
});

test('a relay shows what the workers say of it', () => {
  const [relay] = relays;
  const seen =
    relay &&
    relayView(
      relay,
      {
        circuits: [
          { relay: relay.name, state: 'closed', workers: 2 },
          { relay: relay.name, state: 'open', workers: 1 },
          { relay: 'another:25', state: 'open', workers: 9 },
        ],
        connections: [{ relay: relay.name, share: 5, used: 4 }],
        troubles: [{ relay: relay.name, trouble: '421 too busy', asked: null }],
      },
      translator('en'),
    );
  expect(seen).toMatchObject({
    badge: 'failed',
    state: 'in trouble, for 1 of 3 workers',
    connections: '4 of 5 can be used now',
    trouble: { words: '421 too busy', isForeign: true },
  });
});

test('suppressions are found by address and reason, and lifted with a trace', async () => {
  const readers = '/console/newsletters/the-daily-test/readers';
  for (const email of ['ada@example.org', 'bea@example.org', 'cleo@example.org']) {
    await owner.get(`${readers}/new`);
    await owner.post(readers, { email, name: '', basis: 'asked at the fair' });
  }
  const [first, second, third] = await database.db.query<{ id: string; address: string }>(
    'select id::text as id, address from subscribers order by id',
  );
  for (const { id } of [first, second].flatMap((one) => one ?? [])) {
    await owner.get(`/console/subscribers/${id}`);
    await owner.post(`/console/subscribers/${id}/${id === first?.id ? 'suppress' : 'erase'}`, {
      note: 'by phone',
    });
  }
  await suppressComplained(database.db, {
    subscriberId: third?.id ?? '',
    evidence: evidence('a report'),
    at: new Date(),
  });
  const all = await owner.get(suppressions);
  expect(addressesOn(all)).toEqual([third?.address, first?.address]);
  expect(all.text).toContain('known by its hash only');
  expect(addressesOn(await owner.get(`${suppressions}?reason=complaint`))).toEqual([third?.address]);
  expect(addressesOn(await owner.get(`${suppressions}?email=${first?.address}`))).toEqual([first?.address]);
  // An erased reader is found by the address, as long as one knows it.
  expect((await owner.get(`${suppressions}?email=${second?.address}`)).text).toContain('data erased');
  expect((await owner.get(`${suppressions}?email=nobody@example.org`)).text).toContain(
    'No suppressed address matches',
  );

  for (const reason of ['complaint', 'erasure']) {
    const path = `${suppressions}/${await idOf(reason)}/lift`;
    expect((await owner.post(path)).location).toBe(`${suppressions}?notice=suppression-stays`);
    expect((await owner.get(`${suppressions}?notice=suppression-stays`)).text).toContain('a note is needed');
    expect((await owner.post(path, { note: 'wrote a letter' })).location).toContain(
      'suppression-lifted-here',
    );
    expect(await lastAct()).toEqual({ action: 'suppression.remove', detail: { note: 'wrote a letter' } });
    expect((await owner.post(path, { note: 'again' })).location).toContain('suppression-gone');
  }
  expect((await owner.post(`${suppressions}/${await idOf('manual')}/lift`)).location).toContain(
    'suppression-lifted-here',
  );
});

test('an address that is no reader’s is suppressed from the list', async () => {
  const refused = await owner.post(suppressions, { address: 'nobody', note: 'on the phone' });
  expect(refused.status).toBe(422);
  expect(refused.text).toMatch(/id="address"[^>]* value="nobody" aria-invalid="true"/);
  expect(refused.text).toContain('value="on the phone"');
  const done = await owner.post(suppressions, { address: 'Never@Mail.example', note: 'on the phone' });
  expect(done.location).toBe(`${suppressions}?notice=reader-suppressed`);
  const { text } = await owner.get(`${suppressions}?email=never@mail.example`);
  expect(text).toContain('on the phone');
  expect(text).toContain('suppressed by hand');
  expect(await database.db.one('select action from audit order by id desc limit 1')).toEqual({
    action: 'suppression.add',
  });
});

test('a page of suppressions reads its own rows only, and each page follows the one before', async () => {
  const { db } = database;
  await db.query(
    `insert into suppressions (address_hash, reason, created_at) select sha256(n::text::bytea),
       case when n % 100 = 0 then 'imported' else 'bounce' end, $1::timestamptz + n / 7 * interval '1 minute' from generate_series(1, 2000) n`,
    ['2025-01-01T00:00:00Z'],
  );
  const found: Reading[] = [];
  const seen: Db = explained(db, (reading) => reading.discarded > 100 && found.push(reading));
  const deps = { db: seen, secrets: openSecrets(secretKey) };
  const ids: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await latestSuppressions(deps, { reason: 'imported', cursor, limit: 7 });
    ids.push(...page.data.map(({ id }) => id));
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  expect([ids.length, new Set(ids).size]).toEqual([20, 20]);
  await latestSuppressions(deps, { limit: 50 });
  await latestSuppressions(deps, { email: 'nobody@example.org', limit: 50 });
  expect(found).toEqual([]);
  expect((await owner.get(`${suppressions}?cursor=x&reason=y`)).status).toBe(200);
});

test('what came back is counted by kind and provider', async () => {
  expect((await owner.get('/console/delivery/returns')).text).toContain('Nothing takes in bounces');
  await database.db.query(
    `insert into feedback_totals (kind, provider, source, shard, count)
     values ('hard', 'google', 'smtp', 1, 40), ('hard', 'google', 'mail', 2, 2), ('complaint', 'yahoo', 'mail', 1, 1)`,
  );
  const rows = [...(await owner.get('/console/delivery/returns')).text.matchAll(/<tr><td.*?<\/tr>/gs)];
  expect(
    rows.map(([row]) =>
      row
        .replaceAll(/<[^>]*>/g, ' ')
        .trim()
        .split(/\s{2,}/),
    ),
  ).toEqual([
    ['The address does not exist', 'Gmail', '42'],
    ['The reader reported it as spam', 'Yahoo and AOL', '1'],
  ]);
});

test('the domains of the senders are listed for a check of their DNS', async () => {
  const { text } = await owner.get('/console/delivery/dns');
  expect(text).toContain('name="domain" value="news.example.org"');
  const evil = await owner.post('/console/delivery/dns', { domain: 'evil.example' });
  expect([evil.status, evil.location]).toEqual([303, '/console/delivery/dns']);
});

test('a key is shown once, works, and is revoked', async () => {
  await owner.get('/console/integrations');
  expect((await owner.post('/console/integrations', { name: ' ', role: 'editor', days: '30' })).status).toBe(
    422,
  );
  const made = await owner.post('/console/integrations', { name: 'The <shop>', role: 'viewer', days: '30' });
  const key = /<code id="new-key">(dd_[\w-]{43})</.exec(made.text)?.[1] ?? '';
  expect(made.headers.get('cache-control')).toBe('no-store');
  expect((await app.api('GET', '/newsletters', undefined, { key })).status).toBe(200);
  expect((await app.api('POST', '/newsletters', {}, { key })).status).toBe(403);
  const page = await owner.get('/console/integrations');
  expect(page.text).not.toContain(key);
  expect(page.text).toContain('The &lt;shop&gt;');
  const { id } = await database.db.one<{ id: string }>(
    `select id::text as id from api_keys where name = 'The <shop>' and expires_at between now() + interval '29 days' and now() + interval '31 days'`,
  );
  expect((await owner.post(`/console/integrations/${id}/revoke`)).location).toContain('key-revoked');
  expect((await app.api('GET', '/newsletters', undefined, { key })).status).toBe(401);
  expect(await lastAct()).toMatchObject({ action: 'api-key.revoke' });
});

test('these pages and their acts are for owners', async () => {
  for (const role of ['editor', 'viewer'] as const) {
    const other = visitor(app.url);
    await other.signIn(await makeAccount(database.db, role));
    for (const path of [
      '/console/delivery',
      '/console/delivery/dns',
      suppressions,
      '/console/delivery/returns',
      '/console/integrations',
    ])
      expect([role, path, (await other.get(path)).status]).toEqual([role, path, 403]);
    expect((await other.get('/console')).text).not.toContain('/console/delivery');
    for (const path of [
      '/console/delivery/test',
      '/console/delivery/dns',
      `${suppressions}/x/lift`,
      '/console/integrations',
      '/console/integrations/1/revoke',
    ])
      expect([role, path, (await other.post(path, { name: 'x', note: 'x' })).status]).toEqual([
        role,
        path,
        403,
      ]);
  }
});

test('the evidence is in the language of the account, beside the words of the server', async () => {
  const { db } = database;
  const { issueId } = await issueFor(db, 1, { posts: 1, name: 'Harbour' });
  const list = '/console/newsletters/the-daily-test/readers';
  await owner.get(`${list}/new`);
  for (const email of ['dan@example.org', 'eve@example.org'])
    await owner.post(list, { email, name: '', basis: 'asked at the fair' });
  const [first, second] = await db.query<{ id: string }>(
    `select id from subscribers where address in ('dan@example.org', 'eve@example.org') order by id`,
  );
  const reply = '550 5.1.1 <a@b.example>: no such user';
  await suppressBounced(db, [
    {
      subscriberId: first?.id ?? '',
      evidence: { issueId, what: { key: 'delivery.kindHard' }, relay: 'mx.example:25', reply },
    },
  ]);
  // As the program before this column wrote it.
  await db.change(
    `insert into suppressions (address_hash, reason, detail)
     select address_hash, 'bounce', 'issue 1: 550 gone' from subscribers where id = $1`,
    [second?.id],
  );
  const german = visitor(app.url);
  const email = 'ewald@example.org';
  await createAccount({ db }, { email, password, role: 'owner' });
  await db.change(`update accounts set language = 'de' where email = $1`, [email]);
  await german.signIn(email);
  const said = 'Ausgabe Nr. 1, bei mx.example:25: Die Adresse existiert nicht';
  const quoted = '<q dir="auto" lang="">550 5.1.1 &lt;…&gt;: no such user</q>';
  for (const page of [suppressions, `/console/subscribers/${first?.id}`]) {
    const { text } = await german.get(page);
    expect(text).toContain(`${said} ${quoted}`);
  }
  expect((await german.get(suppressions)).text).toContain('<q dir="auto" lang="">issue 1: 550 gone</q>');
  const { data } = await listSuppressions(
    { db, secrets: openSecrets(secretKey) },
    { email: 'dan@example.org' },
  );
  expect(data.map(({ detail }) => detail)).toEqual([
    'Issue No. 1, at mx.example:25: The address does not exist: 550 5.1.1 <…>: no such user',
  ]);
});
