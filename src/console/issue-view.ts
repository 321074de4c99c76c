// The view of an issue's page, without its frame. Pure.
import type { DeliveryState } from '../delivery/counts.js';
import { skipInWords } from '../issues/skip-words.js';
import { isOver } from '../issues/status.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { DeliveryView } from '../reports/list-deliveries.js';
import { returnedInWords } from '../reports/feedback-words.js';
import type { getIssue, IssueView } from '../reports/progress.js';
import { holdUpInWords, paceInWords } from '../reports/progress-words.js';
import { providerInWords } from '../providers/provider-words.js';
import { formatNumber } from '../text/words.js';
import { replyInWords } from './state-words.js';

type Issue = NonNullable<Awaited<ReturnType<typeof getIssue>>>;

const tileLabels: Record<DeliveryState, string> = {
  accepted: 'Accepted',
  queued: 'Waiting',
  sending: 'Sending',
  deferred: 'Deferred',
  refused: 'Refused',
  uncertain: 'Uncertain',
  bounced: 'Bounced',
  complained: 'Spam complaints',
  excluded: 'Left out',
};

/** The tiles of the counts, in the order of a message's states. */
function tiles({ counts }: IssueView): object[] {
  const tone = {
    accepted: 'good',
    deferred: 'warn',
    uncertain: 'warn',
    refused: 'bad',
    bounced: 'bad',
    complained: 'bad',
  };
  const { candidates: _, ...states } = counts;
  // These tiles are always shown. The others are shown when their count is above zero.
  const always = ['accepted', 'queued', 'sending', 'deferred', 'refused', 'uncertain', 'excluded'];
  return Object.entries(states)
    .filter(([name, count]) => count > 0 || always.includes(name))
    .map(([name, count]) => ({
      name,
      label: tileLabels[name as keyof typeof tileLabels],
      count,
      tone: count > 0 ? tone[name as keyof typeof tone] : undefined,
    }))
    .toSorted((a, b) => always.indexOf(a.name) - always.indexOf(b.name));
}

/** "2 had no new posts, 1 is paused" */
function excludedWords({ excludedBy }: IssueView): string {
  const words: Record<string, string> = {
    nothingNew: 'had no new posts',
    timeChanged: 'changed their delivery time',
    paused: 'have paused',
    suppressed: 'get no mail',
  };
  return Object.entries(excludedBy)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${formatNumber(count, 'en')} ${words[reason] ?? 'for another reason'}`)
    .join(', ');
}

/** The share of readers with a result. */
function progress({ counts }: IssueView): { done: number; of: number; percent: number } {
  const of = counts.candidates - counts.excluded;
  const done = of - counts.queued - counts.sending - counts.deferred;
  return { done, of, percent: of === 0 ? 100 : Math.floor((done / of) * 100) };
}

/** The view of templates/console/issue.hbs. `trouble`: the deliveries with a problem. */
export function issueView(
  issue: Issue,
  newsletter: Newsletter,
  trouble: readonly DeliveryView[],
  now: Date,
): object {
  const over = isOver(issue);
  return {
    newsletter,
    issue,
    over,
    heading: issue.subject ?? `Issue of ${newsletter.name}`,
    script: over ? undefined : '/assets/console.js',
    tiles: tiles(issue),
    progress: progress(issue),
    pace: paceInWords(issue),
    handOvers: [
      { title: 'Mail server', rows: issue.relays },
      {
        title: 'Mailbox provider',
        rows: issue.domainGroups.map(({ name, ...sums }) => ({ name: providerInWords(name), ...sums })),
      },
    ].filter(({ rows }) => rows.length > 0),
    holdUps: issue.holdUps.map((holdUp) => holdUpInWords(holdUp, now)),
    skipped: issue.skipReason === null ? undefined : `Skipped: ${skipInWords(issue.skipReason)}.`,
    trouble: trouble.map((one) => ({ ...one, said: replyInWords(one) })),
    returned: returnedInWords(issue.returned),
    excluded: excludedWords(issue),
    hasPreview: issue.variants > 0,
    can: {
      approve: issue.status === 'review',
      edit: issue.status === 'review',
      retract: issue.status === 'frozen',
      pause: ['collecting', 'frozen', 'sending', 'review'].includes(issue.status),
      resume: issue.status === 'paused',
      cancel: !over,
    },
  };
}
