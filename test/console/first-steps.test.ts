// The steps to the first issue: a test of the relay and a check of DNS are kept, and tick their steps.
import { generateKeyPairSync } from 'node:crypto';
import { readConfig } from '../../src/config/environment.js';
import { day, hour } from '../../src/durations.js';
import { openDnsLookup } from '../../src/mail/check-dns.js';
import { dkimRecord } from '../../src/mail/dns-records.js';
import {
  checkDomain,
  lastDomainChecks,
  recheckDomain,
  type DnsDeps,
} from '../../src/sender-checks/checks.js';
import { closeAfterTest, useApp, useDatabase, useFreshSink } from '../support/fixture.js';
import { makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';
import { startNameServer } from '../support/name-server.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
type Relays = NonNullable<ReturnType<typeof readConfig>['relays']>;
const relays: Relays = [];
const app = useApp(database, { settings: { relays } });
const sink = useFreshSink();
let owner: Visitor;
const home = '/console/newsletters/the-daily-test';

const relaysAt = (...urls: string[]): void => {
  relays.splice(0, Infinity, ...(readConfig({ SMTP_URL: urls.join(',') }).relays ?? []));
};

beforeAll(async () => {
  const newsletter = await makeNewsletter(database.db);
  await makePosts(database.db, newsletter.id, 2);
  owner = visitor(app.url);
  await owner.signIn(await makeAccount(database.db, 'owner'));
});

const isDone = async (step: string): Promise<boolean> => {
  const { text } = await owner.get(home);
  const found = new RegExp(`<li data-done="(true|false)">(?:(?!</li>).)*${step}`).exec(text);
  if (!found) throw new Error(`there is no step "${step}"`);
  return found[1] === 'true';
};

test('a test of the relay ticks its step, until the next test fails', async () => {
  relaysAt(sink.url);
  expect(await isDone('Check the mail server')).toBe(false);
  const [relay] = relays;
  const tested = await owner.post('/console/delivery/test', { relay: relay?.name ?? '' });
  expect(tested.status).toBe(303);
  const page = await owner.get(tested.location ?? '');
  expect(page.text).toContain('Last test');
  expect(page.text).toContain('just now): it worked');
  expect(page.text).toContain('role="status"');
  expect(await isDone('Check the mail server')).toBe(true);
  await sink.close();
  const failed = await owner.post('/console/delivery/test', { relay: relay?.name ?? '' });
  const after = await owner.get(failed.location ?? '');
  expect(after.text).toContain('just now): it failed');
  expect(after.text).toContain('cannot be used');
  expect((await owner.get('/console/delivery')).text).toContain('cannot be used');
  expect(await isDone('Check the mail server')).toBe(false);
});

test('a test mail that the relay takes ticks it too', async () => {
  relaysAt(app.sink.url);
  expect(await isDone('Check the mail server')).toBe(false);
  await owner.get(home);
  const sent = await owner.post(`${home}/test`, {});
  expect(sent.location).toContain('notice=test-sent');
  expect(await isDone('Check the mail server')).toBe(true);
});

test('the form is done by a reader who came by it, and the look by a choice; a skipped issue ends no step', async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db, { name: 'Steps', slug: 'steps' });
  const steps = async (): Promise<string[]> => {
    const { text } = await owner.get('/console/newsletters/steps');
    return [...text.matchAll(/<li data-done="true">(?:<[^>]*>)?([^<]*)/g)].map(([, step]) => step ?? '');
  };
  await makeReaders(db, id, 1, { prefix: 'steps' });
  const added = [
    'Postal address: done',
    expect.stringMatching(/^Sender/),
    expect.stringMatching(/^First reader/),
  ];
  await db.change('delete from relay_tests');
  expect(await steps()).toEqual(added);
  await db.change(`update subscriptions set via = 'form' where newsletter_id = $1`, [id]);
  await db.change(`update newsletters set look = '{"brandColour": "#2c6e49"}' where id = $1`, [id]);
  await db.change(
    `insert into issues (newsletter_id, kind, slot, review, skipped_at, skip_reason)
     values ($1, 'manual', now(), 'auto', now(), 'nothing-new')`,
    [id],
  );
  expect(await steps()).toEqual([
    ...added.slice(0, 2),
    expect.stringMatching(/^Choose the look/),
    expect.stringMatching(/^Put the form/),
    added[2],
  ]);
  await db.change(
    'update issues set skipped_at = null, skip_reason = null, fanned_out_at = now() where newsletter_id = $1',
    [id],
  );
  expect(await steps()).toEqual([]);
});

