// domain block, allow, forget, list: the domains whose addresses may or may not subscribe.
import { readFile } from 'node:fs/promises';
import { text as readText } from 'node:stream/consumers';
import { recordAudit } from '../accounts/audit.js';
import type { Actor } from '../accounts/permission.js';
import { maxLimit } from '../paging.js';
import type { DomainRule } from '../joining/domain-rules.js';
import { forgetDomainRules, listDomainRules, setDomainRules } from '../joining/manage-domain-rules.js';
import { CommandError, text, UsageError, type CommandCall, type Command } from './command.js';
import { theNewsletter, withContext, type Context } from './context.js';
import { table } from './output.js';

const cli: Actor = { kind: 'cli', role: 'owner' };
const options = {
  newsletter: { value: 'SLUG', help: 'only for this newsletter (default: for all)' },
};
const fileOption = {
  file: { value: 'PATH', help: 'file with one domain per line; - reads standard input' },
};
const domainArgs = '[domains...]';

/** The domains of the arguments and of --file. A line of the file may end with a comment after "#". */
async function domainsOf(call: CommandCall): Promise<string[]> {
  const file = text(call, 'file');
  let lines: string[] = [];
  if (file !== undefined) {
    try {
      const content = file === '-' ? await readText(process.stdin) : await readFile(file, 'utf8');
      lines = content.split(/\r?\n/).map((line) => line.replace(/#.*/, '').trim());
    } catch (error) {
      throw new CommandError('unreadable-file', `Cannot read ${file}: ${(error as Error).message}`);
    }
  }
  const domains = [...call.args, ...lines.filter((line) => line !== '')];
  if (domains.length === 0) throw new UsageError('Name a domain, such as example.org.');
  return domains;
}

async function scopeOf(
  { db }: Context,
  call: CommandCall,
): Promise<{ newsletterId: string | null; words: string }> {
  if (text(call, 'newsletter') === undefined) return { newsletterId: null, words: 'all newsletters' };
  const { id, slug } = await theNewsletter(db, call);
  return { newsletterId: id, words: slug };
}

const plural = (count: number): string => (count === 1 ? '1 domain' : `${count} domains`);

const setCommand = (rule: DomainRule['rule'], summary: string, done: string): Command => ({
  name: `domain ${rule}`,
  summary,
  args: domainArgs,
  options: { ...options, ...fileOption },
  async run(call) {
    const domains = await domainsOf(call);
    return withContext(async (context) => {
      const { newsletterId, words } = await scopeOf(context, call);
      const result = await setDomainRules(context, { newsletterId, domains, rule });
      if (!result.ok) throw new CommandError(result.code, result.detail);
      const detail = { rule, newsletterId, count: result.rules.length };
      await recordAudit(context, { actor: cli, action: 'domain-rule.set', detail });
      call.out.result(
        { created: result.created, data: result.rules },
        `${done} ${plural(result.rules.length)} for ${words}.`,
      );
      return 0;
    });
  },
});

const forgetCommand: Command = {
  name: 'domain forget',
  summary: 'Remove the rules for domains',
  args: domainArgs,
  options: { ...options, ...fileOption },
  async run(call) {
    const domains = await domainsOf(call);
    return withContext(async (context) => {
      const { newsletterId, words } = await scopeOf(context, call);
      const removed = await forgetDomainRules(context, { newsletterId, domains });
      const detail = { newsletterId, count: removed };
      await recordAudit(context, { actor: cli, action: 'domain-rule.remove', detail });
      call.out.result({ removed }, `Removed the rules of ${plural(removed)} for ${words}.`);
      return 0;
    });
  },
};

const listCommand: Command = {
  name: 'domain list',
  summary: 'List the blocked and allowed domains',
  options,
  async run(call) {
    return withContext(async (context) => {
      const newsletterId =
        text(call, 'newsletter') === undefined ? undefined : (await theNewsletter(context.db, call)).id;
      const rules: DomainRule[] = [];
      let cursor: string | undefined;
      do {
        const page = await listDomainRules(context, { newsletterId, cursor, limit: maxLimit });
        rules.push(...page.data);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      const lines = table(
        rules.map(({ domain, rule, newsletterId: of }) => [
          rule,
          domain,
          of === null ? 'all newsletters' : `newsletter ${of}`,
        ]),
      );
      call.out.result(
        { data: rules },
        lines.length > 0 ? lines : 'There are no rules. Addresses of every domain may subscribe.',
      );
      return 0;
    });
  },
};

export const domainCommands = [
  setCommand('block', 'Block subscriptions from these domains', 'Blocked'),
  setCommand('allow', 'Allow subscriptions from these domains, and from no others', 'Allowed'),
  forgetCommand,
  listCommand,
];
