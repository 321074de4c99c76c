// issue list, preview, send.
import { explainIssue } from '../reports/explain-issue.js';
import { previewIssue } from '../delivery/preview.js';
import { getIssue, getIssueProgress, listIssues, type IssueView } from '../reports/progress.js';
import { holdUpInWords, paceInWords } from '../reports/progress-words.js';
import { isOver } from '../issues/status.js';
import { skipInWords } from '../issues/skip-words.js';
import { recordAudit } from '../accounts/audit.js';
import { assembleNow } from '../issues/assemble-now.js';
import { listSubscribers } from '../subscribers/list-subscribers.js';
import { previewNext } from '../issues/preview-next.js';
import {
  choice,
  CommandError,
  flag,
  text,
  UsageError,
  wholeNumber,
  type Call,
  type Command,
} from './command.js';
import { newsletterOption, theNewsletter, withContext, type Context } from './context.js';
import { table } from './output.js';
import { withWorker } from './worker.js';

const explainCommand: Command = {
  name: 'issue explain',
  summary: 'Why a post is or is not in an issue, or a reader did or did not get it',
  args: { usage: 'ISSUE', min: 1, max: 1 },
  options: {
    post: { value: 'ID', help: 'a post of the newsletter' },
    subscriber: { value: 'ID|ADDRESS', help: 'a reader' },
  },
  async run(call) {
    const [issueId = ''] = call.args;
    const postId = text(call, 'post');
    const reader = text(call, 'subscriber');
    if ((postId === undefined) === (reader === undefined))
      throw new UsageError('one of --post and --subscriber is needed');
    return withContext(async ({ db }) => {
      const subscriberId = reader?.includes('@')
        ? ((await listSubscribers({ db }, { email: reader })).data[0]?.id ?? '')
        : reader;
      const explanation = await explainIssue(db, { issueId, postId, subscriberId });
      if (!explanation) throw new CommandError('not-found', 'there is no such issue, post or subscriber');
      call.out.result(explanation, [
        explanation.included ? 'Yes.' : 'No.',
        ...explanation.reasons.map((reason) => `  ${reason.text}`),
      ]);
      return 0;
    });
  },
};

const listCommand: Command = {
  name: 'issue list',
  summary: "List a newsletter's issues, the newest first",
  options: { ...newsletterOption, limit: { value: 'N', help: 'how many; 20 if not given' } },
  async run(call) {
    const limit = wholeNumber(call, 'limit') ?? 20;
    if (limit < 1 || limit > 200) throw new UsageError('--limit wants 1 to 200');
    return withContext(async ({ db }) => {
      const newsletter = await theNewsletter(db, call);
      const issues = await listIssues(db, { newsletterId: newsletter.id, limit });
      const rows = issues.map((issue) => [
        issue.id,
        issue.slot.toISOString().slice(0, 16).replace('T', ' '),
        issue.status,
        `${issue.counts.accepted}/${issue.counts.candidates}`,
        issue.subject ?? issue.skipReason ?? '',
      ]);
      call.out.result(
        { data: issues },
        rows.length === 0
          ? 'No issues yet.'
          : table([['id', 'slot (UTC)', 'status', 'accepted', 'subject'], ...rows]),
      );
      return 0;
    });
  },
};

const parts = ['text', 'html', 'raw'] as const;

const previewCommand: Command = {
  name: 'issue preview',
  summary: 'Print an issue as readers get it; without an id, the next one as it stands',
  args: { usage: '[ISSUE]', min: 0, max: 1 },
  options: {
    ...newsletterOption,
    part: { value: parts.join('|'), help: 'which part; text if not given' },
  },
  async run(call) {
    const part = choice(call, 'part', parts) ?? 'text';
    return withContext(async (context) => {
      const [issueId] = call.args;
      if (issueId !== undefined) {
        const content = /^\d{1,18}$/.test(issueId)
          ? await previewIssue(context, { issueId, part })
          : undefined;
        if (content === undefined)
          throw new CommandError('not-found', `there is no issue ${issueId} with posts`);
        call.out.result({ issueId, part, content }, content);
        return 0;
      }
      if (part === 'raw') throw new UsageError('--part raw needs an issue: the next one is no message yet');
      const newsletter = await theNewsletter(context.db, call);
      const next = await previewNext(context, { newsletterId: newsletter.id });
      const { slot, readers, posts, more, rendered } = next ?? { readers: 0, posts: [], more: 0 };
      const content = rendered?.[part] ?? null;
      call.out.result(
        { slot: slot ?? null, readers, posts, more, subject: rendered?.subject ?? null, part, content },
        rendered
          ? [`Subject: ${rendered.subject}`, '', rendered[part]]
          : `${newsletter.name} has nothing new.`,
      );
      return 0;
    });
  },
};

