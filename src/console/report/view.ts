// The views of an issue's pages, without their frame. Pure.
import { deliveryStates, type DeliveryState } from '../../delivery/counts.js';
import { skipInWords } from '../../issues/skip-words.js';
import { isOver } from '../../issues/status.js';
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { providerName } from '../../providers/provider-words.js';
import { returnedInWords } from '../../reports/feedback-words.js';
import type { ProblemAct } from '../../delivery/problems/act-on-problem.js';
import type { ReplyProblem } from '../../delivery/problems/group-problems.js';
import type { getIssue, IssueView } from '../../reports/progress.js';
import { durationOf } from '../../reports/duration-words.js';
import { holdUpInWords } from '../../reports/hold-up-words.js';
import type { IssueStatistics } from '../../statistics/statistics.js';
import { formatNumber } from '../../text/words.js';
import { reasonInWords, sharesOf } from '../growth/view.js';

type Issue = NonNullable<Awaited<ReturnType<typeof getIssue>>>;

const tabs = [
  ['report', '', 'report.tabReport'],
  ['recipients', '/recipients', 'report.tabRecipients'],
  ['mail', '/mail', 'report.tabMail'],
  ['why', '/why', 'report.tabWhy'],
] as const;
export type Tab = (typeof tabs)[number][0];

