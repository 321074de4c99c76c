// The commands for feeds change how one is polled, and remove it.
import { CommandError, UsageError } from '../../src/cli/command.js';
import { feedCommands } from '../../src/cli/feed-commands.js';
import { useDatabase } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';
import { runHere, useCommandEnvironment } from './in-process.js';

const database = useDatabase();
useCommandEnvironment(() => ({ DATABASE_URL: database.url }));

const digest = (...args: string[]) => runHere(feedCommands, args);

test('a feed gets an interval, is stopped and polled again, and is removed', async () => {
  const { db } = database;
  const { id: newsletterId } = await makeNewsletter(db);
  const { id } = await db.one<{ id: string }>(
    `insert into feeds (newsletter_id, url, next_poll_at)
     values ($1, 'http://192.0.2.1/feed', now() + interval '1 year') returning id::text as id`,
    [newsletterId],
  );
  const stored = () =>
    db.one<object>('select poll_minutes, disabled_at is not null as stopped from feeds where id = $1', [id]);
  await digest('feed', 'set', id, '--every-minutes', '180', '--stopped', 'yes');
  expect(await stored()).toEqual({ pollMinutes: 180, stopped: true });
  await digest('feed', 'set', id, '--every-minutes', 'usual', '--stopped', 'no');
  expect(await stored()).toEqual({ pollMinutes: null, stopped: false });
  for (const wrong of ['4', '1441', 'often'])
    await expect(digest('feed', 'set', id, '--every-minutes', wrong)).rejects.toThrow(UsageError);
  expect(await digest('feed', 'remove', id)).toMatchObject({ status: 0, document: { removed: id } });
  await expect(digest('feed', 'remove', id)).rejects.toThrow(CommandError);
  expect(await db.query('select action from audit order by id')).toEqual([
    { action: 'feed.change' },
    { action: 'feed.change' },
    { action: 'feed.remove' },
  ]);
});
