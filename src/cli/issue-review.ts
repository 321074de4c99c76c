// issue show, edit, approve, retract, pause, resume, cancel, resend: shows and changes an issue.
import { recordAudit } from '../accounts/audit.js';
import type { IssueAct } from '../accounts/audit-actions.js';
import { cancelIssue, resend } from '../delivery/change-deliveries.js';
import { isId } from '../ids.js';
import { byHand } from '../reports/pause-words.js';
import { getIssue } from '../reports/progress.js';
import { approveIssue, pauseIssue, resumeIssue, retractIssue, type Changed } from '../issues/change-issue.js';
import { skipInWords } from '../issues/skip-words.js';
import { translator } from '../languages/translate.js';
import { statusInWords } from '../issues/status.js';
import { editIssue, type Edited } from '../issues/edit-issue.js';
import { subjectSchema } from '../newsletters/schema.js';
import { choice, CommandError, list, text, UsageError, type CommandCall, type Command } from './command.js';
import { issueArgument, newsletterOption, theIssueId, withContext, type Context } from './context.js';
import { omissionInWords, returnedTable } from './issue-words.js';
import { wordsGiven, wordsOptions } from './newsletter-content.js';
import { table } from './output.js';

const argument = { args: '<issue>', argsHelp: issueArgument };
const resendable = ['refused', 'uncertain'] as const;

/** Prints the issue's status and posts. */
async function showIssue(context: Context, call: CommandCall, issueId: string): Promise<number> {
  const issue = await getIssue(context.db, issueId);
  if (!issue) throw new CommandError('not-found', `There is no issue ${issueId}.`);
  const subject =
    issue.subject ?? (issue.skipReason === null ? null : skipInWords(issue.skipReason, translator('en')));
  const rows = [
    ...issue.posts.map(({ id, title, topics }, at) => [`${at + 1}`, id, title, topics.join(', ')]),
    ...issue.omitted.map(({ id, title, reason }) => ['-', id, title, omissionInWords[reason]]),
  ];
  call.out.result(issue, [
    `Issue ${issueId}${issue.number === null ? '' : ` (No. ${issue.number})`} is ${statusInWords[issue.status]}: ${subject ?? 'no posts yet'}`,
    `Slot ${issue.slot.toISOString()}`,
    ...(rows.length === 0 ? [] : table([['', 'post', 'title', ''], ...rows])),
    ...returnedTable(issue.returned),
  ]);
  return 0;
}

const audit = (context: Context, action: IssueAct, issueId: string): Promise<void> =>
  recordAudit(context, {
    actor: { kind: 'cli', role: 'owner' },
    action: `issue.${action}`,
    subject: `issue:${issueId}`,
  });

/** The use case accepts a repeated approval, so that API clients can retry. A command reports an error. */
async function approveInReview(context: Context, issueId: string): Promise<Changed> {
  const issue = await getIssue(context.db, issueId);
  if (issue !== undefined && issue.status !== 'review')
    return { ok: false, code: 'wrong-state', status: issue.status };
  return approveIssue(context, { issueId, by: 'cli' });
}

/** Sends again, and says how many. Without such messages the command fails. */
async function resendAndTell(context: Context, call: CommandCall, issueId: string): Promise<Changed> {
  const state = choice(call, 'state', resendable) ?? 'refused';
  const again = await resend(context, { issueId, state });
  if (!again.ok) return again;
  const { deliveries = 0 } = again;
  if (deliveries === 0)
    throw new CommandError('nothing-to-resend', `Issue ${issueId} has no ${state} messages to send again.`);
  call.out.note(`${deliveries} ${deliveries === 1 ? 'message is' : 'messages are'} sent again.`);
  return again;
}

function refuse(issueId: string, changed: Extract<Changed | Edited, { ok: false }>): never {
  switch (changed.code) {
    case 'issue-not-found':
      throw new CommandError('not-found', `There is no issue ${issueId}.`);
    case 'wrong-state':
      throw new CommandError(
        changed.code,
        `Issue ${issueId} is ${statusInWords[changed.status]}. This command is not possible now.`,
      );
    case 'edited-last':
      throw new CommandError(
        changed.code,
        `Issue ${issueId} was last edited at the command line. Another person must approve it: in the console, or by the API.`,
      );
    case 'edited-meanwhile':
      throw new CommandError(changed.code, `Somebody has edited issue ${issueId} meanwhile.`);
    case 'nothing-left':
      throw new CommandError(
        changed.code,
        'No reader would get anything. Cancel the issue instead: npx daily-digest issue cancel',
      );
    case 'posts-not-in-issue':
      throw new CommandError(changed.code, `Not in this issue: post ${changed.postIds.join(', ')}`);
    case 'posts-went-out':
      throw new CommandError(
        changed.code,
        `Already sent in another issue: post ${changed.postIds.join(', ')}`,
      );
  }
}

