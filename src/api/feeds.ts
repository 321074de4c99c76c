// Endpoints for feeds.
import { z } from 'zod';
import { addFeed } from '../feeds/add-feed.js';
import { getFeed, listFeeds } from '../feeds/list-feeds.js';
import { pollFeed } from '../feeds/poll-feed.js';
import { discoverFeeds } from '../feeds/discover-feeds.js';
import { feedKinds } from '../formats/document.js';
import { removeFeed } from '../feeds/remove-feed.js';
import { settleFeed } from '../feeds/settle-feed.js';
import { updateFeed } from '../feeds/update-feed.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { problem } from '../problem.js';
import { created, endpoint, id, noContent, notFound, ok, pageSchema, pageQuery, time } from './endpoint.js';

const tag = 'feeds';

const feedSchema = z
  .object({
    id,
    newsletterId: id,
    url: z.string(),
    kind: z.string().nullable().meta({ description: 'As found: rss, atom, rdf, json, wordpress.' }),
    title: z.string().nullable(),
    status: z
      .enum(['new', 'ok', 'failing', 'disabled', 'gone'])
      .meta({ description: 'gone: the server answered 410, so that it is polled no more.' }),
    health: z.string().meta({ description: 'Last poll, last new post, failures and next poll, in words.' }),
    remark: z.string().nullable().meta({ description: 'No failure, but worth knowing.' }),
    lastError: z.string().nullable().meta({ description: 'Why it is failing, in words.' }),
    failures: z.int().meta({ description: 'In a row.' }),
    held: z.int().meta({
      description:
        'New posts that are held, as they are more than this feed is used to, or several old ones at once.',
    }),
    movedFrom: z
      .string()
      .nullable()
      .meta({ description: 'Its address before the server said that it has changed for good.' }),
    movedAt: time.nullable(),
    pushedUntil: time
      .nullable()
      .meta({ description: "Until then the feed's hub tells us of news (WebSub), and polls are rare." }),
    createdAt: time,
    lastPolledAt: time.nullable(),
    lastSuccessAt: time.nullable(),
    lastNewPostAt: time.nullable(),
    nextPollAt: time.nullable(),
  })
  .meta({ id: 'Feed' });

const pollAnswer = z
  .object({
    status: z.enum(['polled', 'not-modified', 'failed', 'not-due']).meta({
      description: 'not-due: another worker has it, or had it just now.',
    }),
    error: z.string().optional(),
    found: z.int().optional(),
    created: z.int().optional().meta({ description: 'News.' }),
    held: z.int().optional().meta({
      description:
        'News, but more than this feed is used to, or several old ones at once: see /feeds/:id/held.',
    }),
    known: z.int().optional().meta({ description: 'New to us, but there before the feed was added.' }),
    updated: z.int().optional(),
    duplicates: z.int().optional(),
    retracted: z
      .int()
      .optional()
      .meta({ description: 'Taken back by their publisher: they go to nobody any more.' }),
    movedTo: z
      .string()
      .optional()
      .meta({ description: 'The address changed for good, and was changed here.' }),
  })
  .meta({ id: 'Poll' });

const url = z
  .string()
  .trim()
  .min(1)
  .max(2048)
  .meta({ format: 'uri', example: 'https://example.org/feed.xml' });
const refused = (detail: string) =>
  problem(400, 'feed-refused', detail, { errors: [{ path: 'url', message: detail }] });
const duplicate = (feedId: string) =>
  problem(409, 'feed-exists', `The newsletter has this feed already: ${feedId}.`);

const foundSchema = z
  .object({
    url: z.string(),
    title: z.string().nullable(),
    kind: z.enum(feedKinds),
    posts: z.int().meta({ description: 'How many it lists.' }),
    newest: time.nullable(),
  })
  .meta({ id: 'FoundFeed' });

