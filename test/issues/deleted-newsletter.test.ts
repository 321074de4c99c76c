// Deleting a newsletter deletes its deliveries too. The deliveries have no foreign key to issues, because it
// would cost a fan-out one look-up for each reader.
import { useDatabase } from '../support/fixture.js';
import { assembleDeps, fanOutNext, makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';

const database = useDatabase();

async function fanOutTo(readers: number, name: string): Promise<string> {
  const { db } = database;
  const { id: newsletterId } = await makeNewsletter(db, { name });
  await makePosts(db, newsletterId, 1);
  await makeReaders(db, newsletterId, readers, { prefix: name });
  await fanOutNext(assembleDeps(db), newsletterId);
  return newsletterId;
}

test('a newsletter that is deleted takes its deliveries along, and no others', async () => {
  const { db } = database;
  const gone = await fanOutTo(3, 'gone');
  await fanOutTo(2, 'staying');
  await db.query('delete from newsletters where id = $1', [gone]);
  expect(await db.query('select count(*)::int as count from deliveries')).toEqual([{ count: 2 }]);
});
