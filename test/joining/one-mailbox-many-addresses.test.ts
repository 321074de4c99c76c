// Each alias is a separate subscriber, but all aliases of a mailbox share one limit of confirmations.
import { minute, day } from '../../src/durations.js';
import type { Newsletter } from '../../src/newsletters/schema.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { useDatabase } from '../support/fixture.js';
import { makeNewsletter, makeReaders } from '../support/newsroom.js';
import { clockAt, secrets, startSite, subscriptionOf, type Clock, type Site } from '../support/site.js';

const database = useDatabase();
let newsletter: Newsletter;
let clock: Clock;
let site: Site;
beforeAll(async () => {
  newsletter = await makeNewsletter(database.db);
});
beforeEach(async () => {
  await database.db.change('delete from subscribers');
  clock = clockAt();
  site = await startSite(database.db, { clock });
});
afterEach(() => site.close());

const ask = (email: string) => site.subscribe(newsletter.slug, { email });
const mails = () => site.sink.messages.length;

test.each([
  ['ada@example.org', 'ada@example.org'],
  ['ada+news@example.org', 'ada@example.org'],
  ['ada+a+b@example.org', 'ada@example.org'],
  ['a.da@example.org', 'a.da@example.org'],
  ['+ada@example.org', '+ada@example.org'],
  ['++@example.org', '+@example.org'],
  ['a.d.a+x@gmail.com', 'ada@gmail.com'],
  ['ada@googlemail.com', 'ada@gmail.com'],
  ['a.da@notgmail.com', 'a.da@notgmail.com'],
  ['a.da@mail.gmail.com', 'a.da@mail.gmail.com'],
])('%s is the mailbox %s, and found by the index if it is another address', async (key, mailbox) => {
  expect(await database.db.one('select mailbox_of($1) as mailbox', [key])).toEqual({ mailbox });
  const { indexed } = await database.db.one<{ indexed: boolean }>(
    `select k like '%+%' or k like '%.%@gmail.com' or k like '%@googlemail.com' as indexed from (select $1::text as k) of`,
    [key],
  );
  expect(indexed || key === mailbox).toBe(true);
});

test('five spellings of one mailbox get one confirmation, at once or one after another', async () => {
  const spellings = [
    'victim@gmail.com',
    'victim+1@gmail.com',
    'v.ictim@gmail.com',
    'vic.tim+x@googlemail.com',
    'VICTIM+2@GoogleMail.com',
  ];
  const answers = await Promise.all(spellings.map(ask));
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
  await site.work();
  expect(mails()).toBe(1);
  for (const email of spellings) await ask(email);
  await site.work();
  expect(mails()).toBe(1);
  // The mailbox gets 3 mails a day, the limit of a single address.
  for (let n = 0; n < 6; n += 1) {
    clock.forward(11 * minute);
    await ask(`victim+again${n}@gmail.com`);
  }
  await site.work();
  expect(mails()).toBe(3);
});

test('two web processes count together', async () => {
  const another = await startSite(database.db, { clock });
  try {
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 ? site : another).subscribe(newsletter.slug, { email: `two+${n}@example.org` }),
      ),
    );
    await Promise.all([site.work(), another.work()]);
    expect(mails() + another.sink.messages.length).toBe(1);
  } finally {
    await another.close();
  }
});

test('reminders count as well', async () => {
  await ask('ada+1@example.org');
  clock.forward(11 * minute);
  await ask('ada+2@example.org');
  await site.work();
  expect(mails()).toBe(2);
  // Both reminders are due, but the mailbox gets only one of them.
  clock.forward(day + minute);
  await site.sweep();
  await site.work();
  expect(mails()).toBe(3);
});

test('a change of address sends nothing to a mailbox that was just asked', async () => {
  await makeReaders(database.db, newsletter.id, 1, { prefix: 'mover' });
  const { id } = await subscriptionOf(database.db, newsletter.id, 'mover1@readers.example.org');
  await ask('v.ictim+a@gmail.com');
  await site.work();
  const url = `${site.url}/preferences/${signToken(secrets.derive('links'), 'preferences', id)}`;
  const move = (address: string) =>
    fetch(url, { method: 'POST', body: new URLSearchParams({ action: 'move', address }) });
  expect((await move('victim+b@gmail.com')).status).toBe(200);
  await site.work();
  expect(site.sink.messagesTo('victim+b@gmail.com')).toHaveLength(0);
  clock.forward(11 * minute);
  await move('victim+c@gmail.com');
  await site.work();
  await move('victim+d@googlemail.com');
  await site.work();
  expect(site.sink.messagesTo('victim+c@gmail.com')).toHaveLength(1);
  expect(site.sink.messagesTo('victim+d@googlemail.com')).toHaveLength(0);
});

test('a reader with two tags has two subscriptions, and other mailboxes are others', async () => {
  await ask('ada+work@example.org');
  await ask('a.da@example.org');
  clock.forward(11 * minute);
  await ask('ada+home@example.org');
  await site.work();
  for (const email of ['ada+work@example.org', 'a.da@example.org', 'ada+home@example.org']) {
    await fetch(`${site.url}/confirm/${await site.tokenTo(email)}`, { method: 'POST' });
    expect((await subscriptionOf(database.db, newsletter.id, email)).events).toEqual([
      'requested',
      'confirmed',
    ]);
  }
});
