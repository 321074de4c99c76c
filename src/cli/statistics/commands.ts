// newsletter statistics, issue statistics: readers, joins, leaves, outcomes, and what came back.
import { wrongDays } from '../../statistics/period.js';
import {
  issueStatistics,
  newsletterStatistics,
  type NewsletterStatistics,
} from '../../statistics/statistics.js';
import { formatNumber } from '../../text/words.js';
import { CommandError, text, UsageError, type Command, type CommandCall } from '../command.js';
import { newsletterOption, theNewsletter, withContext } from '../context.js';

const dayOptions = {
  from: { value: 'DATE', help: 'first day, in UTC (default: 29 days before the last)' },
  to: { value: 'DATE', help: 'last day, in UTC (default: today)' },
};

function daysIn(call: CommandCall): { from: string | undefined; to: string | undefined } {
  const days = { from: text(call, 'from'), to: text(call, 'to') };
  const wrong = wrongDays(days);
  if (wrong !== undefined) throw new UsageError(`--${wrong}`);
  return days;
}

const number = (value: number): string => formatNumber(value, 'en');

/** "12 (form 9, import 3)" */
function withParts(total: number, parts: Readonly<Record<string, number>>): string {
  const named = Object.entries(parts).map(([name, count]) => `${name} ${number(count)}`);
  return named.length === 0 ? number(total) : `${number(total)} (${named.join(', ')})`;
}

function linesOf(statistics: NewsletterStatistics): string[] {
  const { from, to, readers, joins, leaves, outcomes, bounces, complaints, clicks } = statistics;
  return [
    `${from} to ${to} (UTC)`,
    `Readers at the end: ${number(readers)}`,
    `Asked to join: ${number(joins.asked)}`,
    `Joined: ${withParts(joins.total, joins.bySource)}`,
    `Left: ${withParts(leaves.total, leaves.byReason)}`,
    `Messages: ${Object.entries(outcomes)
      .map(([state, count]) => `${number(count)} ${state}`)
      .join(', ')}`,
    ...bounces.map(({ kind, provider, count }) => `Bounced, ${kind}, ${provider}: ${number(count)}`),
    ...complaints.map(({ provider, count }) => `Reported as spam, ${provider}: ${number(count)}`),
    ...clicks.map(
      ({ url, people, machines }) =>
        `Clicked by people: ${number(people)}, by machines: ${number(machines)}, ${url}`,
    ),
  ];
}

const newsletterCommand: Command = {
  name: 'newsletter statistics',
  summary: "Print a newsletter's readers, joins, leaves and outcomes",
  options: { ...newsletterOption, ...dayOptions },
  async run(call) {
    const days = daysIn(call);
    return withContext(async (context) => {
      const { id: newsletterId } = await theNewsletter(context.db, call);
      const statistics = await newsletterStatistics(context, { newsletterId, ...days });
      call.out.result(statistics, linesOf(statistics));
      return 0;
    });
  },
};

const issueCommand: Command = {
  name: 'issue statistics',
  summary: "Print an issue's outcomes and what came back",
  args: '<issue>',
  options: dayOptions,
  async run(call) {
    const [issueId = ''] = call.args;
    const days = daysIn(call);
    return withContext(async (context) => {
      const statistics = await issueStatistics(context, { issueId, ...days });
      if (statistics === undefined) throw new CommandError('not-found', `There is no issue ${issueId}.`);
      call.out.result(statistics, linesOf(statistics));
      return 0;
    });
  },
};

export const statisticsCommands = [newsletterCommand, issueCommand];
