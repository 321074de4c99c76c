// domain allow, domain block, domain forget, domain list: whose addresses may subscribe.
import { readFile } from 'node:fs/promises';
import { text as readText } from 'node:stream/consumers';
import { recordAudit } from '../accounts/audit.js';
import type { Actor } from '../accounts/permission.js';
import { maxLimit } from '../paging.js';
import type { DomainRule } from '../joining/domain-rules.js';
import { forgetDomainRules, listDomainRules, setDomainRules } from '../joining/manage-domain-rules.js';
import { CommandError, text, UsageError, type Call, type Command } from './command.js';
import { theNewsletter, withContext, type Context } from './context.js';
import { table } from './output.js';

const cli: Actor = { kind: 'cli', role: 'owner' };
const options = {
  newsletter: { value: 'SLUG', help: 'for this newsletter alone; for all if not given' },
};
const fileOption = {
  file: { value: 'PATH', help: 'a file with a domain in each line; - is standard input' },
};
const domainArgs = { usage: 'DOMAIN…', min: 0, max: 1000 };

/** Of the arguments and of --file, whose lines may have comments behind #. */
async function domainsOf(call: Call): Promise<string[]> {
  const file = text(call, 'file');
  let lines: string[] = [];
  if (file !== undefined) {
    try {
      const content = file === '-' ? await readText(process.stdin) : await readFile(file, 'utf8');
      lines = content.split(/\r?\n/).map((line) => line.replace(/#.*/, '').trim());
    } catch (error) {
      throw new CommandError('unreadable-file', `${file} cannot be read: ${(error as Error).message}`);
    }
  }
  const domains = [...call.args, ...lines.filter((line) => line !== '')];
  if (domains.length === 0) throw new UsageError('a domain is needed, such as example.org');
  return domains;
}

async function scopeOf({ db }: Context, call: Call): Promise<{ newsletterId: string | null; words: string }> {
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
        `${plural(result.rules.length)} ${done}, for ${words}.`,
      );
      return 0;
    });
  },
});

const forgetCommand: Command = {
  name: 'domain forget',
  summary: 'Forget what was said of domains',
  args: domainArgs,
  options: { ...options, ...fileOption },
  async run(call) {
    const domains = await domainsOf(call);
    return withContext(async (context) => {
      const { newsletterId, words } = await scopeOf(context, call);
      const removed = await forgetDomainRules(context, { newsletterId, domains });
      const detail = { newsletterId, count: removed };
      await recordAudit(context, { actor: cli, action: 'domain-rule.remove', detail });
      call.out.result({ removed }, `${plural(removed)} forgotten, for ${words}.`);
      return 0;
    });
  },
};

const listCommand: Command = {
  name: 'domain list',
  summary: 'List the domains that may or may not subscribe',
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
        lines.length > 0 ? lines : 'There are no rules: every domain may subscribe.',
      );
      return 0;
    });
  },
};

export const domainCommands = [
  setCommand('block', 'Addresses of these domains may not subscribe', 'blocked'),
  setCommand('allow', 'Addresses of these domains may subscribe, and no others', 'allowed'),
  forgetCommand,
  listCommand,
];
