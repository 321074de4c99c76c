// The whole application with an example of everything that its paths name, and every declared route that answers to
// GET. A new route has no example until it has an entry here.
import { createAccount } from '../../src/accounts/create-account.js';
import type { Role } from '../../src/accounts/permission.js';
import { hashToken, newToken } from '../../src/accounts/token.js';
import { imageKey } from '../../src/delivery/message.js';
import { drawPicture } from '../../src/demo/picture.js';
import { uploadLogo } from '../../src/images/upload-logo.js';
import { imageAddress } from '../../src/images/image-address.js';
import { signDecision } from '../../src/decision-link.js';
import { openSecrets } from '../../src/secrets.js';
import { linkIdOf, signClick } from '../../src/tracking/click-token.js';
import { keepLinks } from '../../src/tracking/keep-links.js';
import { newConfirmToken, signToken, type LinkPurpose } from '../../src/subscribers/tokens.js';
import { announce } from '../../src/webhooks/announce.js';
import { createWebhook } from '../../src/webhooks/manage-webhooks.js';
import { password, visitor } from '../console/browser-session.js';
import type { TestApp } from './app.js';
import { shared } from './fixture.js';
import type { TestDatabase } from './database.js';
import { makePending } from './joining.js';
import { startListed } from './list-routes.js';
import {
  assembleDeps,
  baseUrl,
  fanOutNext,
  links,
  makeNewsletter,
  makePosts,
  makeReaders,
  secretKey,
} from './newsroom.js';

export interface EveryRoute {
  app: TestApp;
  /** The paths that answer to GET, with their parameters. */
  declared: string[];
  /** The paths that answer to POST. */
  posts: string[];
  /** The path with examples for its parameters; undefined if one of them has no example. */
  fill(path: string): string | undefined;
  /** A header for a browser that is signed in with this role. */
  cookieOf(role: Role): Promise<string>;
  close(): Promise<void>;
}

type Example = [of: RegExp, value: string];

interface Examples {
  slug: string;
  /** The newsletter whose archive is for readers only, and a key to it. */
  closed: string;
  key: string;
  image: string;
  logo: string;
  tokens: Example[];
  ids: Example[];
}

async function keptLink(db: TestDatabase['db'], issueId: string): Promise<string> {
  await keepLinks(db, { issueId, html: '<a href="https://news.example.org/">News</a>', baseUrl });
  return linkIdOf(issueId, 'https://news.example.org/');
}

