// The last link report of each issue.
import type { Db } from '../db.js';
import { storableJson } from '../languages/message-json.js';
import type { LinkReport } from '../links/check-links.js';

/**
 * Stores nothing if the issue changed meanwhile: `newest` is the variant that was rendered last at the start.
 */
export async function saveLinkReport(
  db: Db,
  { issueId, newest }: { issueId: string; newest: string },
  report: LinkReport,
): Promise<void> {
  await db.query(
    `insert into link_reports (issue_id, checked_at, links, unclear, silent)
     select issue_id, $2, $3, $4, $5 from variants where issue_id = $1 and id = $6
     on conflict (issue_id) do update
     set checked_at = excluded.checked_at, links = excluded.links, unclear = excluded.unclear, silent = excluded.silent`,
    [issueId, report.checkedAt, report.links, report.unclear, storableJson(report.silent), newest],
  );
}

export async function selectLinkReport(db: Db, issueId: string): Promise<LinkReport | undefined> {
  return db.maybeOne('select checked_at, links, unclear, silent from link_reports where issue_id = $1', [
    issueId,
  ]);
}

/** Call it when the issue's links change. */
export async function deleteLinkReport(db: Db, issueId: string): Promise<void> {
  await db.query('delete from link_reports where issue_id = $1', [issueId]);
}
