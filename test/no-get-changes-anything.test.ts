// Mail scanners, previews and search engines open every link. This test opens every declared route that
// answers to GET or HEAD. A new route fails the test until it has an entry below.
import express from 'express';
import { createAccount } from '../src/accounts/create-account.js';
import { imageKey } from '../src/delivery/message.js';
import { imageAddress } from '../src/images/image-address.js';
import { signDecision } from '../src/decision-link.js';
import { openSecrets } from '../src/secrets.js';
import { newConfirmToken, signToken, type LinkPurpose } from '../src/subscribers/tokens.js';
import { password, visitor } from './console/browser-session.js';
import { startApp, type TestApp } from './support/app.js';
import { closeAfterAll, useDatabase } from './support/fixture.js';
import {
  assembleDeps,
  fanOutNext,
  links,
  makeNewsletter,
  makePosts,
  makeReaders,
  secretKey,
} from './support/newsroom.js';

interface Declared {
  path: string;
  methods: Record<string, boolean | undefined>;
}
type Mount = { at: string; router: object };

const routes = new Map<object, Declared[]>();
const mounts = new Map<object, Mount[]>();
const remember = <V>(into: Map<object, V[]>, router: object, value: V) =>
  into.set(router, [...(into.get(router) ?? []), value]);

const prototype = express.Router.prototype as {
  route(path: string): Declared;
  use(...handlers: unknown[]): unknown;
};
const { route, use } = prototype;

/** Records where express declares each route from now on. */
function listen(): void {
  prototype.route = function (this: object, path) {
    const declared = route.call(this, path);
    remember(routes, this, declared);
    return declared;
  };
  prototype.use = function (this: object, ...handlers) {
    const [first] = handlers;
    const paths: unknown[] = typeof first === 'function' ? ['/'] : [first].flat();
    for (const at of paths)
      for (const router of handlers.flat())
        if (typeof router === 'function') remember(mounts, this, { at: String(at), router });
    return use.apply(this, handlers);
  };
}

/** The paths below `router` that answer to GET. */
function pathsOf(router: object, base = ''): string[] {
  const own = (routes.get(router) ?? [])
    .filter(({ methods }) => methods['get'])
    .map(({ path }) => (base + path).replace(/(?<=.)\/$/, ''));
  const below = (mounts.get(router) ?? []).flatMap(({ at, router: mounted }) =>
    pathsOf(mounted, base + (at === '/' ? '' : at)),
  );
  return [...own, ...below];
}

const database = useDatabase();
let app: TestApp;
let declared: string[];
/** The values for a path's parameters; undefined if this test has none. */
let fill: (path: string) => string | undefined;
let cookie: string;

