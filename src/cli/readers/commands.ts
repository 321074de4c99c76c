// subscribers list, suppress and erase.
import { recordAudit } from '../../accounts/audit.js';
import { eraseSubscriber } from '../../people/erase-subscriber.js';
import { isDay, startOf } from '../../statistics/period.js';
import { joinSources } from '../../subscribers/join-source.js';
import { getSubscriber, listSubscribers } from '../../subscribers/list-subscribers.js';
import { readerProblems } from '../../subscribers/reader-problems.js';
import { subscriptionStatuses } from '../../subscribers/status.js';
import type { SubscriberView } from '../../subscribers/subscriber-view.js';
import { addSuppression } from '../../subscribers/suppressions.js';
import {
  choice,
  CommandError,
  limitOption,
  needed,
  text,
  UsageError,
  wholeNumber,
  type Command,
  type CommandCall,
} from '../command.js';
import { withContext, type Context } from '../context.js';
import { table } from '../output.js';

/** The reader whom an address or an id names. */
export async function theReader(context: Context, named: string): Promise<SubscriberView> {
  const reader = named.includes('@')
    ? (await listSubscribers(context, { email: named })).data[0]
    : await getSubscriber(context, named);
  if (reader === undefined)
    throw new CommandError('not-found', `There is no reader "${named}". Name an address or an id.`);
  return reader;
}

function dayOf(call: CommandCall, name: string): Date | undefined {
  const day = text(call, name);
  if (day === undefined) return undefined;
  if (!isDay(day)) throw new UsageError(`--${name} must be a date such as 2026-11-29.`);
  return startOf(day);
}

const listCommand: Command = {
  name: 'subscribers list',
  summary: 'List readers, those who came first first',
  options: {
    newsletter: { value: 'SLUG', help: 'only readers of this newsletter' },
    search: { value: 'TEXT', help: 'a part of the address or the name' },
    status: { choices: subscriptionStatuses, help: 'only readers with this status' },
    topic: { value: 'TOPIC', help: 'only readers who chose this topic' },
    frequency: { choices: ['daily', 'weekly'], help: 'only readers who get it this often' },
    source: { choices: joinSources, help: 'only readers who came this way' },
    since: { value: 'DAY', help: 'only readers who were added on this day or later, such as 2026-11-29' },
    problem: { choices: readerProblems, help: 'only readers whose mail met this problem' },
    after: { value: 'CURSOR', help: 'continue after a page: the nextCursor of --json' },
    limit: limitOption,
  },
  async run(call) {
    return withContext(async (context) => {
      const page = await listSubscribers(context, {
        newsletter: text(call, 'newsletter'),
        search: text(call, 'search'),
        status: choice(call, 'status', subscriptionStatuses),
        topic: text(call, 'topic'),
        frequency: choice(call, 'frequency', ['daily', 'weekly']),
        source: choice(call, 'source', joinSources),
        since: dayOf(call, 'since'),
        problem: choice(call, 'problem', readerProblems),
        cursor: text(call, 'after'),
        limit: wholeNumber(call, 'limit') ?? 20,
      });
      const rows = page.data.map(({ id, email, name, subscriptions }) => [
        id,
        email,
        name ?? '',
        subscriptions.map(({ newsletter, status }) => `${newsletter}: ${status}`).join(', '),
      ]);
      call.out.result(page, [
        ...(rows.length === 0
          ? [page.nextCursor === null ? 'No readers.' : 'None of the readers looked at match.']
          : table([['id', 'address', 'name', 'subscriptions'], ...rows])),
        ...(page.nextCursor === null ? [] : [`More readers: --after ${page.nextCursor}`]),
      ]);
      return 0;
    });
  },
};

const suppressCommand: Command = {
  name: 'subscribers suppress',
  summary: 'Send no more mail to an address, in any newsletter',
  args: '<address>',
  options: { note: { value: 'TEXT', help: 'why, for whoever looks at it later' } },
  async run(call) {
    const [email = ''] = call.args;
    return withContext(async (context) => {
      const added = await addSuppression(context, { email, detail: text(call, 'note') });
      if (!added.ok) throw new UsageError(`"${email}" is no address: ${added.detail}`);
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'suppression.add',
        subject: `suppression:${added.suppression.id}`,
      });
      call.out.result(added.suppression, [
        added.created ? `${email} gets no more mail.` : `${email} was suppressed before, and stays so.`,
      ]);
      return 0;
    });
  },
};

const eraseCommand: Command = {
  name: 'subscribers erase',
  summary: 'Erase a reader, and suppress the address under its keyed hash',
  args: '<reader>',
  options: {
    yes: { value: 'ADDRESS', help: "the reader's address, so that no other is erased", needed: true },
  },
  async run(call) {
    const [named = ''] = call.args;
    const yes = needed(call, 'yes');
    return withContext(async (context) => {
      const { id, email } = await theReader(context, named);
      if (yes !== email)
        throw new UsageError(`--yes is "${yes}", but the reader's address is "${email}". Nothing is erased.`);
      if (!(await eraseSubscriber(context, { id })))
        throw new CommandError('not-found', 'The reader was erased in the meantime.');
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'subscriber.erase',
        subject: `subscriber:${id}`,
      });
      call.out.result({ erased: id }, ['The reader is erased.']);
      return 0;
    });
  },
};

export const readerCommands = [listCommand, suppressCommand, eraseCommand];