/** Makes a command that changes an issue with `work` and prints the issue. */
function change(
  name: IssueAct,
  summary: string,
  work: (context: Context, issueId: string, call: CommandCall) => Promise<Changed>,
  options: Command['options'] = {},
): Command {
  return {
    name: `issue ${name}`,
    summary,
    ...argument,
    options: { ...newsletterOption, ...options },
    async run(call) {
      return withContext(async (context) => {
        const issueId = await theIssueId(context.db, call);
        const changed: Changed = isId(issueId)
          ? await work(context, issueId, call)
          : { ok: false, code: 'issue-not-found' };
        if (!changed.ok) refuse(issueId, changed);
        await audit(context, name, issueId);
        return showIssue(context, call, issueId);
      });
    },
  };
}

const showCommand: Command = {
  name: 'issue show',
  summary: 'Show an issue, its posts, the posts that were left out, and what came back',
  ...argument,
  options: newsletterOption,
  run: (call) => withContext(async (context) => showIssue(context, call, await theIssueId(context.db, call))),
};

/** The ids of posts in an option such as "12,7". */
function ids(call: CommandCall, name: string): string[] | undefined {
  const given = list(call, name);
  const wrong = given?.find((id) => !isId(id));
  if (wrong !== undefined)
    throw new UsageError(
      `--${name} needs ids of posts, but "${wrong}" is not one. Show them: npx daily-digest issue show`,
    );
  return given;
}

const editCommand: Command = {
  name: 'issue edit',
  summary: 'Change the subject, text, posts or order of an issue in review',
  ...argument,
  options: {
    ...newsletterOption,
    subject: { value: 'TEMPLATE|none', help: "subject of this issue; none: the newsletter's subject" },
    ...wordsOptions,
    posts: { value: 'ID,ID', help: 'posts in their order; the other posts are dropped' },
    later: { value: 'ID,ID', help: 'posts to keep for the next issue' },
  },
  async run(call) {
    const given = text(call, 'subject');
    const subject = given === 'none' ? null : given;
    const checked = typeof subject === 'string' ? subjectSchema.safeParse(subject) : undefined;
    if (checked?.success === false) throw new UsageError(`--subject: ${checked.error.issues[0]?.message}`);
    const edit = {
      subject,
      words: wordsGiven(call),
      posts: ids(call, 'posts'),
      later: ids(call, 'later'),
    };
    return withContext(async (context) => {
      const issueId = await theIssueId(context.db, call);
      const edited = await editIssue(context, { ...edit, issueId, by: 'cli' });
      if (!edited.ok) refuse(issueId, edited);
      await audit(context, 'change', issueId);
      return showIssue(context, call, issueId);
    });
  },
};

export const reviewCommands = [
  showCommand,
  editCommand,
  change('approve', 'Approve an issue in review: it is sent at its slot', approveInReview),
  change('retract', 'Withdraw an approval before sending starts', (context, issueId) =>
    retractIssue(context, { issueId }),
  ),
  change(
    'pause',
    'Stop sending an issue',
    (context, issueId, call) => pauseIssue(context, { issueId, reason: text(call, 'reason') ?? byHand }),
    { reason: { value: 'TEXT', help: 'reason that the console shows' } },
  ),
  change('resume', 'Resume sending a paused issue', (context, issueId) => resumeIssue(context, { issueId })),
  change('cancel', 'Cancel an issue; readers without it get its posts next time', (context, issueId) =>
    cancelIssue(context, { issueId }),
  ),
  change(
    'resend',
    'Send an issue again to readers whose mail was refused or has an uncertain result',
    (context, issueId, call) => resendAndTell(context, call, issueId),
    {
      state: {
        choices: resendable,
        help: 'uncertain: these readers may get the issue a second time',
        needed: true,
      },
    },
  ),
];
