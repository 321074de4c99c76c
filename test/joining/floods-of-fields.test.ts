// A body of many fields costs an anonymous sender nothing. It must not cost the web process its time: 128 kB
// of `a&` took 35 s of CPU time, in which the process answered no request.
import { useDatabase, useSite } from '../support/fixture.js';
import { signToken, newConfirmToken } from '../../src/subscribers/tokens.js';
import { links, makeNewsletter, makeReaders } from '../support/newsroom.js';

const database = useDatabase();
const app = useSite(database);
const change = newConfirmToken();
let preferences: string;
beforeAll(async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db);
  await makeReaders(db, id, 1);
  const { subscriptionId } = await db.one<{ subscriptionId: string }>(
    `insert into address_changes (subscriber_id, subscription_id, address, address_key, address_hash, domain, mails_new,
       requested_at, expires_at, due_at, new_token_hash, old_agreed_at)
     select subscriber_id, id, 'a@b.example', 'a@b.example', '', 'b.example', true, now(), now() + interval '1 day', now(),
       $1, now() from subscriptions returning subscription_id::text`,
    [change.hash],
  );
  preferences = signToken(links.key, 'preferences', subscriptionId);
});

const multipart = Array.from(
  { length: 4_000 },
  () => '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n',
).join('');
const json = JSON.stringify(Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`a${at}`, ''])));

const floods: [name: string, contentType: string, body: string][] = [
  ['one name again and again', 'application/x-www-form-urlencoded', 'a&'.repeat(131_000)],
  [
    'many names',
    'application/x-www-form-urlencoded',
    Array.from({ length: 30_000 }, (_, at) => `a${at}`).join('&'),
  ],
  ['many parts', 'multipart/form-data; boundary=b', `${multipart}--b--\r\n`],
  ['many keys', 'application/json', json],
];
const paths = ['/n/the-daily-test/subscribe', '/preferences/TOKEN', '/address/TOKEN'];
const real = (path: string) =>
  path.replace('TOKEN', path.startsWith('/address') ? change.token : preferences);

test.each(paths.flatMap((path) => floods.map(([name, type, body]) => ({ path, name, type, body }))))(
  '$path refuses $name at once',
  async ({ path, type, body }) => {
    const answer = await fetch(app.url + real(path), {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect(answer.status).toBe(413);
  },
);

test('as many fields as a form of ours may have are read', async () => {
  const body = new URLSearchParams({ email: 'reader@example.org' });
  for (let at = 0; at < 150; at += 1) body.append('topics', `topic ${at}`);
  const answer = await fetch(`${app.url}/n/the-daily-test/subscribe`, { method: 'POST', body });
  expect(answer.status).not.toBe(413);
});
