// Why a post is or is not in an issue, and why a reader did or did not get it, in words. Pure.
import type { IssueRow } from '../issues/issue.js';
import { skipInWords } from '../issues/skip-words.js';
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
  /** The first one decided. */
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
          'The newsletter’s selection excludes its topics, or includes others only.',
          omittedAt,
        ),
      ];
    case 'dropped':
      return [reason('dropped', `An editor left it out at ${time(omittedAt)}.`, omittedAt)];
    case 'later':
      return [reason('later', `An editor saved it for the next issue at ${time(omittedAt)}.`, omittedAt)];
    case null:
      return [];
  }
}

function notNews(post: PostFacts): Reason[] {
  const decided = post.decidedAt === null ? '' : ` (decided at ${time(post.decidedAt)}${by(post.decidedBy)})`;
  switch (post.state) {
    case 'known':
      return [
        reason(
          'known',
          `It was published before this feed was added, or was marked as already published${decided}.`,
        ),
      ];
    case 'held':
      return [
        post.heldAt === null
          ? reason('held', `It is held${decided}.`)
          : reason(
              'held-by-guard',
              'The guard held it: the feed brought many more posts than usual, or several old posts at once.',
              post.heldAt,
            ),
      ];
    case 'excluded':
      return [
        post.retractedAt === null
          ? reason('excluded', `It is excluded${decided}.`, post.decidedAt)
          : reason('retracted', 'Its publisher deleted it.', post.retractedAt),
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
            'It is beyond the maximum for every reader, or has topics that no reader picked. It counts under “more on the web”.',
          ),
    ];
    if (post.shownIn > 0 && hidden > 0)
      reasons.push(
        reason(
          'not-for-all',
          'The other variants are for readers with other topics, for readers who had it already, or have it beyond their maximum.',
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
        reason('not-frozen', 'The issue has no posts yet. They are fixed at its cut-off.'),
      ],
    };
  const reasons = [...omission(post), ...notNews(post)];
  if (post.notChosen)
    reasons.push(reason('not-chosen', 'An admin chose the issue’s posts, and this is not one of them.'));
  if (post.afterCutoff || (reasons.length === 0 && post.firstSeenAt > issue.frozenAt))
    reasons.push(
      reason(
        'after-cut-off',
        `It arrived, or was released, after the cut-off at ${time(issue.frozenAt)}.`,
        post.firstSeenAt,
      ),
    );
  if (reasons.length === 0)
    reasons.push(
      reason(
        'had-already',
        post.otherIssues.length > 0
          ? `Already sent to every reader who was due, in ${issues(post.otherIssues)}.`
          : 'Every reader who was due had it already, or joined later.',
      ),
    );
  return { included: false, reasons };
}

const said = ({ reply }: ReaderFacts): string => (reply === null ? '' : ` The relay replied: ${reply}`);

const atHandOver: Record<string, string> = {
  unsubscribed: 'They unsubscribed before it was sent.',
  suppressed: 'Their address was suppressed before it was sent.',
  erased: 'They were erased before it was sent.',
  cancelled: 'The issue was cancelled before their turn. They get its posts with the next issue.',
  'warm-up': 'The sending domain’s warm-up had no room for them. They get its posts with the next issue.',
  superseded: 'No relay took anything until their next issue was near. They get its posts with that issue.',
};

function delivered(reader: ReaderFacts): Reason {
  const { state, reason: why, changedAt: at } = reader;
  switch (state) {
    case 'queued':
      return reason('queued', 'It is waiting for its turn.', at);
    case 'sending':
      return reason('sending', 'It is being sent to the relay.', at);
    case 'accepted':
      return reason('accepted', `The relay accepted it at ${time(at)}.${said(reader)}`, at);
    case 'deferred':
      return reason(
        'deferred',
        `The relay asked to try later, ${count(reader.attempts ?? 0, 'time')} so far. The next try is at ${time(reader.dueAt)}.${said(reader)}`,
        at,
      );
    case 'refused':
      return why === 'expired'
        ? reason(
            'expired',
            `The relay deferred it until the next issue was near.${said(reader)}${reader.returnedAt ? ' They get its posts with the next issue.' : ''}`,
            at,
          )
        : reason('refused', `The relay refused it.${said(reader)}`, at);
    case 'uncertain':
      return reason(
        'uncertain',
        why === 'restored'
          ? 'The database was restored while it was being sent: it may have been sent.'
          : 'The connection was lost, or the worker died, before the relay answered: the relay may have accepted it.',
        at,
      );
    case 'bounced':
      return reason('bounced', `It bounced.${said(reader)}`, at);
    case 'complained':
      return reason('complained', 'They reported it as spam.', at);
    default:
      return reason(
        why ?? 'excluded',
        atHandOver[why ?? ''] ?? `They were left out: ${why ?? 'the reason is not known'}.`,
        at,
      );
  }
}

