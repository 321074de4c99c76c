// The mail to the accounts when an issue waits for them. review_mails is the outbox: a row that is neither
// sent nor refused is found again.
import type { Db } from '../db.js';
import { minute, day } from '../durations.js';
import { accountMailClaimMinutes, accountMailEnd, accountMailRetryMinutes } from '../mail/account-mail.js';
import type { Mailer } from '../mail/send.js';
import { translator } from '../languages/translate.js';
import { signDecision } from '../decision-link.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { slotInWords } from '../newsletters/schedule-words.js';
import type { Enqueue } from '../queues.js';
import type { Secrets } from '../secrets.js';
import { renderReviewMail } from './review-mail.js';
import { issueStatus } from './status.js';
import { selectIssue } from './store.js';
import { selectIssuePosts } from './store-freeze.js';
import { hasDueHoldMails } from '../lifeline/store-mails.js';
import * as review from './store-review.js';

export interface TellReviewersDeps {
  db: Db;
  mailer: Mailer;
  now: () => Date;
  secrets: Secrets;
  baseUrl: string;
}

/** A link outlives the slot by this: what was skipped or waits can still be looked at. */
const linkDays = 7;

/** Sends the mails of one issue that are due. Call it as often as you like. */
export async function tellReviewers(deps: TellReviewersDeps, issueId: string): Promise<void> {
  const { db, now } = deps;
  const issue = await selectIssue(db, issueId);
  if (issue === undefined) return;
  const newsletter = await getNewsletter(db, issue.newsletterId);
  if (newsletter === undefined || issueStatus(issue) !== 'review') return review.dropReviewMails(db, issueId);
  const when = { timezone: newsletter.timezone, now: now(), words: translator('en') };
  const posts = await selectIssuePosts(db, issueId);
  const expiresAt = new Date(Math.max(issue.slot.getTime(), now().getTime()) + linkDays * day);
  for (const mail of await review.claimReviewMails(db, issueId, accountMailClaimMinutes)) {
    const token = signDecision(
      deps.secrets.derive('review-links'),
      'review',
      { id: issueId, accountId: mail.accountId },
      expiresAt,
    );
    const content = await renderReviewMail({
      newsletter,
      subject: issue.subject ?? newsletter.name,
      slot: slotInWords(issue.slot, when),
      isDue: issue.slot <= now(),
      deadline: issue.reviewUntil && slotInWords(issue.reviewUntil, when),
      timeout: issue.reviewTimeout,
      titles: posts.map(({ title }) => title),
      reviewUrl: `${deps.baseUrl}/review/${token}`,
    });
    const handedOver = await deps.mailer.send({ from: newsletter.from, to: mail.email, ...content });
    const end = accountMailEnd(handedOver, mail.attempts);
    await review.settleReviewMail(db, {
      issueId,
      accountId: mail.accountId,
      ...end,
      dueAt: end.ended === 'later' ? new Date(now().getTime() + accountMailRetryMinutes * minute) : null,
    });
  }
}

/** Wakes what a lost job or a dead worker left. */
export async function enqueueUntold(deps: { db: Db; enqueue: Enqueue }): Promise<void> {
  for (const issueId of await review.selectUntold(deps.db))
    await deps.enqueue('issues', { kind: 'tell-reviewers', issueId });
  if (await hasDueHoldMails(deps.db)) await deps.enqueue('issues', { kind: 'tell-of-hold' });
}
