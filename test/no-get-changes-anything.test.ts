// Mail scanners, previews and search engines open every link. This test opens every declared route that
// answers to GET or HEAD.
import { useDatabase } from './support/fixture.js';
import { useEveryRoute } from './support/every-route.js';

const database = useDatabase();
const every = useEveryRoute(database);

/** The rows of each table. */
async function everything(): Promise<Record<string, string>> {
  const { db } = database;
  const tables = await db.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' order by 1`,
  );
  const contents: Record<string, string> = {};
  for (const { name } of tables) {
    const { content } = await db.one<{ content: string }>(
      `select coalesce(json_agg(row_to_json(t) order by t::text), '[]')::text as content from ${name} t`,
    );
    contents[name] = content;
  }
  return contents;
}

async function visit(path: string, method: string, headers: Record<string, string>): Promise<number> {
  const answer = await fetch(every.app.url + path, {
    method,
    redirect: 'manual',
    headers: { accept: 'text/html,*/*', ...headers },
  });
  if (answer.headers.get('content-type')?.startsWith('text/event-stream')) await answer.body?.cancel();
  else await answer.arrayBuffer();
  return answer.status;
}

test('the routes were found, and something stands for each of their parameters', () => {
  for (const path of [
    '/',
    '/n/:slug',
    '/n/:slug/issues/:number',
    '/n/:slug/readers/:key/feed.xml',
    '/confirm/:token',
    '/unsubscribe/:token',
    '/preferences/:token',
    '/address/:token',
    '/livez',
    '/healthz',
    '/api/v1/subscribers/:id/export',
    '/console/issues/:id',
  ])
    expect(every.declared).toContain(path);
  expect(every.declared.filter((path) => every.fill(path) === undefined)).toEqual([]);
});

test('a GET of each of them, with or without sign-in, changes no row', async () => {
  const before = await everything();
  for (const path of every.declared.map((one) => every.fill(one) ?? one))
    for (const [method, query] of [
      ['GET', ''],
      ['HEAD', ''],
      ['GET', '?frame=1&lang=de&via=page&action=save&frequency=off&answer=yes&List-Unsubscribe=One-Click'],
    ] as const) {
      const status = await visit(path + query, method, { 'List-Unsubscribe': 'One-Click' });
      // The values for the parameters are real, so the pages are those that a reader sees.
      // No newsletter here has a logo.
      const isPage =
        query === '' &&
        !path.endsWith('/logo') &&
        /^\/(n|confirm|unsubscribe|preferences|address|review|held)\//.test(path);
      const right = isPage ? status === 200 : status < 500;
      expect({ path, method, status, right }).toEqual({ path, method, status, right: true });
    }
  expect(await everything()).toEqual(before);
}, 120_000);

test('with a key or a session, only their time of use changes', async () => {
  const key = await every.app.key('owner');
  const cookie = await every.cookieOf('owner');
  // A download of readers leaves a trace in the audit log.
  const ownTraces = ({
    api_keys: _,
    sessions: __,
    rate_limits: ___,
    audit: ____,
    audit_chain: _____,
    ...rest
  }: Record<string, string>) => rest;
  const before = ownTraces(await everything());
  for (const one of every.declared) {
    const path = every.fill(one) ?? one;
    const headers: Record<string, string> = path.startsWith('/api/')
      ? { authorization: `Bearer ${key}` }
      : { cookie };
    const status = await visit(path, 'GET', headers);
    expect({ path, ok: status < 500 && status !== 401 }).toEqual({ path, ok: true });
  }
  expect(ownTraces(await everything())).toEqual(before);
}, 120_000);