/** The head of each of an issue's pages: its name, its acts and the links to the other pages. */
export function headView(issue: IssueView, newsletter: Newsletter, tab: Tab, words: Translator): object {
  const { t } = words;
  const home = `/console/issues/${issue.id}`;
  const over = isOver(issue);
  return {
    newsletter,
    issue,
    over,
    home,
    heading: issue.subject ?? t('report.issueOf', { newsletter: newsletter.name }),
    tabs: tabs.map(([name, path, key]) => ({ href: home + path, label: t(key), current: name === tab })),
    skipped: issue.skipReason === null ? undefined : skipInWords(issue.skipReason, words),
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

/** In the order of the bar: what has an end first, what waits last. */
const parts = [
  'accepted',
  'deferred',
  'uncertain',
  'refused',
  'bounced',
  'complained',
  'sending',
  'queued',
] as const satisfies readonly DeliveryState[];

/** The parts of the bar, in percent. The script moves them as the counts change. */
export function barOf(
  counts: IssueView['counts'],
): { state: DeliveryState; count: number; x: number; width: number }[] {
  const of = Math.max(1, counts.candidates - counts.excluded);
  let x = 0;
  return parts.map((state) => {
    const width = Math.round((counts[state] / of) * 1_000_000) / 10_000;
    const part = { state, count: counts[state], x: Math.round(x * 10_000) / 10_000, width };
    x += width;
    return part;
  });
}

const excludedKeys: Readonly<Record<string, MessageKey>> = {
  nothingNew: 'report.exNothingNew',
  timeChanged: 'report.exTimeChanged',
  paused: 'report.exPaused',
  suppressed: 'report.exSuppressed',
};

/** "2 had no new posts, 1 has paused" */
function excludedWords({ excludedBy }: IssueView, { t, locale }: Translator): string {
  const words = Object.entries(excludedBy)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => t(excludedKeys[reason] ?? 'report.exOther', { count }));
  return new Intl.ListFormat(locale, { type: 'conjunction' }).format(words);
}

/** "320 a second, about 12 min left"; empty while nothing moves. console.js writes the same. */
function paceOf({ ratePerSecond, etaSeconds }: IssueView, { t, locale }: Translator): string {
  if (ratePerSecond === null || ratePerSecond === 0) return '';
  const rate = formatNumber(ratePerSecond < 10 ? ratePerSecond : Math.round(ratePerSecond), locale);
  return etaSeconds === null
    ? t('report.pace', { rate })
    : t('report.paceAndLeft', { rate, time: durationOf(etaSeconds, locale) });
}

/** The share of readers with a result. */
export function progressOf({ counts }: IssueView): { done: number; of: number } {
  const of = counts.candidates - counts.excluded;
  return { done: of - counts.queued - counts.sending - counts.deferred, of };
}

/** Rounded down: 100 only if servers accepted all. */
export function acceptedPercent(issue: IssueView): number {
  const { of } = progressOf(issue);
  return of === 0 ? 100 : Math.floor((issue.counts.accepted / of) * 100);
}

const withoutReply: Readonly<Record<string, MessageKey>> = {
  expired: 'report.expired',
  restored: 'report.restored',
};

export function problemView(problem: ReplyProblem, words: Translator): object {
  const { reply, reason, resendTo, suppressible } = problem;
  const said =
    reply === null
      ? { words: words.t(withoutReply[reason ?? ''] ?? 'report.noReply'), isForeign: false }
      : words.quoteReply(reply);
  return {
    ...problem,
    resend: resendTo.length > 0,
    suppress: suppressible.length > 0,
    said: said.words,
    isForeign: said.isForeign,
  };
}

/** The problems with the number that were read, if there are more. */
export function problemsView(
  problems: readonly ReplyProblem[],
  { counts }: IssueView,
  words: Translator,
): object {
  const read = problems.reduce((sum, { readers }) => sum + readers, 0);
  const all = counts.refused + counts.uncertain + counts.bounced + counts.deferred;
  return {
    problems: problems.map((problem) => problemView(problem, words)),
    some: read < all ? { read, all } : undefined,
  };
}

/** What was done about problems: how far, or to how many. */
export const actsView = (acts: readonly ProblemAct[], words: Translator): object => ({
  acting: acts.some(({ endedAt }) => endedAt === null),
  acts: acts.map(({ act, reply, done, readers, upTo, createdAt, endedAt }) => {
    const isResend = act === 'resend';
    const open = endedAt === null;
    const { t } = words;
    return {
      open,
      reply: reply ? words.quoteReply(reply) : undefined,
      at: endedAt ?? createdAt,
      said: open
        ? t(isResend ? 'report.resending' : 'report.suppressing', { done, upTo: String(upTo), of: readers })
        : t(isResend ? 'report.resentTo' : 'report.suppressedCount', { count: done }),
    };
  }),
});

/** What readers did since the issue went out. */
export function afterView(statistics: IssueStatistics | undefined, words: Translator): object | undefined {
  if (statistics === undefined) return undefined;
  const clicks = statistics.clicks.filter(({ people }) => people > 0).slice(0, 10);
  const most = Math.max(1, ...clicks.map(({ people }) => people));
  return {
    left: statistics.leaves.total,
    to: statistics.to,
    reasons: sharesOf(statistics.leaves.byReason, (reason) => reasonInWords(reason, words)),
    clicks: clicks.map(({ url, people }) => ({
      url,
      count: people,
      width: Math.round((people / most) * 100),
    })),
  };
}

/** The view of templates/console/issue.hbs, without its head. */
export function reportView(
  issue: Issue,
  problems: readonly ReplyProblem[],
  statistics: IssueStatistics | undefined,
  now: Date,
  words: Translator,
): object {
  const { locale, t } = words;
  const { done, of } = progressOf(issue);
  const number = (value: number): string => formatNumber(value, locale);
  return {
    parts: barOf(issue.counts),
    progress: t('report.doneOf', { done: number(done), of: number(of) }),
    percent: acceptedPercent(issue),
    recipients: of,
    pace: paceOf(issue, words),
    handOvers: [
      { title: t('report.relay'), rows: issue.relays },
      {
        title: t('report.provider'),
        rows: issue.domainGroups.map(({ name, ...sums }) => ({ name: providerName(name, words), ...sums })),
      },
    ].filter(({ rows }) => rows.length > 0),
    holdUps: issue.holdUps.map((holdUp) => holdUpInWords(holdUp, now, words)),
    ...problemsView(problems, issue, words),
    returned: returnedInWords(issue.returned, words),
    excluded: issue.counts.excluded > 0 ? excludedWords(issue, words) : undefined,
    after: isOver(issue) || (statistics?.leaves.total ?? 0) > 0 ? afterView(statistics, words) : undefined,
  };
}

/** The states by which recipients are filtered. */
export const filterStates = ['accepted', ...deliveryStates.filter((state) => state !== 'accepted')] as const;
