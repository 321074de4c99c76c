// The cut-off: an issue fixes its posts and its first variants. Later edits on the site do not change it.
import { addAccountMails } from '../account-mails/add.js';
import type { Db } from '../db.js';
import { minute } from '../durations.js';
import type { ImageHost } from '../images/image-address.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { changeLook, defaultLook } from '../newsletters/look.js';
import { ownMjml } from '../newsletters/own-templates.js';
import type { ReviewTimeout } from '../newsletters/schedule.js';
import { languageOf, languages } from '../languages/language.js';
import type { Newsletter } from '../newsletters/schema.js';
import { arrangePosts } from '../digest/arrange-posts.js';
import type { VariantLinks } from '../digest/render-digest.js';
import { issueUrl } from '../digest/issue-url.js';
import { imagesOfMail } from '../digest/mail-images.js';
import { renderVariant } from '../digest/render-variant.js';
import { leaveOut } from '../posts/leave-out.js';
import { isUnseenDraft, waitsForApproval } from './draft.js';
import { draftedPosts, undraftedPosts, type DraftedIssue } from './drafted-posts.js';
import { selectPosts, variantKey, type PostSelection } from './select-posts.js';
import { selectSeq, takeNumber } from '../newsletters/watermarks.js';
import { keepLinks } from '../tracking/keep-links.js';
import { linkOrigins } from '../telemetry/origins.js';
import { inStep } from '../telemetry/trace.js';
import { type IssueRow } from './store.js';
import { takeDraft } from './store-draft.js';
import { announceIssue } from '../webhooks/announce.js';
import { holdForReview, setOwn } from './store-review.js';
import { type GroupRow, selectGroups } from './store-fan-out.js';
import {
  type FrozenPost,
  insertIssuePosts,
  insertOmissions,
  insertVariant,
  markFrozen,
  selectEligiblePosts,
  selectVariants,
} from './store-freeze.js';

/** The dependencies of an issue's steps. */
export interface IssueDeps {
  db: Db;
  now: () => Date;
  /** Where the archive is, without a slash at the end. */
  baseUrl: string;
  /** Links with placeholder tokens. They are unguessable, so that no feed can contain them. */
  nobodysLinks: VariantLinks;
}

export type Frozen = { frozen: true } | { frozen: false; reason: SkipReason };
export type SkipReason = 'no-postal-address' | 'no-readers' | 'nothing-new';

interface GroupSelection {
  group: GroupRow;
  readers: number;
  /** Its language is the group's, or else the newsletter's. */
  variant: { key: string; selection: PostSelection; language: string } | undefined;
}

/** The languages beside the newsletter's own in which we may address its readers. */
export const languagesBeside = ({ language }: Pick<Newsletter, 'language'>): string[] =>
  languages.filter((other) => other !== languageOf(language));

/** The part of `posts` that each group of readers gets. */
export function selectForGroups(
  newsletter: Newsletter,
  groups: readonly GroupRow[],
  posts: readonly FrozenPost[],
): GroupSelection[] {
  const candidates = posts.map((post) => ({ ...post, seq: Number(post.seq) }));
  return groups.map((group) => {
    const selection = selectPosts(
      candidates,
      {
        readThrough: Number(group.readThrough),
        readAhead: group.readAhead.map(Number),
        topics: group.topics,
      },
      newsletter.schedule,
    );
    const language = group.language ?? newsletter.language;
    const variant = selection && { key: variantKey(selection, language), selection, language };
    return { group, readers: group.readers, variant };
  });
}

/** Where a mail's images are served, if we serve them. */
export const imageHost = ({
  baseUrl,
  nobodysLinks,
}: Pick<IssueDeps, 'baseUrl' | 'nobodysLinks'>): ImageHost => ({
  baseUrl,
  key: nobodysLinks.imageKey,
});

