// An issue as the API and the console show it: its row, its posts, its counts by state, and its pace.
import type { ReturnedCount } from './feedback-words.js';
import type { Db } from '../db.js';
import {
  getIssueContent,
  getIssueRow,
  listIssueRows,
  listLatestIssueRows,
  type IssueContent,
  type LinkReport,
  type IssuePost,
  type IssueQuery,
  type IssueRow,
} from '../issues/issue.js';
import { issueStatus, type IssueStatus } from '../issues/status.js';
import { issueCounts, type IssueCounts } from '../delivery/counts.js';
import { returnedOfIssue } from '../statistics/returned.js';
import { translator, type Translator } from '../languages/translate.js';
import { pauseInWords } from './pause-words.js';
import { detailOf, type HoldUpView } from './hold-up-words.js';
import {
  selectHoldUps,
  selectProgress,
  type ProgressOfIssue,
  type ProgressRow,
  type Sums,
} from '../delivery/hand-overs.js';

export interface IssueView {
  id: string;
  newsletterId: string;
  number: number | null;
  kind: 'scheduled' | 'manual';
  slot: Date;
  status: IssueStatus;
  subject: string | null;
  variants: number;
  counts: IssueCounts;
  excludedBy: Record<string, number>;
  review: 'auto' | 'hold';
  /** In words. */
  pauseReason: string | null;
  skipReason: string | null;
  /** In review: when it is decided automatically, and how. */
  reviewUntil: Date | null;
  reviewTimeout: IssueRow['reviewTimeout'];
  /** The actor that edited it last, as in the audit log: 'account:1'. null: nobody. */
  editedBy: string | null;
  approvedAt: Date | null;
  /** Approved: until then the approval can be withdrawn. */
  retractUntil: Date | null;
  /** The values that an editor set for this issue only. */
  ownSubject: string | null;
  ownWords: IssueRow['ownWords'];
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** Recent acceptances a second, while sending. */
  ratePerSecond: number | null;
  etaSeconds: number | null;
  /** How hand-overs ended: every try counts. Updated once a second. The counts above come from the ledger. */
  relays: HandOverSums[];
  domainGroups: HandOverSums[];
  /** Why readers wait, if any do. */
  holdUps: HoldUpView[];
}

export interface HandOverSums extends Sums {
  /** host:port of a relay; or a provider, with 'others' for all providers without a name here. */
  name: string;
}

export interface IssuePostView {
  id: string;
  title: string;
  url: string | null;
  topics: string[];
}

interface LinkReportView extends Omit<LinkReport, 'silent'> {
  /** The reasons in words. */
  silent: { url: string; reason: string }[];
}

interface IssueDetail extends IssueView {
  /** The draft was edited after a person pressed "Send now", and before the freeze. */
  draftChanged: boolean;
  posts: IssuePostView[];
  omitted: OmittedPostView[];
  mailSize: IssueContent['mailSize'];
  linkReport: LinkReportView | null;
  /** What came back, and what relays refused, by kind and provider. */
  returned: ReturnedCount[];
}

/** The rows' sums by `of`, the largest first. */
function sumsBy(of: 'relay' | 'domainGroup', rows: readonly ProgressRow[]): HandOverSums[] {
  const sums = new Map<string, HandOverSums>();
  for (const row of rows) {
    const sum = sums.get(row[of]) ?? { name: row[of], accepted: 0, deferred: 0, refused: 0, uncertain: 0 };
    for (const state of ['accepted', 'deferred', 'refused', 'uncertain'] as const) sum[state] += row[state];
    sums.set(row[of], sum);
  }
  return [...sums.values()].toSorted((a, b) => b.accepted - a.accepted || (a.name < b.name ? -1 : 1));
}