async function makeExamples({ db }: TestDatabase, accountId: string): Promise<Examples> {
  const open = await makeNewsletter(db, {
    name: 'Open',
    topics: ['Arts'],
    customFields: [{ name: 'city', label: 'City', type: 'text', maxLength: 200, required: false }],
  });
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
  const pending = await makePending(db, {
    email: 'pending@readers.example.org',
    newsletterId: closed.id,
  });
  const change = newConfirmToken();
  await db.query(
    `insert into address_changes (subscriber_id, subscription_id, address, address_key, address_hash, domain, mails_new,
       requested_at, expires_at, due_at, new_token_hash, old_agreed_at)
     select subscriber_id, id, 'a@b.example', 'a@b.example', '', 'b.example', true, now(), now() + interval '1 day', now(),
       $2, now() from subscriptions where id = $1`,
    [active, change.hash],
  );
  const linkTo = (kind: 'review' | 'held', id: string) =>
    signDecision(
      openSecrets(secretKey).derive('review-links'),
      kind,
      { id, accountId: accountId },
      new Date(Date.now() + 3_600_000),
    );
  const feedId = await idOf(
    `insert into feeds (newsletter_id, url, next_poll_at) values (${open.id}, 'http://192.0.2.1/feed', now() + interval '1 year') returning id::text`,
  );
  await db.query(
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

  const uploaded = await uploadLogo({ db, now: () => new Date(), baseUrl: '' }, drawPicture('dawn'));
  const logo = uploaded.ok ? uploaded.logo.url : '';

  const webhook = await createWebhook(
    { db, now: () => new Date(), secrets: openSecrets(secretKey), allowPrivateFeeds: [] },
    { url: 'http://hooks.invalid/', events: ['issue.paused'] },
  );
  await announce(db, new Date(), { event: 'issue.paused', newsletterIds: [], data: { reason: 'x' } });

  const accountLink = newToken();
  await db.query(
    `insert into account_links (account_id, purpose, made_at, expires_at, token_hash)
     values ($1, 'reset', now(), now() + interval '1 hour', $2)`,
    [accountId, hashToken(accountLink)],
  );
  const signed = (purpose: LinkPurpose) => signToken(links.key, purpose, active);
  const tokens: Example[] = [
    [/^\/confirm\/:token/, pending],
    [/^\/unsubscribe\/:token/, signed('unsubscribe')],
    [/^\/preferences\/:token/, signed('preferences')],
    [
      /^\/c\/:token/,
      signClick(links.key, { linkId: await keptLink(db, issueIds[0] ?? ''), subscriptionId: active }),
    ],
    [/^\/address\/:token/, change.token],
    [/^\/console\/password\/:token/, accountLink],
    [/^\/review\/:token/, linkTo('review', issueIds[0] ?? '')],
    [/^\/held\/:token/, linkTo('held', feedId)],
    [/^\/hooks\/websub\/:token/, 'hub-token'],
    [/^\/hooks\/ghost\/:id/, open.id],
  ];
  const ids: Example[] = [
    [/\/newsletters\/:id/, open.id],
    [/\/issues\/:id/, issueIds[0] ?? ''],
    [/\/deliveries\/:id/, `${issueIds[0]}-${subscriberId}`],
    [/\/feeds\/:id/, feedId],
    [/\/posts\/:id/, postId],
    [/\/subscribers\/:id/, subscriberId],
    [/\/imports\/:id/, importId],
    [/\/integrations\/ghost\/:id/, open.id],
    [/\/webhooks\/:id/, webhook.ok ? webhook.webhook.id : ''],
    [/\/(accounts|team|api-keys|suppressions|mail-templates|domain-rules)\/:id/, '1'],
  ];
  return { slug: open.slug, closed: closed.slug, key: signed('archive'), image, logo, tokens, ids };
}

function filler({ slug, closed, key, image, logo, tokens, ids }: Examples): EveryRoute['fill'] {
  const found = (path: string, among: Example[]) => among.find(([of]) => of.test(path))?.[1];
  return (path) => {
    const filled = path
      .replace(/^\/n\/:slug\/readers\/:key/, `/n/${closed}/readers/${key}`)
      .replace('/images/:name', image)
      .replace('/logos/:name', logo)
      .replace(':slug', slug)
      .replace(':number', '1')
      .replace('/questions/:name', '/questions/city')
      .replace(':token', found(path, tokens) ?? ':token')
      .replace(':id', found(path, ids) ?? ':id')
      .replace('/:ids', `/${found('/subscribers/:id', ids) ?? ':ids'}`)
      .replace(':version', '1')
      .replace(':colour', '2c6e49');
    return /[:*]/.test(filled) ? undefined : filled;
  };
}

async function openEveryRoute(database: TestDatabase): Promise<EveryRoute> {
  const listed = await startListed(database);
  const { app } = listed;
  const accountOf = async (role: Role) => {
    const email = `${role}@example.org`;
    const made = await createAccount(database, { email, password, role });
    return { email, id: made.ok ? made.account.id : '' };
  };
  const { id } = await accountOf('owner');
  return {
    ...listed,
    fill: filler(await makeExamples(database, id)),
    async cookieOf(role) {
      const { email } = await accountOf(role);
      const browser = visitor(app.url);
      await browser.signIn(email);
      return [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    },
    close: () => app.close(),
  };
}

/** Makes the examples in the database before the first test. */
export const useEveryRoute = (database: TestDatabase): EveryRoute => shared(() => openEveryRoute(database));
