// SECRET_KEY is replaced while an issue is being sent. Old links work, suppressions stay, and new mail is
// signed with the new key. A key that the database does not know stops every start.
import { createHmac } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/sha';
import { rollBackWith } from '../../src/db.js';
import { readDecision, signDecision } from '../../src/decision-link.js';
import { imageKeys, messageId, nobodysLinks, openLinks } from '../../src/delivery/message.js';
import { createVariantCache } from '../../src/delivery/variant-cache.js';
import { secretKeysOf } from '../../src/embedded/secret-key.js';
import { hubSecret } from '../../src/feeds/ask-hub.js';
import { isSigned } from '../../src/feeds/hub-calls.js';
import { imageAddress, readImageName } from '../../src/images/image-address.js';
import { openChallenges } from '../../src/joining/challenge.js';
import { ageOfStamp, makeStamp } from '../../src/joining/form-stamp.js';
import { KeyError, listKeys, openKeys } from '../../src/keys/open-keys.js';
import { readVerpSender, verpSender } from '../../src/mail/verp.js';
import { addSuppression } from '../../src/subscribers/suppressions.js';
import { linkPurposes, readToken, signToken } from '../../src/subscribers/tokens.js';
import { startApp, type TestApp } from '../support/app.js';
import { temporaryFolder } from '../support/database.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import {
  baseUrl,
  deliveryDeps,
  issueFor,
  ledger,
  links as oldLinks,
  makeNewsletter,
  secretKey as oldKey,
  sendAll,
} from '../support/newsroom.js';
import { limits } from '../support/site.js';
import { run } from '../cli/run.js';
import { openSecrets, type Secrets } from '../../src/secrets.js';
import { startSink, type Sink } from '../support/smtp-sink.js';

const newKey = 'another secret key for tests, as long as it has to be';
const database = useDatabase();
const now = () => new Date();
let sink: Sink;
let apps: Record<'old' | 'new', TestApp>;
let old: Secrets;
let fresh: Secrets;

const given = (secretKey: string, ...previousKeys: string[]) => ({ secretKey, previousKeys });
/** The id of the key that signed a token of a link. */
const keyIdOf = (token: string): number | undefined => Buffer.from(token, 'base64url')[0];

beforeAll(async () => {
  sink = await startSink();
  old = await openKeys(database.db, given(oldKey));
  apps = { old: await startApp(database, { secrets: old }), new: undefined as unknown as TestApp };
});
closeAfterAll(async () => {
  await apps.old.close();
  await (apps.new as TestApp | undefined)?.close();
  await sink.close();
});

async function send(issueId: string, secrets: Secrets): Promise<void> {
  const links = openLinks(secrets, baseUrl);
  const made = await deliveryDeps(database.db, sink.url);
  const deps = { ...made, links, variants: createVariantCache({ db: database.db, links }) };
  await sendAll(deps, issueId);
  await deps.close();
}

/** What the mails to this reader contain: each distinct token of a link. */
async function tokensTo(address: string): Promise<string[]> {
  const [message] = sink.messagesTo(address);
  const mail = await message?.parsed();
  const head = message?.raw
    .toString('utf8')
    .split('\r\n\r\n')[0]
    ?.replaceAll(/\r\n[ \t]/g, ' ');
  const all = `${head}\n${mail?.html}\n${mail?.text}`;
  return [
    ...new Set([...all.matchAll(/\/(?:unsubscribe|preferences)\/([\w-]+)/g)].map(([, token = '']) => token)),
  ];
}

const post = (app: TestApp, way: string, token: string) =>
  fetch(`${app.url}/${way}/${token}`, {
    method: 'POST',
    body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }),
  });

