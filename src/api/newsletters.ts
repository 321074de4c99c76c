// Endpoints for newsletters.
import { createNewsletter } from '../newsletters/create-newsletter.js';
import { deleteNewsletter } from '../newsletters/delete-newsletter.js';
import { getNewsletter, listNewsletters } from '../newsletters/get-newsletter.js';
import { newsletterInput, newsletterPatch, newsletterSchema } from '../newsletters/schema.js';
import { updateNewsletter } from '../newsletters/update-newsletter.js';
import { pageOf } from '../paging.js';
import { problem } from '../problem.js';
import { created, endpoint, noContent, notFound, ok, pageSchema, pageQuery } from './endpoint.js';

const tag = 'newsletters';
const slugTaken = (slug: string) => problem(409, 'slug-taken', `Another newsletter is at /n/${slug}.`);

export const newsletterEndpoints = [
  endpoint({
    method: 'get',
    path: '/newsletters',
    tag,
    summary: 'List newsletters',
    permission: 'read',
    query: pageQuery,
    answers: { 200: { description: 'The oldest first.', schema: pageSchema(newsletterSchema) } },
    listsOwn: true,
    async handle({ deps, query: { limit, cursor }, newsletterIds }) {
      const rows = await listNewsletters(deps.db, {
        after: cursor ?? '0',
        limit: limit + 1,
        ids: newsletterIds,
      });
      return ok(pageOf(rows, limit));
    },
  }),
  endpoint({
    method: 'post',
    path: '/newsletters',
    tag,
    summary: 'Create a newsletter',
    description: 'Only the name and the sender are required. Everything else has a default.',
    permission: 'write',
    body: newsletterInput,
    answers: { 201: { description: 'The newsletter.', schema: newsletterSchema } },
    problems: { 409: 'slug-taken; or the first request with this Idempotency-Key is still running.' },
    audit: 'newsletter.create',
    async handle({ deps, body }) {
      const result = await createNewsletter(deps, body);
      if (!result.ok) return slugTaken(result.slug);
      return created(result.newsletter, 'newsletter', `/newsletters/${result.newsletter.id}`);
    },
  }),
  endpoint({
    method: 'get',
    path: '/newsletters/:id',
    tag,
    summary: 'Get a newsletter',
    permission: 'read',
    volatile: ['listed'],
    answers: { 200: { description: 'The newsletter.', schema: newsletterSchema } },
    async handle({ deps, id }) {
      const newsletter = await getNewsletter(deps.db, id);
      return newsletter ? ok(newsletter) : notFound('newsletter');
    },
  }),
  endpoint({
    method: 'patch',
    path: '/newsletters/:id',
    tag,
    summary: 'Change a newsletter',
    description:
      'schedule, selection, words, look and from are merged with the current values. Lists are replaced. null clears a value.',
    permission: 'write',
    body: newsletterPatch,
    answers: { 200: { description: 'The newsletter after the change.', schema: newsletterSchema } },
    problems: { 400: 'invalid, or no-such-template', 409: 'slug-taken' },
    audit: 'newsletter.change',
    async handle({ deps, id, body }) {
      const result = await updateNewsletter(deps, { id, patch: body });
      if (result.ok) return ok(result.newsletter);
      if (result.code === 'no-such-template')
        return problem(
          400,
          result.code,
          'look.template is own, but look.version is no mail template of this newsletter.',
          { errors: [{ path: 'look.version', message: 'is no mail template of this newsletter' }] },
        );
      return result.code === 'slug-taken' ? slugTaken(result.slug) : notFound('newsletter');
    },
  }),
  endpoint({
    method: 'delete',
    path: '/newsletters/:id',
    tag,
    summary: 'Delete a newsletter with its feeds, posts, subscriptions and issues',
    description:
      'Readers without another newsletter are deleted later (RETENTION, unconfirmed). Suppressions are kept.',
    permission: 'write',
    answers: { 204: { description: 'Deleted.' } },
    problems: { 409: 'issue-unfinished: an issue is under way. Cancel it or wait.' },
    audit: 'newsletter.delete',
    async handle({ deps, id }) {
      const result = await deleteNewsletter(deps, { id });
      if (result.ok) return noContent();
      return result.code === 'not-found'
        ? notFound('newsletter')
        : problem(409, 'issue-unfinished', 'An issue of this newsletter is under way. Cancel it or wait.');
    },
  }),
];
