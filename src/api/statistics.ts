// Endpoints for the statistics of newsletters and issues.
import { z } from 'zod';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { problem, type Problem } from '../problem.js';
import { wrongDays, type AskedDays } from '../statistics/period.js';
import { issueStatistics, newsletterStatistics } from '../statistics/statistics.js';
import { endpoint, id, notFound, ok } from './endpoint.js';

const count = z.int();
const date = z.string().meta({ format: 'date', example: '2026-11-29' });

const growth = {
  from: date,
  to: date,
  readers: count.meta({ description: 'Active readers at the end of the last day.' }),
  joins: z.object({
    asked: count.meta({ description: 'Requests to join, confirmed or not.' }),
    confirmed: count.meta({ description: 'Those of these requests that were confirmed, at any time.' }),
    total: count,
    bySource: z.record(z.string(), count).meta({
      description: 'form, api, import, console, page; returned: took the leaving back; unknown.',
    }),
  }),
  leaves: z.object({
    total: count,
    byReason: z.record(z.string(), count).meta({
      description:
        'The reasons that readers gave; none-given: unsubscribed without one; removed: erased, merged or taken back.',
    }),
  }),
  days: z.array(z.object({ day: date, readers: count, asked: count, joined: count, left: count })),
};

const returned = {
  outcomes: z.object({
    accepted: count,
    deferred: count,
    refused: count,
    uncertain: count,
    bounced: count,
    complained: count,
  }),
  bounces: z
    .array(z.object({ kind: z.string(), provider: z.string(), count }))
    .meta({ description: 'What came back later, the most frequent first.' }),
  complaints: z.array(z.object({ provider: z.string(), count })),
  clicks: z
    .array(z.object({ url: z.string(), people: count, machines: count }))
    .meta({ description: 'The links that people clicked most, at most 200.' }),
};

const newsletterStatisticsSchema = z.object({ ...growth, ...returned }).meta({ id: 'NewsletterStatistics' });
const issueStatisticsSchema = z
  .object({ issueId: id, ...growth, ...returned })
  .meta({ id: 'IssueStatistics' });

const query = z.strictObject({
  from: date.optional().meta({ description: 'The first day, in UTC.' }),
  to: date.optional().meta({ description: 'The last day, in UTC.' }),
});

function daysProblem(days: AskedDays): Problem | undefined {
  const wrong = wrongDays(days);
  return wrong === undefined ? undefined : problem(422, 'invalid-period', wrong);
}

export const statisticsEndpoints = [
  endpoint({
    method: 'get',
    path: '/newsletters/:id/statistics',
    tag: 'newsletters',
    summary: "Get a newsletter's readers, joins, leaves, outcomes, bounces and clicks",
    description:
      'Without from and to, the last 30 days; at most 3,660 days. Days are in UTC. Outcomes count for the day on which ' +
      'the sending of their issue began. The numbers outlive the retention of what they count.',
    permission: 'read',
    query,
    answers: { 200: { description: 'The statistics.', schema: newsletterStatisticsSchema } },
    problems: { 422: 'invalid-period: the days are no dates, or their order is wrong.' },
    async handle({ deps, id: newsletterId, query: days }) {
      if (!(await getNewsletter(deps.db, newsletterId))) return notFound('newsletter');
      return daysProblem(days) ?? ok(await newsletterStatistics(deps, { newsletterId, ...days }));
    },
  }),
  endpoint({
    method: 'get',
    path: '/issues/:id/statistics',
    tag: 'issues',
    summary: "Get an issue's outcomes, bounces and clicks, and the newsletter's growth since then",
    description:
      'Without from and to, joins and leaves are those until the next issue, and everything that came back counts.',
    permission: 'read',
    query,
    answers: { 200: { description: 'The statistics.', schema: issueStatisticsSchema } },
    problems: { 422: 'invalid-period: the days are no dates, or their order is wrong.' },
    async handle({ deps, id: issueId, query: days }) {
      const wrong = daysProblem(days);
      if (wrong) return wrong;
      const statistics = await issueStatistics(deps, { issueId, ...days });
      return statistics ? ok(statistics) : notFound('issue');
    },
  }),
];