beforeAll(async () => {
  const { db } = database;
  listen();
  app = await startApp(database);
  prototype.route = route;
  prototype.use = use;
  const children = new Set([...mounts.values()].flat().map(({ router }) => router));
  // The application's router is mounted nowhere.
  const roots = [...new Set([...routes.keys(), ...mounts.keys()])].filter((router) => !children.has(router));
  declared = [...new Set(roots.flatMap((root) => pathsOf(root)))];

  const open = await makeNewsletter(db, { name: 'Open', topics: ['Arts'] });
  const closed = await makeNewsletter(db, { name: 'Closed', archive: 'subscribers' });
  await makeReaders(db, open.id, 3);
  await makeReaders(db, closed.id, 3);
  await makePosts(db, open.id, 2);
  await makePosts(db, closed.id, 2);
  const issueIds: string[] = [];
  for (const { id: newsletterId } of [open, closed]) {
    issueIds.push(await fanOutNext(assembleDeps(db), newsletterId));
  }
  const idOf = async (sql: string) => (await db.one<{ id: string }>(sql)).id;
  const active = await idOf(
    `select min(id)::text as id from subscriptions where newsletter_id = ${closed.id}`,
  );
  const pending = newConfirmToken();
  await db.change(
    `update subscriptions set confirmed_at = null, confirm_token_hash = $1,
       confirm_token_expires_at = now() + interval '1 day' where id = (select max(id) from subscriptions)`,
    [pending.hash],
  );
  const change = newConfirmToken();
  await db.query(
    `insert into address_changes (subscriber_id, subscription_id, address, address_key, address_hash, domain, mails_new,
       requested_at, expires_at, due_at, new_token_hash, old_agreed_at)
     select subscriber_id, id, 'a@b.example', 'a@b.example', '', 'b.example', true, now(), now() + interval '1 day', now(),
       $2, now() from subscriptions where id = $1`,
    [active, change.hash],
  );
  const email = 'owner@example.org';
  const account = await createAccount({ db }, { email, password, role: 'owner' });
  if (!account.ok) throw new Error('no account');
  const owner = visitor(app.url);
  await owner.signIn(email);
  cookie = [...owner.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const linkTo = (kind: 'review' | 'held', id: string) =>
    signDecision(
      openSecrets(secretKey).derive('review-links'),
      kind,
      { id, accountId: account.account.id },
      new Date(Date.now() + 3_600_000),
    );
  const feedId = await idOf(
    `insert into feeds (newsletter_id, url, next_poll_at) values (${open.id}, 'http://192.0.2.1/feed', now() + interval '1 year') returning id::text`,
  );
  await database.db.query(
    `insert into feed_hubs (feed_id, hub, topic, token, next_ask_at)
     values ($1, 'http://192.0.2.1/hub', 'http://192.0.2.1/feed', 'hub-token', now() + interval '1 year')`,
    [feedId],
  );
  const postId = await idOf('select min(id)::text as id from posts');
  const subscriberId = await idOf('select min(id)::text as id from subscribers');
  const importId = await idOf(
    `insert into imports (newsletter_id, basis, state, content_type, format, encoding, layout)
     values (${open.id}, 'x', 'finished', 'text/csv', 'csv', 'utf-8', '{"format":"csv","separator":",","columns":[]}') returning id::text`,
  );

  const imageId = await idOf(
    `insert into images (url, url_hash) values ('http://192.0.2.1/image.png', '') returning id::text`,
  );
  const image = imageAddress({ baseUrl: '', key: imageKey(links) }, imageId, 600);

  const signed = (purpose: LinkPurpose) => signToken(links.key, purpose, active);
  const tokens: [RegExp, string][] = [
    [/^\/confirm\/:token/, pending.token],
    [/^\/unsubscribe\/:token/, signed('unsubscribe')],
    [/^\/preferences\/:token/, signed('preferences')],
    [/^\/address\/:token/, change.token],
    [/^\/review\/:token/, linkTo('review', issueIds[0] ?? '')],
    [/^\/held\/:token/, linkTo('held', feedId)],
    [/^\/hooks\/websub\/:token/, 'hub-token'],
  ];
  const ids: [RegExp, string][] = [
    [/\/newsletters\/:id/, open.id],
    [/\/issues\/:id/, issueIds[0] ?? ''],
    [/\/deliveries\/:id/, `${issueIds[0]}-${subscriberId}`],
    [/\/feeds\/:id/, feedId],
    [/\/posts\/:id/, postId],
    [/\/subscribers\/:id/, subscriberId],
    [/\/imports\/:id/, importId],
    [/\/(accounts|api-keys|suppressions|webhooks|mail-templates|domain-rules)\/:id/, '1'],
  ];
  const found = (path: string, among: [RegExp, string][]) => among.find(([of]) => of.test(path))?.[1];
  fill = (path) => {
    const filled = path
      .replace(/^\/n\/:slug\/readers\/:key/, `/n/${closed.slug}/readers/${signed('archive')}`)
      .replace('/images/:name', image)
      .replace(':slug', open.slug)
      .replace(':number', '1')
      .replace(':token', found(path, tokens) ?? ':token')
      .replace(':id', found(path, ids) ?? ':id')
      .replace(':version', '1');
    return /[:*]/.test(filled) ? undefined : filled;
  };
});
closeAfterAll(() => app.close());

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
  const answer = await fetch(app.url + path, {
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
    '/healthz',
    '/api/v1/subscribers/:id/export',
    '/console/issues/:id',
  ])
    expect(declared).toContain(path);
  expect(declared.filter((path) => fill(path) === undefined)).toEqual([]);
});

test('opening any of them, as anybody, in any way, changes no row', async () => {
  const before = await everything();
  for (const path of declared.map((one) => fill(one) ?? one))
    for (const [method, query] of [
      ['GET', ''],
      ['HEAD', ''],
      ['GET', '?frame=1&lang=de&via=page&action=save&frequency=off&answer=yes&List-Unsubscribe=One-Click'],
    ] as const) {
      const status = await visit(path + query, method, { 'List-Unsubscribe': 'One-Click' });
      // The values for the parameters are real, so the pages are those that a reader sees.
      const isPage =
        query === '' && /^\/(n|confirm|unsubscribe|preferences|address|review|held)\//.test(path);
      const right = isPage ? status === 200 : status < 500;
      expect({ path, method, status, right }).toEqual({ path, method, status, right: true });
    }
  expect(await everything()).toEqual(before);
}, 120_000);

test('nor does it for who has a key or is signed in, but that these have been used', async () => {
  const key = await app.key('owner');
  const ownTraces = ({ api_keys: _, sessions: __, rate_limits: ___, ...rest }: Record<string, string>) =>
    rest;
  const before = ownTraces(await everything());
  for (const one of declared) {
    const path = fill(one) ?? one;
    const headers: Record<string, string> = path.startsWith('/api/')
      ? { authorization: `Bearer ${key}` }
      : { cookie };
    const status = await visit(path, 'GET', headers);
    expect({ path, ok: status < 500 && status !== 401 }).toEqual({ path, ok: true });
  }
  expect(ownTraces(await everything())).toEqual(before);
}, 120_000);
