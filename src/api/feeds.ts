// Endpoints for feeds.
import { z } from 'zod';
import { addFeed } from '../feeds/add-feed.js';
import { getFeed, listFeeds } from '../feeds/list-feeds.js';
import { pollFeed } from '../feeds/poll-feed.js';
import { pollLimits } from '../feeds/request-settings.js';
import { discoverFeeds } from '../feeds/discover-feeds.js';
import { feedKinds } from '../formats/document.js';
import { removeFeed } from '../feeds/remove-feed.js';
import { settleFeed } from '../feeds/settle-feed.js';
import { updateFeed } from '../feeds/update-feed.js';
import { identityRules } from '../posts/identity/rule.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { problem } from '../problem.js';
import { created, endpoint, id, noContent, notFound, ok, pageSchema, pageQuery, time } from './endpoint.js';

const tag = 'feeds';

const feedSchema = z
  .object({
    id,
    newsletterId: id,
    url: z.string(),
    kind: z
      .string()
      .nullable()
      .meta({ description: 'The format that was found: rss, atom, rdf, json or wordpress.' }),
    title: z.string().nullable(),
    identity: z.enum(identityRules).nullable().meta({
      description: 'What alone identifies the feed’s posts. null: the usual rules.',
    }),
    withoutCache: z
      .boolean()
      .meta({ description: 'Each poll fetches the whole feed. The server cannot answer 304.' }),
    keepFurniture: z.boolean().meta({
      description:
        'Whole texts keep what software puts around posts: share bars, related posts, “The post X appeared first on Y”.',
    }),
    pollMinutes: z.int().nullable().meta({
      description:
        'Minutes between two polls, by a person’s choice. null: 10, or as the feed’s server and hub ask.',
    }),
    hasCookie: z.boolean().meta({ description: 'Requests carry a cookie. No answer shows it.' }),
    header: z.string().nullable().meta({
      description: 'The name of the header that requests carry. No answer shows its value.',
    }),
    status: z
      .enum(['new', 'ok', 'failing', 'disabled', 'gone'])
      .meta({ description: 'gone: the server answered 410, so the feed is no longer polled.' }),
    health: z
      .string()
      .meta({ description: 'A summary of the last poll, last new post, failures and next poll.' }),
    remark: z.string().nullable().meta({ description: 'A remark about a feed that works.' }),
    lastError: z.string().nullable().meta({ description: 'The reason for the last failure.' }),
    failures: z.int().meta({ description: 'The number of consecutive failures.' }),
    held: z.int().meta({
      description:
        'The number of new posts on hold: the feed brought many more than usual, or several old ones at once.',
    }),
    movedFrom: z.string().nullable().meta({ description: 'The address before the feed moved permanently.' }),
    movedAt: time.nullable(),
    pushedUntil: time
      .nullable()
      .meta({ description: 'Until then the feed’s hub announces new posts (WebSub), so polls are rare.' }),
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
      description: 'not-due: another worker is polling it, or has just polled it.',
    }),
    error: z.string().optional(),
    found: z.int().optional(),
    created: z.int().optional().meta({ description: 'New posts.' }),
    held: z.int().optional().meta({
      description:
        'New posts on hold: many more than usual, or several old ones at once. See /feeds/:id/held.',
    }),
    known: z.int().optional().meta({ description: 'Posts that were published before the feed was added.' }),
    updated: z.int().optional(),
    duplicates: z.int().optional(),
    retracted: z
      .int()
      .optional()
      .meta({ description: 'Posts that their publisher deleted. They are not sent.' }),
    movedTo: z.string().optional().meta({ description: 'The feed moved permanently to this address.' }),
  })
  .meta({ id: 'Poll' });

const url = z
  .string()
  .trim()
  .min(1)
  .max(2048)
  .meta({ format: 'uri', example: 'https://example.org/feed.xml' });
const refused = ({ path = 'url', detail }: { path?: string; detail: string }) =>
  problem(400, 'feed-refused', detail, { errors: [{ path, message: detail }] });

const settings = {
  identity: z.enum(identityRules).nullable().optional().meta({
    description:
      'What alone identifies the feed’s posts, when the usual rules do not fit. Posts that are known stay known.',
  }),
  withoutCache: z.boolean().optional(),
  keepFurniture: z.boolean().optional(),
  pollMinutes: z.int().min(pollLimits[0]).max(pollLimits[1]).nullable().optional().meta({
    description: 'Minutes between two polls. null: the usual interval.',
  }),
  cookie: z.string().max(4000).nullable().optional().meta({
    description:
      'The header Cookie of requests to the feed’s server, such as session=1a2b. Stored encrypted.',
  }),
  header: z
    .strictObject({ name: z.string().max(100), value: z.string().max(4000) })
    .nullable()
    .optional()
    .meta({ description: 'A header of requests to the feed’s server. Its value is stored encrypted.' }),
};
const duplicate = (feedId: string) =>
  problem(409, 'feed-exists', `The newsletter already has this feed: ${feedId}.`);

