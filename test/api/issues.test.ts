// Issues through the API: previews, tests, sending and holds.
import { useApp, useDatabase } from '../support/fixture.js';
import {
  assembleDeps,
  deliveryDeps,
  makeNewsletter,
  makePosts,
  makeReaders,
  sendAll,
} from '../support/newsroom.js';
import { assemble } from '../../src/issues/assemble.js';
import { finishIfDone } from '../../src/delivery/finish.js';

const database = useDatabase();
const app = useApp(database);
let newsletterId: string;

beforeAll(async () => {
  newsletterId = (await makeNewsletter(database.db)).id;
});

/** Does the work of the workers in this process, without queues. */
async function deliver(issueId: string): Promise<void> {
  await assemble(assembleDeps(database.db), issueId);
  const deps = await deliveryDeps(database.db, app.sink.url);
  try {
    await sendAll(deps, issueId);
    await finishIfDone(deps, issueId);
  } finally {
    await deps.close();
  }
}

const issues = () => `/newsletters/${newsletterId}/issues`;

test('send now, from nothing to say to everything accepted', async () => {
  expect((await app.api('POST', issues())).body).toEqual({ status: 'skipped', reason: 'no-readers' });
  await makeReaders(database.db, newsletterId, 3);
  await makePosts(database.db, newsletterId, [{ title: 'The harbour opens' }, { title: 'A new ferry' }]);

  const dryRun = await app.api('POST', issues(), { dryRun: true });
  expect(dryRun.status).toBe(200);
  expect(dryRun.body).toMatchObject({ status: 'would-send', readers: 3, candidates: 3 });
  expect((await app.api('GET', issues())).body.data).toEqual([]);

  const made = await app.api('POST', issues());
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({ newsletterId, number: 1, status: 'frozen', kind: 'manual' });
  expect(made.body['posts']).toHaveLength(2);
  const path = `/issues/${made.body.id}`;
  expect(made.headers.get('location')).toBe(`/api/v1${path}`);

  await deliver(made.body.id ?? '');
  const done = await app.api('GET', path);
  expect(done.body).toMatchObject({
    status: 'finished',
    counts: { candidates: 3, accepted: 3, excluded: 0, queued: 0, refused: 0, uncertain: 0 },
  });
  const deliveries = await app.api('GET', `${path}/deliveries?state=accepted&limit=2`);
  expect(deliveries.body.data).toHaveLength(2);
  const rest = await app.api('GET', `${path}/deliveries?cursor=${deliveries.body.nextCursor}`);
  expect(rest.body).toMatchObject({ data: [{ state: 'accepted' }], nextCursor: null });
  const one = await app.api('GET', `/deliveries/${String(rest.body.data?.[0]?.['id'])}`);
  expect(one.body).toMatchObject({ state: 'accepted', replyCode: 250, tries: [] });

  // A second "send now" sends no mail.
  expect((await app.api('POST', issues())).body).toEqual({ status: 'skipped', reason: 'nothing-new' });
  expect(app.sink.messages).toHaveLength(3);
});

test('previews show the mail, and run nothing', async () => {
  const { body } = await app.api('GET', issues());
  const path = `/issues/${String(body.data?.[0]?.['id'])}/preview`;
  const html = await app.api('GET', path);
  expect(html.headers.get('content-type')).toMatch('text/html');
  expect(html.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
  expect(html.text).toContain('The harbour opens');
  const text = await app.api('GET', `${path}?part=text`);
  expect(text.headers.get('content-type')).toMatch('text/plain');
  const raw = await app.api('GET', `${path}?part=raw`);
  expect(raw.text).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);
  expect((await app.api('GET', `${path}?part=pdf`)).status).toBe(400);
  expect((await app.api('GET', `${path}?subscriber=999`)).status).toBe(404);
});

