// newsletter form: the fields of the subscribe form, and which subscriptions need a confirmation.
import { readFileSync } from 'node:fs';
import { challengeModes } from '../config/limits.js';
import type { CustomField } from '../newsletters/custom-fields.js';
import { newsletterPatch, type Newsletter, type NewsletterPatch } from '../newsletters/schema.js';
import { choice, list, text, UsageError, type CommandCall, type Command } from './command.js';
import { newsletterOption, theNewsletter, withContext } from './context.js';
import { changeNewsletter } from './newsletter-change.js';
import { table } from './output.js';

/** The JSON from --fields, or from the file that --fields names after "@". */
function fieldsOf(call: CommandCall): unknown {
  const given = text(call, 'fields');
  if (given === undefined) return undefined;
  try {
    return JSON.parse(given.startsWith('@') ? readFileSync(given.slice(1), 'utf8') : given);
  } catch (error) {
    throw new UsageError(`--fields needs a JSON list, or @FILE with one: ${(error as Error).message}`);
  }
}

const confirmations = ['double', 'imported-only'] as const;
const challenges = [...challengeModes, 'default'] as const;

const optionOf: Record<string, string> = { customFields: 'fields', schedule: 'frequencies' };

function patchOf(call: CommandCall): NewsletterPatch {
  const frequencies = list(call, 'frequencies');
  const challenge = choice(call, 'challenge', challenges);
  const given = {
    topics: list(call, 'topics'),
    schedule: frequencies && { frequencies },
    customFields: fieldsOf(call),
    confirm: choice(call, 'confirm', confirmations),
    challenge: challenge === 'default' ? null : challenge,
  };
  // JSON omits undefined values, so that the settings of options that are not given stay.
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
      ['topics', topics.join(', ') || 'none'],
      ['confirm', confirm],
      ['challenge', challenge ?? 'default (CHALLENGE)'],
    ]),
    ...(customFields.length === 0 ? ['The form has no additional fields.'] : []),
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

export const formCommand: Command = {
  name: 'newsletter form',
  summary: 'Show or change the fields of the subscribe form',
  options: {
    ...newsletterOption,
    fields: {
      value: 'JSON|@FILE',
      help: `all additional fields: '[{"name":"city","label":"Your city","type":"text"}]'`,
    },
    topics: { value: 'A,B', help: "topics that readers can choose ('' for none)" },
    frequencies: { value: 'daily,weekly', help: 'frequencies that readers can choose' },
    confirm: {
      choices: confirmations,
      help: 'imported-only: imports and the API need no confirmation if they record a legal basis',
    },
    challenge: {
      choices: challenges,
      help: 'when browsers have to solve a challenge first; default: the CHALLENGE variable decides',
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
