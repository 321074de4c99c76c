// The pages of webhooks: an owner adds one, sees what was sent, sends it again, switches it off, and deletes it.
import { makeAccount, visitor, type Visitor } from './browser-session.js';
import { leftInEnglish, peopleOf } from './other-languages.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';
import { announce } from '../../src/webhooks/announce.js';
import { sendWebhooks } from '../../src/webhooks/send-webhooks.js';
import { startReceiver, verified, webhookDeps, type Receiver } from '../webhooks/receiver.js';

const home = '/console/integrations/webhooks';
const database = useDatabase();
const app = useApp(database);

let owner: Visitor;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  owner = visitor(app.url);
  await owner.signIn(await makeAccount(database.db, 'owner'));
});
afterAll(() => receiver.close());

const send = () => sendWebhooks(webhookDeps(database.db));
const announcePause = (newsletterId: string) =>
  announce(database.db, new Date(), {
    event: 'issue.paused',
    newsletterIds: [newsletterId],
    data: { reason: 'by-hand' },
  });
const lastActs = (): Promise<{ action: string }[]> =>
  database.db.query('select action from audit order by id desc limit 5');

test('the secret is shown once, and signs what is sent; what was sent is listed and sent again', async () => {
  const { id: newsletterId } = await makeNewsletter(database.db);
  expect((await owner.get(home)).text).toContain('No webhooks yet');
  const made = await owner.post(home, {
    url: receiver.url,
    'event-issue.paused': 'on',
    newsletter: newsletterId,
  });
  const secret = (/<code id="secret">(whsec_[^<]+)</.exec(made.text)?.[1] ?? '').replaceAll('&#x3D;', '=');
  expect(made.headers.get('cache-control')).toBe('no-store');
  const { id } = await database.db.one<{ id: string }>('select id from webhooks');
  const page = `${home}/${id}`;
  expect((await owner.get(page)).text).not.toContain('whsec_');
  expect((await owner.get(page)).text).toContain('An issue was paused');

  receiver.answer = (_, response) => void response.writeHead(503).end('closed for lunch <b>');
  await announcePause(newsletterId);
  await send();
  const waiting = (await owner.get(page)).text;
  expect(waiting).toContain('waiting');
  expect(waiting).toContain('closed for lunch &lt;b&gt;');

  receiver.answer = (_, response) => void response.end('thank you');
  const { id: delivery } = await database.db.one<{ id: string }>('select id from webhook_deliveries');
  expect((await owner.post(`${page}/deliveries/${delivery}/resend`)).location).toBe(
    `${page}?notice=webhook-event-again`,
  );
  await send();
  const delivered = (await owner.get(page)).text;
  expect(delivered).toContain('delivered');
  expect(delivered).not.toContain('closed for lunch');
  const [first, second] = receiver.received;
  expect(second && verified(secret, second)).toMatchObject({ type: 'issue.paused' });
  expect(first?.id).toBe(second?.id);
  expect((await lastActs()).map(({ action }) => action).slice(0, 2)).toEqual([
    'webhook.resend',
    'webhook.create',
  ]);
});

test('it is switched off and on, and deleted; the list says so', async () => {
  const { id } = await database.db.one<{ id: string }>('select id from webhooks');
  const page = `${home}/${id}`;
  expect((await owner.post(`${page}/off`)).location).toBe(`${page}?notice=webhook-off`);
  expect((await owner.get(home)).text).toContain('switched off');
  const { id: delivery } = await database.db.one<{ id: string }>('select id from webhook_deliveries');
  expect((await owner.post(`${page}/deliveries/${delivery}/resend`)).location).toContain('webhook-is-off');
  expect((await owner.post(`${page}/on`)).location).toBe(`${page}?notice=webhook-on`);
  expect((await owner.get(page)).text).toContain('data-state="ok"');
  expect((await owner.post(`${page}/deliveries/999999/resend`)).location).toContain('webhook-event-gone');
  expect((await owner.post(`${page}/delete`)).location).toBe(`${home}?notice=webhook-deleted`);
  expect((await owner.get(page)).status).toBe(404);
  expect((await owner.post(`${page}/on`)).status).toBe(404);
  expect(await database.db.query('select id from webhook_deliveries')).toEqual([]);
});

