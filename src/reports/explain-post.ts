// Why a post is or is not in an issue, in words. Pure.
import type { Translator } from '../languages/translate.js';
import type { TimeWords } from '../text/when-words.js';
import {
  reason,
  instantInWords,
  issuesInWords,
  type Reason,
  type Explanation,
  type ExplainedIssue,
} from './explanation.js';
import type { PostFacts } from './store-explain.js';

function omission({ omitted, omittedAt }: PostFacts, words: TimeWords): Reason[] {
  const at = instantInWords(omittedAt, words);
  switch (omitted) {
    case 'topic':
      return [reason('topic', words.t('why.topic'), omittedAt)];
    case 'dropped':
      return [reason('dropped', words.t('why.dropped', { at }), omittedAt)];
    case 'later':
      return [reason('later', words.t('why.later', { at }), omittedAt)];
    case null:
      return [];
  }
}

/** " (decided at 23 Nov 2026, 07:00 UTC by …)", or nothing. */
function decision({ decidedAt, decidedBy }: PostFacts, words: TimeWords): string {
  if (decidedAt === null) return '';
  const at = instantInWords(decidedAt, words);
  const who = decidedBy ?? '';
  return ` ${who === '' ? words.t('why.decided', { at }) : words.t('why.decidedBy', { at, who })}`;
}

function notNews(post: PostFacts, words: TimeWords): Reason[] {
  const { t } = words;
  const decided = decision(post, words);
  switch (post.state) {
    case 'known':
      return [reason('known', t('why.known', { decided }))];
    case 'held':
      return [
        post.heldAt === null
          ? reason('held', t('why.held', { decided }))
          : reason('held-by-guard', t('why.heldByGuard'), post.heldAt),
      ];
    case 'excluded':
      return [
        post.retractedAt === null
          ? reason('excluded', t('why.excluded', { decided }), post.decidedAt)
          : reason('retracted', t('why.retracted'), post.retractedAt),
      ];
    case 'eligible':
      return [];
  }
}

function shown(issue: ExplainedIssue, { variants, shownIn, readers }: PostFacts, { t }: Translator): string {
  const where = shownIn < variants ? t('why.shownInSome', { shown: shownIn, variants }) : t('why.shownInAll');
  return issue.fannedOutAt === null || readers === null
    ? where
    : `${where} ${t('why.acceptedFor', { count: readers })}`;
}

/** Why the issue has the post, and which of its readers get it. */
function inIssue(issue: ExplainedIssue, post: PostFacts, words: TimeWords): Explanation {
  const { t } = words;
  const arrived = instantInWords(post.firstSeenAt, words);
  const cutOff = instantInWords(issue.frozenAt, words);
  const reasons = [
    reason('in-issue', t('why.inIssue', { arrived, cutOff }), post.firstSeenAt),
    post.shownIn > 0
      ? reason('shown', shown(issue, post, words))
      : reason('beyond-maximum', t('why.beyondMaximum')),
  ];
  if (post.shownIn > 0 && post.shownIn < post.variants)
    reasons.push(reason('not-for-all', t('why.notForAll')));
  if (post.state === 'excluded') reasons.push(...notNews(post, words));
  return { included: post.shownIn > 0, reasons };
}

/** Why the post is or is not in the issue. */
export function explainPost(issue: ExplainedIssue, post: PostFacts, words: TimeWords): Explanation {
  const { t } = words;
  if (post.inIssue) return inIssue(issue, post, words);
  if (issue.frozenAt === null)
    return {
      included: false,
      reasons: [...notNews(post, words), reason('not-frozen', t('why.notFrozen'))],
    };
  const reasons = [...omission(post, words), ...notNews(post, words)];
  if (post.notChosen) reasons.push(reason('not-chosen', t('why.notChosen')));
  if (post.afterCutoff || (reasons.length === 0 && post.firstSeenAt > issue.frozenAt)) {
    const at = instantInWords(issue.frozenAt, words);
    reasons.push(reason('after-cut-off', t('why.afterCutOff', { at }), post.firstSeenAt));
  }
  if (reasons.length === 0)
    reasons.push(
      reason(
        'had-already',
        post.otherIssues.length > 0
          ? t('why.sentAlready', { issues: issuesInWords(post.otherIssues, words) })
          : t('why.allHadIt'),
      ),
    );
  return { included: false, reasons };
}
