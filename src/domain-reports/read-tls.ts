// Reads a report about encrypted connections to our own mail servers (RFC 8460 section 4.4). Pure.
import { z } from 'zod';
import {
  readCount,
  domainNamed,
  readName,
  summed,
  type DomainReport,
  type ReportedSource,
} from './report.js';

const failure = z.looseObject({
  'result-type': z.string().optional(),
  'receiving-mx-hostname': z.string().optional(),
  'failed-session-count': z.unknown().optional(),
});
const reportSchema = z.looseObject({
  'organization-name': z.string(),
  'report-id': z.string(),
  'date-range': z.looseObject({ 'start-datetime': z.string(), 'end-datetime': z.string() }),
  policies: z
    .array(
      z.looseObject({
        policy: z.looseObject({ 'policy-domain': z.string() }),
        summary: z.looseObject({
          'total-successful-session-count': z.unknown().optional(),
          'total-failure-session-count': z.unknown().optional(),
        }),
        'failure-details': z.array(failure).optional(),
      }),
    )
    .min(1)
    .max(1_000),
});

type Policy = z.infer<typeof reportSchema>['policies'][number];

/** One report for each domain that it is about; empty: it is no such report. Throws if it is not JSON. */
export function readTlsReports(json: string): DomainReport[] {
  const parsed = reportSchema.safeParse(JSON.parse(json));
  if (!parsed.success) return [];
  const { policies, 'date-range': range, ...told } = parsed.data;
  const byDomain = new Map<string, Policy[]>();
  for (const one of policies) {
    const domain = domainNamed(one.policy['policy-domain']);
    if (domain !== undefined) byDomain.set(domain, [...(byDomain.get(domain) ?? []), one]);
  }
  return [...byDomain].map(([domain, about]) => ({
    kind: 'tls',
    domain,
    organization: readName(told['organization-name']),
    reportId: readName(told['report-id']),
    begin: new Date(range['start-datetime']),
    end: new Date(range['end-datetime']),
    ...totalsOf(about),
  }));
}

function totalsOf(policies: readonly Policy[]): ReturnType<typeof summed> {
  const failed = policies.reduce(
    (sum, { summary }) => sum + readCount(summary['total-failure-session-count']),
    0,
  );
  const succeeded = policies.reduce(
    (sum, { summary }) => sum + readCount(summary['total-successful-session-count']),
    0,
  );
  const { sources } = summed(policies.flatMap((one) => (one['failure-details'] ?? []).map(rowOfFailure)));
  return { messages: succeeded + failed, failed, excused: 0, sources };
}

function rowOfFailure(details: z.infer<typeof failure>): ReportedSource {
  const failed = readCount(details['failed-session-count']);
  const server = domainNamed(details['receiving-mx-hostname']);
  const kind = readName(details['result-type']) || 'unknown';
  return { source: server === undefined ? kind : `${kind}, ${server}`, messages: failed, failed, excused: 0 };
}
