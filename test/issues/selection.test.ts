// How a newsletter's selection rules decide which posts a real issue contains.
import { assembleNow } from '../../src/issues/assemble-now.js';
import { previewNext } from '../../src/issues/preview-next.js';
import { getNewsletter } from '../../src/newsletters/get-newsletter.js';
import { updateNewsletter } from '../../src/newsletters/update-newsletter.js';
import { useDatabase } from '../support/fixture.js';
import { assembleDeps, fanOutNext, makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';

const database = useDatabase();

const deps = () => assembleDeps(database.db);

async function sendNow(newsletterId: string): Promise<string> {
  return fanOutNext(deps(), newsletterId);
}

const listsOf = async (issueId: string): Promise<Record<string, string[]>> => {
  const rows = await database.db.query<{ address: string; titles: string[] }>(
    `select split_part(r.address, '@', 1) as address, array(
       select ip.post->>'title' from unnest(v.post_ids) with ordinality as p (id, n)
       join issue_posts ip on ip.issue_id = d.issue_id and ip.post_id = p.id order by p.n) as titles
     from deliveries d join variants v on v.id = d.variant_id join subscribers r on r.id = d.subscriber_id
     where d.issue_id = $1`,
    [issueId],
  );
  return Object.fromEntries(rows.map(({ address, titles }) => [address, titles]));
};

test('categories become topics before readers’ choices apply; omitted posts stay omitted', async () => {
  const { id } = await makeNewsletter(database.db, {
    topics: ['City', 'Art'],
    selection: { order: 'topic', exclude: ['Internal'], topicMap: { Stadt: 'City', kunst: 'Art' } },
  });
  await makePosts(database.db, id, [
    { title: 'bridge', topics: ['Stadt'] },
    { title: 'gallery', topics: ['Kunst'] },
    { title: 'memo', topics: ['Stadt', 'internal'] },
    { title: 'tram', topics: ['stadt'] },
    { title: 'weather' },
  ]);
  await makeReaders(database.db, id, 1, { prefix: 'map-all' });
  await makeReaders(database.db, id, 1, { prefix: 'map-city', topics: ['City'] });
  const issueId = await sendNow(id);
  expect(await listsOf(issueId)).toEqual({
    'map-all1': ['tram', 'bridge', 'gallery', 'weather'],
    'map-city1': ['tram', 'bridge', 'weather'],
  });
  const omitted = await database.db.query(
    `select reason, post->>'title' as title from issue_omissions where issue_id = $1`,
    [issueId],
  );
  expect(omitted).toEqual([{ reason: 'topic', title: 'memo' }]);
  // An issue has already offered and omitted the post, so the next issue does not bring it.
  await updateNewsletter(database, { id, patch: { selection: { exclude: [] } } });
  expect((await assembleNow(deps(), { newsletterId: id })).status).toBe('skipped');
});

test('the next issue is seen as it will be', async () => {
  const { id } = await makeNewsletter(database.db, {
    schedule: { maxPosts: 2 },
    selection: { order: 'oldest', exclude: ['ads'] },
  });
  await makePosts(database.db, id, [
    { title: 'first' },
    { title: 'second' },
    { title: 'third' },
    { title: 'buy this', topics: ['Ads'] },
  ]);
  await makeReaders(database.db, id, 1, { prefix: 'seen' });
  const next = await previewNext(deps(), { newsletterId: id });
  expect(next).toMatchObject({ posts: [{ title: 'second' }, { title: 'third' }], more: 1 });
  expect(await listsOf(await sendNow(id))).toEqual({ seen1: ['second', 'third'] });
});

test('an issue with only omitted posts is skipped', async () => {
  const { id } = await makeNewsletter(database.db, { selection: { include: ['City'] } });
  await makePosts(database.db, id, [{ title: 'gallery', topics: ['Art'] }]);
  await makeReaders(database.db, id, 1, { prefix: 'none' });
  expect(await assembleNow(deps(), { newsletterId: id })).toEqual({
    status: 'skipped',
    reason: 'nothing-new',
  });
});

test('settings are merged one by one, and a newsletter from before they existed has the defaults', async () => {
  const { id } = await makeNewsletter(database.db, { words: { opening: 'Good morning.' } });
  await updateNewsletter(database, {
    id,
    patch: { words: { sponsor: 'Buy tea.' }, selection: { order: 'oldest' } },
  });
  expect(await getNewsletter(database.db, id)).toMatchObject({
    words: { opening: 'Good morning.', closing: null, sponsor: 'Buy tea.' },
    selection: { order: 'oldest', include: [] },
  });
  await database.db.query(
    `update newsletters set words = '{}', selection = '{}', schedule = schedule - 'reviewTimeout' where id = $1`,
    [id],
  );
  expect(await getNewsletter(database.db, id)).toMatchObject({
    words: { opening: null },
    selection: { order: 'newest' },
    schedule: { reviewTimeout: 'wait' },
  });
});
