import type { Db } from '../db.js';
import type { LinkReport } from '../links/check-links.js';
import type { Dropped } from '../digest/encoded-size.js';
import {
  selectIssue,
  selectLargestVariant,
  selectIssuePosts,
  selectIssues,
  type IssueRow,
  type PostRow,
} from './store.js';

import { selectLinkReport } from './store-links.js';
import { selectOmissions, type Omission } from './store-review.js';

export type { LinkReport };
export type { IssueRow, PostRow } from './store.js';

/** The issue's own row, or undefined. */
export async function getIssueRow(db: Db, id: string): Promise<IssueRow | undefined> {
  return /^[1-9]\d{0,17}$/.test(id) ? selectIssue(db, id) : undefined;
}

/** Newest first; those before the id `before`. */
export async function listIssueRows(
  db: Db,
  query: { newsletterId: string; before?: string | undefined; limit: number },
): Promise<IssueRow[]> {
  return selectIssues(db, query.newsletterId, query.before, query.limit);
}

/** Bytes of the HTML as it travels. */
export interface MailSize {
  bytes: number;
  dropped: Dropped;
}

/** What the largest of the issue's mails comes to, and what the budget took from it; undefined: not rendered yet. */
export async function getMailSize(db: Db, id: string): Promise<MailSize | undefined> {
  return selectLargestVariant(db, id);
}

/** How the links answered when they were last followed; undefined: they have not been, or are others now. */
export async function getLinkReport(db: Db, id: string): Promise<LinkReport | undefined> {
  return selectLinkReport(db, id);
}

/** The posts as they were at the cut-off. */
export async function getIssuePosts(db: Db, id: string): Promise<PostRow[]> {
  return selectIssuePosts(db, id);
}

/** What was at hand at the cut-off and is not in the issue. */
export async function getIssueOmissions(db: Db, id: string): Promise<Omission[]> {
  return selectOmissions(db, id);
}
