// newsletter list, set and delete. `newsletter set` takes the values that `newsletter create` takes.
import { recordAudit } from '../../accounts/audit.js';
import { translator } from '../../languages/translate.js';
import { deleteNewsletter } from '../../newsletters/delete-newsletter.js';
import { listNewsletters } from '../../newsletters/get-newsletter.js';
import { scheduleInWords } from '../../newsletters/schedule-words.js';
import { newsletterPatch, type Newsletter } from '../../newsletters/schema.js';
import { countReaders } from '../../subscribers/count-readers.js';
import { CommandError, needed, UsageError, type Command } from '../command.js';
import { newsletterOption, theNewsletter, withContext } from '../context.js';
import { changeNewsletter } from '../newsletter-change.js';
import { givenValues, valueOptions } from '../newsletter-create.js';
import { usageOf } from './usage.js';
import { table } from '../output.js';

const most = 10_000;

const whenOf = ({ schedule, timezone }: Newsletter): string =>
  scheduleInWords(schedule, timezone, translator('en'));

const listCommand: Command = {
  name: 'newsletter list',
  summary: 'List the newsletters with their readers and schedules',
  options: {},
  run: (call) =>
    withContext(async ({ db }) => {
      const newsletters = await listNewsletters(db, { limit: most });
      const data = await Promise.all(
        newsletters.map(async (one) => ({ ...one, readers: await countReaders(db, one.id) })),
      );
      const rows = data.map((one) => [one.id, one.slug, one.name, String(one.readers), whenOf(one)]);
      call.out.result(
        { data },
        rows.length === 0
          ? 'No newsletters. Create one: npx daily-digest newsletter create'
          : table([['id', 'slug', 'name', 'readers', 'schedule'], ...rows]),
      );
      return 0;
    }),
};

const setCommand: Command = {
  name: 'newsletter set',
  summary: 'Change the values of a newsletter; those that are not given stay',
  options: { ...newsletterOption, ...valueOptions },
  async run(call) {
    const parsed = newsletterPatch.safeParse(givenValues(call));
    if (!parsed.success) throw usageOf(parsed.error);
    const { from, schedule, ...others } = parsed.data;
    const isEmpty = [from, schedule, others].every((values) => Object.keys(values ?? {}).length === 0);
    if (isEmpty) throw new UsageError('Give at least one value, such as --name.');
    return withContext(async (context) => {
      const { id } = await theNewsletter(context.db, call);
      const newsletter = await changeNewsletter(context, id, parsed.data);
      call.out.result(newsletter, [
        `${newsletter.name} is at ${context.baseUrl}/n/${newsletter.slug}.`,
        `${whenOf(newsletter)}.`,
      ]);
      return 0;
    });
  },
};

const deleteCommand: Command = {
  name: 'newsletter delete',
  summary: 'Delete a newsletter with its feeds, posts, subscriptions and issues',
  options: {
    ...newsletterOption,
    yes: { value: 'NAME', help: 'the name of the newsletter, so that no other is deleted', needed: true },
  },
  async run(call) {
    const yes = needed(call, 'yes');
    return withContext(async (context) => {
      const { id, name } = await theNewsletter(context.db, call);
      if (yes !== name)
        throw new UsageError(
          `--yes is "${yes}", but the newsletter's name is "${name}". Nothing is deleted.`,
        );
      const result = await deleteNewsletter(context, { id });
      if (!result.ok)
        throw new CommandError(
          result.code,
          result.code === 'not-found'
            ? 'The newsletter was deleted in the meantime.'
            : `An issue of ${name} is under way. Cancel it or wait.`,
        );
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'newsletter.delete',
        subject: `newsletter:${id}`,
      });
      call.out.result({ deleted: id }, [`${name} is deleted.`]);
      return 0;
    });
  },
};

export const newsletterCommands = [listCommand, setCommand, deleteCommand];
