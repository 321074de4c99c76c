// newsletter form: what the subscribe form asks, and who has to confirm.
import { readFileSync } from 'node:fs';
import { challengeModes } from '../config/limits.js';
import type { CustomField } from '../newsletters/custom-fields.js';
import { newsletterPatch, type Newsletter, type NewsletterPatch } from '../newsletters/schema.js';
import { changeNewsletter } from './change-newsletter.js';
import { choice, text, UsageError, type Call, type Command } from './command.js';
import { newsletterOption, theNewsletter, withContext } from './context.js';
import { table } from './output.js';

const listOf = (value: string | undefined): string[] | undefined =>
  value
    ?.split(',')
    .map((one) => one.trim())
    .filter(Boolean);

/** "[…]" as it stands, or @FILE. */
function fieldsOf(call: Call): unknown {
  const given = text(call, 'fields');
  if (given === undefined) return undefined;
  try {
    return JSON.parse(given.startsWith('@') ? readFileSync(given.slice(1), 'utf8') : given);
  } catch (error) {
    throw new UsageError(`--fields wants a JSON list, or @FILE that holds one: ${(error as Error).message}`);
  }
}

const optionOf: Record<string, string> = { customFields: 'fields', schedule: 'frequencies' };

function patchOf(call: Call): NewsletterPatch {
  const frequencies = listOf(text(call, 'frequencies'));
  const challenge = choice(call, 'challenge', [...challengeModes, 'default']);
  const given = {
    topics: listOf(text(call, 'topics')),
    schedule: frequencies && { frequencies },
    customFields: fieldsOf(call),
    confirm: choice(call, 'confirm', ['double', 'imported-only']),
    challenge: challenge === 'default' ? null : challenge,
  };
  // JSON drops what was not given, so that it stays.
  const parsed = newsletterPatch.safeParse(JSON.parse(JSON.stringify(given)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const [first = '', ...rest] = (issue?.path ?? []).map(String);
  const where = rest.length === 0 ? '' : ` (${rest.join('.')})`;
  throw new UsageError(`--${optionOf[first] ?? first}${where}: ${issue?.message ?? 'is not valid'}`);
}

function limitsOf(field: CustomField): string {
  switch (field.type) {
    case 'text':
      return `at most ${field.maxLength} characters`;
    case 'number': {
      const { min, max, integer } = field;
      const bounds = min === undefined && max === undefined ? '' : ` from ${min ?? '…'} to ${max ?? '…'}`;
      return `${integer ? 'whole' : 'any'}${bounds}`;
    }
    case 'choice':
      return field.choices.join(' | ');
    case 'checkbox':
      return '';
  }
}

function lines({ topics, schedule, confirm, challenge, customFields }: Newsletter): string[] {
  return [
    ...table([
      ['frequencies', schedule.frequencies.join(', ')],
      ['topics', topics.join(', ') || 'none to choose from'],
      ['confirm', confirm],
      ['challenge', challenge ?? 'as CHALLENGE says'],
    ]),
    ...(customFields.length === 0 ? ['It asks for nothing of your own.'] : []),
    ...table(
      customFields.map((field) => [
        field.name,
        field.type,
        field.required ? 'required' : '',
        field.label,
        limitsOf(field),
      ]),
    ),
  ];
}

const formCommand: Command = {
  name: 'newsletter form',
  summary: 'Show what the subscribe form asks, or change it',
  options: {
    ...newsletterOption,
    fields: {
      value: 'JSON|@FILE',
      help: `what you ask readers, all of it: '[{"name":"city","label":"Your city","type":"text"}]'`,
    },
    topics: { value: 'A,B', help: "topics that readers can pick; '' is none" },
    frequencies: { value: 'daily,weekly', help: 'what readers may choose' },
    confirm: {
      value: 'double|imported-only',
      help: 'imported-only: imports and the API need no confirmation where a basis is recorded',
    },
    challenge: {
      value: 'off|auto|always|default',
      help: 'whether browsers have to solve a challenge first; default: as CHALLENGE says',
    },
  },
  async run(call) {
    const patch = patchOf(call);
    return withContext(async (context) => {
      let newsletter = await theNewsletter(context.db, call);
      if (Object.keys(patch).length > 0) newsletter = await changeNewsletter(context, newsletter.id, patch);
      const { topics, schedule, confirm, challenge, customFields } = newsletter;
      const asked = { topics, frequencies: schedule.frequencies, confirm, challenge, customFields };
      call.out.result(asked, lines(newsletter));
      return 0;
    });
  },
};

export const formCommands = [formCommand];
