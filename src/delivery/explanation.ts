// Why a post is or is not in an issue, and why a reader did or did not get it, in words. Pure.
import type { IssueRow } from '../issues/issue.js';
import { issueStatus } from '../issues/status.js';
import type { PostFacts, ReaderFacts } from './store-explain.js';

export interface Reason {
  /** Stable, in kebab-case. */
  code: string;
  text: string;
  at: Date | null;
}

export interface Explanation {
  included: boolean;
  /** The one that decided first. */
  reasons: Reason[];
}

type Issue = Pick<IssueRow, 'kind' | 'slot' | 'frozenAt' | 'fannedOutAt' | 'skipReason'> &
  Parameters<typeof issueStatus>[0];

const reason = (code: string, text: string, at: Date | null = null): Reason => ({ code, text, at });
const time = (at: Date | null): string =>
  at === null ? '' : `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`;
const issues = (numbers: readonly number[]): string =>
  `${numbers.length === 1 ? 'issue' : 'issues'} ${numbers.join(', ')}`;
const by = (actor: string | null): string => (actor === null ? '' : ` by ${actor}`);

function omission({ omitted, omittedAt }: PostFacts): Reason[] {
  switch (omitted) {
    case 'topic':
      return [
        reason(
          'topic',
          'Its topics are excluded by the newsletter’s selection, or not among those included.',
          omittedAt,
        ),
      ];
    case 'dropped':
      return [reason('dropped', `It was taken out in review at ${time(omittedAt)}, for good.`, omittedAt)];
    case 'later':
      return [
        reason('later', `It was taken out in review at ${time(omittedAt)}, for the next issue.`, omittedAt),
      ];
    case null:
      return [];
  }
}

function notNews(post: PostFacts): Reason[] {
  const decided =
    post.decidedAt === null ? '' : `; somebody decided so at ${time(post.decidedAt)}${by(post.decidedBy)}`;
  switch (post.state) {
    case 'known':
      return [
        reason(
          'known',
          `It was in the feed already when it was first polled, or was marked as known: it is no news${decided}.`,
        ),
      ];
    case 'held':
      return [
        post.heldAt === null
          ? reason('held', `It is held${decided}.`)
          : reason(
              'held-by-guard',
              'The guard held it, as the feed brought many more posts than it is used to, or several old ones at once.',
              post.heldAt,
            ),
      ];
    case 'excluded':
      return [
        post.retractedAt === null
          ? reason('excluded', `It is excluded${decided}.`, post.decidedAt)
          : reason('retracted', 'Its publisher took it back.', post.retractedAt),
      ];
    case 'eligible':
      return [];
  }
}

/** Why the post is or is not in the issue. */
export function explainPost(issue: Issue, post: PostFacts): Explanation {
  if (post.inIssue) {
    const hidden = post.variants - post.shownIn;
    const reasons = [
      reason(
        'in-issue',
        `It arrived at ${time(post.firstSeenAt)}, before the cut-off at ${time(issue.frozenAt)}.`,
        post.firstSeenAt,
      ),
      post.shownIn > 0
        ? reason(
            'shown',
            `It is in ${hidden > 0 ? `${post.shownIn} of the ${post.variants} variants of the issue` : 'the issue'}${issue.fannedOutAt ? `, which ${count(post.readers, 'reader')} got` : ''}.`,
          )
        : reason(
            'beyond-maximum',
            'It is beyond the maximum for every reader, or of topics that none of them picked: it is counted under “more on the web”.',
          ),
    ];
    if (post.shownIn > 0 && hidden > 0)
      reasons.push(
        reason(
          'not-for-all',
          'The other variants are for readers of other topics, for readers who had it already, or have it beyond their maximum.',
        ),
      );
    if (post.state === 'excluded') reasons.push(...notNews(post));
    return { included: post.shownIn > 0, reasons };
  }
  if (issue.frozenAt === null)
    return {
      included: false,
      reasons: [
        ...notNews(post),
        reason('not-frozen', 'The issue has no posts yet: it fixes them at its cut-off.'),
      ],
    };
  const reasons = [...omission(post), ...notNews(post)];
  if (post.notChosen)
    reasons.push(reason('not-chosen', 'The issue is of posts chosen by hand, and this is none of them.'));
  if (post.afterCutoff || (reasons.length === 0 && post.firstSeenAt > issue.frozenAt))
    reasons.push(
      reason(
        'after-cut-off',
        `It arrived, or was let in, after the cut-off at ${time(issue.frozenAt)}.`,
        post.firstSeenAt,
      ),
    );
  if (reasons.length === 0)
    reasons.push(
      reason(
        'had-already',
        post.otherIssues.length > 0
          ? `Every reader who was due had been offered it before, in ${issues(post.otherIssues)}.`
          : 'Every reader who was due had been offered it before, or joined after it.',
      ),
    );
  return { included: false, reasons };
}

const said = ({ reply }: ReaderFacts): string => (reply === null ? '' : ` The relay said: ${reply}`);

const atHandOver: Record<string, string> = {
  unsubscribed: 'They had left before it was handed over.',
  suppressed: 'Their address was suppressed before it was handed over.',
  erased: 'They had been erased before it was handed over.',
  cancelled: 'The issue was cancelled before it was their turn; its posts go to them with the next one.',
  'warm-up': 'The sending domain’s warm-up had no room for them; the posts go to them with the next issue.',
  superseded: 'No relay took anything until their next issue was near; the posts go to them with that one.',
};

