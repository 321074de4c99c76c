// The form gives the same answer for every address, so that it does not reveal who is subscribed.
import { openDatabase } from '../../src/db.js';
import { minute, day } from '../../src/durations.js';
import type { Newsletter } from '../../src/newsletters/schema.js';
import { addressHash } from '../../src/subscribers/address.js';
import { callerKey } from '../../src/rates/counts.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { useDatabase, useSite } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';
import { limits, secrets, startSite, subscriptionOf } from '../support/site.js';

const threeAMinute = limits({ perCaller: { times: 3, withinSeconds: 60 }, challenge: 'off' });

const database = useDatabase();
const site = useSite(database);
let newsletter: Newsletter;
let form: (fields: Record<string, string>, headers?: Record<string, string>) => Promise<Response>;

beforeAll(async () => {
  newsletter = await makeNewsletter(database.db);
  form = (fields, headers = {}) =>
    fetch(`${site.url}/n/${newsletter.slug}/subscribe`, {
      method: 'POST',
      body: new URLSearchParams(fields),
      redirect: 'manual',
      headers,
    });
});

const stored = (address: string) => subscriptionOf(database.db, newsletter.id, address);
const countRows = async () =>
  (
    await database.db.one<{ count: number }>(
      'select ((select count(*) from subscribers) + (select count(*) from subscriptions) + (select count(*) from consents))::int as count',
    )
  ).count;

describe('the answer', () => {
  test('is the same for a new, pending, active, unsubscribed and suppressed address', async () => {
    const { db } = database;
    const confirmed = async (email: string) => {
      await site.subscribe(newsletter.slug, { email });
      await site.work();
      await fetch(`${site.url}/confirm/${await site.tokenTo(email)}`, { method: 'POST' });
      return (await stored(email)).id;
    };
    await site.subscribe(newsletter.slug, { email: 'pending@example.org' });
    await confirmed('active@example.org');
    const left = await confirmed('left@example.org');
    const link = signToken(secrets.derive('links'), 'unsubscribe', left);
    await fetch(`${site.url}/unsubscribe/${link}`, { method: 'POST' });
    await db.change(`insert into suppressions (address_hash, reason) values ($1, 'complaint')`, [
      addressHash(secrets.derive('address-hash'), 'suppressed@example.org'),
    ]);
    site.clock.forward(11 * minute);
    await site.work();
    site.sink.clear();

    const answers: unknown[] = [];
    const pages: string[] = [];
    const took: number[] = [];
    for (const state of ['new', 'pending', 'active', 'left', 'suppressed']) {
      const email = `${state}@example.org`;
      const started = performance.now();
      const answer = await site.subscribe(newsletter.slug, { email });
      took.push(performance.now() - started);
      const headers = Object.fromEntries(answer.headers);
      delete headers['date'];
      answers.push({ status: answer.status, headers, body: await answer.text() });
      pages.push((await (await form({ email })).text()).replaceAll(email, 'EMAIL'));
    }
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(new Set(pages).size).toBe(1);
    expect(Math.min(...took)).toBeGreaterThan(55);
    await site.work();
    const written = site.sink.messages.flatMap(({ to }) => to).toSorted();
    // An active reader gets a mail, too: it says that they are subscribed.
    expect(written).toEqual(['active', 'left', 'new', 'pending'].map((name) => `${name}@example.org`));
  });

  test('leaves an active reader’s name and preferences alone', async () => {
    await site.subscribe(newsletter.slug, {
      email: 'active@example.org',
      name: 'Mallory',
      sendTime: '03:00',
    });
    expect(await stored('active@example.org')).toMatchObject({ name: null, readingTimeId: null });
  });

  test('is the same for a robot, whose request is not stored', async () => {
    const before = await countRows();
    const answer = await form({ email: 'robot@example.org', website: 'https://robot.example' });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('robot@example.org');
    expect(await countRows()).toBe(before);
  });
});

