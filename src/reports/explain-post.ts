// Why a post is or is not in an issue, in words. Pure.
import {
  reason,
  instantInWords,
  countInWords,
  issuesInWords,
  type Reason,
  type Explanation,
  type ExplainedIssue,
} from './explanation.js';
import type { PostFacts } from './store-explain.js';

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
      return [reason('dropped', `An editor left it out at ${instantInWords(omittedAt)}.`, omittedAt)];
    case 'later':
      return [
        reason('later', `An editor saved it for the next issue at ${instantInWords(omittedAt)}.`, omittedAt),
      ];
    case null:
      return [];
  }
}

function notNews(post: PostFacts): Reason[] {
  const decided =
    post.decidedAt === null ? '' : ` (decided at ${instantInWords(post.decidedAt)}${by(post.decidedBy)})`;
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
export function explainPost(issue: ExplainedIssue, post: PostFacts): Explanation {
  if (post.inIssue) {
    const hidden = post.variants - post.shownIn;
    const reasons = [
      reason(
        'in-issue',
        `It arrived at ${instantInWords(post.firstSeenAt)}, before the cut-off at ${instantInWords(issue.frozenAt)}.`,
        post.firstSeenAt,
      ),
      post.shownIn > 0
        ? reason(
            'shown',
            `It is in ${hidden > 0 ? `${post.shownIn} of the ${post.variants} variants of the issue` : 'the issue'}${issue.fannedOutAt && post.readers !== null ? `. The relay accepted it for ${countInWords(post.readers, 'reader')}` : ''}.`,
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
        `It arrived, or was released, after the cut-off at ${instantInWords(issue.frozenAt)}.`,
        post.firstSeenAt,
      ),
    );
  if (reasons.length === 0)
    reasons.push(
      reason(
        'had-already',
        post.otherIssues.length > 0
          ? `Already sent to every reader who was due, in ${issuesInWords(post.otherIssues)}.`
          : 'Every reader who was due had it already, or joined later.',
      ),
    );
  return { included: false, reasons };
}
