// A reader subscribes, confirms, gets posts and leaves.
import { translator } from '../../src/languages/translate.js';
import { askWording } from '../../src/subscribers/wording.js';
import type { Newsletter } from '../../src/newsletters/schema.js';
import { addressHash } from '../../src/subscribers/address.js';
import { suppressBounced, suppressComplained } from '../../src/subscribers/suppressions.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { useDatabase, useSite } from '../support/fixture.js';
import { evidence, makeNewsletter } from '../support/newsroom.js';
import { secrets, subscriptionOf } from '../support/site.js';

const minutes = 60_000;
const days = 24 * 60 * minutes;

const database = useDatabase();
const site = useSite(database);
let newsletter: Newsletter;
let slug: string;

beforeAll(async () => {
  newsletter = await makeNewsletter(database.db, { topics: ['Science', 'Arts'] });
  ({ slug } = newsletter);
});

const stored = (address: string) => subscriptionOf(database.db, newsletter.id, address);
const everything = () =>
  database.db.query(`select s.*, (select count(*) from consents) from subscriptions s order by id`);

async function activeReader(email: string): Promise<{ id: string; link: string; token: string }> {
  await site.subscribe(slug, { email });
  await site.work();
  const token = await site.tokenTo(email);
  await fetch(`${site.url}/confirm/${token}`, { method: 'POST' });
  const { id } = await stored(email);
  return {
    id,
    token,
    link: `${site.url}/unsubscribe/${signToken(secrets.derive('links'), 'unsubscribe', id)}`,
  };
}

describe('a reader subscribes', () => {
  test('confirms by a button, and is active', async () => {
    const answer = await site.subscribe(slug, {
      email: 'Ada@Example.org',
      name: 'Ada Lovelace',
      topics: ['science'],
      frequency: 'daily',
      sendTime: '21:30',
      timezone: 'Europe/Lisbon',
      language: 'pt-pt',
    });
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({ status: 'accepted' });
    expect(site.sink.messages).toHaveLength(0); // The request itself sends no mail.
    expect(await site.work()).toEqual([{ status: 'sent' }]);

    const [mail] = site.sink.messagesTo('Ada@example.org');
    const parsed = await mail?.parsed();
    expect(parsed?.from).toMatchObject({ address: newsletter.from.address });
    const headers = new Map(parsed?.headers.map(({ key, value }) => [key, value]));
    expect(headers.get('auto-submitted')).toBe('auto-generated');
    expect(headers.get('x-auto-response-suppress')).toBe('All');
    // The mail repeats nothing that the requester typed, except the address.
    expect(mail?.raw.toString()).not.toContain('Lovelace');

    const token = await site.tokenTo('Ada@example.org');
    expect(await stored('ada@example.org')).toMatchObject({
      confirmedAt: null,
      topics: ['Science'],
      name: 'Ada Lovelace',
    });
    const before = await everything();
    const page = await fetch(`${site.url}/confirm/${token}`);
    expect(page.status).toBe(200);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('x-robots-tag')).toContain('noindex');
    expect(await page.text()).toMatch(/<form[^>]+method="post"/i);
    expect(await everything()).toEqual(before); // A scanner that opens the link changes nothing.

    const confirmed = await fetch(`${site.url}/confirm/${token}`, { method: 'POST', redirect: 'manual' });
    expect(confirmed.status).toBe(303);
    const row = await stored('ada@example.org');
    expect(row.confirmedAt).toEqual(site.clock.now());
    expect(row.events).toEqual(['requested', 'confirmed']);

    const again = await fetch(`${site.url}/confirm/${token}`, { method: 'POST' });
    expect(again.status).toBe(200);
    expect((await stored('ada@example.org')).events).toEqual(['requested', 'confirmed']);
  });

  test('and the consent record has when, from where and which words', async () => {
    await site.subscribe(
      slug,
      { email: 'words@example.org', wording: askWording(newsletter.name, translator('en')).version },
      {
        'user-agent': 'Browser/1',
        'x-forwarded-for': '2001:db8::7',
      },
    );
    await site.work();
    await fetch(`${site.url}/confirm/${await site.tokenTo('words@example.org')}`, { method: 'POST' });
    const { id } = await stored('words@example.org');
    const consents = await database.db.query(
      'select * from consents where subscription_id = $1 order by id',
      [id],
    );
    expect(consents).toMatchObject([
      { event: 'requested', via: 'form', ip: '2001:db8::7', userAgent: 'Browser/1', language: 'en' },
      { event: 'confirmed', via: 'page', ip: '127.0.0.1' },
    ]);
    for (const consent of consents as { wording: string }[])
      expect(consent.wording).toContain(newsletter.name);
    await expect(database.db.change('update consents set via = $1', ['x'])).rejects.toThrow('append-only');
  });

  test('gets the posts since the last issue, and after a return no post twice', async () => {
    await database.db.change(
      `insert into issues (newsletter_id, kind, slot, review, seq_through, fanned_out_at, cancelled_at, post_ids)
       values ($1, 'scheduled', now(), 'auto', 40, now(), null, null),
         ($1, 'scheduled', now() + interval '1 s', 'auto', 99, null, null, null),
         ($1, 'scheduled', now() + interval '2 s', 'auto', 98, now(), now(), null),
         ($1, 'manual', now(), 'auto', 97, now(), null, '{1}')`,
      [newsletter.id],
    );
    const { link } = await activeReader('since@example.org');
    expect((await stored('since@example.org')).readThrough).toBe('40');
    await database.db.change('update subscriptions set read_through = 45 where id = $1', [
      (await stored('since@example.org')).id,
    ]);
    await fetch(link, { method: 'POST' });
    site.clock.forward(11 * minutes);
    await activeReader('since@example.org');
    expect((await stored('since@example.org')).readThrough).toBe('45');
    await database.db.change('delete from issues');
  });

  test('too late finds the link expired after 72 hours, and the request given up after 7 days', async () => {
    await site.subscribe(slug, { email: 'late@example.org' });
    await site.work();
    const token = await site.tokenTo('late@example.org');
    site.clock.forward(3 * days);
    for (const method of ['GET', 'POST']) {
      const answer = await fetch(`${site.url}/confirm/${token}`, { method });
      expect(answer.status).toBe(410);
    }
    expect((await stored('late@example.org')).confirmedAt).toBeNull();
  });

  test.each(['GET', 'POST'])('with a link that was never mailed gets 404 (%s)', async (method) => {
    for (const token of ['nonsense', '%00', 'A'.repeat(5000)]) {
      expect((await fetch(`${site.url}/confirm/${token}`, { method })).status).toBe(404);
      expect((await fetch(`${site.url}/unsubscribe/${token}`, { method })).status).toBe(404);
    }
  });
});

