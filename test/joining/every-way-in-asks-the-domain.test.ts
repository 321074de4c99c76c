// A newsletter that only one domain may join. Every way in checks the domain, except an admin's.
import { day } from '../../src/durations.js';
import { createSubscriber } from '../../src/joining/create-subscriber.js';
import { setDomainRules } from '../../src/joining/manage-domain-rules.js';
import { mayReadArchive } from '../../src/preferences/read-archive.js';
import { subscriptionStatus, type SubscriptionTimes } from '../../src/subscribers/status.js';
import { signToken, type LinkPurpose } from '../../src/subscribers/tokens.js';
import type { Newsletter } from '../../src/newsletters/schema.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { makeListedNewsletter, makeReaders } from '../support/newsroom.js';
import { clockAt, limits, secrets, startSite, type Clock, type Site } from '../support/site.js';

const database = useDatabase();
let site: Site;
let clock: Clock;
let staff: Newsletter;
let open: Newsletter;

beforeAll(async () => {
  clock = clockAt();
  site = await startSite(database.db, { clock });
});
beforeEach(async () => {
  await database.db.change('delete from subscribers');
  await database.db.change('delete from newsletters');
  site.queue.jobs.length = 0;
  staff = await makeListedNewsletter(database.db, { name: 'The Staff Letter', archive: 'subscribers' });
  open = await makeListedNewsletter(database.db, { name: 'The Open Letter' });
});
closeAfterAll(() => site.close());

const closeStaff = () =>
  setDomainRules(
    { db: database.db, now: clock.now },
    { newsletterId: staff.id, domains: ['company.example'], rule: 'allow' },
  );
const link = (purpose: LinkPurpose, id: string) =>
  `${site.url}/${purpose}/${signToken(secrets.derive('links'), purpose, id)}`;

async function post(url: string, fields: Record<string, string>) {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields) });
  return { status: answer.status, text: await answer.text() };
}

/** The only reader of the newsletter whose address is anna@`domain`. */
async function reader(newsletter: Newsletter, domain = 'readers.example') {
  await makeReaders(database.db, newsletter.id, 1, { prefix: 'anna', domain });
  return placeOn(newsletter, `anna1@${domain}`);
}

type Stored = Omit<SubscriptionTimes, 'suppressed'> & { id: string };

async function placeOn(newsletter: Newsletter, address: string) {
  const row = await database.db.maybeOne<Stored>(
    `select s.* from subscriptions s join subscribers r on r.id = s.subscriber_id
     where s.newsletter_id = $1 and r.address_key = $2`,
    [newsletter.id, address],
  );
  return { id: row?.id ?? '', status: row && subscriptionStatus({ ...row, suppressed: false }) };
}

async function addressLink(address: string): Promise<string> {
  const mail = await site.sink.messagesTo(address).at(-1)?.parsed();
  const [path] = /\/address\/[\w-]+/.exec(mail?.text ?? '') ?? [];
  if (path === undefined) throw new Error(`no link was mailed to ${address}`);
  return site.url + path;
}

/** The page at an address that works. */
async function pageAt(url: string): Promise<string> {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return answer.text();
}

test('the page of another newsletter neither offers it nor subscribes a reader; for an allowed domain it does', async () => {
  await closeStaff();
  const outsider = await reader(open);
  const url = link('preferences', outsider.id);
  expect(await pageAt(url)).not.toContain('The Staff Letter');
  expect((await post(url, { action: 'join', newsletter: staff.slug })).status).toBe(400);
  expect((await placeOn(staff, 'anna1@readers.example')).status).toBeUndefined();

  const colleague = await reader(open, 'company.example');
  const own = link('preferences', colleague.id);
  expect(await pageAt(own)).toContain('The Staff Letter');
  expect((await post(own, { action: 'join', newsletter: staff.slug })).text).toContain(
    'You are now subscribed to',
  );
  const place = await placeOn(staff, 'anna1@company.example');
  expect(place.status).toBe('active');
  const archive = signToken(secrets.derive('links'), 'archive', place.id);
  expect(await mayReadArchive({ db: database.db, secrets }, { newsletterId: staff.id, key: archive })).toBe(
    true,
  );
});

test('a present reader keeps it, and can leave it on the page of another newsletter', async () => {
  const { id } = await reader(open);
  await reader(staff);
  await closeStaff();
  const url = link('preferences', id);
  expect(await pageAt(url)).toContain('The Staff Letter');
  expect((await post(url, { action: 'leave', newsletter: staff.slug })).text).toContain(
    'You have unsubscribed from',
  );
  expect(await pageAt(url)).not.toContain('value="join"');
});

test('a change of address needs the permission of every newsletter that would move', async () => {
  await closeStaff();
  const { id } = await reader(open, 'company.example');
  await reader(staff, 'company.example');
  const asked = await post(link('preferences', id), { action: 'move', address: 'anna@elsewhere.example' });
  expect(asked.status).toBe(400);
  expect(asked.text).toContain('The Staff Letter does not accept addresses at elsewhere.example');
  await site.work();
  expect(site.sink.messagesTo('anna@elsewhere.example')).toEqual([]);
  // A reader who left the staff newsletter may move. Undoing that leaving does not bring them back.
  const staffPlace = await placeOn(staff, 'anna1@company.example');
  await post(link('unsubscribe', staffPlace.id), {});
  await post(link('preferences', id), { action: 'move', address: 'anna2@elsewhere.example' });
  await site.work();
  await post(await addressLink('anna1@company.example'), { answer: 'yes' });
  const done = await post(await addressLink('anna2@elsewhere.example'), { answer: 'yes' });
  expect(done.text).toContain('Your address has been changed');
  for (const action of ['rejoin', 'rejoin-weekly'])
    await post(link('preferences', staffPlace.id), { action });
  expect((await placeOn(staff, 'anna2@elsewhere.example')).status).toBe('unsubscribed');
  expect(await pageAt(link('unsubscribe', staffPlace.id))).not.toContain('value="rejoin"');
});

