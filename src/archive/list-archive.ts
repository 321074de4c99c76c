// A newsletter's issues, one page at a time.
import type { Db } from '../db.js';
import { headlineOf } from '../newsletters/subject-template.js';
import type { Newsletter } from '../newsletters/schema.js';
import * as store from './store.js';

export interface ArchivePage {
  /** The newest first. */
  issues: { number: number; headline: string; slot: Date }[];
  /** The next page has the issues below this number; undefined: this is the last page. */
  olderBefore: number | undefined;
  /** Whether there is an earlier page. */
  hasNewer: boolean;
  /** The earlier page has the issues below this number; undefined: it is the first page. */
  newerBefore: number | undefined;
}

const issuesShown = 30;

/** The issues below the number `before`, or the newest. */
export async function listArchive(
  { db }: { db: Db },
  { newsletter, before }: { newsletter: Newsletter; before?: number | undefined },
): Promise<ArchivePage> {
  const rows = await store.selectIssueLines(db, newsletter.id, before, issuesShown + 1);
  const issues = rows.slice(0, issuesShown);
  const newer =
    before === undefined
      ? []
      : await store.selectNumbersAfter(db, newsletter.id, before - 1, issuesShown + 1);
  return {
    issues: issues.map(({ number, subject, slot }) => ({
      number,
      slot,
      headline: headlineOf(subject, newsletter.name),
    })),
    olderBefore: rows.length > issuesShown ? issues.at(-1)?.number : undefined,
    hasNewer: newer.length > 0,
    newerBefore: newer[issuesShown],
  };
}
