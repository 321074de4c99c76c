// issue send: assembles an issue now and, with --wait, follows it until every reader has a result.
import { recordAudit } from '../accounts/audit.js';
import { getIssue, getIssueProgress, type IssueView } from '../reports/progress.js';
import { holdUpInWords } from '../reports/hold-up-words.js';
import { paceInWords } from '../reports/progress-words.js';
import { providerInWords } from '../providers/provider-words.js';
import { isOver, statusInWords } from '../issues/status.js';
import { assembleNow, type AssembledNow } from '../issues/assemble-now.js';
import { skipInWords } from '../issues/skip-words.js';
import { translator } from '../languages/translate.js';
import { choice, CommandError, flag, text, UsageError, type CommandCall, type Command } from './command.js';
import { newsletterOption, theNewsletter, withContext, type Context } from './context.js';
import { countsInWords, returnedTable } from './issue-words.js';
import { table } from './output.js';
import { withWorker } from './worker.js';

const reviews = ['auto', 'hold'] as const;

const gone = (): CommandError => new CommandError('not-found', 'The issue was deleted in the meantime.');

/** The counts, the pace and the delays, for the line beside the bar. */
const movementInWords = (issue: IssueView, now: Date): string =>
  [
    countsInWords(issue),
    paceInWords(issue),
    ...issue.holdUps.map((holdUp) => holdUpInWords(holdUp, now, translator('en'))),
  ]
    .filter((words) => words !== '')
    .join(' · ');

/** The results by relay and by the readers' mailbox provider. */
function resultsTable({ relays, domainGroups }: IssueView): string[] {
  const columns = ['accepted', 'deferred', 'refused', 'uncertain'] as const;
  const rows = (title: string, all: IssueView['relays']): string[][] =>
    all.length === 0
      ? []
      : [
          [title, ...columns],
          ...all.map((sums) => [sums.name, ...columns.map((state) => String(sums[state]))]),
        ];
  return table([
    ...rows('relay', relays),
    ...rows(
      'provider',
      domainGroups.map(({ name, ...sums }) => ({ name: providerInWords(name), ...sums })),
    ),
  ]);
}

/** Follows an issue until it is over, or until it waits for a person or for a retry. */
async function follow(context: Context, call: CommandCall, issueId: string): Promise<void> {
  const progress = call.out.progress('Sending');
  try {
    for (;;) {
      const issue = await getIssueProgress(context.db, issueId);
      if (!issue) throw gone();
      const { candidates, queued, sending, deferred } = issue.counts;
      progress.update(
        candidates - queued - sending - deferred,
        candidates,
        movementInWords(issue, context.now()),
      );
      if (isOver(issue) || issue.status === 'paused' || issue.status === 'review') return;
      // Stop following: a worker retries deferred deliveries after minutes or hours.
      if (issue.startedAt && queued + sending === 0 && deferred > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  } finally {
    progress.end();
  }
}

/** The command's options, checked. */
function optionsOf(call: CommandCall) {
  const given = text(call, 'slot');
  const slot = given === undefined ? undefined : new Date(given);
  if (slot && Number.isNaN(slot.getTime()))
    throw new UsageError(`--slot is "${given}", which is not a time.`);
  return {
    slot,
    dryRun: flag(call, 'dry-run'),
    wait: flag(call, 'wait'),
    review: choice(call, 'review', reviews),
  };
}

/** Prints an outcome without an issue. Resolves to the exit status. */
function withoutIssue(call: CommandCall, result: Exclude<AssembledNow, { status: 'created' }>): number {
  switch (result.status) {
    case 'skipped':
      call.out.result(result, `Nothing was sent: ${skipInWords(result.reason, translator('en'))}.`);
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
      throw new CommandError(result.status, 'Sending is on hold. See npx daily-digest sending status');
    case 'newsletter-not-found':
    case 'posts-not-eligible':
      throw new CommandError(result.status, 'The newsletter was deleted in the meantime.');
  }
}

/** The issue's status and the next step. */
function nextStep({
  id,
  number,
  status,
  subject,
}: Pick<IssueView, 'id' | 'number' | 'status' | 'subject'>): string {
  const issue = `Issue ${id}${number === null ? '' : ` (No. ${number})`} is ${statusInWords[status]}: "${subject ?? 'no subject yet'}".`;
  if (status === 'review') return `${issue} Approve it: npx daily-digest issue approve ${id}`;
  const isWaiting = status === 'collecting' || status === 'frozen' || status === 'sending';
  return isWaiting ? `${issue} The workers send it.` : issue;
}

/** Prints the issue; with --wait, after its end. Resolves to the exit status. */
async function sendIssue(context: Context, call: CommandCall, issueId: string): Promise<number> {
  const wait = flag(call, 'wait');
  if (wait) await withWorker(context, call, () => follow(context, call, issueId));
  const issue = await getIssue(context.db, issueId);
  if (!issue) throw gone();
  const counts = countsInWords(issue) || 'no readers';
  call.out.result(
    issue,
    wait && issue.status !== 'review'
      ? [
          `Issue ${issueId} is ${statusInWords[issue.status]}: ${counts}.`,
          ...resultsTable(issue),
          ...returnedTable(issue.returned),
        ]
      : nextStep(issue),
  );
  return wait && (issue.status === 'paused' || issue.status === 'cancelled') ? 1 : 0;
}

export const sendCommand: Command = {
  name: 'issue send',
  summary: 'Send now: each active reader gets the posts they have not had yet',
  options: {
    ...newsletterOption,
    'dry-run': { help: 'print what would be sent; send nothing' },
    wait: { help: 'wait until every reader has a result' },
    review: { choices: reviews, help: "hold: wait for approval (default: the newsletter's setting)" },
    slot: { value: 'TIME', help: 'send at this time (RFC 3339) instead of now' },
  },
  async run(call) {
    const { slot, dryRun, wait, review } = optionsOf(call);
    return withContext(
      async (context) => {
        const { id: newsletterId } = await theNewsletter(context.db, call);
        const result = await assembleNow(context, { newsletterId, slot, dryRun, review });
        if (result.status !== 'created') return withoutIssue(call, result);
        const { issueId } = result;
        await recordAudit(context, {
          actor: { kind: 'cli', role: 'owner' },
          action: 'issue.assemble',
          subject: `issue:${issueId}`,
        });
        return sendIssue(context, call, issueId);
      },
      { catcher: wait && !dryRun ? 'start' : 'find' },
    );
  },
};
