// issue list, preview, explain: shows past and next issues, and explains their content.
import { isId } from '../ids.js';
import { explainIssue } from '../reports/explain-issue.js';
import { previewIssue } from '../delivery/preview.js';
import { listIssues } from '../reports/progress.js';
import { skipInWords } from '../issues/skip-words.js';
import { translator } from '../languages/translate.js';
import { statusInWords } from '../issues/status.js';
import { countNextReaders, previewNext } from '../issues/preview-next.js';
import { listSubscribers } from '../subscribers/list-subscribers.js';
import { choice, CommandError, limitOption, text, UsageError, wholeNumber, type Command } from './command.js';
import { issueArgument, newsletterOption, theIssueId, theNewsletter, withContext } from './context.js';
import { table } from './output.js';

const explainCommand: Command = {
  name: 'issue explain',
  summary: 'Explain why a post is in an issue or not, or why a reader got it or not',
  args: '<issue>',
  argsHelp: issueArgument,
  options: {
    ...newsletterOption,
    post: { value: 'ID', help: 'post of the newsletter', conflicts: 'subscriber' },
    subscriber: { value: 'ID|ADDRESS', help: 'reader of the newsletter' },
  },
  async run(call) {
    const postId = text(call, 'post');
    const reader = text(call, 'subscriber');
    if (postId === undefined && reader === undefined) throw new UsageError('Give --post or --subscriber.');
    return withContext(async ({ db }) => {
      const issueId = await theIssueId(db, call);
      const subscriberId = reader?.includes('@')
        ? ((await listSubscribers({ db }, { email: reader })).data[0]?.id ?? '')
        : reader;
      const explanation = await explainIssue(db, { issueId, postId, subscriberId });
      if (!explanation) throw new CommandError('not-found', 'There is no such issue, post or subscriber.');
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
  options: { ...newsletterOption, limit: limitOption },
  async run(call) {
    const limit = wholeNumber(call, 'limit') ?? 20;
    return withContext(async ({ db }) => {
      const newsletter = await theNewsletter(db, call);
      const issues = await listIssues(db, { newsletterId: newsletter.id, limit });
      const rows = issues.map((issue) => [
        issue.id,
        issue.number === null ? '' : `No.${issue.number}`,
        issue.slot.toISOString().slice(0, 16).replace('T', ' '),
        statusInWords[issue.status],
        `${issue.counts.accepted}/${issue.counts.candidates}`,
        issue.subject ?? (issue.skipReason === null ? '' : skipInWords(issue.skipReason, translator('en'))),
      ]);
      call.out.result(
        { data: issues },
        rows.length === 0
          ? 'There are no issues yet.'
          : table([['id', 'number', 'slot (UTC)', 'status', 'accepted', 'subject'], ...rows]),
      );
      return 0;
    });
  },
};

const parts = ['text', 'html', 'raw'] as const;

const previewCommand: Command = {
  name: 'issue preview',
  summary: 'Print an issue as readers get it; without one, a preview of the next one',
  args: '[issue]',
  argsHelp: issueArgument,
  options: {
    ...newsletterOption,
    part: { choices: parts, help: 'part of the mail (default: text)' },
  },
  async run(call) {
    const part = choice(call, 'part', parts) ?? 'text';
    return withContext(async (context) => {
      if (call.args.length > 0) {
        const issueId = await theIssueId(context.db, call);
        const previewed = isId(issueId) ? await previewIssue(context, { issueId, part }) : undefined;
        if (previewed?.ok === false && previewed.code === 'not-sendable')
          throw new CommandError(
            previewed.code,
            `Issue ${issueId} has no unsubscribe link that this installation can sign, so it is never sent.`,
          );
        if (!previewed?.ok) throw new CommandError('not-found', `There is no issue ${issueId} with posts.`);
        const { content } = previewed;
        call.out.result({ issueId, part, content }, content);
        return 0;
      }
      if (part === 'raw')
        throw new UsageError('--part raw needs an issue: the next issue is not a message yet.');
      const newsletter = await theNewsletter(context.db, call);
      const next = await previewNext(context, { newsletterId: newsletter.id });
      const readers = await countNextReaders(context, newsletter.id);
      const { slot, posts, more, rendered } = next ?? { posts: [], more: 0 };
      const content = rendered?.[part] ?? null;
      call.out.result(
        { slot: slot ?? null, readers, posts, more, subject: rendered?.subject ?? null, part, content },
        rendered
          ? [`Subject: ${rendered.subject}`, '', rendered[part]]
          : `${newsletter.name} has no new posts.`,
      );
      return 0;
    });
  },
};

export const issueCommands = [listCommand, previewCommand, explainCommand];