describe('when the key is replaced in the middle of an issue', () => {
  let before: Awaited<ReturnType<typeof issueFor>>;
  let amid: Awaited<ReturnType<typeof issueFor>>;

  beforeAll(async () => {
    await addSuppression({ db: database.db, secrets: old, now }, { email: 'erased@example.org' });
    before = await issueFor(database.db, 2);
    await send(before.issueId, old);
    // Frozen with the old key, and sent with the new one.
    amid = await issueFor(database.db, 2);
    fresh = await openKeys(database.db, given(newKey, oldKey));
    await send(amid.issueId, fresh);
    apps.new = await startApp(database, { secrets: fresh });
  });

  test('every reader gets the mail, with their own links, signed with the new key', async () => {
    expect(await ledger(database.db, amid.issueId)).toEqual({ accepted: 2 });
    const readers = await database.db.query<{ id: string; subscriberId: string; address: string }>(
      `select s.id, s.subscriber_id, r.address from subscriptions s join subscribers r on r.id = s.subscriber_id
       where s.newsletter_id = $1`,
      [amid.newsletterId],
    );
    expect(readers).toHaveLength(2);
    for (const { id, subscriberId, address } of readers) {
      const tokens = await tokensTo(address);
      expect(tokens.toSorted()).toEqual(
        (['unsubscribe', 'preferences'] as const)
          .map((one) => signToken(fresh.derive('links'), one, id))
          .toSorted(),
      );
      expect(tokens.map(keyIdOf)).toEqual([2, 2]);
      const [message] = sink.messagesTo(address);
      expect(readVerpSender(fresh.derive('verp'), message?.from ?? '')).toEqual({
        issueId: amid.issueId,
        subscriberId,
      });
      // A retry after the change must be the same message.
      expect(message?.raw.toString('utf8')).toContain(
        messageId(oldLinks, amid.issueId, subscriberId, 'news.example.org'),
      );
    }
  });

  test('the links of earlier mail work', async () => {
    const [unsubscribe = ''] = await tokensTo(before.address(1));
    expect(keyIdOf(unsubscribe)).toBe(1);
    expect((await fetch(`${apps.new.url}/unsubscribe/${unsubscribe}`)).status).toBe(200);
    expect((await post(apps.new, 'unsubscribe', unsubscribe)).status).toBe(200);
    const { left } = await database.db.one<{ left: number }>(
      `select count(*)::int as left from subscriptions where unsubscribed_at is not null`,
    );
    expect(left).toBe(1);
    const { id } = await database.db.one<{ id: string }>(
      'select id from subscriptions where newsletter_id = $1 and unsubscribed_at is null',
      [before.newsletterId],
    );
    const preferences = signToken(old.derive('links'), 'preferences', id);
    expect((await fetch(`${apps.new.url}/preferences/${preferences}`)).status).toBe(200);
    for (const purpose of linkPurposes)
      expect(readToken(fresh.derive('links'), purpose, signToken(old.derive('links'), purpose, id))).toBe(id);
  });

  test('everything else that the old key signed is read', async () => {
    const later = new Date(Date.now() + 60_000);
    const decision = signDecision(old.derive('review-links'), 'review', { id: '5', accountId: '6' }, later);
    expect(readDecision(fresh.derive('review-links'), 'review', decision, now())).toMatchObject({ id: '5' });
    const sender = verpSender(old.derive('verp'), { issueId: '3', subscriberId: '4' }, 'news.example.org');
    expect(readVerpSender(fresh.derive('verp'), sender)).toEqual({ issueId: '3', subscriberId: '4' });
    expect(
      ageOfStamp(fresh.derive('form-stamps'), makeStamp(old.derive('form-stamps'), now()), later),
    ).toBeGreaterThan(0);
    const body = Buffer.from('news');
    const secret = hubSecret(old.derive('websub').current, 'token');
    const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
    expect(fresh.derive('websub').all.some((key) => isSigned(signature, body, hubSecret(key, 'token')))).toBe(
      true,
    );
    const image = imageAddress({ baseUrl: '', key: nobodysLinks(oldLinks).imageKey }, '1', 600);
    const read = imageKeys(openLinks(fresh, baseUrl)).map((key) => readImageName(path.basename(image), key));
    expect(read).toEqual([undefined, { id: '1', width: 600 }]);
  });

  test('a proof of work for an old challenge is judged, and a stranger’s is wrong', async () => {
    const open = (secrets: Secrets) =>
      openChallenges({ secrets, now, subscribeLimits: limits({ challengeWork: 2 }) });
    const challenge = await open(old).make();
    const solution = await solveChallenge({ challenge, deriveKey });
    const field = Buffer.from(JSON.stringify({ challenge, solution })).toString('base64');
    expect(await open(fresh).judge(field)).toMatchObject({ ok: true });
    expect(await open(openSecrets('x'.repeat(32))).judge(field)).toEqual({ ok: false, because: 'wrong' });
  });

  test('a repeated request gets its stored answer', async () => {
    const headers = { 'idempotency-key': 'across-the-change' };
    const key = await apps.old.key('owner');
    const body = {
      name: 'Once',
      from: { name: 'Once', address: 'once@news.example.org' },
      postalAddress: '1 Street',
    };
    const first = await apps.old.api('POST', '/newsletters', body, { headers, key });
    const again = await apps.new.api('POST', '/newsletters', body, { headers, key });
    expect(first.status).toBe(201);
    expect([again.status, again.body.id]).toEqual([201, first.body.id]);
  });

  test('a suppressed address stays suppressed, also when the old key is gone', async () => {
    const { id } = await makeNewsletter(database.db);
    const later = await openKeys(database.db, given(newKey));
    const app = await startApp(database, { secrets: later });
    try {
      for (const one of [apps.new, app]) {
        const found = await one.api('GET', '/suppressions?email=erased@example.org');
        expect(found.body.data).toMatchObject([{ reason: 'manual' }]);
        expect(
          (await one.api('POST', '/subscribers', { email: 'erased@example.org', newsletter: id })).status,
        ).not.toBe(201);
      }
      const old1 = signToken(old.derive('links'), 'unsubscribe', '1');
      expect((await fetch(`${app.url}/unsubscribe/${old1}`)).status).toBe(404);
    } finally {
      await app.close();
    }
  });

  test('several processes that start at once agree on one new key', async () => {
    const third = 'the third secret key of these tests, long enough too';
    const opened = await Promise.all(
      Array.from({ length: 5 }, () => openKeys(database.db, given(third, newKey, oldKey))),
    );
    expect(opened.map((secrets) => secrets.derive('links').current.id)).toEqual([3, 3, 3, 3, 3]);
    expect(opened[0]?.derive('links').all.map(({ id }) => id)).toEqual([3, 2, 1]);
    expect(opened[0]?.derive('address-hash')).toEqual(old.derive('address-hash'));
    // And back again.
    const back = await openKeys(database.db, given(newKey, third, oldKey));
    expect(back.derive('links').current.id).toBe(2);
    expect(
      (await listKeys(database.db, given(newKey, oldKey))).keys.map(({ id, state }) => [id, state]),
    ).toEqual([
      [1, 'read'],
      [2, 'current'],
      [3, 'unread'],
    ]);
  });

  test('a key that the database does not know stops with one line, and changes nothing', async () => {
    const rows = () => database.db.query('select * from secret_keys order by id');
    const unchanged = await rows();
    for (const [keys, words] of [
      [
        given('y'.repeat(40)),
        /^SECRET_KEY \(fingerprint \w+\) is not the key of this database.*SECRET_KEY_PREVIOUS/,
      ],
      [given('y'.repeat(40), 'z'.repeat(40)), /is not the key of this database/],
      // The key before the last one cannot open the seal.
      [given('y'.repeat(40), oldKey), /is not the key of this database/],
      [given(oldKey), /was replaced on \d{4}-\d\d-\d\d/],
    ] as const) {
      const error = await openKeys(database.db, keys).catch((thrown: unknown) => thrown as Error);
      expect(error).toBeInstanceOf(KeyError);
      expect((error as Error).message).toMatch(words);
      expect((error as Error).message).not.toContain('\n');
      expect((error as Error).message).not.toContain(keys.secretKey);
    }
    expect(await rows()).toEqual(unchanged);
  });

  test('start and commands say so in one line, and `keys` shows the state', async () => {
    const folder = await temporaryFolder();
    const env = { DATABASE_URL: database.url, DATA_DIR: folder, SMTP_URL: sink.url, PORT: '0', WORKERS: '1' };
    const wrong = { ...env, SECRET_KEY: 'y'.repeat(40) };
    for (const args of [
      ['start', '--web'],
      ['issue', 'list'],
    ]) {
      const { status, stderr } = await run(args, wrong);
      expect([args, status]).toEqual([args, 1]);
      expect(stderr.split('\n').filter((line) => line.startsWith('daily-digest:'))).toHaveLength(1);
      expect(stderr).toMatch(/SECRET_KEY \(fingerprint \w+\) is not the key of this database/);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
    const shown = await run(['keys'], { ...env, SECRET_KEY: newKey, SECRET_KEY_PREVIOUS: oldKey });
    expect(shown.status).toBe(0);
    expect(shown.stdout).toMatch(/1 .*is read\n.*2 .*signs and is read\n.*3 .*is not set/);
    const lost = await run(['keys', '--json'], wrong);
    expect(lost.status).toBe(1);
    expect(lost.json).toMatchObject({ unknown: [expect.any(String)] });
    await rm(folder, { recursive: true, force: true });
  });
});

test('a changed sealed key stops the start', async () => {
  const error = await database.db.transaction(async (tx) => {
    await tx.query(`update secret_keys set sealed_suppression_key = 'x'::bytea where replaced_at is null`);
    return rollBackWith(await openKeys(tx, given(newKey)).catch((thrown: unknown) => thrown));
  });
  expect(String(error)).toMatch(/secret_keys was changed/);
});

test('further lines of DATA_DIR/secret-key are former keys', async () => {
  const folder = await temporaryFolder();
  const [made = ''] = await secretKeysOf(folder);
  const file = path.join(folder, 'secret-key');
  expect((await readFile(file, 'utf8')).trim()).toBe(made);
  await writeFile(file, `${newKey}\n${made}\n`);
  expect(await secretKeysOf(folder)).toEqual([newKey, made]);
  await rm(folder, { recursive: true });
});
