// Endpoints for posts.
import { z } from 'zod';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { getPost, getPostEdits } from '../posts/get-post.js';
import { listPosts } from '../posts/list-posts.js';
import { patchPost } from '../posts/patch-post.js';
import type { IncomingPost } from '../posts/incoming.js';
import { recordPosts } from '../posts/record-posts.js';
import { withdrawPost } from '../posts/withdraw.js';
import { endpoint, id, noContent, notFound, ok, pageSchema, pageQuery, queryText, time } from './endpoint.js';

const tag = 'posts';
const states = ['eligible', 'held', 'excluded', 'known'] as const;
/** The same limit as for the items of a feed document. */
const maxPushed = 200;

const webUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).max(2048);
const image = z.strictObject({
  url: webUrl,
  width: z.int().min(1).max(20_000).optional(),
  height: z.int().min(1).max(20_000).optional(),
  alt: z.string().max(1000).optional(),
});

const postInput = z
  .strictObject({
    guid: z
      .string()
      .min(1)
      .max(2048)
      .optional()
      .meta({ description: 'Identifies the post. Sending the same guid again updates it.' }),
    url: webUrl.optional(),
    title: z.string().trim().min(1).max(1000),
    html: z.string().max(1_000_000).optional().meta({ description: 'Sanitised before it is stored.' }),
    text: z.string().max(1_000_000).optional(),
    excerpt: z.string().max(10_000).optional(),
    author: z.string().max(300).optional(),
    image: image.optional(),
    topics: z.array(z.string().trim().min(1).max(100)).max(50).optional(),
    commentCount: z.int().min(0).max(1_000_000_000).optional(),
    commentsUrl: webUrl.optional().meta({ description: 'The page that the number of comments links to.' }),
    publishedAt: z.iso.datetime({ offset: true }).optional().meta({ format: 'date-time' }),
  })
  .refine((post) => post.guid !== undefined || post.url !== undefined, {
    message: 'needs guid or url',
    path: ['guid'],
  })
  .meta({ id: 'PostInput' });

const postSchema = z
  .object({
    id,
    newsletterId: id,
    feedId: id
      .nullable()
      .meta({ description: 'null: the post came through the API, or its feed was removed.' }),
    guid: z.string().nullable(),
    url: z.string().nullable(),
    title: z.string(),
    html: z.string(),
    text: z.string(),
    excerpt: z.string(),
    author: z.string().nullable(),
    image: image.nullable(),
    topics: z.array(z.string()),
    commentCount: z.int().nullable(),
    commentsUrl: z.string().nullable(),
    publishedAt: time.nullable(),
    state: z.enum(states).meta({
      description:
        'known: published before the feed was added, or marked as already published. It is not sent.',
    }),
    pinned: z.boolean(),
    seq: z
      .string()
      .nullable()
      .meta({ description: 'The order of arrival among the posts that can be sent.' }),
    firstSeenAt: time,
    updatedAt: time,
    heldAt: time.nullable().meta({ description: 'When the guard held the post.' }),
    retractedAt: time.nullable().meta({ description: 'When its publisher deleted it.' }),
  })
  .meta({ id: 'Post' });

const editSchema = z
  .object({
    at: time,
    changed: z.array(z.enum(['title', 'text', 'url', 'image'])),
    title: z.string().meta({ description: 'The title before the change.' }),
    issueIds: z.array(id).meta({ description: 'The issues that hold the post as it was before.' }),
  })
  .meta({ id: 'PostEdit' });

const recorded = z
  .object({
    found: z.int(),
    created: z.int(),
    held: z.int(),
    known: z.int(),
    updated: z.int(),
    unchanged: z.int(),
    duplicates: z.int(),
    postIds: z.array(id).meta({ description: 'The id of each pushed post, in the order of the request.' }),
  })
  .meta({ id: 'Recorded' });

type PostInput = z.output<typeof postInput>;