describe('the form on another site ticks its step', () => {
  const seen = () =>
    database.db.query<{ slug: string; seenAt: Date }>(
      'select slug, seen_at from form_sightings join newsletters on id = newsletter_id order by slug',
    );
  const load = async (path: string, headers: Record<string, string>): Promise<number> => {
    const answer = await fetch(app.url + path, { headers });
    await answer.arrayBuffer();
    return answer.status;
  };
  const script = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'script' };
  const frame = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'iframe' };

  beforeEach(() => database.db.change('delete from form_sightings'));

  test.each([
    ['a person opens the script', '/embed.js', { 'sec-fetch-site': 'none', 'sec-fetch-dest': 'document' }],
    ['our own page loads it', '/embed.js', { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'script' }],
    ['another site links to the frame', '/embed?frame=1', { ...frame, 'sec-fetch-dest': 'document' }],
    ['a program asks', '/embed.js', {}],
    ['a program names a page that is none', '/embed.js', { referer: 'javascript:alert(1)' }],
  ])('not when %s', async (_, path, headers) => {
    expect(await load(`/n/the-daily-test${path}`, headers)).toBe(200);
    expect(await seen()).toEqual([]);
  });

  test.each([
    ['the script', '/embed.js', script],
    ['the frame', '/embed?frame=1', frame],
    ['the script in an older browser', '/embed.js', { referer: 'https://blog.example/' }],
  ])('when a page of another site loads %s', async (name, path, headers) => {
    const slug = name.replaceAll(' ', '-');
    await makeNewsletter(database.db, { name, slug });
    const isTicked = async () =>
      /<li data-done="true">(?:<[^>]*>)?Put the form/.test(
        (await owner.get(`/console/newsletters/${slug}`)).text,
      );
    expect(await isTicked()).toBe(false);
    expect(await load(`/n/${slug}${path}`, headers)).toBe(200);
    expect(await isTicked()).toBe(true);
  });

  test('a flood of requests is noted once, and an address that names no newsletter not at all', async () => {
    await makeNewsletter(database.db, { name: 'Flooded', slug: 'flooded' });
    await load('/n/flooded/embed.js', script);
    const [first] = await seen();
    for (let round = 0; round < 20; round++)
      await Promise.all(Array.from({ length: 10 }, () => load('/n/flooded/embed.js', script)));
    expect(await load('/n/no-such-newsletter/embed.js', script)).toBe(404);
    expect(await seen()).toEqual([first]);
  });
});