test('an issue without an unsubscribe link of ours has no message, and no test of it is sent', async () => {
  const { body } = await app.api('GET', issues());
  const id = String(body.data?.[0]?.['id']);
  const was = await database.db.query(`select id, text from variants where issue_id = $1`, [id]);
  await database.db.query(`update variants set text = 'Nothing to leave' where issue_id = $1`, [id]);
  const path = `/issues/${id}`;
  const raw = await app.api('GET', `${path}/preview?part=raw`);
  expect([raw.status, raw.body['code']]).toEqual([409, 'not-sendable']);
  expect((await app.api('GET', `${path}/preview?part=text`)).text).toContain('Nothing to leave');
  const sent = app.sink.messages.length;
  const tested = await app.api('POST', `${path}/test`, { to: ['editor@example.org'] });
  expect([tested.status, tested.body['code']]).toEqual([409, 'not-sendable']);
  expect(app.sink.messages).toHaveLength(sent);
  for (const { id: variant, text } of was as { id: string; text: string }[])
    await database.db.query('update variants set text = $2 where id = $1', [variant, text]);
});

test('a test goes to the addresses given, and is counted nowhere', async () => {
  const { body } = await app.api('GET', issues());
  const path = `/issues/${String(body.data?.[0]?.['id'])}`;
  const sent = await app.api('POST', `${path}/test`, { to: ['editor@example.org'] });
  expect(sent.body.data).toEqual([
    expect.objectContaining({ to: 'editor@example.org', outcome: 'accepted' }),
  ]);
  const message = await app.sink.messagesTo('editor@example.org')[0]?.parsed();
  expect(message?.subject).not.toMatch(/test\]/i);
  expect((await app.api('GET', path)).body['counts']).toMatchObject({ candidates: 3, accepted: 3 });
  const refused = await app.api('POST', `${path}/test`, { to: ['editor@example.org', 'nobody'] });
  expect(refused.body['errors']).toEqual([expect.objectContaining({ path: 'to.1' })]);
});

test('an issue is held, approved, paused, resumed and cancelled', async () => {
  await makePosts(database.db, newsletterId, 1);
  const held = await app.api('POST', issues(), { review: 'hold' });
  expect(held.body).toMatchObject({ status: 'review' });
  const path = `/issues/${held.body.id}`;
  expect((await app.api('DELETE', `/newsletters/${newsletterId}`)).body.code).toBe('issue-unfinished');
  expect((await app.api('POST', `${path}/approve`)).body).toMatchObject({ status: 'frozen' });
  expect((await app.api('POST', `${path}/pause`)).body).toMatchObject({ status: 'paused' });
  expect((await app.api('POST', `${path}/resume`)).body).toMatchObject({ status: 'frozen' });
  expect((await app.api('POST', `${path}/cancel`)).body).toMatchObject({ status: 'cancelled' });
  const late = await app.api('POST', `${path}/approve`);
  expect([late.status, late.body.code]).toEqual([409, 'wrong-state']);
  expect((await app.api('POST', '/issues/999/approve')).status).toBe(404);
});

test('only eligible posts of the newsletter can be chosen', async () => {
  const { status, body } = await app.api('POST', issues(), { postIds: ['999999'] });
  expect([status, body.code]).toEqual([400, 'posts-not-eligible']);
});

test('events tell the counts as they move, and end with the issue', async () => {
  const made = await app.api('POST', issues());
  expect(made.status).toBe(201);
  const key = await app.key('viewer');
  const response = await fetch(`${app.url}/api/v1/issues/${made.body.id}/events`, {
    headers: { authorization: `Bearer ${key}` },
  });
  expect(response.headers.get('content-type')).toMatch('text/event-stream');
  setTimeout(() => void deliver(made.body.id ?? ''), 300);
  const text = await response.text();
  const states = [...text.matchAll(/^data: (\{.+\})$/gm)].map(
    ([, json]) => (JSON.parse(json ?? '') as { status?: string }).status,
  );
  expect(states[0]).toBe('frozen');
  expect(states.at(-1)).toBe('finished');
  expect(text).toMatch(/event: over\n/);
});
