// A body of many fields costs an anonymous sender nothing. It must not cost the web process its time: 128 kB
// of `a&` took 35 s of CPU time, in which the process answered no request.
import { useDatabase, useSite } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';

const database = useDatabase();
const app = useSite(database);
beforeAll(async () => {
  await makeNewsletter(database.db);
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
const paths = ['/n/the-daily-test/subscribe', '/preferences/x', '/address/x'];

test.each(paths.flatMap((path) => floods.map(([name, type, body]) => ({ path, name, type, body }))))(
  '$path refuses $name at once',
  async ({ path, type, body }) => {
    const answer = await fetch(`${app.url}${path}`, {
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