async function view(
  db: Db,
  issue: IssueRow,
  { progress, words }: { progress: ProgressOfIssue; words: Translator },
): Promise<IssueView> {
  const counts = issueCounts(issue, progress.states);
  const status = issueStatus(issue);
  const left = counts.queued + counts.sending;
  const rate = status === 'sending' && left > 0 ? progress.rate : null;
  return {
    id: issue.id,
    newsletterId: issue.newsletterId,
    number: issue.number,
    kind: issue.kind,
    slot: issue.slot,
    status,
    subject: issue.subject,
    variants: progress.variants,
    counts,
    excludedBy: issue.excluded,
    review: issue.review,
    pauseReason: pauseInWords(issue, words),
    skipReason: issue.skipReason,
    reviewUntil: issue.reviewUntil,
    reviewTimeout: issue.reviewTimeout,
    editedBy: issue.editedBy,
    approvedAt: issue.approvedAt,
    retractUntil: issue.retractUntil,
    ownSubject: issue.ownSubject,
    ownWords: issue.ownWords,
    createdAt: issue.createdAt,
    startedAt: issue.fannedOutAt,
    finishedAt: issue.finishedAt,
    ratePerSecond: rate === null ? null : Math.round(rate * 10) / 10,
    // Below one message in a hundred seconds an estimate means nothing.
    etaSeconds: rate !== null && rate > 0.01 ? Math.ceil(left / rate) : null,
    relays: sumsBy('relay', progress.handOvers),
    domainGroups: sumsBy('domainGroup', progress.handOvers),
    holdUps:
      status === 'sending' && counts.queued > 0
        ? (await selectHoldUps(db, issue.id)).map((holdUp) => ({
            kind: holdUp.kind,
            name: holdUp.name,
            until: holdUp.until,
            detail: words.say(detailOf(holdUp)),
          }))
        : [],
  };
}

async function views(
  db: Db,
  issues: readonly IssueRow[],
  words: Translator = translator('en'),
): Promise<IssueView[]> {
  const found = await selectProgress(
    db,
    issues.map((issue) => issue.id),
  );
  const progress = new Map(found.map((row) => [row.issueId, row]));
  return Promise.all(
    issues.flatMap((issue) => {
      const own = progress.get(issue.id);
      return own === undefined ? [] : [view(db, issue, { progress: own, words })];
    }),
  );
}

/** Left out of the issue: by the newsletter's topics, or by an editor, for good or until the next issue. */
export interface OmittedPostView extends IssuePostView {
  reason: 'topic' | 'dropped' | 'later';
}

/** The issue with its posts as they were at the cut-off, or undefined. `words`: the language of its reasons. */
export async function getIssue(
  db: Db,
  id: string,
  words: Translator = translator('en'),
): Promise<IssueDetail | undefined> {
  const issue = await getIssueRow(db, id);
  if (issue === undefined) return undefined;
  const content = await getIssueContent(db, id);
  const [shown] = await views(db, [issue], words);
  return (
    shown && {
      ...shown,
      draftChanged: issue.draftChanged,
      posts: content.posts.map(postView),
      omitted: content.omitted.map(({ post, reason }) => ({ ...postView(post), reason })),
      mailSize: content.mailSize,
      linkReport: content.linkReport && {
        ...content.linkReport,
        silent: content.linkReport.silent.map(({ url, reason }) => ({ url, reason: words.say(reason) })),
      },
      returned: await returnedOfIssue(db, { newsletterId: issue.newsletterId, issueId: id }),
    }
  );
}

const postView = ({ id, title, url, topics }: IssuePost): IssuePostView => ({ id, title, url, topics });

/** The values that change while an issue is sending: for events and progress bars. */
export async function getIssueProgress(
  db: Db,
  id: string,
  words?: Translator,
): Promise<IssueView | undefined> {
  const issue = await getIssueRow(db, id);
  return issue && (await views(db, [issue], words))[0];
}

/** Newest first; those before the id `before`, in any status or in one. */
export async function listIssues(db: Db, query: IssueQuery, words?: Translator): Promise<IssueView[]> {
  return views(db, await listIssueRows(db, query), words);
}

/** The newest issues of each of these newsletters, `each` at most. The newest first. */
export async function listLatestIssues(
  db: Db,
  query: { newsletterIds: readonly string[]; each: number },
  words?: Translator,
): Promise<IssueView[]> {
  return views(db, await listLatestIssueRows(db, query), words);
}