const foundSchema = z
  .object({
    url: z.string(),
    title: z.string().nullable(),
    kind: z.enum(feedKinds),
    posts: z.int().meta({ description: 'The number of posts in the feed.' }),
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
    answers: { 200: { description: 'The oldest first.', schema: pageSchema(feedSchema) } },
    async handle({ deps, id: newsletterId, query }) {
      if (!(await getNewsletter(deps.db, newsletterId))) return notFound('newsletter');
      return ok(await listFeeds(deps.db, { newsletterId, ...query, now: deps.now() }));
    },
  }),
  endpoint({
    method: 'post',
    path: '/newsletters/:id/feeds',
    tag,
    summary: 'Add a feed and poll it at once',
    description:
      'Posts older than a day are treated as already published. With the kind wordpress, the address may be that of the site.',
    permission: 'write',
    body: z.strictObject({ url, kind: z.enum(feedKinds).optional(), ...settings }),
    answers: { 201: { description: 'The feed.', schema: feedSchema } },
    problems: { 409: 'feed-exists; or the first request with this Idempotency-Key is still running.' },
    audit: 'feed.add',
    async handle({ deps, id: newsletterId, body }) {
      const result = await addFeed(deps, { newsletterId, ...body });
      switch (result.status) {
        case 'added':
          return created(result.feed, 'feed', `/feeds/${result.feed.id}`);
        case 'duplicate':
          return duplicate(result.feed.id);
        case 'refused':
          return refused(result);
        case 'no-such-newsletter':
          return notFound('newsletter');
      }
    },
  }),
  endpoint({
    method: 'post',
    path: '/newsletters/:id/feeds/discover',
    tag,
    summary: 'Find the feeds of a site',
    description: 'Adds nothing. Send the url and kind of the feed that you choose to /newsletters/:id/feeds.',
    permission: 'write',
    body: z.strictObject({ url: url.meta({ example: 'example.org' }) }),
    answers: {
      200: {
        description: 'The most likely feed first.',
        schema: z
          .object({
            data: z.array(foundSchema),
            detail: z.string().nullable().meta({ description: 'The reason why none was found.' }),
          })
          .meta({ id: 'Discovery' }),
      },
    },
    async handle({ deps, id: newsletterId, body }) {
      if (!(await getNewsletter(deps.db, newsletterId))) return notFound('newsletter');
      const result = await discoverFeeds(deps, body);
      if (result.status === 'refused') return refused(result.problem);
      return ok({ data: result.feeds, detail: result.problem?.detail ?? null });
    },
  }),
  endpoint({
    method: 'get',
    path: '/feeds/:id',
    tag,
    summary: 'Get a feed with its health',
    permission: 'read',
    volatile: ['health'],
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
    summary: "Change a feed's address or settings, or stop and resume its polls",
    permission: 'write',
    body: z.strictObject({ url: url.optional(), disabled: z.boolean().optional(), ...settings }),
    answers: { 200: { description: 'The feed after the change.', schema: feedSchema } },
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
          return refused(result);
        // Only a form can be stale.
        case 'changed-meanwhile':
        case 'no-such-feed':
          return notFound('feed');
      }
    },
  }),
  endpoint({
    method: 'delete',
    path: '/feeds/:id',
    tag,
    summary: 'Remove a feed and keep its posts',
    permission: 'write',
    answers: { 204: { description: 'Deleted.' } },
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
    summary: 'Poll a feed now',
    permission: 'write',
    answers: { 200: { description: 'The result of the poll.', schema: pollAnswer } },
    problems: { 409: 'feed-disabled; or the first request with this Idempotency-Key is still running.' },
    async handle({ deps, id: feedId }) {
      const result = await pollFeed(deps, { feedId });
      if (result.status === 'no-such-feed') return notFound('feed');
      if (result.status === 'disabled')
        return problem(409, 'feed-disabled', 'The feed is disabled. Enable it first.');
      return ok(result);
    },
  }),
  endpoint({
    method: 'post',
    path: '/feeds/:id/held',
    tag,
    summary: 'Release the held posts, or mark them as already published',
    permission: 'write',
    body: z.strictObject({
      action: z.enum(['release', 'known']).meta({
        description:
          'release: the posts go into the next issue. known: they count as already published and are not sent.',
      }),
    }),
    answers: {
      200: {
        description: 'The number of posts.',
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
