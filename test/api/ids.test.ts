// The API answers an invalid id with "not found", whatever the id is. It never fails.
import { isId } from '../../src/ids.js';
import { startApp, type TestApp } from '../support/app.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let app: TestApp;

beforeAll(async () => {
  database = await testDatabase();
  app = await startApp(database);
});
afterAll(async () => {
  await app.close();
  await database.close();
});

const largest = '9223372036854775807';

test.each(['1', '17', '999999999999999999', '1000000000000000000', largest])('%s is an id', (text) => {
  expect(isId(text)).toBe(true);
});

const noIds = [
  'abc',
  '0',
  '-1',
  '01',
  '1.5',
  '1e3',
  ' 1',
  '1\n',
  '٣',
  '9223372036854775808',
  '99999999999999999999',
];

test.each([...noIds, ''])('%j is no id', (text) => {
  expect(isId(text)).toBe(false);
});

const from = { address: 'digest@example.org' };

/** Valid bodies, so that the request reaches the use case instead of failing the check of its body. */
const bodies: Record<string, unknown> = {
  'post /newsletters/{id}/feeds': { url: 'https://example.org/feed.xml' },
  'post /newsletters/{id}/feeds/discover': { url: 'https://nosuch.invalid/' },
  'post /newsletters/{id}/posts': { guid: 'a', title: 'A', url: 'https://example.org/a' },
  'post /newsletters/{id}/mail-templates': { mjml: '<mjml></mjml>' },
  'post /feeds/{id}/settle': { as: 'known' },
};

const paths = async () => {
  const response = await fetch(`${app.url}/api/v1/openapi.json`);
  const document = (await response.json()) as { paths: Record<string, Record<string, unknown>> };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method, path: path.replace(/^\/api\/v1/, '') })),
  );
};

test.each(['abc', '0', '-1', '9223372036854775808', largest, `${largest}-${largest}`])(
  '%j in a path',
  async (id) => {
    const failures: string[] = [];
    const withId = (await paths()).filter(({ path }) => path.includes('{id}'));
    expect(withId.length).toBeGreaterThan(30);
    for (const { method, path } of withId) {
      const at = path.replaceAll(/\{\w+\}/g, encodeURIComponent(id));
      const isImport = path.endsWith('/imports') && method === 'post';
      const { status } = await (isImport
        ? app.api('POST', `${at}?basis=a+form`, undefined, {
            raw: 'email\nann@example.org\n',
            headers: { 'content-type': 'text/csv' },
          })
        : app.api(
            method.toUpperCase(),
            at,
            method === 'get' ? undefined : (bodies[`${method} ${path}`] ?? {}),
          ));
      if (status >= 500) failures.push(`${method} ${path} ${status}`);
    }
    expect(failures).toEqual([]);
  },
);

test('an import into a newsletter with an impossible id is not found', async () => {
  const { status } = await app.api('POST', '/newsletters/abc/imports?basis=a+form', undefined, {
    raw: 'email\nann@example.org\n',
    headers: { 'content-type': 'text/csv' },
  });
  expect(status).toBe(404);
});

test.each(['abc', '0', '-1', '9223372036854775808'])('%j in a body or a query', async (id) => {
  const there = await app.api('POST', '/newsletters', { name: 'Ids', from });
  const newsletter = `/newsletters/${there.body.id}`;
  const answers = await Promise.all([
    app.api('POST', '/subscribers', { email: 'ann@example.org', newsletterId: id, consent: 'asked' }),
    app.api('POST', '/domain-rules', { domain: 'example.org', rule: 'block', newsletterId: id }),
    app.api('GET', `/subscribers?newsletter=${encodeURIComponent(id)}`),
    app.api('GET', `/domain-rules?newsletter=${encodeURIComponent(id)}`),
    app.api('POST', '/webhooks', {
      url: 'https://example.org/',
      events: ['issue.paused'],
      newsletterId: id,
    }),
    app.api('GET', `/webhooks?cursor=${encodeURIComponent(id)}`),
    app.api('GET', `/audit?cursor=${encodeURIComponent(id)}`),
    app.api('GET', `/suppressions?cursor=${encodeURIComponent(id)}`),
    app.api('GET', `${newsletter}/posts?cursor=${encodeURIComponent(id)}`),
    app.api('GET', `${newsletter}/feeds?cursor=${encodeURIComponent(id)}`),
    app.api('GET', `${newsletter}/issues?cursor=${encodeURIComponent(id)}`),
    app.api('GET', `${newsletter}/imports?cursor=${encodeURIComponent(id)}`),
    app.api('GET', `${newsletter}/leavings?cursor=${encodeURIComponent(id)}`),
    app.api('POST', `${newsletter}/issues`, { postIds: [id] }),
    app.api('PATCH', newsletter, { look: { version: id } }),
  ]);
  expect(answers.map(({ status }) => status).filter((status) => status >= 500)).toEqual([]);
});
