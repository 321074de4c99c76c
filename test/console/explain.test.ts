// The console explains an issue's posts and readers, and a subscriber's last issues.
import { day } from '../../src/durations.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { assemble } from '../../src/issues/assemble.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { assembleDeps, changeReader, makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database, { publicUrl: 'http://digest.example.org' });
let viewer: Visitor;
let issueId = '';
beforeAll(async () => {
  viewer = visitor(app.url);
  await viewer.signIn(await makeAccount(database.db, 'viewer'));
  const { id } = await makeNewsletter(database.db, { selection: { exclude: ['Ads'] } });
  await makePosts(database.db, id, [{ title: 'The tide' }, { title: 'Buy <now>', topics: ['Ads'] }]);
  await makeReaders(database.db, id, 1, { prefix: 'there' });
  await makeReaders(database.db, id, 1, { prefix: 'paused' });
  const reader = { newsletterId: id, address: 'paused1@readers.example.org' };
  await changeReader(database.db, reader, { pausedUntil: new Date(Date.now() + 2 * day) });
  const deps = assembleDeps(database.db);
  const made = await assembleNow(deps, { newsletterId: id });
  issueId = made.status === 'created' ? made.issueId : '';
  await assemble(deps, issueId);
});

test('the issue’s page leads to each of its newsletter’s posts with its reasons', async () => {
  expect((await viewer.get(`/console/issues/${issueId}`)).text).toContain(`/console/issues/${issueId}/why`);
  const page = await viewer.get(`/console/issues/${issueId}/why`);
  expect(page.text).toContain('before the cut-off');
  expect(page.text).toContain('Buy &lt;now&gt;');
  expect(page.text).toContain('selection excludes its topics');
});

test('a reader is found by address, and the page gives the reason', async () => {
  const why = (email: string) =>
    viewer.get(`/console/issues/${issueId}/why?email=${encodeURIComponent(email)}`);
  const paused = await why(' Paused1@Readers.example.org ');
  expect(paused.text).toContain('was not sent this issue');
  expect(paused.text).toContain('They pause until');
  expect((await why('there1@readers.example.org')).text).toContain('It is waiting for its turn.');
  for (const nobody of ['nobody@example.org', 'x', '"><script>'])
    expect((await why(nobody)).text).toContain('No subscriber has this address');
  expect((await viewer.get('/console/issues/999999/why')).status).toBe(404);
});

test('a subscriber’s page shows their choices and their last issues', async () => {
  const list = await viewer.get('/console/subscribers');
  expect(list.text).toContain('paused1@readers.example.org');
  const found = await viewer.get('/console/subscribers?email=paused1@readers.example.org');
  expect(found.location).toMatch(/^\/console\/subscribers\/\d+$/);
  const page = await viewer.get(found.location ?? '');
  expect(page.text).toContain('They pause until');
  expect(page.text).toContain(`/console/issues/${issueId}`);
  const missed = await viewer.get('/console/subscribers?email=no@example.org');
  expect(missed.location).toBe('/console/subscribers?search=no%40example.org');
  expect((await viewer.get(missed.location ?? '')).text).toContain('No reader matches');
  for (const id of ['999999', 'x', '0'])
    expect((await viewer.get(`/console/subscribers/${id}`)).status).toBe(404);
});