function delivered(reader: ReaderFacts): Reason {
  const { state, reason: why, changedAt: at } = reader;
  switch (state) {
    case 'queued':
      return reason('queued', 'It waits for its turn.', at);
    case 'sending':
      return reason('sending', 'It is being handed over.', at);
    case 'accepted':
      return reason('accepted', `The relay took it at ${time(at)}.${said(reader)}`, at);
    case 'deferred':
      return reason(
        'deferred',
        `The relay asked to try later, ${count(reader.attempts ?? 0, 'time')} so far; the next try is at ${time(reader.dueAt)}.${said(reader)}`,
        at,
      );
    case 'refused':
      return why === 'expired'
        ? reason(
            'expired',
            `The relay put it off until the next issue was near.${said(reader)}${reader.returnedAt ? ' Its posts go to them with the next issue.' : ''}`,
            at,
          )
        : reason('refused', `The relay refused it.${said(reader)}`, at);
    case 'uncertain':
      return reason(
        'uncertain',
        why === 'restored'
          ? 'The database was put back while it was under way: it may have been sent.'
          : 'The connection was lost, or the worker died, before the relay answered: it may have taken it.',
        at,
      );
    case 'bounced':
      return reason('bounced', `It came back.${said(reader)}`, at);
    case 'complained':
      return reason('complained', 'They called it spam.', at);
    default:
      return reason(
        why ?? 'excluded',
        atHandOver[why ?? ''] ?? `They were left out: ${why ?? 'no reason is known'}.`,
        at,
      );
  }
}

/** Why the reader did or did not get the issue. What changed since the issue went out is judged as it is now. */
export function explainReader(issue: Issue, reader: ReaderFacts): Explanation {
  if (reader.state !== null) {
    const reasons = [delivered(reader)];
    if (reader.posts && reader.posts.length > 0)
      reasons.push(
        reason(
          'posts',
          `Of its posts theirs are: ${reader.posts.join(' · ')}${reader.more ? `, and ${reader.more} more on the web` : ''}.`,
        ),
      );
    return { included: ['accepted', 'bounced', 'complained'].includes(reader.state), reasons };
  }
  const status = issueStatus(issue);
  const reasons: Reason[] = [];
  if (issue.fannedOutAt === null)
    reasons.push(
      reason(
        'not-sent',
        status === 'skipped'
          ? `The issue was skipped: ${issue.skipReason ?? 'no reason is known'}.`
          : `The issue is ${status}: nobody has got it.`,
      ),
    );
  // What decided, in the order in which the fan-out asks.
  const when = issue.fannedOutAt ?? issue.slot;
  if (reader.subscriptionId === null)
    reasons.push(reason('not-subscribed', 'They are not on this newsletter.'));
  else if (reader.confirmedAt === null)
    reasons.push(reason('not-confirmed', 'They have not confirmed their subscription.'));
  else if (reader.confirmedAt > when)
    reasons.push(
      reason(
        'subscribed-after',
        `They confirmed at ${time(reader.confirmedAt)}, after the issue went out.`,
        reader.confirmedAt,
      ),
    );
  if (reader.unsubscribedAt !== null && reader.unsubscribedAt <= when)
    reasons.push(
      reason('unsubscribed', `They left at ${time(reader.unsubscribedAt)}.`, reader.unsubscribedAt),
    );
  if (reader.subscriptionId !== null && !reader.due)
    reasons.push(
      reason(
        'not-due',
        `They were not due at ${time(issue.slot)}: they read ${reader.readingTime ?? 'at the newsletter’s own time'}.`,
      ),
    );
  if (reader.suppressedAt !== null && reader.suppressedAt <= when)
    reasons.push(
      reason(
        'suppressed',
        `Their address must not be mailed: ${reader.suppressedFor ?? 'suppressed'}.`,
        reader.suppressedAt,
      ),
    );
  if (reader.pausedUntil !== null && reader.pausedUntil > when)
    reasons.push(reason('paused', `They pause until ${time(reader.pausedUntil)}.`, reader.pausedUntil));
  if (issue.kind === 'scheduled' && reader.notBefore !== null && reader.notBefore > issue.slot)
    reasons.push(
      reason(
        'time-changed',
        `They changed when they read, and had the day’s digest or chose too late for this one: their new time begins at ${time(reader.notBefore)}.`,
        reader.notBefore,
      ),
    );
  if (reasons.length === 0) {
    if (reader.wanted === 0)
      reasons.push(
        reason(
          'topics',
          `None of its posts is of the topics they picked: ${(reader.topics ?? []).join(', ')}.`,
        ),
      );
    else if (reader.had >= reader.wanted)
      reasons.push(reason('nothing-new', `They had all of its posts already, from ${issues(reader.hadIn)}.`));
    else
      reasons.push(
        reason(
          'nothing-new',
          'Its posts were no news to them (they arrived before they joined, or an issue had brought them), or were fewer than the newsletter’s minimum.',
        ),
      );
  }
  return { included: false, reasons };
}