test('a change of address that was asked for before the rule comes to nothing at the yes', async () => {
  const { id } = await reader(open, 'company.example');
  await reader(staff, 'company.example');
  await post(link('preferences', id), { action: 'move', address: 'anna3@elsewhere.example' });
  await site.work();
  await post(await addressLink('anna1@company.example'), { answer: 'yes' });
  await closeStaff();
  const refused = await post(await addressLink('anna3@elsewhere.example'), { answer: 'yes' });
  expect(refused.status).toBe(403);
  expect(refused.text).toContain('The Staff Letter does not accept addresses at elsewhere.example.');
  expect((await placeOn(staff, 'anna1@company.example')).status).toBe('active');
  expect((await fetch(await addressLink('anna3@elsewhere.example'))).status).toBe(410);
});

test('an undo within the week does not bring back readers of a domain blocked since; others it does', async () => {
  for (const domain of ['readers.example', 'company.example']) {
    const { id } = await reader(staff, domain);
    await post(link('unsubscribe', id), {});
  }
  await closeStaff();
  for (const [domain, status] of [
    ['readers.example', 'unsubscribed'],
    ['company.example', 'active'],
  ] as const) {
    const { id } = await placeOn(staff, `anna1@${domain}`);
    await post(link('preferences', id), { action: 'rejoin' });
    expect((await placeOn(staff, `anna1@${domain}`)).status).toBe(status);
  }
});

test('a request from before the rule is not confirmed and gets no new link; its open newsletters are confirmed', async () => {
  await site.subscribe(staff.slug, { email: 'ben@readers.example' });
  await fetch(`${site.url}/subscribe`, {
    method: 'POST',
    body: new URLSearchParams([
      ['email', 'both@readers.example'],
      ['newsletters', staff.slug],
      ['newsletters', open.slug],
    ]),
  });
  await site.work();
  await closeStaff();
  const token = await site.tokenTo('ben@readers.example');
  for (const method of ['GET', 'POST']) {
    const answer = await fetch(`${site.url}/confirm/${token}`, { method });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('The Staff Letter does not accept addresses at readers.example.');
  }
  const both = `${site.url}/confirm/${await site.tokenTo('both@readers.example')}`;
  expect(await pageAt(both)).not.toContain('The Staff Letter');
  expect((await post(both, {})).status).toBe(200);
  expect((await placeOn(open, 'both@readers.example')).status).toBe('active');
  expect((await placeOn(staff, 'both@readers.example')).status).toBe('pending');

  clock.forward(4 * day);
  expect((await post(`${site.url}/confirm/${token}/again`, {})).status).toBe(403);
  expect(await site.work()).toEqual([]);
  expect((await placeOn(staff, 'ben@readers.example')).status).toBe('pending');
});

test('an unsent confirmation and a reminder name only open newsletters', async () => {
  await site.subscribe(staff.slug, { email: 'unsent@readers.example' });
  await fetch(`${site.url}/subscribe`, {
    method: 'POST',
    body: new URLSearchParams([
      ['email', 'unsent-both@readers.example'],
      ['newsletters', staff.slug],
      ['newsletters', open.slug],
    ]),
  });
  const unsent = site.queue.jobs.splice(0);
  await site.subscribe(staff.slug, { email: 'reminded@readers.example' });
  await site.work();
  await closeStaff();
  site.queue.jobs.push(...unsent);
  await site.work();
  expect(site.sink.messagesTo('unsent@readers.example')).toEqual([]);
  const [both] = site.sink.messagesTo('unsent-both@readers.example');
  const { text } = (await both?.parsed()) ?? {};
  expect(text).toContain('The Open Letter');
  expect(text).not.toContain('The Staff Letter');
  clock.forward(day + 60_000);
  await site.sweep();
  await site.work();
  expect(site.sink.messagesTo('reminded@readers.example')).toHaveLength(1);
  expect(site.sink.messagesTo('unsent@readers.example')).toEqual([]);
  expect(site.sink.messagesTo('unsent-both@readers.example')).toHaveLength(2);
});

test('a reader whom an admin invited can confirm, also by a new link', async () => {
  await closeStaff();
  const added = await createSubscriber(
    {
      db: database.db,
      enqueue: site.queue.enqueue,
      secrets,
      now: clock.now,
      subscribeLimits: limits(),
    },
    { email: 'guest@readers.example', newsletterId: staff.id, status: 'pending', via: 'api' },
  );
  expect(added.ok).toBe(true);
  await site.work();
  clock.forward(4 * day);
  const old = await site.tokenTo('guest@readers.example');
  expect((await post(`${site.url}/confirm/${old}/again`, {})).status).toBe(200);
  await site.work();
  await post(`${site.url}/confirm/${await site.tokenTo('guest@readers.example')}`, {});
  expect((await placeOn(staff, 'guest@readers.example')).status).toBe('active');
});
