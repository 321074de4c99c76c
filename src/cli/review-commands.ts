// issue show, edit, approve, retract, pause, resume, cancel, resend: what a person decides about an issue.
import { recordAudit } from '../accounts/audit.js';
import { cancelIssue, resend } from '../delivery/change-deliveries.js';
import { getIssue } from '../reports/progress.js';
import { isId } from '../db.js';
import { approveIssue, pauseIssue, resumeIssue, retractIssue, type Changed } from '../issues/change-issue.js';
import { editIssue, type Edited } from '../issues/edit-issue.js';
import { subjectSchema } from '../newsletters/schema.js';
import { choice, CommandError, needed, text, UsageError, type Call, type Command } from './command.js';
import { withContext, type Context } from './context.js';
import { wordsGiven, wordsOptions } from './digest-commands.js';
import { table } from './output.js';

const args = { usage: 'ISSUE', min: 1, max: 1 };

/** Says how the issue stands now. */
async function tell(context: Context, call: Call, issueId: string): Promise<number> {
  const issue = await getIssue(context.db, issueId);
  if (!issue) throw new CommandError('not-found', `there is no issue ${issueId}`);
  const rows = [
    ...issue.posts.map(({ id, title, topics }, at) => [`${at + 1}`, id, title, topics.join(', ')]),
    ...issue.omitted.map(({ id, title, reason }) => ['-', id, title, `left out: ${reason}`]),
  ];
  call.out.result(issue, [
    `Issue ${issueId} is ${issue.status}: ${issue.subject ?? issue.skipReason ?? 'no posts yet'}`,
    `Slot ${issue.slot.toISOString()}`,
    ...(rows.length === 0 ? [] : table([['', 'post', 'title', ''], ...rows])),
  ]);
  return 0;
}

const audit = (context: Context, action: string, issueId: string): Promise<void> =>
  recordAudit(context, {
    actor: { kind: 'cli', role: 'owner' },
    action: `issue.${action}`,
    subject: `issue:${issueId}`,
  });

function refuse(issueId: string, changed: Extract<Changed | Edited, { ok: false }>): never {
  switch (changed.code) {
    case 'issue-not-found':
      throw new CommandError('not-found', `there is no issue ${issueId}`);
    case 'wrong-state':
      throw new CommandError(changed.code, `this cannot be done to an issue that is ${changed.status}`);
    case 'nothing-left':
      throw new CommandError(changed.code, 'then no reader would get anything: issue cancel instead');
    case 'posts-not-in-issue':
      throw new CommandError(changed.code, `not in this issue: post ${changed.postIds.join(', ')}`);
    case 'posts-went-out':
      throw new CommandError(
        changed.code,
        `another issue has brought it already: post ${changed.postIds.join(', ')}`,
      );
  }
}

function change(
  name: string,
  summary: string,
  work: (context: Context, issueId: string, call: Call) => Promise<Changed>,
  options: Command['options'] = {},
): Command {
  return {
    name: `issue ${name}`,
    summary,
    args,
    options,
    async run(call) {
      const [issueId = ''] = call.args;
      return withContext(async (context) => {
        const changed: Changed = isId(issueId)
          ? await work(context, issueId, call)
          : { ok: false, code: 'issue-not-found' };
        if (!changed.ok) refuse(issueId, changed);
        await audit(context, name, issueId);
        return tell(context, call, issueId);
      });
    },
  };
}

const showCommand: Command = {
  name: 'issue show',
  summary: 'Show an issue with its posts, and what was left out of it',
  args,
  options: {},
  run: (call) => withContext((context) => tell(context, call, call.args[0] ?? '')),
};

/** "12,7" */
function ids(call: Call, name: string): string[] | undefined {
  const list = text(call, name)
    ?.split(',')
    .map((id) => id.trim());
  const wrong = list?.find((id) => !isId(id));
  if (wrong !== undefined)
    throw new UsageError(`--${name} holds "${wrong}", but wants ids of posts (issue show)`);
  return list;
}

const editCommand: Command = {
  name: 'issue edit',
  summary: 'Change an issue that is in review: its subject, words, posts and their order',
  args,
  options: {
    subject: { value: 'TEMPLATE|none', help: "for this issue alone; none: the newsletter's" },
    ...wordsOptions,
    posts: { value: 'ID,ID', help: 'the posts in their order; what is not named is dropped' },
    later: { value: 'ID,ID', help: 'posts that wait for the next issue' },
  },
  async run(call) {
    const [issueId = ''] = call.args;
    const said = text(call, 'subject');
    const subject = said === 'none' ? null : said;
    const checked = typeof subject === 'string' ? subjectSchema.safeParse(subject) : undefined;
    if (checked?.success === false) throw new UsageError(`--subject: ${checked.error.issues[0]?.message}`);
    const edit = {
      issueId,
      subject,
      words: wordsGiven(call),
      posts: ids(call, 'posts'),
      later: ids(call, 'later'),
    };
    return withContext(async (context) => {
      const edited = await editIssue(context, edit);
      if (!edited.ok) refuse(issueId, edited);
      await audit(context, 'change', issueId);
      return tell(context, call, issueId);
    });
  },
};

export const reviewCommands = [
  showCommand,
  editCommand,
  change('approve', 'Let an issue that is in review go out at its slot', (context, issueId) =>
    approveIssue(context, { issueId }),
  ),
  change('retract', 'Take an approval back, before anything is handed over', (context, issueId) =>
    retractIssue(context, { issueId }),
  ),
  change(
    'pause',
    'Hand over nothing more of an issue',
    (context, issueId, call) => pauseIssue(context, { issueId, reason: text(call, 'reason') ?? 'by hand' }),
    { reason: { value: 'TEXT', help: 'why, for whoever looks' } },
  ),
  change('resume', 'Go on with a paused issue', (context, issueId) => resumeIssue(context, { issueId })),
  change('cancel', 'End an issue; who has not got it gets its posts with the next', (context, issueId) =>
    cancelIssue(context, { issueId }),
  ),
  change(
    'resend',
    'Send again to readers whose mail was refused, or may not have been taken',
    (context, issueId, call) => {
      needed(call, 'state');
      return resend(context, {
        issueId,
        state: choice(call, 'state', ['refused', 'uncertain']) ?? 'refused',
      });
    },
    { state: { value: 'refused|uncertain', help: 'uncertain ones may get it a second time' } },
  ),
];
