// A newsletter's issues, a page at a time.
import type { Db } from '../db.js';
import { headlineOf } from '../newsletters/subject-template.js';
import type { Newsletter } from '../newsletters/schema.js';
import * as store from './store.js';

export interface ArchivePage {
  /** The newest first. */
  issues: { number: number; headline: string; slot: Date }[];
  /** The number below which the page after this one begins; undefined: this is the last. */
  olderBefore: number | undefined;
  /** Whether there is a page before this one. */
  hasNewer: boolean;
  /** The number below which that begins; undefined: it is the first. */
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
