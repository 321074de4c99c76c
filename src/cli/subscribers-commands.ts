// subscribers export: writes a newsletter's readers to a file that `subscribers import` accepts.
// subscribers show: one reader, and what came back about mail to them.
// subscribers count: the kept numbers of readers and the statistics, compared with the rows that they count.
import { once } from 'node:events';
import { recordAudit } from '../accounts/audit.js';
import { exportFormats, exportSubscribers } from '../imports/export-subscribers.js';
import { checkSums, repairSums, type WrongSum } from '../statistics/keep-sums.js';
import {
  checkReaderCounts,
  countByStatus,
  repairReaderCounts,
  type WrongCount,
} from '../subscribers/count-readers.js';
import { eventsOf } from '../feedback/events.js';
import { translator } from '../languages/translate.js';
import { eventInWords, type EventInWords } from '../reports/feedback-words.js';
import { suppressionInWords } from '../reports/suppression-words.js';
import { choice, flag, type Command } from './command.js';
import { newsletterOption, theNewsletter, withContext } from './context.js';
import { theReader } from './readers/commands.js';

export const exportCommand: Command = {
  name: 'subscribers export',
  summary: 'Print all readers of a newsletter as CSV or NDJSON',
  options: {
    ...newsletterOption,
    format: { choices: exportFormats, help: 'file format (default: csv)' },
  },
  async run(call) {
    const format = choice(call, 'format', exportFormats) ?? 'csv';
    return withContext(async (context) => {
      const { id: newsletterId } = await theNewsletter(context.db, call);
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'subscribers.export',
        subject: `newsletter:${newsletterId}`,
      });
      const write = async (piece: string): Promise<void> => {
        if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
      };
      if (!call.out.json) {
        for await (const piece of exportSubscribers(context, { newsletterId, format })) await write(piece);
        return 0;
      }
      // Write the JSON document piece by piece, because the list can be larger than the memory.
      let before = '{"data":[';
      for await (const piece of exportSubscribers(context, { newsletterId, format: 'ndjson' })) {
        await write(before + piece.trimEnd().replaceAll('\n', ','));
        before = ',';
      }
      await write(before === ',' ? ']}\n' : `${before}]}\n`);
      return 0;
    });
  },
};

const sumInWords = ({ newsletterId, of, day, issueId, kind, provider }: WrongSum): string =>
  of === 'readers'
    ? `newsletter ${newsletterId}, statistics of readers`
    : `issue ${issueId}, statistics of ${day}, ${kind} of ${provider}`;

export const countCommand: Command = {
  name: 'subscribers count',
  summary: 'Print how many readers a newsletter has by status, and check these numbers and the statistics',
  options: {
    ...newsletterOption,
    repair: { help: 'replace wrong numbers; no reader can join or leave meanwhile' },
  },
  async run(call) {
    return withContext(async ({ db, now }) => {
      const repair = flag(call, 'repair');
      const wrong = await (repair ? repairReaderCounts(db) : checkReaderCounts(db));
      const wrongSums = await (repair ? repairSums({ db, now }) : checkSums(db));
      const mark = repair ? '✓ repaired' : '✗ wrong';
      const { id } = await theNewsletter(db, call);
      const counts = await countByStatus(db, id);
      call.out.result({ counts, wrong, wrongSums }, [
        ...Object.entries(counts).map(([status, readers]) => `${status}: ${readers}`),
        ...wrong.map(
          (one) =>
            `${mark}: newsletter ${[one.newsletterId, countInWords(one)].join(', ')}: ${one.kept} kept, ${one.counted} counted`,
        ),
        ...wrongSums.map((one) => `${mark}: ${sumInWords(one)}: ${one.kept} kept, ${one.counted} counted`),
      ]);
      return wrong.length + wrongSums.length === 0 || repair ? 0 : 1;
    });
  },
};

/** 'topic "Tea", active', 'source "form"' or 'active'. */
const countInWords = ({ filter, value, status }: WrongCount): string =>
  [...(filter === null ? [] : [`${filter} "${value}"`]), ...(status === null ? [] : [status])].join(', ');

export const showReaderCommand: Command = {
  name: 'subscribers show',
  summary: 'Show a reader, their subscriptions, and what came back about mail to them',
  args: '<reader>',
  options: {},
  async run(call) {
    const [named = ''] = call.args;
    return withContext(async (context) => {
      const subscriber = await theReader(context, named);
      const events = await eventsOf(context.db, subscriber.id);
      const suppressed =
        subscriber.suppressed === null
          ? []
          : [`gets no mail: ${suppressionInWords(subscriber.suppressed, english)}`];
      call.out.result({ ...subscriber, events }, [
        [subscriber.email, ...suppressed].join(', '),
        ...subscriber.subscriptions.map(({ newsletter, status }) => `${newsletter}: ${status}`),
        ...events.map((event) => eventLine(eventInWords(event, english))),
      ]);
      return 0;
    });
  },
};

const english = translator('en');

const eventLine = ({ at, issueId, what, how, words }: EventInWords): string =>
  `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC, issue ${issueId}: ${what} (${how})${words === null ? '' : `: ${words}`}`;