describe('one address gets', () => {
  test('one confirmation in 10 minutes, 3 a day and 5 in 30 days, for all newsletters together', async () => {
    const other = await makeNewsletter(database.db, { name: 'Another' });
    const email = 'bombed@example.org';
    site.sink.clear();
    const ask = async (slug = newsletter.slug) => {
      await site.subscribe(slug, { email });
      await site.work();
      return site.sink.messagesTo(email).length;
    };
    expect(await ask()).toBe(1);
    expect(await ask(other.slug)).toBe(1);
    site.clock.forward(10 * minute);
    expect(await ask(other.slug)).toBe(2);
    site.clock.forward(10 * minute);
    expect(await ask()).toBe(3);
    site.clock.forward(10 * minute);
    expect(await ask()).toBe(3);
    site.clock.forward(day);
    expect(await ask()).toBe(4);
    site.clock.forward(day);
    expect(await ask()).toBe(5);
    site.clock.forward(2 * day);
    expect(await ask()).toBe(5);
    site.clock.forward(30 * day);
    expect(await ask()).toBe(6);
  });

  test('one confirmation when it is asked for many times at once', async () => {
    const email = 'eager@example.org';
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => site.subscribe(newsletter.slug, { email })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    await site.work();
    expect(site.sink.messagesTo(email)).toHaveLength(1);
    expect((await stored(email)).events).toEqual(['requested']);
  });
});

