// The command changes a webhook as the API does, and leaves what is not given.
import { CommandError, UsageError } from '../../src/cli/command.js';
import { webhookCommands } from '../../src/cli/webhooks/commands.js';
import { useDatabase } from '../support/fixture.js';
import { makeNewsletter, secretKey } from '../support/newsroom.js';
import { runHere, useCommandEnvironment } from './in-process.js';

const database = useDatabase();
useCommandEnvironment(() => ({ DATABASE_URL: database.url, SECRET_KEY: secretKey }));

const digest = (...args: string[]) => runHere(webhookCommands, args);

test('a webhook gets another address, other events and a newsletter; its secret stays', async () => {
  const { db } = database;
  const { id: newsletterId, slug } = await makeNewsletter(db);
  await digest('webhook', 'create', '--url', 'https://one.example/', '--events', 'issue.paused');
  const { id, secret } = await db.one<{ id: string; secret: Buffer }>(
    'select id::text, secret from webhooks',
  );
  const stored = () => db.one<object>('select url, events, newsletter_id, secret from webhooks');

  await digest('webhook', 'set', id, '--url', 'https://two.example/', '--newsletter', slug);
  expect(await stored()).toEqual({
    url: 'https://two.example/',
    events: ['issue.paused'],
    newsletterId,
    secret,
  });
  await digest('webhook', 'set', id, '--events', 'feed.failing,issue.paused', '--all-newsletters');
  expect(await stored()).toMatchObject({ events: ['issue.paused', 'feed.failing'], newsletterId: null });

  await expect(digest('webhook', 'set', id, '--url', 'http://10.0.0.1/')).rejects.toThrow(CommandError);
  await expect(digest('webhook', 'set', id, '--events', 'everything')).rejects.toThrow(UsageError);
  await expect(digest('webhook', 'set', '999', '--url', 'https://two.example/')).rejects.toThrow(
    'no webhook 999',
  );
  expect(await stored()).toMatchObject({ url: 'https://two.example/' });
  expect(await db.query('select action from audit order by id')).toEqual([
    { action: 'webhook.create' },
    { action: 'webhook.change' },
    { action: 'webhook.change' },
  ]);
});
