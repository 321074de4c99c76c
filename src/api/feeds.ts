import { z } from 'zod';
import { addFeed } from '../feeds/add-feed.js';
import { getFeed, listFeeds } from '../feeds/list-feeds.js';
import { pollFeed } from '../feeds/poll-feed.js';
import { removeFeed } from '../feeds/remove-feed.js';
import { updateFeed } from '../feeds/update-feed.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { problem } from '../problem.js';
import { created, endpoint, id, noContent, notFound, ok, pageOf, pageQuery, time } from './endpoint.js';

const tag = 'feeds';

const feedSchema = z
  .object({
    id,
    newsletterId: id,
    url: z.string(),
    kind: z.string().nullable().meta({ description: 'As found: rss, atom, rdf, json.' }),
    title: z.string().nullable(),
    status: z.enum(['new', 'ok', 'failing', 'disabled']),
    lastError: z.string().nullable().meta({ description: 'Why it is failing, in words.' }),
    failures: z.int().meta({ description: 'In a row.' }),
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
    known: z.int().optional().meta({ description: 'New to us, but there before the feed was added.' }),
    updated: z.int().optional(),
    duplicates: z.int().optional(),
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

export const feedEndpoints = [
  endpoint({
    method: 'get',
    path: '/newsletters/:id/feeds',
    tag,
    summary: "List a newsletter's feeds",
    permission: 'read',
    query: pageQuery,
    answers: { 200: { description: 'In the order they were added.', schema: pageOf(feedSchema) } },
    async handle({ deps, id: newsletterId, query }) {
      if (!(await getNewsletter(deps.db, newsletterId))) return notFound('newsletter');
      return ok(await listFeeds(deps.db, { newsletterId, ...query }));
    },
  }),
  endpoint({
    method: 'post',
    path: '/newsletters/:id/feeds',
    tag,
    summary: 'Add a feed; it is polled at once',
    description: 'What it already holds older than a day is known, not news.',
    permission: 'write',
    body: z.strictObject({ url, kind: z.enum(['rss', 'atom', 'rdf', 'json']).optional() }),
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
    method: 'get',
    path: '/feeds/:id',
    tag,
    summary: 'Get a feed with its health',
    permission: 'read',
    answers: { 200: { description: 'The feed.', schema: feedSchema } },
    async handle({ deps, id: feedId }) {
      const feed = await getFeed(deps.db, feedId);
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
];