/** Renders and stores the variants that `selections` need and the issue does not have yet. */
export async function ensureVariants(
  deps: Omit<IssueDeps, 'now'>,
  issue: Pick<IssueRow, 'id' | 'slot' | 'number' | 'ownSubject' | 'ownWords' | 'look'>,
  newsletter: Newsletter,
  posts: readonly FrozenPost[],
  selections: readonly GroupSelection[],
): Promise<void> {
  const byId = new Map(posts.map((post) => [post.id, post]));
  const key = newsletter.archive === 'subscribers' ? deps.nobodysLinks.archiveKey : undefined;
  const url =
    newsletter.archive === 'none' || issue.number === null
      ? undefined
      : issueUrl(deps.baseUrl, newsletter.slug, issue.number, key);
  const have = new Set((await selectVariants(deps.db, issue.id)).map((variant) => variant.key));
  const look = issue.look === null ? newsletter.look : changeLook(defaultLook, issue.look);
  const mjml = await ownMjml(deps.db, newsletter.id, look);
  const words = { ...newsletter.words, ...issue.ownWords };
  const images = await imagesOfMail(deps.db, { ...newsletter, look, words }, posts, imageHost(deps));
  for (const { variant } of selections) {
    if (variant === undefined || have.has(variant.key)) continue;
    have.add(variant.key);
    const rendered = await renderVariant(
      { ...newsletter, look },
      {
        slot: issue.slot,
        posts: variant.selection.posts.flatMap((id) => byId.get(id) ?? []),
        more: variant.selection.more,
        links: deps.nobodysLinks,
        baseUrl: deps.baseUrl,
        issueUrl: url,
        mjml,
        images,
        subject: issue.ownSubject ?? undefined,
        words,
        language: variant.language,
      },
    );
    await insertVariant(deps.db, issue.id, variant.language, {
      key: variant.key,
      postIds: [...variant.selection.posts],
      more: variant.selection.more,
      subject: rendered.subject,
      preheader: rendered.preheader,
      html: rendered.html,
      text: rendered.text,
      bytes: rendered.bytes,
      dropped: rendered.dropped,
    });
    if (newsletter.tracking === 'consent')
      await keepLinks(deps.db, { issueId: issue.id, html: rendered.html, baseUrl: deps.baseUrl });
  }
}

/** The lowest read_through of the groups: earlier posts are new to no reader. */
function unreadAfter(groups: readonly GroupRow[]): string {
  return String(Math.min(...groups.map((group) => Number(group.readThrough))));
}

/**
 * Freezes a locked issue within the caller's transaction. If no reader would get a post, it writes nothing.
 */
export function freeze(deps: IssueDeps, issue: IssueRow): Promise<Frozen> {
  return inStep('freeze issue', { 'digest.issue_id': issue.id }, async (span) => {
    const result = await freezeLocked(deps, issue);
    span.note(result.frozen ? { 'digest.frozen': true } : { 'digest.skipped': result.reason });
    return result;
  });
}