describe('DNS', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const domain = 'news.example.org';
  const complete: Record<string, string[]> = {
    [`${domain} TXT`]: ['v=spf1 ip4:192.0.2.1 -all'],
    [`digest._domainkey.${domain} TXT`]: [dkimRecord('digest', domain, privateKey).value],
    [`_dmarc.${domain} TXT`]: ['v=DMARC1; p=none; rua=mailto:dmarc@example.org'],
  };
  const depsWith = async (records: Record<string, string[]>, now: Date): Promise<DnsDeps> => {
    const { server } = closeAfterTest(await startNameServer(records));
    return {
      db: database.db,
      now: () => now,
      dns: openDnsLookup([server]),
      dkim: [{ domain, selector: 'digest', privateKey }],
      bounceDomain: undefined,
      goesUnsigned: () => false,
    };
  };
  const lacks = async (): Promise<string[] | undefined> =>
    (await lastDomainChecks(database.db, [domain])).get(domain)?.lacks;
  const first = new Date('2026-03-01T08:00:00Z');
  const later = (ms: number): Date => new Date(first.getTime() + ms);

  test('records that are missing are a task, and a check that finds all ticks the step', async () => {
    expect(await isDone('Check the DNS records')).toBe(false);
    await checkDomain(await depsWith({ ...complete, [`_dmarc.${domain} TXT`]: [] }, first), domain);
    const { text } = await owner.get(home);
    expect(text).toContain(`cannot recognise mail from ${domain}: missing or wrong in DNS: DMARC.`);
    expect((await owner.get('/console')).text).toContain('missing or wrong in DNS: DMARC.');
    expect((await owner.get('/console/delivery/dns')).text).toContain('missing or wrong: DMARC.');
    expect(await isDone('Check the DNS records')).toBe(false);
    await checkDomain(await depsWith(complete, first), domain);
    expect(await isDone('Check the DNS records')).toBe(true);
    expect((await owner.get(home)).text).not.toContain('cannot recognise mail');
  });

  test('each record is shown as it was found, on a page that asks nobody', async () => {
    await checkDomain(await depsWith({ ...complete, [`_dmarc.${domain} TXT`]: [] }, first), domain);
    const { text } = await owner.get('/console/delivery/dns');
    expect(text).toContain('spf1 ip4:192.0.2.1 -all');
    expect(text).toMatch(/<code>_dmarc\.news\.example\.org\.?<\/code> TXT/);
    const names = await startNameServer({});
    names.close();
    await checkDomain({ ...(await depsWith(complete, first)), dns: openDnsLookup([names.server]) }, domain);
    const silent = (await owner.get('/console/delivery/dns')).text;
    expect(silent).not.toContain('spf1 ip4:192.0.2.1 -all');
    expect(silent).toContain('missing or wrong: DMARC.');
  });

  test('mail that no key signs lacks DKIM', async () => {
    const deps = await depsWith(complete, first);
    await checkDomain({ ...deps, dkim: [], goesUnsigned: () => true }, domain);
    expect(await lacks()).toEqual(['DKIM']);
  });

  test('upkeep checks again: what lacks after an hour, what is complete after a day', async () => {
    await checkDomain(await depsWith({}, first), domain);
    await recheckDomain(await depsWith(complete, later(hour - 1_000)));
    expect(await lacks()).toEqual(['SPF', 'DKIM', 'DMARC']);
    await recheckDomain(await depsWith(complete, later(hour + 1_000)));
    expect(await lacks()).toEqual([]);
    await recheckDomain(await depsWith({}, later(day)));
    expect(await lacks()).toEqual([]);
    await recheckDomain(await depsWith({}, later(day + 2 * hour)));
    expect(await lacks()).toEqual(['SPF', 'DKIM', 'DMARC']);
  });

  test('a name server that does not answer changes nothing', async () => {
    await checkDomain(await depsWith(complete, first), domain);
    const names = await startNameServer({});
    names.close();
    const deps = { ...(await depsWith(complete, later(2 * day))), dns: openDnsLookup([names.server]) };
    await recheckDomain(deps);
    expect(await lacks()).toEqual([]);
  });

  test('upkeep forgets a domain that no newsletter uses', async () => {
    await checkDomain(await depsWith({}, first), 'gone.example');
    await recheckDomain(await depsWith({}, later(hour)));
    const rows = async () => (await lastDomainChecks(database.db, ['gone.example'])).size;
    expect(await rows()).toBe(1);
    await recheckDomain(await depsWith({}, later(day + hour)));
    expect(await rows()).toBe(0);
  });
});

test('an issue that no reader would get is due, and does not go out', async () => {
  const { id, slug } = await makeNewsletter(database.db, { name: 'Without readers' });
  await makePosts(database.db, id, 3);
  const { text } = await owner.get(`/console/newsletters/${slug}`);
  expect(text).toMatch(/is due .*<strong>3 posts<\/strong>\. No reader would get it yet\./);
  expect(text).not.toContain('goes out');
  await makeReaders(database.db, id, 1, { prefix: 'first' });
  expect((await owner.get(`/console/newsletters/${slug}`)).text).toMatch(
    /goes out .*<strong>1 reader<\/strong>/,
  );
});
