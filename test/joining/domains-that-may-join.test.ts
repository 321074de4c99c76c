// Rules that allow or block the domains of addresses, for one newsletter or for all.
import type { Newsletter } from '../../src/newsletters/schema.js';
import { mayJoin } from '../../src/joining/domain-rules.js';
import { readDomain } from '../../src/joining/manage-domain-rules.js';
import { startApp } from '../support/app.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';

const token = 'a token for whoever scrapes'.replaceAll(' ', '-');

const database = useDatabase();
const app = useApp(database, { settings: { metricsToken: token } });
let newsletter: Newsletter;

beforeEach(async () => {
  newsletter = await makeNewsletter(database.db);
  await database.db.change('delete from domain_rules');
});

describe('a rule', () => {
  const decide = (domain: string, ...rules: [newsletterId: string | null, rule: string][]) =>
    mayJoin(
      domain,
      '1',
      rules.map(([newsletterId, text]) => {
        const [rule = '', of = ''] = text.split(' ');
        return { newsletterId, rule: rule as 'allow' | 'block', domain: of };
      }),
    );

  test.each<[boolean, string, ...[string | null, string][]]>([
    [true, 'example.org'],
    [false, 'example.org', [null, 'block example.org']],
    [false, 'mail.example.org', [null, 'block example.org']],
    [true, 'myexample.org', [null, 'block example.org']],
    [true, 'example.org', [null, 'block mail.example.org']],
    [false, 'spam.top', [null, 'block top']],
    // The more specific rule wins.
    [true, 'mail.example.org', [null, 'block example.org'], [null, 'allow mail.example.org']],
    [false, 'other.example.org', [null, 'block example.org'], [null, 'allow mail.example.org']],
    // An allow rule excludes all other domains.
    [true, 'staff.example.org', ['1', 'allow example.org']],
    [false, 'example.net', ['1', 'allow example.org']],
    [false, 'example.net', [null, 'allow example.org']],
    // The newsletter's rules take precedence over the rules for all newsletters.
    [true, 'example.org', [null, 'block example.org'], ['1', 'allow example.org']],
    [false, 'example.org', [null, 'allow example.org'], ['1', 'block example.org']],
    [true, 'example.org', [null, 'allow example.org'], ['1', 'block example.net']],
    // Rules of another newsletter do not apply.
    [true, 'example.org', ['2', 'block example.org'], ['2', 'allow example.net']],
  ])('%s for %s', (expected, domain, ...rules) => expect(decide(domain, ...rules)).toBe(expected));

  test.each([
    ['Example.ORG', 'example.org'],
    ['@example.org', 'example.org'],
    ['*.example.org', 'example.org'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['例え.テスト', 'xn--r8jz45g.xn--zckzah'],
    ['top', 'top'],
    ['', undefined],
    ['.', undefined],
    ['a..b', undefined],
    ['127.0.0.1', undefined],
    ['ex ample.org', undefined],
    ['exam\u0000ple.org', undefined],
    ['a@b.org', undefined],
    ['%65xample.org', undefined],
    [`${'a'.repeat(64)}.org`, undefined],
    ['a.'.repeat(200), undefined],
  ])('is about %j as %s', (text, domain) => expect(readDomain(text)).toBe(domain));
});

const subscribe = (email: string) =>
  fetch(`${app.url}/n/${newsletter.slug}/subscribe`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email }),
  });
const isStored = async (key: string) =>
  (await database.db.query('select 1 from subscribers where address_key = $1', [key])).length === 1;
const set = (domain: string, rule: string, newsletterId?: string) =>
  app.api('POST', '/domain-rules', { domain, rule, ...(newsletterId ? { newsletterId } : {}) });