test.each([
  [
    'an address in a private network',
    { url: 'http://10.0.0.1/x', 'event-issue.paused': 'on' },
    'private network',
  ],
  ['no address', { url: 'hooks', 'event-issue.paused': 'on' }, 'must start with https://'],
  ['no event', { url: 'https://shop.example.org/x' }, 'Choose one event'],
  [
    'a newsletter that is gone',
    { url: 'https://shop.example.org/x', 'event-issue.paused': 'on', newsletter: '999999' },
    'no longer exists',
  ],
])('%s is refused, and what was typed stays', async (_what, fields, words) => {
  const refused = await owner.post(home, fields);
  expect(refused.status).toBe(422);
  expect(refused.text).toContain(words);
  expect(refused.text).toContain(`value="${fields.url}"`);
  expect(await database.db.query('select id from webhooks')).toEqual([]);
});

test('both pages speak German and Hebrew', async () => {
  await owner.post(home, { url: receiver.url, 'event-issue.paused': 'on', 'event-feed.failing': 'on' });
  const { id } = await database.db.one<{ id: string }>('select id from webhooks');
  const { id: newsletterId } = await database.db.one<{ id: string }>('select id from newsletters');
  await announcePause(newsletterId);
  await send();
  const people = await peopleOf(database.db, app.url);
  for (const path of [home, `${home}/${id}`])
    expect(
      await leftInEnglish(
        people,
        (person) => person.get(path),
        /^(Webhooks?|Ghost|Webhooks? · Daily Digest|Daily Digest.*|https?:.*|.*@.*|The Daily Test|[A-Z][a-z]+ \d.*|\d.*)$/,
      ),
    ).toEqual({ de: [], he: [] });
});

test('the address and the events are edited, with the guard of a new one, and a stale form says what changed', async () => {
  const { id: newsletterId } = await makeNewsletter(database.db, { name: 'Edited', slug: 'edited' });
  await owner.post(home, { url: receiver.url, 'event-issue.paused': 'on', newsletter: newsletterId });
  const { id } = await database.db.one<{ id: string }>('select max(id)::text as id from webhooks');
  const page = `${home}/${id}`;
  expect((await owner.get(page)).text).toContain(`href="${page}/edit"`);
  const form = (await owner.get(`${page}/edit`)).text;
  expect(form).toContain(`value="${receiver.url}"`);
  expect(form).toMatch(/name="event-issue.paused" value="on" checked/);
  const versionIn = (text: string) =>
    (/name="madeFrom" value="([^"]*)"/.exec(text)?.[1] ?? '').replaceAll('&quot;', '"');
  const madeFrom = versionIn(form);
  const at = () => database.db.one('select url, events, newsletter_id from webhooks where id = $1', [id]);
  const before = await at();

  for (const [url, event] of [
    ['http://10.0.0.1/', 'event-issue.paused'],
    [receiver.url, 'none'],
  ] as const) {
    const refused = await owner.post(`${page}/edit`, { url, [event]: 'on', madeFrom });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('id="wrong"');
    expect(versionIn(refused.text)).toBe(madeFrom);
  }
  expect(await at()).toEqual(before);

  const saved = await owner.post(`${page}/edit`, {
    url: `${receiver.url}second`,
    'event-issue.paused': 'on',
    'event-feed.failing': 'on',
    newsletter: '',
    madeFrom,
  });
  expect(saved.location).toBe(`${page}?notice=webhook-changed`);
  expect(await at()).toEqual({
    url: `${receiver.url}second`,
    events: ['issue.paused', 'feed.failing'],
    newsletterId: null,
  });
  expect((await lastActs())[0]?.action).toBe('webhook.change');

  const stale = await owner.post(`${page}/edit`, { url: receiver.url, 'event-issue.paused': 'on', madeFrom });
  expect(stale.status).toBe(409);
  expect(stale.text).toContain('Newsletter: Edited → all newsletters');
  expect(stale.text).toContain('Events: An issue was paused → An issue was paused, A feed fails');
});
