// The SQL of reports about domains.
import type { Db } from '../db.js';
import type { DomainReport } from './report.js';

/** False: this report came in before. */
export async function insertReport(tx: Db, report: DomainReport, receivedAt: Date): Promise<boolean> {
  const { kind, domain, organization, reportId, begin, end, messages, failed, excused, sources } = report;
  const inserted = await tx.change(
    `with report as (
       insert into domain_reports (kind, domain, organization, report_id, begins_at, ends_at, received_at,
         messages, failed, excused)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       on conflict (kind, organization, report_id, domain) do nothing returning id
     ), added as (
       insert into domain_report_sources (domain_report_id, source, messages, failed, excused)
       select report.id, s.* from report,
         unnest($11::text[], $12::bigint[], $13::bigint[], $14::bigint[]) as s (source, messages, failed, excused)
     )
     select id from report`,
    [
      kind,
      domain,
      organization,
      reportId,
      begin,
      end,
      receivedAt,
      messages,
      failed,
      excused,
      sources.map(({ source }) => source),
      sources.map((row) => row.messages),
      sources.map((row) => row.failed),
      sources.map((row) => row.excused),
    ],
  );
  return inserted === 1;
}

/** The reports about a domain that came in after `since`. */
export async function countReports(
  tx: Db,
  { domain, since }: { domain: string; since: Date },
): Promise<number> {
  const { count } = await tx.one<{ count: number }>(
    'select count(*)::int as count from domain_reports where domain = $1 and received_at > $2',
    [domain, since],
  );
  return count;
}

export interface DomainSums {
  domain: string;
  kind: DomainReport['kind'];
  reports: number;
  organizations: string[];
  messages: number;
  failed: number;
  excused: number;
  /** Those with failures, the worst first. */
  sources: { source: string; messages: number; failed: number }[];
}

const mostSources = 10;
const mostDomains = 200;

/** What the reports since then say, by domain and kind. */
export async function selectSums(db: Db, since: Date): Promise<DomainSums[]> {
  return db.query(
    `select r.domain, r.kind, count(*)::int as reports, array_agg(distinct r.organization) as organizations,
       sum(r.messages)::float8 as messages, sum(r.failed)::float8 as failed, sum(r.excused)::float8 as excused,
       (select coalesce(json_agg(worst), '[]') from (
          select s.source, sum(s.messages)::float8 as messages, sum(s.failed)::float8 as failed
          from domain_reports o join domain_report_sources s on s.domain_report_id = o.id
          where o.domain = r.domain and o.kind = r.kind and o.received_at > $1 and s.failed > 0
          group by s.source order by 3 desc, 1 limit ${mostSources}) worst) as sources
     from domain_reports r where r.received_at > $1
     group by r.domain, r.kind order by r.domain, r.kind limit ${mostDomains}`,
    [since],
  );
}

export async function deleteOldReports(
  db: Db,
  { before, limit }: { before: Date; limit: number },
): Promise<number> {
  return db.change(
    `delete from domain_reports where id in
       (select id from domain_reports where received_at < $1 order by received_at limit $2)`,
    [before, limit],
  );
}
