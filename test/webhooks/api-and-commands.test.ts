// Webhooks through the API: the secret once, roles, the audit log, deliveries and resending.
import { useApp, useDatabase } from '../support/fixture.js';
import { announce } from '../../src/webhooks/announce.js';
import { outbox, sendDue, startReceiver, type Receiver } from './receiver.js';

const database = useDatabase();
const app = useApp(database);
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

const input = () => ({ url: receiver.url, events: ['issue.paused', 'feed.failing'] });

test('a webhook is created, read, changed and deleted; its secret is shown once', async () => {
  const made = await app.api('POST', '/webhooks', input());
  expect(made.status).toBe(201);
  expect(made.headers.get('location')).toBe(`/api/v1/webhooks/${made.body.id}`);
  expect(made.body).toMatchObject({
    url: receiver.url,
    events: ['issue.paused', 'feed.failing'],
    newsletterId: null,
    enabled: true,
    lastDelivery: null,
    secret: expect.stringMatching(/^whsec_/) as string,
  });
  const path = `/webhooks/${made.body.id}`;
  const read = await app.api('GET', path);
  expect(read.body).not.toHaveProperty('secret');
  expect((await app.api('GET', '/webhooks')).body.data).toEqual([read.body]);
  const changed = await app.api('PATCH', path, { enabled: false, events: ['import.finished'] });
  expect(changed.body).toMatchObject({
    enabled: false,
    disabledBecause: 'by-hand',
    events: ['import.finished'],
  });
  expect((await app.api('PATCH', path, { enabled: true })).body).toMatchObject({
    enabled: true,
    disabledBecause: null,
  });
  expect((await app.api('DELETE', path)).status).toBe(204);
  expect((await app.api('GET', path)).status).toBe(404);
  const { data = [] } = (await app.api('GET', '/audit')).body;
  expect(data.map(({ action, subject }) => [action, subject])).toEqual([
    ['webhook.delete', `webhook:${made.body.id}`],
    ['webhook.change', `webhook:${made.body.id}`],
    ['webhook.change', `webhook:${made.body.id}`],
    ['webhook.create', `webhook:${made.body.id}`],
  ]);
  expect(JSON.stringify(data)).not.toContain('whsec_');
});

test.each([
  [{ url: 'http://10.0.0.1/' }, 422, 'invalid-url'],
  [{ url: 'ftp://example.org/' }, 422, 'invalid-url'],
  [{ url: 'https://user:pass@example.org/' }, 422, 'invalid-url'],
  [{ newsletterId: '999' }, 422, 'unknown-newsletter'],
  [{ events: [] }, 400, 'invalid'],
  [{ events: ['everything'] }, 400, 'invalid'],
])('%j is refused', async (wrong, status, code) => {
  const answer = await app.api('POST', '/webhooks', { ...input(), ...wrong });
  expect(answer.status).toBe(status);
  expect(answer.body.code).toContain(code);
});

test('a viewer reads webhooks and changes none', async () => {
  const key = await app.key('viewer');
  expect((await app.api('POST', '/webhooks', input(), { key })).status).toBe(403);
  expect((await app.api('GET', '/webhooks', undefined, { key })).status).toBe(200);
  const editor = await app.key('editor');
  expect((await app.api('POST', '/webhooks', input(), { key: editor })).status).toBe(201);
});

test('deliveries are listed and sent again', async () => {
  const { id = '' } = (await app.api('POST', '/webhooks', input())).body;
  await announce(
    database.db,
    new Date(),
    { event: 'feed.failing', newsletterIds: [], data: { n: 1 } },
    { event: 'issue.paused', newsletterIds: [], data: { n: 2 } },
    { event: 'import.finished', newsletterIds: [], data: { n: 3 } },
  );
  expect(await outbox(database.db, id)).toHaveLength(2);
  await sendDue(database.db);
  const { data = [] } = (await app.api('GET', `/webhooks/${id}/deliveries`)).body;
  expect(data.map(({ event, state, status, nextTryAt }) => [event, state, status, nextTryAt])).toEqual([
    ['issue.paused', 'delivered', 200, null],
    ['feed.failing', 'delivered', 200, null],
  ]);
  const path = `/webhooks/${id}/deliveries/${String(data[0]?.['id'])}/resend`;
  const again = await app.api('POST', path);
  expect(again).toMatchObject({ status: 200, body: { state: 'waiting', attempts: 0 } });
  const [entry] = (await app.api('GET', '/audit?limit=1')).body.data ?? [];
  expect(entry).toMatchObject({ action: 'webhook.resend', subject: `webhook:${id}` });
  expect(await sendDue(database.db)).toBe(1);
  await app.api('PATCH', `/webhooks/${id}`, { enabled: false });
  expect(await app.api('POST', path)).toMatchObject({ status: 409, body: { code: 'webhook-disabled' } });
  expect((await app.api('POST', `/webhooks/${id}/deliveries/999999/resend`)).status).toBe(409);
  const metrics = await (await fetch(`${app.url}/metrics`)).text();
  expect(metrics).toMatch(/digest_webhook_tries_total\{outcome="delivered"\} \d+/);
});