describe('a reader leaves', () => {
  test('by the page, whose GET changes nothing', async () => {
    const { link } = await activeReader('page@example.org');
    const before = await everything();
    const page = await fetch(link);
    expect(page.status).toBe(200);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(await page.text()).toMatch(/<form[^>]+method="post"/i);
    expect((await fetch(link, { method: 'HEAD' })).status).toBe(200);
    expect(await everything()).toEqual(before);
    expect((await fetch(`${link}?via=page`, { method: 'POST' })).status).toBe(200);
    expect(await stored('page@example.org')).toMatchObject({
      unsubscribedAt: site.clock.now(),
      events: ['requested', 'confirmed', 'unsubscribed'],
    });
    expect((await fetch(link)).status).toBe(200);
  });

  const form = new FormData();
  form.set('List-Unsubscribe', 'One-Click');
  test.each<[string, RequestInit]>([
    ['urlencoded', { body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) }],
    ['multipart', { body: form }],
    ['no body', {}],
    ['no body, and a type', { headers: { 'content-type': 'application/json' } }],
    ['broken JSON', { body: '{"', headers: { 'content-type': 'application/json' } }],
    ['multipart without its boundary', { body: 'x', headers: { 'content-type': 'multipart/form-data' } }],
    ['an encoding that does not exist', { body: 'x', headers: { 'content-encoding': 'rot13' } }],
    ['a charset that does not exist', { body: 'a=b', headers: { 'content-type': 'text/plain; charset=x' } }],
    ['20 MB', { body: Buffer.alloc(20 * 1024 * 1024, 'a') }],
  ])('by one click (RFC 8058 section 3.2): %s', async (what, request) => {
    const email = `${what.replaceAll(/\W/g, '').toLowerCase()}@example.org`;
    const { link } = await activeReader(email);
    const leave = () => fetch(link, { method: 'POST', redirect: 'manual', ...request });
    expect((await leave()).status).toBe(200);
    const first = await stored(email);
    expect(first).toMatchObject({
      unsubscribedAt: site.clock.now(),
      events: ['requested', 'confirmed', 'unsubscribed'],
    });
    site.clock.forward(1000);
    expect((await leave()).status).toBe(200);
    expect(await stored(email)).toEqual(first);
  });

  test('as often as a provider’s few addresses want', async () => {
    const { link } = await activeReader('often@example.org');
    const answers = await Promise.all(Array.from({ length: 200 }, () => fetch(link, { method: 'POST' })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(
      (await stored('often@example.org')).events.filter((event) => event === 'unsubscribed'),
    ).toHaveLength(1);
  });

  test('before confirming, and the confirmation mail’s link is void', async () => {
    await site.subscribe(slug, { email: 'never@example.org' });
    await site.work();
    const { id } = await stored('never@example.org');
    const link = `${site.url}/unsubscribe/${signToken(secrets.derive('links'), 'unsubscribe', id)}`;
    expect((await fetch(link, { method: 'POST' })).status).toBe(200);
    const late = await fetch(`${site.url}/confirm/${await site.tokenTo('never@example.org')}`, {
      method: 'POST',
    });
    expect(late.status).toBe(410);
    expect((await stored('never@example.org')).confirmedAt).toBeNull();
  });

  test('and comes back only by a new confirmation; the old link does nothing', async () => {
    const { link, token } = await activeReader('back@example.org');
    await fetch(link, { method: 'POST' });
    expect((await fetch(`${site.url}/confirm/${token}`, { method: 'POST' })).status).toBe(410);
    site.clock.forward(11 * minutes);
    await site.subscribe(slug, { email: 'back@example.org' });
    expect((await stored('back@example.org')).unsubscribedAt).not.toBeNull();
    await site.work();
    expect((await fetch(`${site.url}/confirm/${token}`, { method: 'POST' })).status).toBe(404);
    const anew = await fetch(`${site.url}/confirm/${await site.tokenTo('back@example.org')}`, {
      method: 'POST',
    });
    expect(anew.status).toBe(200);
    expect(await stored('back@example.org')).toMatchObject({
      unsubscribedAt: null,
      events: ['requested', 'confirmed', 'unsubscribed', 'requested', 'confirmed'],
    });
  });

  test('also when asking again was not the reader’s own wish', async () => {
    const { link } = await activeReader('bombed@example.org');
    await fetch(link, { method: 'POST' });
    site.clock.forward(11 * minutes);
    await site.subscribe(slug, { email: 'bombed@example.org' });
    await site.work();
    expect((await fetch(link, { method: 'POST' })).status).toBe(200);
    const late = await fetch(`${site.url}/confirm/${await site.tokenTo('bombed@example.org')}`, {
      method: 'POST',
    });
    expect(late.status).toBe(410);
  });

  test('after the subscription is erased, with the same page', async () => {
    const { link, id } = await activeReader('erased@example.org');
    await database.db.change('delete from subscriptions where id = $1', [id]);
    for (const method of ['GET', 'POST']) expect((await fetch(link, { method })).status).toBe(200);
  });
});

test('a suppressed address is sent nothing, also when it was suppressed after asking', async () => {
  const hash = addressHash(secrets.derive('address-hash'), 'blocked@example.org');
  await site.subscribe(slug, { email: 'blocked@example.org' });
  await database.db.change(`insert into suppressions (address_hash, reason) values ($1, 'manual')`, [hash]);
  expect(await site.work()).toEqual([{ status: 'nothing-to-send' }]);
  await database.db.change('delete from subscribers where address_hash = $1', [hash]);
  await site.subscribe(slug, { email: 'Blocked@example.org' });
  expect(await site.work()).toEqual([]);
  expect(await database.db.query('select 1 from subscribers where address_hash = $1', [hash])).toEqual([]);
});

test('after a bounce a new confirmation lifts the suppression, and nothing else does', async () => {
  const email = 'bounced@example.org';
  const { id } = await activeReader(email);
  const { subscriberId } = await database.db.one<{ subscriberId: string }>(
    'select subscriber_id from subscriptions where id = $1',
    [id],
  );
  const reasons = () => database.db.query('select reason from suppressions');
  await database.db.change('delete from suppressions');
  await suppressBounced(database.db, [{ subscriberId, evidence: evidence('552 5.2.2 Mailbox full') }]);
  site.clock.forward(11 * minutes);
  site.sink.clear();
  await site.subscribe(slug, { email, topics: ['arts'] });
  expect(await site.work()).toEqual([{ status: 'sent' }]);
  // The usual limits hold: no second mail, and the stranger who may have asked has changed nothing.
  await site.subscribe(slug, { email });
  expect(await site.work()).toEqual([]);
  expect(await reasons()).toEqual([{ reason: 'bounce' }]);
  expect(await stored(email)).toMatchObject({ topics: null, unsubscribedAt: null });
  const token = await site.tokenTo(email);
  expect((await fetch(`${site.url}/confirm/${token}`, { method: 'POST' })).status).toBe(200);
  expect(await reasons()).toEqual([]);
  expect((await stored(email)).events).toEqual(['requested', 'confirmed', 'requested', 'confirmed']);
  const { detail } = await database.db.one<{ detail: object }>(
    'select detail from consents where subscription_id = $1 order by id desc limit 1',
    [id],
  );
  expect(detail).toMatchObject({ liftedSuppression: 'bounce' });

  await suppressComplained(database.db, { subscriberId, evidence: evidence('report'), at: site.clock.now() });
  site.clock.forward(2 * days);
  await site.subscribe(slug, { email });
  expect(await site.work()).toEqual([]);
  expect(await reasons()).toEqual([{ reason: 'complaint' }]);
});