async function freezeLocked(deps: IssueDeps, issue: IssueRow): Promise<Frozen> {
  const { db } = deps;
  const newsletter = await getNewsletter(db, issue.newsletterId);
  if (newsletter === undefined) throw new Error(`issue ${issue.id} has no newsletter`);
  // CAN-SPAM, 16 CFR 316.4: no commercial mail without a postal address.
  if (!newsletter.postalAddress?.trim()) return { frozen: false, reason: 'no-postal-address' };
  const now = deps.now();
  const groups = await selectGroups(db, issue.id, { languages: languagesBeside(newsletter), now });
  if (groups.length === 0) return { frozen: false, reason: 'no-readers' };
  const seqThrough = await selectSeq(db, issue.newsletterId);
  const eligible = await selectEligiblePosts(db, {
    newsletterId: issue.newsletterId,
    after: unreadAfter(groups),
    through: seqThrough,
    postIds: issue.postIds,
  });
  const arranged = arrangePosts(eligible, newsletter, { chosen: issue.postIds !== null });
  // Posts that an admin chose are in no draft: it is about the next issue of all unread posts.
  const drafted =
    issue.postIds === null
      ? await draftedPosts(db, newsletter.id, arranged.posts, { lock: true })
      : undraftedPosts(arranged.posts);
  const { posts, ownSubject, ownWords } = drafted;
  const { fourEyes } = newsletter.schedule;
  const isUnseen = isUnseenDraft(issue, drafted);
  const isHeld = isUnseen || waitsForApproval({ review: issue.review, fourEyes }, drafted);
  const selections = selectForGroups(newsletter, groups, posts);
  const most = mostRead(selections);
  if (most === undefined) return { frozen: false, reason: 'nothing-new' };
  await insertIssuePosts(db, issue.id, posts);
  await linkOrigins(
    deps,
    'post',
    posts.map(({ id }) => id),
  );
  await insertOmissions(db, issue.id, 'topic', arranged.omitted);
  if (issue.postIds === null) await takeDrafted(deps, issue, drafted, isHeld);
  // Before rendering, as each mail links to the issue's page. The row stays locked: no other issue or post
  // gets a number.
  const number = await takeNumber(db, newsletter.id);
  await ensureVariants(deps, { ...issue, number, ownSubject, ownWords }, newsletter, posts, selections);
  const variants = await selectVariants(db, issue.id);
  // The issue's subject is that of its most-read variant.
  const subject = variants.find((variant) => variant.key === most)?.subject ?? newsletter.name;
  await markFrozen(db, {
    id: issue.id,
    number,
    subject,
    seqThrough,
    approved: !isHeld,
    ...reviewOf(newsletter.schedule, issue.slot, now),
    ...(isUnseen || (fourEyes && drafted.editedBy !== null) ? { reviewTimeout: 'wait' } : {}),
    draftChanged: isUnseen,
    look: newsletter.look,
    now,
  });
  if (isHeld) await tellReviewers(db, { ...issue, number, subject }, now);
  return { frozen: true };
}

/** Accounts by mail, and webhooks. */
async function tellReviewers(
  db: Db,
  issue: Pick<IssueRow, 'id' | 'newsletterId' | 'number' | 'subject' | 'slot'>,
  now: Date,
): Promise<void> {
  const { id: subjectId, newsletterId, slot } = issue;
  await addAccountMails(db, { kind: 'review', subjectId, now, newsletterId });
  await announceIssue(db, { event: 'issue.review', at: now, issue, more: { slot } });
}

/** Does what the draft says, now that the issue is sure to have posts: until now the ledger was as before. */
async function takeDrafted(
  deps: IssueDeps,
  issue: IssueRow,
  draft: DraftedIssue,
  isHeld: boolean,
): Promise<void> {
  const { db } = deps;
  for (const { id } of draft.dropped) await leaveOut(deps, { postId: id, until: 'for-good' });
  for (const { id } of draft.later) await leaveOut(deps, { postId: id, until: 'next-issue' });
  await insertOmissions(db, issue.id, 'dropped', draft.dropped);
  await insertOmissions(db, issue.id, 'later', draft.later);
  if (isHeld) await holdForReview(db, issue.id);
  await setOwn(db, issue.id, { subject: draft.ownSubject, words: draft.ownWords, editedBy: draft.editedBy });
  // Issues for readers with a time of their own use the draft, and leave it to the newsletter's own issue.
  if (issue.kind === 'manual' || issue.dueDefault) await takeDraft(db, issue.newsletterId, deps.now());
}

/** The key of the variant with the most readers; undefined: no reader gets anything. */
export function mostRead(selections: readonly GroupSelection[]): string | undefined {
  const readers = new Map<string, number>();
  for (const { variant, readers: some } of selections)
    if (variant !== undefined) readers.set(variant.key, (readers.get(variant.key) ?? 0) + some);
  return [...readers].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}

/** Until when an issue in review can be decided, and what happens then. */
function reviewOf(
  { reviewTimeout, reviewMinutes }: Newsletter['schedule'],
  slot: Date,
  now: Date,
): { reviewTimeout: ReviewTimeout; reviewUntil: Date } {
  const enough = now.getTime() + reviewMinutes * minute;
  return { reviewTimeout, reviewUntil: new Date(Math.max(slot.getTime(), enough)) };
}