export const feedEndpoints = [
  endpoint({
    method: 'get',
    path: '/newsletters/:id/feeds',
    tag,
    summary: "List a newsletter's feeds",
    permission: 'read',
    query: pageQuery,
    answers: { 200: { description: 'In the order they were added.', schema: pageSchema(feedSchema) } },
    async handle({ deps, id: newsletterId, query }) {
      if (!(await getNewsletter(deps.db, newsletterId))) return notFound('newsletter');
      return ok(await listFeeds(deps.db, { newsletterId, ...query, now: deps.now() }));
    },
  }),
  endpoint({
    method: 'post',
    path: '/newsletters/:id/feeds',
    tag,
    summary: 'Add a feed; it is polled at once',
    description:
      "What it already holds older than a day is known, not news. With the kind wordpress, the address may be the site's.",
    permission: 'write',
    body: z.strictObject({ url, kind: z.enum(feedKinds).optional() }),
    answers: { 201: { description: 'The feed.', schema: feedSchema } },
    problems: { 409: 'feed-exists; or the first request with this Idempotency-Key is not answered yet.' },
    audit: 'feed.add',
    async handle({ deps, id: newsletterId, body }) {
      const result = await addFeed(deps, { newsletterId, ...body });
      switch (result.status) {
        case 'added':
          return created(result.feed, 'feed', `/feeds/${result.feed.id}`);
        case 'duplicate':
          return duplicate(result.feed.id);
        case 'refused':
          return refused(result.detail);
        case 'no-such-newsletter':
          return notFound('newsletter');
      }
    },
  }),
  endpoint({
    method: 'post',
    path: '/newsletters/:id/feeds/discover',
    tag,
    summary: "Find the feeds of a site's address, to choose from",
    description:
      'Nothing is added: send the url of the one you choose, and its kind, to /newsletters/:id/feeds.',
    permission: 'write',
    body: z.strictObject({ url: url.meta({ example: 'example.org' }) }),
    answers: {
      200: {
        description: 'The likeliest first.',
        schema: z
          .object({
            data: z.array(foundSchema),
            detail: z.string().nullable().meta({ description: 'Why there are none, in words.' }),
          })
          .meta({ id: 'Discovery' }),
      },
    },
    async handle({ deps, id: newsletterId, body }) {
      if (!(await getNewsletter(deps.db, newsletterId))) return notFound('newsletter');
      const result = await discoverFeeds(deps, body);
      if (result.status === 'refused') return refused(result.detail);
      return ok({ data: result.feeds, detail: result.detail });
    },
  }),
  endpoint({
    method: 'get',
    path: '/feeds/:id',
    tag,
    summary: 'Get a feed with its health',
    permission: 'read',
    answers: { 200: { description: 'The feed.', schema: feedSchema } },
    async handle({ deps, id: feedId }) {
      const feed = await getFeed(deps.db, feedId, deps.now());
      return feed ? ok(feed) : notFound('feed');
    },
  }),
  endpoint({
    method: 'patch',
    path: '/feeds/:id',
    tag,
    summary: "Change a feed's address, or stop and resume its polls",
    permission: 'write',
    body: z.strictObject({ url: url.optional(), disabled: z.boolean().optional() }),
    answers: { 200: { description: 'The feed as it is now.', schema: feedSchema } },
    problems: { 409: 'feed-exists' },
    audit: 'feed.change',
    async handle({ deps, id: feedId, body }) {
      const result = await updateFeed(deps, { feedId, ...body });
      switch (result.status) {
        case 'updated':
          return ok(result.feed);
        case 'duplicate':
          return duplicate(result.feed.id);
        case 'refused':
          return refused(result.detail);
        case 'no-such-feed':
          return notFound('feed');
      }
    },
  }),
  endpoint({
    method: 'delete',
    path: '/feeds/:id',
    tag,
    summary: 'Remove a feed; its posts stay',
    permission: 'write',
    answers: { 204: { description: 'It is gone.' } },
    audit: 'feed.remove',
    async handle({ deps, id: feedId }) {
      const { status } = await removeFeed(deps, { feedId });
      return status === 'removed' ? noContent() : notFound('feed');
    },
  }),
  endpoint({
    method: 'post',
    path: '/feeds/:id/poll',
    tag,
    summary: 'Poll a feed now and say what it found',
    permission: 'write',
    answers: { 200: { description: 'What the poll found.', schema: pollAnswer } },
    problems: { 409: 'feed-disabled; or the first request with this Idempotency-Key is not answered yet.' },
    async handle({ deps, id: feedId }) {
      const result = await pollFeed(deps, { feedId });
      if (result.status === 'no-such-feed') return notFound('feed');
      if (result.status === 'disabled')
        return problem(409, 'feed-disabled', 'The feed is disabled: enable it first.');
      return ok(result);
    },
  }),
  endpoint({
    method: 'post',
    path: '/feeds/:id/held',
    tag,
    summary: 'Let in the posts that are held as too many, or mark them known',
    permission: 'write',
    body: z.strictObject({
      action: z.enum(['release', 'known']).meta({
        description: 'release: they are news, for the next issue. known: they are old, and go into none.',
      }),
    }),
    answers: {
      200: {
        description: 'How many posts that were.',
        schema: z.object({ posts: z.int() }).meta({ id: 'Settled' }),
      },
    },
    audit: 'feed.settle-held',
    async handle({ deps, id: feedId, body }) {
      const result = await settleFeed(deps, { feedId, action: body.action });
      return result.status === 'settled' ? ok({ posts: result.posts }) : notFound('feed');
    },
  }),
];