describe('a form', () => {
  test('is answered with a page, in every encoding that browsers have', async () => {
    const multipart = new FormData();
    multipart.set('email', 'multi@example.org');
    multipart.append('topics', 'One');
    multipart.append('topics', 'Two');
    const answer = await fetch(`${site.url}/n/${newsletter.slug}/subscribe`, {
      method: 'POST',
      body: multipart,
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('text/html');
    expect((await stored('multi@example.org')).topics).toEqual(['One', 'Two']);
    expect((await form({ email: 'url@example.org' })).status).toBe(200);
    expect(
      await (await form({ email: 'script@example.org' }, { accept: 'application/json' })).json(),
    ).toEqual({
      status: 'accepted',
    });
  });

  test('may lead on to the newsletter’s own site, and to no other', async () => {
    const home = await form({ email: 'a@example.org', redirect: 'https://news.example.org/thanks?x=1' });
    expect(home.status).toBe(303);
    expect(home.headers.get('location')).toBe('https://news.example.org/thanks?x=1');
    for (const redirect of [
      'https://evil.example/',
      'https://news.example.org.evil.example/',
      'https://news.example.org@evil.example/',
      'http://news.example.org/',
      '//evil.example/',
      'javascript:alert(1)',
      '/thanks',
    ])
      expect((await form({ email: 'a@example.org', redirect })).status).toBe(200);
  });

  test('with an invalid address is shown again with the typed values', async () => {
    const answer = await form({ email: '"><script>@x', name: 'Ada' });
    expect(answer.status).toBe(400);
    const page = await answer.text();
    expect(page).toContain('value="Ada"');
    expect(page).not.toContain('<script>');
  });

  test('may be on any site', async () => {
    const url = `${site.url}/n/${newsletter.slug}/subscribe`;
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: 'https://blog.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase()).toBe('content-type');
    const elsewhere = await fetch(`${site.url}/n/${newsletter.slug}`);
    expect(elsewhere.headers.get('access-control-allow-origin')).toBeNull();
    const { id } = await site
      .subscribe(newsletter.slug, { email: 'blog@example.org' }, { origin: 'https://blog.example' })
      .then(() => stored('blog@example.org'));
    expect(
      await database.db.query('select wording, detail from consents where subscription_id = $1', [id]),
    ).toEqual([{ wording: null, detail: { origin: 'https://blog.example' } }]);
  });

  test('on our own page says which words it showed', async () => {
    const page = await (await fetch(`${site.url}/n/${newsletter.slug}`)).text();
    const inputs = [...page.matchAll(/<input[^>]*>/g)].map(([tag]) => tag);
    const attribute = (tag: string, name: string) => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
    const fields = Object.fromEntries(inputs.map((tag) => [attribute(tag, 'name'), attribute(tag, 'value')]));
    site.clock.forward(2_000); // People do not type faster than this.
    await form({ ...fields, email: 'own@example.org' });
    const { id } = await stored('own@example.org');
    const [consent] = await database.db.query<{ wording: string }>(
      'select wording from consents where subscription_id = $1',
      [id],
    );
    expect(page).toContain(consent?.wording);
  });
});

describe('refused with a problem', () => {
  const problemOf = async (answer: Response) => {
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    return { status: answer.status, code: ((await answer.json()) as { code: string }).code };
  };

  test.each<[object, string]>([
    [{}, 'invalid-address'],
    [{ email: ['a@example.org'] }, 'invalid-address'],
    [{ email: 'a@example.org\r\nBcc: b@example.org' }, 'invalid-address'],
    [{ email: 'a@example.org\0' }, 'invalid-address'],
    [{ email: 'a@example.org', name: 'buy at https://x.example' }, 'invalid-name'],
    [{ email: 'a@example.org', frequency: 'hourly' }, 'invalid-frequency'],
    [{ email: 'a@example.org', timezone: 'Nowhere' }, 'invalid-timezone'],
    [{ email: 'a@example.org', topics: [{}] }, 'invalid-topics'],
  ])('%j', async (body, code) =>
    expect(await problemOf(await site.subscribe(newsletter.slug, body))).toEqual({ status: 400, code }),
  );

  test.each([['{"email":'], ['[]'], ['null'], ['"text"'], ['']])('the JSON %j', async (body) => {
    const answer = await fetch(`${site.url}/n/${newsletter.slug}/subscribe`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(await problemOf(answer)).toEqual({ status: 400, code: 'malformed-body' });
  });

  test('a body of megabytes', async () => {
    const answer = await site.subscribe(newsletter.slug, {
      email: 'a@example.org',
      name: 'x'.repeat(2_000_000),
    });
    expect(answer.status).toBe(413);
  });

  test('a newsletter that is not there', async () => {
    expect(await problemOf(await site.subscribe('nothing', { email: 'a@example.org' }))).toEqual({
      status: 404,
      code: 'unknown-newsletter',
    });
    for (const path of ['/n/nothing', '/n/%00', '/n/..%2f', '/n/É'])
      expect((await fetch(site.url + path)).status).toBe(404);
  });

  test('too many from one network', async () => {
    const busy = await startSite(database.db, { subscribeLimits: threeAMinute });
    const from = (ip: string) =>
      busy.subscribe(newsletter.slug, { email: 'busy@example.org' }, { 'x-forwarded-for': ip });
    for (let n = 0; n < 3; n += 1) expect((await from(`2001:db8::${n}`)).status).toBe(202);
    const answer = await from('2001:db8::ffff');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await problemOf(answer)).toEqual({ status: 429, code: 'too-many-requests' });
    expect((await from('2001:db8:0:1::1')).status).toBe(202);
    expect((await from('192.0.2.1')).status).toBe(202);
    // A second process continues from the counters of the first.
    const another = await startSite(database.db, { subscribeLimits: threeAMinute });
    const headers = { 'x-forwarded-for': '2001:db8::5' };
    expect((await another.subscribe(newsletter.slug, { email: 'busy@example.org' }, headers)).status).toBe(
      429,
    );
    await another.close();
    const page = await fetch(`${busy.url}/n/${newsletter.slug}/subscribe`, {
      method: 'POST',
      body: new URLSearchParams({ email: 'busy@example.org' }),
      headers: { 'x-forwarded-for': '2001:db8::1' },
    });
    expect(page.status).toBe(429);
    expect(page.headers.get('content-type')).toContain('text/html');
    await busy.close();
  });
});

test('one caller is an IPv4 address or an IPv6 /64', () => {
  expect(callerKey('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(callerKey('2001:db8:1:2:3:4:5:6')).toBe(callerKey('2001:db8:1:2::1'));
  expect(callerKey('2001:db8:1:3::1')).not.toBe(callerKey('2001:db8:1:2::1'));
  expect(callerKey('unix')).toBe('unknown');
});

test('without a database: 503 and when to try again, for forms, scripts and mail programs', async () => {
  const db = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/nothing' });
  const down = await startSite(db);
  const link = signToken(secrets.derive('links'), 'unsubscribe', '1');
  const token = 'A'.repeat(22);
  const closed = async () => {
    await down.close();
    await db.end();
  };
  const requests: [string, RequestInit][] = [
    ['/n/any/subscribe', { method: 'POST', body: new URLSearchParams({ email: 'a@example.org' }) }],
    [
      '/n/any/subscribe',
      { method: 'POST', body: '{"email":"a@example.org"}', headers: { 'content-type': 'application/json' } },
    ],
    [`/unsubscribe/${link}`, { method: 'POST', body: 'List-Unsubscribe=One-Click' }],
    [`/unsubscribe/${link}`, {}],
    [`/confirm/${token}`, { method: 'POST' }],
    ['/', {}],
  ];
  const answers = await Promise.all(requests.map(([path, request]) => fetch(down.url + path, request)));
  await closed();
  for (const [at, answer] of answers.entries()) {
    expect([requests[at]?.[0], answer.status]).toEqual([requests[at]?.[0], 503]);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
});