function incoming({ publishedAt, image: picture, ...post }: PostInput): IncomingPost {
  const given = (object: object) =>
    Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
  return {
    ...given(post),
    title: post.title,
    ...(picture ? { image: { ...given(picture), url: picture.url } } : {}),
    ...(publishedAt === undefined ? {} : { publishedAt: new Date(publishedAt) }),
  };
}

export const postEndpoints = [
  endpoint({
    method: 'get',
    path: '/newsletters/:id/posts',
    tag,
    summary: "List a newsletter's posts",
    permission: 'read',
    query: pageQuery.extend({ state: z.enum(states).optional() }),
    answers: { 200: { description: 'The newest first.', schema: pageSchema(postSchema) } },
    async handle({ deps, id: newsletterId, query: { state, limit, cursor } }) {
      if (!(await getNewsletter(deps.db, newsletterId))) return notFound('newsletter');
      return ok(await listPosts(deps.db, { newsletterId, state, limit, cursor }));
    },
  }),
  endpoint({
    method: 'post',
    path: '/newsletters/:id/posts',
    tag,
    summary: 'Push one post, or several with the oldest first',
    description: 'A post with a known guid or url is updated. A post that has gone out is not sent again.',
    permission: 'write',
    body: z.union([postInput, z.array(postInput).min(1).max(maxPushed)]),
    answers: { 200: { description: 'The number of posts by outcome.', schema: recorded } },
    audit: 'posts.push',
    async handle({ deps, id: newsletterId, body }) {
      if (!(await getNewsletter(deps.db, newsletterId))) return notFound('newsletter');
      const posts = (Array.isArray(body) ? body : [body]).map(incoming);
      return {
        ...ok(await recordPosts(deps, { newsletterId, feed: null, posts })),
        subject: `newsletter:${newsletterId}`,
      };
    },
  }),
  endpoint({
    method: 'delete',
    path: '/newsletters/:id/posts',
    tag,
    summary: 'Withdraw a pushed post that was unpublished or deleted',
    description:
      'The post leaves the issues to come. Pushing it again brings it back. Withdrawing it twice is no error.',
    permission: 'write',
    query: z.strictObject({ guid: queryText(2048).min(1) }),
    answers: { 204: { description: 'The post is withdrawn.' } },
    audit: 'posts.withdraw',
    async handle({ deps, id: newsletterId, query: { guid } }) {
      const postId = await withdrawPost(deps, { newsletterId, guid });
      return postId === undefined ? notFound('post') : noContent(`post:${postId}`);
    },
  }),
  endpoint({
    method: 'get',
    path: '/posts/:id',
    tag,
    summary: 'Get a post',
    permission: 'read',
    answers: { 200: { description: 'The post.', schema: postSchema } },
    async handle({ deps, id: postId }) {
      const post = await getPost(deps.db, postId);
      return post ? ok(post) : notFound('post');
    },
  }),
  endpoint({
    method: 'patch',
    path: '/posts/:id',
    tag,
    summary: 'Hold, exclude, release or pin a post',
    permission: 'write',
    body: z.strictObject({
      state: z.enum(['eligible', 'held', 'excluded']).optional(),
      pinned: z.boolean().optional(),
    }),
    answers: { 200: { description: 'The post after the change.', schema: postSchema } },
    audit: 'post.change',
    async handle({ deps, id: postId, body }) {
      const result = await patchPost(deps, { postId, ...body });
      return result.ok ? ok(result.post) : notFound('post');
    },
  }),
  endpoint({
    method: 'get',
    path: '/posts/:id/edits',
    tag,
    summary: 'List the changes that the publisher made to a post',
    description: 'An issue keeps the text that the post had at its cut-off.',
    permission: 'read',
    answers: {
      200: {
        description: 'The newest change first, 50 at most.',
        schema: z.object({ data: z.array(editSchema) }),
      },
    },
    async handle({ deps, id: postId }) {
      const edits = await getPostEdits(deps.db, postId);
      return edits ? ok({ data: edits }) : notFound('post');
    },
  }),
];
