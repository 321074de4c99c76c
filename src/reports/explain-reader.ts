// Why a reader did or did not get an issue, in words. Pure.
import { skipInWords } from '../issues/skip-words.js';
import { issueStatus, statusInWords } from '../issues/status.js';
import { suppressionInWords } from './suppression-words.js';
import {
  reason,
  instantInWords,
  countInWords,
  issuesInWords,
  type Reason,
  type Explanation,
  type ExplainedIssue,
} from './explanation.js';
import type { ReaderFacts } from './store-explain.js';

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
      return reason('accepted', `The relay accepted it at ${instantInWords(at)}.${said(reader)}`, at);
    case 'deferred':
      return reason(
        'deferred',
        `The relay asked to try later, ${countInWords(reader.attempts ?? 0, 'time')} so far. The next try is at ${instantInWords(reader.dueAt)}.${said(reader)}`,
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
      return reason(
        'bounced',
        `It bounced.${reader.reply === null ? '' : ` The server of the address said: ${reader.reply}`}`,
        at,
      );
    case 'complained':
      return reason('complained', 'They reported it as spam.', at);
    default:
      return reason(
        why ?? 'excluded',
        atHandOver[why ?? ''] ?? 'They were left out. The reason is not known.',
        at,
      );
  }
}

/**
 * Why the reader did or did not get the issue. Changes after the issue went out are judged as they are now.
 */
export function explainReader(issue: ExplainedIssue, reader: ReaderFacts): Explanation {
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
  return [
    reason(
      'posts',
      `The posts in their copy: ${posts.join(' · ')}${more ? `, and ${more} more on the web` : ''}.`,
    ),
  ];
}

function notSent(issue: ExplainedIssue): Reason[] {
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
    default:
      return [reason('not-sent', `The issue is ${statusInWords[status]}. Nobody has it yet.`)];
  }
}

/** The fan-out decides as of then. */
const decidedAt = (issue: ExplainedIssue): Date => issue.fannedOutAt ?? issue.slot;

/** Why the fan-out does not count them among the candidates, in its order. */
function notACandidate(issue: ExplainedIssue, reader: ReaderFacts): Reason[] {
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
        `They confirmed at ${instantInWords(reader.confirmedAt)}, after the issue went out.`,
        reader.confirmedAt,
      ),
    );
  if (reader.unsubscribedAt !== null && reader.unsubscribedAt <= when)
    reasons.push(
      reason(
        'unsubscribed',
        `They unsubscribed at ${instantInWords(reader.unsubscribedAt)}.`,
        reader.unsubscribedAt,
      ),
    );
  if (reader.subscriptionId !== null && !reader.due)
    reasons.push(
      reason(
        'not-due',
        `They were not due at ${instantInWords(issue.slot)}: their time is ${reader.readingTime ?? 'the newsletter’s'}.`,
      ),
    );
  return reasons;
}

/** Why the fan-out excludes them, in its order. */
function excluded(issue: ExplainedIssue, reader: ReaderFacts): Reason[] {
  const when = decidedAt(issue);
  const { suppressedAt, suppressedFor, pausedUntil, notBefore } = reader;
  const reasons: Reason[] = [];
  if (suppressedAt !== null && suppressedAt <= when)
    reasons.push(
      reason(
        'suppressed',
        `Their address gets no mail: ${suppressionInWords(suppressedFor ?? 'manual')}.`,
        suppressedAt,
      ),
    );
  if (pausedUntil !== null && pausedUntil > when)
    reasons.push(reason('paused', `They pause until ${instantInWords(pausedUntil)}.`, pausedUntil));
  if (issue.kind === 'scheduled' && notBefore !== null && notBefore > issue.slot)
    reasons.push(
      reason(
        'time-changed',
        `They changed their delivery time, and had the day’s digest or chose too late for this one: the new time begins at ${instantInWords(notBefore)}.`,
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
    return reason('nothing-new', `They had all of its posts already, from ${issuesInWords(reader.hadIn)}.`);
  return reason(
    'nothing-new',
    'Its posts were not new to them (published before they joined, or already in another issue), or fewer than the newsletter’s minimum.',
  );
}
