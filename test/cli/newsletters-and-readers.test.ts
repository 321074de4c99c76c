// Commands for newsletters, readers and test mails. They run in this process, through the real program.
import { CommandError, UsageError } from '../../src/cli/command.js';
import { issueTestCommand } from '../../src/cli/mail/test-issue.js';
import { createCommand } from '../../src/cli/newsletter-create.js';
import { newsletterCommands } from '../../src/cli/newsletters/commands.js';
import { readerCommands } from '../../src/cli/readers/commands.js';
import { useDatabase, useSink } from '../support/fixture.js';
import { makePosts, makeReaders } from '../support/newsroom.js';
import { runHere, useCommandEnvironment } from './in-process.js';

const database = useDatabase();
const sink = useSink();
useCommandEnvironment(() => ({ DATABASE_URL: database.url, SMTP_URL: sink.url }));

/** What the commands print, of which each has a part. */
interface Printed {
  id: string;
  slug: string;
  data: { id: string; name: string; email: string }[];
  nextCursor: string | null;
}

const commands = [createCommand, ...newsletterCommands, ...readerCommands, issueTestCommand];
const digest = async (...args: string[]) =>
  (await runHere(commands, args)) as { status: number; document: Printed };

const create = () => digest('newsletter', 'create', '--name', 'Tide', '--from-address', 'tide@example.org');

test('a newsletter is listed and changed; what is not given stays', async () => {
  const { document: made } = await create();
  await makeReaders(database.db, made.id, 3);
  const { document: list } = await digest('newsletter', 'list');
  expect(list.data).toMatchObject([{ id: made.id, name: 'Tide', readers: 3 }]);
  const set = ['newsletter', 'set', '--newsletter', made.slug];
  const { document: changed } = await digest(...set, '--name', 'Tidewater', '--send-time', '06:30');
  expect(changed).toMatchObject({
    name: 'Tidewater',
    from: { address: 'tide@example.org' },
    schedule: { sendTime: '06:30' },
  });
  await expect(digest(...set)).rejects.toThrow(/^Give at least one value/);
  await expect(digest(...set, '--send-time', '25:00')).rejects.toThrow(/^--send-time: /);
  await expect(digest(...set, '--timezone', 'Europe/Nowhere')).rejects.toThrow(UsageError);
});

test('the next digest goes to addresses of ours, without an issue', async () => {
  const { id } = (await digest('newsletter', 'list')).document.data[0] ?? { id: '' };
  await expect(digest('issue', 'test', '--to', 'me@example.org')).rejects.toThrow(CommandError);
  await makePosts(database.db, id, 2);
  const sent = await digest('issue', 'test', '--to', 'me@example.org,you@example.org');
  expect(sent).toMatchObject({
    status: 0,
    document: { data: [{ to: 'me@example.org', outcome: 'accepted' }, { to: 'you@example.org' }] },
  });
  expect(sink.messages.flatMap(({ to }) => to)).toEqual(['me@example.org', 'you@example.org']);
  expect(await database.db.query('select from issues')).toEqual([]);
  await expect(digest('issue', 'test', '--to', 'nobody')).rejects.toThrow(/"nobody" is no address/);
});

test('readers are found, suppressed and erased, and each act is in the audit log', async () => {
  const { document: first } = await digest('subscribers', 'list', '--limit', '2');
  const { document: second } = await digest('subscribers', 'list', '--after', first.nextCursor ?? '');
  expect([first.data.length, second.data.length, second.nextCursor]).toEqual([2, 1, null]);
  const blank = { id: '', email: '' };
  const [{ id, email } = blank, other = blank] = first.data;
  expect((await digest('subscribers', 'list', '--search', email.slice(0, 8))).document.data).toContainEqual(
    expect.objectContaining({ id }),
  );
  const found = async (...filter: string[]) =>
    (await digest('subscribers', 'list', ...filter)).document.data.length;
  const every = ['--newsletter', 'tide', '--since', '2020-01-01'];
  expect(await found(...every, '--frequency', 'daily')).toBe(3);
  expect(await found(...every, '--frequency', 'weekly')).toBe(0);
  expect(await found('--source', 'import')).toBe(0);
  expect(await found('--since', '2100-01-01')).toBe(0);
  await expect(found('--since', 'monday')).rejects.toThrow(/must be a date such as/);

  const suppress = ['subscribers', 'suppress', email, '--note', 'asked by phone'];
  expect((await digest(...suppress)).document).toMatchObject({ reason: 'manual', detail: 'asked by phone' });
  expect(await database.db.query('select reason from suppressions')).toEqual([{ reason: 'manual' }]);

  await expect(digest('subscribers', 'erase', other.id, '--yes', email)).rejects.toThrow(/Nothing is erased/);
  await digest('subscribers', 'erase', other.email, '--yes', other.email);
  await expect(digest('subscribers', 'erase', other.id, '--yes', other.email)).rejects.toThrow(/no reader/);
  const acts = await database.db.query<{ action: string }>(
    `select action from audit where action like 's%' order by id`,
  );
  expect(acts.map(({ action }) => action)).toEqual(['suppression.add', 'subscriber.erase']);
});

test('a newsletter is deleted by its name only', async () => {
  await expect(digest('newsletter', 'delete', '--yes', 'Tide')).rejects.toThrow(/Nothing is deleted/);
  await digest('newsletter', 'delete', '--yes', 'Tidewater');
  expect((await digest('newsletter', 'list')).document.data).toEqual([]);
});
