// An issue for other features: its row, its posts, and what the console shows beside them.
import type { Db } from '../db.js';
import type { Dropped } from '../digest/dropped.js';
import { isId } from '../ids.js';
import type { LinkReport } from '../links/check-links.js';
import {
  selectIssue,
  selectIssueByNumber,
  selectIssues,
  selectIssuesSince,
  selectLatestIssues,
  selectNextStart,
  type IssueQuery,
  type IssueRow,
  type IssuesSince,
} from './store.js';
import { selectIssuePosts, selectLargestVariant, type IssuePost } from './store-freeze.js';
import { selectLinkReport } from './store-links.js';
import { selectOmissions, type Omission } from './store-review.js';

export type { IssueQuery, IssueRow, IssuesSince, IssuePost, LinkReport };

/** The issue's own row, or undefined. */
export async function getIssueRow(db: Db, id: string): Promise<IssueRow | undefined> {
  return isId(id) ? selectIssue(db, id) : undefined;
}

/** The id of the newsletter's issue with this number, which people see; undefined if there is none. */
export function findIssueByNumber(db: Db, newsletterId: string, number: number): Promise<string | undefined> {
  return selectIssueByNumber(db, newsletterId, number);
}

/** Newest first; those before the id `before`, in any status or in one. */
export async function listIssueRows(db: Db, query: IssueQuery): Promise<IssueRow[]> {
  return selectIssues(db, query);
}

/** The newest issues of each of these newsletters, `each` at most; the newest first. */
export async function listLatestIssueRows(
  db: Db,
  query: { newsletterIds: readonly string[]; each: number },
): Promise<IssueRow[]> {
  return selectLatestIssues(db, query);
}

/** Of several newsletters together, each since a time: the newest first, those before the id `before`. */
export async function listIssueRowsSince(
  db: Db,
  query: { newsletters: readonly IssuesSince[]; before: string | undefined; limit: number },
): Promise<IssueRow[]> {
  return selectIssuesSince(db, query);
}

/** The sending of an issue of the newsletter has begun at some time. */
export async function hasGoneOut(db: Db, newsletterId: string): Promise<boolean> {
  return (await selectNextStart(db, { newsletterId, after: new Date(0) })) !== null;
}

/** When the sending of the newsletter's next issue began; undefined: it has not. */
export async function nextStartAfter(
  db: Db,
  { newsletterId, fannedOutAt, slot }: IssueRow,
): Promise<Date | undefined> {
  return (await selectNextStart(db, { newsletterId, after: fannedOutAt ?? slot })) ?? undefined;
}

/** The posts as they were at the cut-off. */
export async function getIssuePosts(db: Db, id: string): Promise<IssuePost[]> {
  return selectIssuePosts(db, id);
}

/** The issue's largest mail: bytes of the HTML as it travels, and what the size budget dropped. */
export interface MailSize {
  bytes: number;
  dropped: Dropped;
}

export interface IssueContent {
  posts: IssuePost[];
  /** Posts that were eligible at the cut-off and are not in the issue. */
  omitted: Omission[];
  /** null: nothing is rendered yet, or was before sizes were kept. */
  mailSize: MailSize | null;
  /** null: the links have not been followed since they last changed. */
  linkReport: LinkReport | null;
}

/** The content of the issue, as it was at the cut-off. */
export async function getIssueContent(db: Db, id: string): Promise<IssueContent> {
  return {
    posts: await selectIssuePosts(db, id),
    omitted: await selectOmissions(db, id),
    mailSize: (await selectLargestVariant(db, id)) ?? null,
    linkReport: (await selectLinkReport(db, id)) ?? null,
  };
}