const countsInWords = ({ counts }: Pick<IssueView, 'counts'>): string =>
  Object.entries(counts)
    .filter(([name, count]) => count > 0 && name !== 'candidates')
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');

/** What moves, for the line beside the bar. */
const movementInWords = (issue: IssueView): string =>
  [
    countsInWords(issue),
    paceInWords(issue),
    ...issue.holdUps.map((holdUp) => holdUpInWords(holdUp, new Date())),
  ]
    .filter((words) => words !== '')
    .join(' · ');

/** Who took the messages, and whose readers they were. */
function handOversTable({ relays, domainGroups }: IssueView): string[] {
  const columns = ['accepted', 'deferred', 'refused', 'uncertain'] as const;
  const rows = (title: string, all: IssueView['relays']): string[][] =>
    all.length === 0
      ? []
      : [
          [title, ...columns],
          ...all.map((sums) => [sums.name, ...columns.map((state) => String(sums[state]))]),
        ];
  return table([...rows('relay', relays), ...rows('provider', domainGroups)]);
}

/** Follows an issue until it is over, or until it waits for a person. */
async function follow(context: Context, call: Call, issueId: string): Promise<IssueView> {
  const progress = call.out.progress('Sending');
  try {
    for (;;) {
      const issue = await getIssueProgress(context.db, issueId);
      if (!issue) throw new CommandError('not-found', 'the issue is gone');
      const { candidates, queued, sending, deferred } = issue.counts;
      progress.update(candidates - queued - sending - deferred, candidates, movementInWords(issue));
      if (isOver(issue) || issue.status === 'paused' || issue.status === 'review') return issue;
      // What the relay put off takes hours; the figures say so, and a worker goes on with it.
      if (issue.startedAt && queued + sending === 0 && deferred > 0) return issue;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  } finally {
    progress.end();
  }
}

const sendCommand: Command = {
  name: 'issue send',
  summary: 'Send now: each active reader gets the posts they have not had',
  options: {
    ...newsletterOption,
    'dry-run': { help: 'say what would be sent, and send nothing' },
    wait: { help: 'stay until every reader has a result' },
    review: { value: 'auto|hold', help: 'hold: wait for approval; as the newsletter says if not given' },
    slot: { value: 'TIME', help: 'send at this time (RFC 3339) instead of now' },
  },
  async run(call) {
    const slotText = text(call, 'slot');
    const slot = slotText === undefined ? undefined : new Date(slotText);
    if (slot && Number.isNaN(slot.getTime()))
      throw new UsageError(`--slot is "${slotText}", but wants a time`);
    const dryRun = flag(call, 'dry-run');
    const wait = flag(call, 'wait');
    const review = choice(call, 'review', ['auto', 'hold']);
    return withContext(
      async (context) => {
        const { id: newsletterId, name } = await theNewsletter(context.db, call);
        const result = await assembleNow(context, { newsletterId, slot, dryRun, review });
        switch (result.status) {
          case 'skipped':
            call.out.result(result, `Nothing was sent: ${skipInWords(result.reason)}.`);
            return result.reason === 'no-postal-address' ? 1 : 0;
          case 'would-send': {
            const { subject, readers, candidates, posts } = result.dryRun;
            call.out.result({ status: result.status, ...result.dryRun }, [
              `Would send "${subject}" to ${readers} of ${candidates} readers:`,
              ...posts.map((post) => `  ${post.title}`),
            ]);
            return 0;
          }
          case 'sending-held':
            throw new CommandError(result.status, 'all sending is held: daily-digest sending status');
          case 'newsletter-not-found':
          case 'posts-not-eligible':
            throw new CommandError(result.status, `${name} is gone`);
        }
        const { issueId } = result;
        await recordAudit(context, {
          actor: { kind: 'cli', role: 'owner' },
          action: 'issue.assemble',
          subject: `issue:${issueId}`,
        });
        const ended = wait
          ? await withWorker(context, call, () => follow(context, call, issueId))
          : undefined;
        const issue = await getIssue(context.db, issueId);
        call.out.result(
          issue,
          ended
            ? [
                `Issue ${issueId} is ${ended.status}: ${countsInWords(ended) || 'no readers'}.`,
                ...(issue ? handOversTable(issue) : []),
              ]
            : `Issue ${issueId} is ${issue?.status}: "${issue?.subject}". The workers send it.`,
        );
        return ended && ['paused', 'cancelled'].includes(ended.status) ? 1 : 0;
      },
      { catcher: wait && !dryRun ? 'start' : 'find' },
    );
  },
};

export const issueCommands = [explainCommand, listCommand, previewCommand, sendCommand];
