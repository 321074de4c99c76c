// newsletter create: creates a newsletter, with defaults for the options that are not given.
import { recordAudit } from '../accounts/audit.js';
import { createNewsletter } from '../newsletters/create-newsletter.js';
import { translator } from '../languages/translate.js';
import { scheduleInWords } from '../newsletters/schedule-words.js';
import { newsletterInput, type NewsletterInput } from '../newsletters/schema.js';
import {
  anyNumber,
  choice,
  CommandError,
  flag,
  list,
  needed,
  text,
  wholeNumber,
  type CommandCall,
  type Command,
} from './command.js';
import { withContext } from './context.js';
import { audiences } from './newsletter-archive.js';
import { usageOf } from './newsletters/usage.js';

/** The values of the options that are given. */
export function givenValues(call: CommandCall): unknown {
  const given = {
    name: text(call, 'name'),
    slug: text(call, 'slug'),
    siteUrl: text(call, 'site-url'),
    privacyUrl: text(call, 'privacy-url'),
    from: { address: text(call, 'from-address'), name: text(call, 'from-name') },
    replyTo: text(call, 'reply-to'),
    postalAddress: text(call, 'postal-address'),
    timezone: text(call, 'timezone'),
    language: text(call, 'language'),
    subject: text(call, 'subject'),
    content: choice(call, 'content', contents),
    archive: choice(call, 'archive', audiences),
    topics: list(call, 'topics'),
    schedule: {
      frequencies: list(call, 'frequencies'),
      sendTime: text(call, 'send-time'),
      weekdays: list(call, 'weekdays')?.map(Number),
      weeklyDay: wholeNumber(call, 'weekly-day'),
      cutoffMinutes: wholeNumber(call, 'cutoff-minutes'),
      review: choice(call, 'review', ['auto', 'hold']),
      minPosts: wholeNumber(call, 'min-posts'),
      maxPosts: wholeNumber(call, 'max-posts'),
    },
  };
  // JSON omits undefined values, so that the schema sets the defaults of options that are not given.
  return JSON.parse(JSON.stringify(given));
}

function inputOf(call: CommandCall): NewsletterInput {
  needed(call, 'name');
  needed(call, 'from-address');
  const listed = flag(call, 'unlisted') ? { listed: false } : {};
  const parsed = newsletterInput.safeParse({ ...(givenValues(call) as object), ...listed });
  if (!parsed.success) throw usageOf(parsed.error);
  return parsed.data;
}

const contents = ['excerpt', 'full', 'headlines'] as const;

/** The options for the values of a newsletter. */
export const valueOptions = {
  name: { value: 'NAME', help: 'name that readers see' },
  'from-address': { value: 'ADDRESS', help: "sender's e-mail address" },
  'from-name': { value: 'NAME', help: "sender's name (default: the newsletter's name)" },
  'postal-address': { value: 'TEXT', help: "publisher's postal address; nothing is sent without one" },
  slug: { value: 'SLUG', help: 'its address is /n/SLUG (default: made from the name)' },
  'site-url': { value: 'URL', help: 'site that the newsletter belongs to' },
  'privacy-url': { value: 'URL', help: 'your privacy notice, which forms link' },
  'reply-to': { value: 'ADDRESS', help: 'address for replies' },
  timezone: { value: 'ZONE', help: 'IANA time zone such as Europe/Berlin (default: UTC)' },
  language: { value: 'TAG', help: 'language such as en or de (default: en)' },
  'send-time': { value: 'HH:MM', help: 'time of sending (default: 07:00)' },
  weekdays: { value: '1,2,…', help: 'days with an issue; Monday is 1 (default: every day)' },
  frequencies: { value: 'daily,weekly', help: 'frequencies that readers can choose (default: daily)' },
  'weekly-day': { value: '1-7', help: 'day of the weekly issue (default: 1, Monday)', range: [1, 7] },
  'cutoff-minutes': {
    value: 'N',
    help: 'minutes before sending at which the post list is frozen (default: 0)',
    range: anyNumber,
  },
  review: { choices: ['auto', 'hold'], help: 'hold: an issue waits for approval (default: auto)' },
  'min-posts': { value: 'N', help: 'send nothing with fewer new posts (default: 1)', range: anyNumber },
  'max-posts': { value: 'N', help: 'most posts in an issue (default: 20)', range: anyNumber },
  subject: { value: 'TEMPLATE', help: 'template of the subject line' },
  content: { choices: contents, help: 'how much of each post to show (default: excerpt)' },
  topics: { value: 'A,B', help: 'topics that readers can choose' },
  archive: { choices: audiences, help: 'who can read issues on the web (default: public)' },
} satisfies Command['options'];

export const createCommand: Command = {
  name: 'newsletter create',
  summary: 'Create a newsletter',
  options: {
    ...valueOptions,
    name: { ...valueOptions.name, needed: true },
    'from-address': { ...valueOptions['from-address'], needed: true },
    unlisted: { help: 'keep it off the front page and off the pages of your other newsletters' },
  },
  async run(call) {
    const input = inputOf(call);
    return withContext(async (context) => {
      const result = await createNewsletter(context, input);
      if (!result.ok)
        throw new CommandError(result.code, `Another newsletter already has the address /n/${result.slug}.`);
      const { newsletter } = result;
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'newsletter.create',
        subject: `newsletter:${newsletter.id}`,
      });
      call.out.result(newsletter, [
        `${newsletter.name} is at ${context.baseUrl}/n/${newsletter.slug}.`,
        `${scheduleInWords(newsletter.schedule, newsletter.timezone, translator('en'))}.`,
        ...(newsletter.postalAddress === null
          ? ['It has no postal address yet. Nothing is sent without one.']
          : []),
      ]);
      return 0;
    });
  },
};