test('a blocked request gets the usual answer, is not stored, and is counted', async () => {
  expect((await set('blocked.example', 'block')).status).toBe(201);
  expect((await set('BÜCHER.example', 'block', newsletter.id)).body).toMatchObject({
    domain: 'xn--bcher-kva.example',
    newsletterId: newsletter.id,
  });
  const answerOf = async (email: string) => {
    const answer = await subscribe(email);
    return [answer.status, await answer.json(), [...answer.headers.keys()]];
  };
  const welcome = await answerOf('ada@welcome.example');
  expect(welcome.slice(0, 2)).toEqual([202, { status: 'accepted' }]);
  for (const email of [
    'a@blocked.example',
    'b@mail.blocked.example',
    'c@bücher.example',
    'D@XN--BCHER-KVA.example',
  ]) {
    expect(await answerOf(email)).toEqual(welcome);
    expect(await isStored(email.toLowerCase())).toBe(false);
  }
  expect(await isStored('c@xn--bcher-kva.example')).toBe(false);
  expect(await isStored('ada@welcome.example')).toBe(true);

  const metrics = await (
    await fetch(`${app.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
  ).text();
  expect(metrics).toContain('digest_subscribe_requests_total{outcome="blocked-domain"} 4');
  expect(metrics).toContain('digest_subscribe_requests_total{outcome="asked"} 1');
});

test('rules are listed, changed, removed, and refused when they make no sense', async () => {
  const first = await set('example.org', 'block');
  const again = await set('example.org', 'allow');
  expect([first.status, again.status]).toEqual([201, 200]);
  expect(again.body).toEqual({ ...first.body, rule: 'allow' });
  await set('example.org', 'block', newsletter.id);
  expect((await app.api('GET', '/domain-rules')).body.data).toHaveLength(2);
  expect((await app.api('GET', '/domain-rules?newsletter=none')).body.data).toEqual([again.body]);
  expect((await app.api('GET', `/domain-rules?newsletter=${newsletter.id}`)).body.data).toMatchObject([
    { rule: 'block' },
  ]);
  const paged = await app.api('GET', '/domain-rules?limit=1');
  expect(
    (await app.api('GET', `/domain-rules?limit=1&cursor=${paged.body.nextCursor}`)).body.data,
  ).toHaveLength(1);

  expect((await set('not a domain', 'block')).body).toMatchObject({ status: 400, code: 'invalid-domain' });
  expect((await set('example.org', 'block', '999999')).body.code).toBe('unknown-newsletter');
  expect((await set('example.org', 'block', 'x\u0000')).body.code).toBe('unknown-newsletter');
  expect((await set('example.org', 'perhaps')).status).toBe(400);
  const viewer = { key: await app.key('viewer') };
  expect((await app.api('POST', '/domain-rules', { domain: 'a.org', rule: 'block' }, viewer)).status).toBe(
    403,
  );

  expect((await app.api('DELETE', `/domain-rules/${again.body.id}`)).status).toBe(204);
  expect((await app.api('DELETE', `/domain-rules/${again.body.id}`)).status).toBe(404);
  const audit = await app.api('GET', '/audit');
  expect(audit.body.data?.map(({ action }) => action)).toContain('domain-rule.set');
});

test('metrics that distinguish addresses need the token', async () => {
  for (const authorization of ['', 'Bearer', 'Bearer wrong', `Basic ${token}`]) {
    const answer = await fetch(`${app.url}/metrics`, { headers: { authorization } });
    expect(answer.status).toBe(401);
  }
  const open = await startApp(database);
  try {
    for (const email of ['new@example.org', 'new@example.org'])
      await fetch(`${open.url}/n/${newsletter.slug}/subscribe`, {
        method: 'POST',
        body: new URLSearchParams({ email }),
      });
    await fetch(`${open.url}/n/${newsletter.slug}/subscribe`, {
      method: 'POST',
      body: new URLSearchParams({ email: 'robot@example.org', website: 'x' }),
    });
    const metrics = await (await fetch(`${open.url}/metrics`)).text();
    expect(metrics.match(/^digest_subscribe_requests_total\{.*$/gm)).toEqual([
      'digest_subscribe_requests_total{outcome="accepted"} 2',
      'digest_subscribe_requests_total{outcome="honeypot"} 1',
    ]);
  } finally {
    await open.close();
  }
});