/**
 * Why the reader did or did not get the issue. Changes after the issue went out are judged as they are now.
 */
export function explainReader(issue: Issue, reader: ReaderFacts): Explanation {
  if (reader.state !== null)
    return {
      included: ['accepted', 'bounced', 'complained'].includes(reader.state),
      reasons: [delivered(reader), ...postsOf(reader)],
    };
  const reasons = [...notSent(issue), ...notACandidate(issue, reader), ...excluded(issue, reader)];
  return { included: false, reasons: reasons.length > 0 ? reasons : [nothingForThem(reader)] };
}

function postsOf({ posts, more }: ReaderFacts): Reason[] {
  if (posts === null || posts.length === 0) return [];
  return [reason('posts', `They got: ${posts.join(' · ')}${more ? `, and ${more} more on the web` : ''}.`)];
}

function notSent(issue: Issue): Reason[] {
  if (issue.fannedOutAt !== null) return [];
  const status = issueStatus(issue);
  switch (status) {
    case 'skipped':
      return [
        reason(
          'not-sent',
          `Skipped: ${issue.skipReason === null ? 'the reason is not known' : skipInWords(issue.skipReason)}.`,
        ),
      ];
    case 'review':
      return [reason('not-sent', 'Waiting for review. Nobody has it yet.')];
    default:
      return [reason('not-sent', `The issue is ${status}. Nobody has it yet.`)];
  }
}

/** The fan-out decides as of then. */
const decidedAt = (issue: Issue): Date => issue.fannedOutAt ?? issue.slot;

/** Why the fan-out does not count them among the candidates, in its order. */
function notACandidate(issue: Issue, reader: ReaderFacts): Reason[] {
  const when = decidedAt(issue);
  const reasons: Reason[] = [];
  if (reader.subscriptionId === null)
    reasons.push(reason('not-subscribed', 'They are not subscribed to this newsletter.'));
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
      reason('unsubscribed', `They unsubscribed at ${time(reader.unsubscribedAt)}.`, reader.unsubscribedAt),
    );
  if (reader.subscriptionId !== null && !reader.due)
    reasons.push(
      reason(
        'not-due',
        `They were not due at ${time(issue.slot)}: their time is ${reader.readingTime ?? 'the newsletter’s'}.`,
      ),
    );
  return reasons;
}

/** Why the fan-out excludes them, in its order. */
function excluded(issue: Issue, reader: ReaderFacts): Reason[] {
  const when = decidedAt(issue);
  const { suppressedAt, suppressedFor, pausedUntil, notBefore } = reader;
  const reasons: Reason[] = [];
  if (suppressedAt !== null && suppressedAt <= when)
    reasons.push(
      reason(
        'suppressed',
        `Their address must not be mailed: ${suppressedFor ?? 'suppressed'}.`,
        suppressedAt,
      ),
    );
  if (pausedUntil !== null && pausedUntil > when)
    reasons.push(reason('paused', `They pause until ${time(pausedUntil)}.`, pausedUntil));
  if (issue.kind === 'scheduled' && notBefore !== null && notBefore > issue.slot)
    reasons.push(
      reason(
        'time-changed',
        `They changed their delivery time, and had the day’s digest or chose too late for this one: the new time begins at ${time(notBefore)}.`,
        notBefore,
      ),
    );
  return reasons;
}

function nothingForThem(reader: ReaderFacts): Reason {
  if (reader.wanted === 0)
    return reason(
      'topics',
      `None of its posts has a topic that they picked: ${(reader.topics ?? []).join(', ')}.`,
    );
  if (reader.had >= reader.wanted)
    return reason('nothing-new', `They had all of its posts already, from ${issues(reader.hadIn)}.`);
  return reason(
    'nothing-new',
    'Its posts were not new to them (published before they joined, or already in another issue), or fewer than the newsletter’s minimum.',
  );
}
