// Why a reader did or did not get an issue, in words. Pure.
import { skipInWords } from '../issues/skip-words.js';
import { issueStatus } from '../issues/status.js';
import type { MessageKey } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';
import type { TimeWords } from '../text/when-words.js';
import { suppressionInWords } from './suppression-words.js';
import {
  reason,
  instantInWords,
  issuesInWords,
  type Reason,
  type Explanation,
  type ExplainedIssue,
} from './explanation.js';
import type { ReaderFacts } from './store-explain.js';

const atHandOver: Readonly<Record<string, MessageKey>> = {
  unsubscribed: 'why.exUnsubscribed',
  suppressed: 'why.exSuppressed',
  erased: 'why.exErased',
  cancelled: 'why.exCancelled',
  'warm-up': 'why.exWarmUp',
  superseded: 'why.exSuperseded',
};

function delivered(reader: ReaderFacts, words: TimeWords): Reason {
  const { t } = words;
  const { state, reason: why, changedAt: at, reply } = reader;
  const said = reply === null ? '' : ` ${t('why.relayReplied', { reply: words.sayReply(reply) })}`;
  const when = instantInWords(at, words);
  switch (state) {
    case 'queued':
      return reason('queued', t('why.queued'), at);
    case 'sending':
      return reason('sending', t('why.sending'), at);
    case 'accepted':
      return reason('accepted', t('why.accepted', { at: when }) + said, at);
    case 'deferred': {
      const next = instantInWords(reader.dueAt, words);
      return reason('deferred', t('why.deferred', { count: reader.attempts ?? 0, next }) + said, at);
    }
    case 'refused': {
      const posts = reader.returnedAt ? ` ${t('why.postsCome')}` : '';
      return why === 'expired'
        ? reason('expired', t('why.expired') + said + posts, at)
        : reason('refused', t('why.refused') + said, at);
    }
    case 'uncertain':
      return reason('uncertain', t(why === 'restored' ? 'why.restored' : 'why.uncertain'), at);
    case 'bounced': {
      const server = reply === null ? '' : ` ${t('why.serverSaid', { reply })}`;
      return reason('bounced', t('why.bounced') + server, at);
    }
    case 'complained':
      return reason('complained', t('why.complained'), at);
    default:
      return reason(why ?? 'excluded', t(atHandOver[why ?? ''] ?? 'why.exUnknown'), at);
  }
}

/**
 * Why the reader did or did not get the issue. Changes after the issue went out are judged as they are now.
 */
export function explainReader(issue: ExplainedIssue, reader: ReaderFacts, words: TimeWords): Explanation {
  if (reader.state !== null)
    return {
      included: ['accepted', 'bounced', 'complained'].includes(reader.state),
      reasons: [delivered(reader, words), ...postsOf(reader, words)],
    };
  const reasons = [
    ...notSent(issue, words),
    ...notACandidate(issue, reader, words),
    ...excluded(issue, reader, words),
  ];
  return { included: false, reasons: reasons.length > 0 ? reasons : [nothingForThem(reader, words)] };
}

function postsOf({ posts, more }: ReaderFacts, { t }: Translator): Reason[] {
  if (posts === null || posts.length === 0) return [];
  const titles = posts.join(' · ');
  return [
    reason('posts', more ? t('why.postsAndMore', { titles, count: more }) : t('why.posts', { titles })),
  ];
}

function notSent(issue: ExplainedIssue, words: TimeWords): Reason[] {
  if (issue.fannedOutAt !== null) return [];
  const status = issueStatus(issue);
  const text =
    status === 'skipped'
      ? words.t('why.skipped', { why: skipInWords(issue.skipReason ?? '', words) })
      : words.t('why.notSent', { status });
  return [reason('not-sent', text)];
}

/** The fan-out decides as of then. */
const decidedAt = (issue: ExplainedIssue): Date => issue.fannedOutAt ?? issue.slot;

/** Why the fan-out does not count them among the candidates, in its order. */
function notACandidate(issue: ExplainedIssue, reader: ReaderFacts, words: TimeWords): Reason[] {
  const { t } = words;
  const when = decidedAt(issue);
  const { confirmedAt, unsubscribedAt } = reader;
  const reasons: Reason[] = [];
  if (reader.subscriptionId === null) reasons.push(reason('not-subscribed', t('why.notSubscribed')));
  else if (confirmedAt === null) reasons.push(reason('not-confirmed', t('why.notConfirmed')));
  else if (confirmedAt > when) {
    const at = instantInWords(confirmedAt, words);
    reasons.push(reason('subscribed-after', t('why.subscribedAfter', { at }), confirmedAt));
  }
  if (unsubscribedAt !== null && unsubscribedAt <= when) {
    const at = instantInWords(unsubscribedAt, words);
    reasons.push(reason('unsubscribed', t('why.unsubscribed', { at }), unsubscribedAt));
  }
  if (reader.subscriptionId !== null && !reader.due) reasons.push(notDue(issue, reader, words));
  return reasons;
}

function notDue({ slot }: ExplainedIssue, reader: ReaderFacts, words: TimeWords): Reason {
  const { readingFrequency: frequency, readingTime } = reader;
  const at = instantInWords(slot, words);
  const text =
    frequency === null
      ? words.t('why.notDueDefault', { at })
      : words.t('why.notDue', { at, frequency, time: readingTime ?? '' });
  return reason('not-due', text);
}

/** Why the fan-out excludes them, in its order. */
function excluded(issue: ExplainedIssue, reader: ReaderFacts, words: TimeWords): Reason[] {
  const { t } = words;
  const when = decidedAt(issue);
  const { suppressedAt, suppressedFor, pausedUntil, notBefore } = reader;
  const reasons: Reason[] = [];
  if (suppressedAt !== null && suppressedAt <= when) {
    const why = suppressionInWords(suppressedFor ?? 'manual', words);
    reasons.push(reason('suppressed', t('why.suppressed', { why }), suppressedAt));
  }
  if (pausedUntil !== null && pausedUntil > when) {
    const at = instantInWords(pausedUntil, words);
    reasons.push(reason('paused', t('why.paused', { at }), pausedUntil));
  }
  if (issue.kind === 'scheduled' && notBefore !== null && notBefore > issue.slot) {
    const at = instantInWords(notBefore, words);
    reasons.push(reason('time-changed', t('why.timeChanged', { at }), notBefore));
  }
  return reasons;
}

function nothingForThem(reader: ReaderFacts, words: TimeWords): Reason {
  const { t } = words;
  if (reader.wanted === 0)
    return reason('topics', t('why.topics', { topics: (reader.topics ?? []).join(', ') }));
  if (reader.had >= reader.wanted)
    return reason('nothing-new', t('why.hadAll', { issues: issuesInWords(reader.hadIn, words) }));
  return reason('nothing-new', t('why.nothingNew'));
}
