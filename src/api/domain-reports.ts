// The endpoint that tells what receivers report about the domains of newsletters.
import { z } from 'zod';
import { reportedDomains } from '../domain-reports/list-reports.js';
import { endpoint, ok, pageSchema } from './endpoint.js';

const count = z.int().min(0);

const reportedDomain = z
  .object({
    domain: z.string(),
    kind: z.enum(['dmarc', 'tls']).meta({
      description: 'dmarc: mail in the name of the domain. tls: connections to its mail servers.',
    }),
    reports: count,
    organizations: z.array(z.string()).meta({ description: 'The receivers that reported.' }),
    messages: count.meta({ description: 'tls: connections.' }),
    failed: count,
    excused: count.meta({ description: 'Not aligned, because a mailing list or a forwarder passed it on.' }),
    sources: z
      .array(z.object({ source: z.string(), messages: count, failed: count }))
      .meta({ description: 'Those with failures, the worst first; at most ten.' }),
    words: z.string().meta({ description: 'The same as a sentence.' }),
  })
  .meta({ id: 'ReportedDomain' });

export const domainReportEndpoints = [
  endpoint({
    method: 'get',
    path: '/domain-reports',
    tag: 'deliveries',
    summary: 'List what receivers report about the domains of newsletters',
    description: 'DMARC and TLS reports that came in during the last 30 days, added up by domain.',
    permission: 'read',
    answers: { 200: { description: 'By domain and kind.', schema: pageSchema(reportedDomain) } },
    async handle({ deps }) {
      return ok({ data: await reportedDomains(deps), nextCursor: null });
    },
  }),
];
