// newsletter create.
import type { ZodError } from 'zod';
import { recordAudit } from '../accounts/audit.js';
import { createNewsletter } from '../newsletters/create-newsletter.js';
import { translator } from '../languages/translate.js';
import { scheduleInWords } from '../newsletters/schedule-words.js';
import { newsletterInput, type NewsletterInput } from '../newsletters/schema.js';
import {
  choice,
  CommandError,
  needed,
  text,
  UsageError,
  wholeNumber,
  type Call,
  type Command,
} from './command.js';
import { withContext } from './context.js';

const optionOf: Record<string, string> = {
  'from.address': 'from-address',
  'from.name': 'from-name',
  siteUrl: 'site-url',
  replyTo: 'reply-to',
  postalAddress: 'postal-address',
};

/** Of the first wrong value, the option that set it. */
export function usageOf(error: ZodError): UsageError {
  const [issue] = error.issues;
  const path = (issue?.path ?? []).filter((part) => typeof part !== 'number').join('.');
  const last = path.split('.').at(-1) ?? '';
  const option = optionOf[path] ?? last.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return new UsageError(`--${option}: ${issue?.message ?? 'is not valid'}`);
}

function days(call: Pick<Call, 'values'>): number[] | undefined {
  return text(call, 'weekdays')
    ?.split(',')
    .map((day) => Number(day.trim()));
}

function inputOf(call: Call): NewsletterInput {
  const given = {
    name: needed(call, 'name'),
    slug: text(call, 'slug'),
    siteUrl: text(call, 'site-url'),
    from: { address: needed(call, 'from-address'), name: text(call, 'from-name') },
    replyTo: text(call, 'reply-to'),
    postalAddress: text(call, 'postal-address'),
    timezone: text(call, 'timezone'),
    language: text(call, 'language'),
    subject: text(call, 'subject'),
    content: text(call, 'content'),
    archive: choice(call, 'archive', ['public', 'subscribers', 'none']),
    topics: text(call, 'topics')
      ?.split(',')
      .map((topic) => topic.trim()),
    schedule: {
      frequencies: text(call, 'frequencies')?.split(','),
      sendTime: text(call, 'send-time'),
      weekdays: days(call),
      weeklyDay: wholeNumber(call, 'weekly-day'),
      cutoffMinutes: wholeNumber(call, 'cutoff-minutes'),
      review: choice(call, 'review', ['auto', 'hold']),
      minPosts: wholeNumber(call, 'min-posts'),
      maxPosts: wholeNumber(call, 'max-posts'),
    },
  };
  // JSON drops what was not given, so that it takes its default.
  const parsed = newsletterInput.safeParse(JSON.parse(JSON.stringify(given)));
  if (!parsed.success) throw usageOf(parsed.error);
  return parsed.data;
}

const createCommand: Command = {
  name: 'newsletter create',
  summary: 'Create a newsletter',
  options: {
    name: { value: 'NAME', help: 'as readers see it' },
    'from-address': { value: 'ADDRESS', help: 'whom its mail is from' },
    'from-name': { value: 'NAME', help: 'the name beside it; the newsletter if not given' },
    'postal-address': { value: 'TEXT', help: "the publisher's address; without it nothing is sent" },
    slug: { value: 'SLUG', help: 'its place at /n/SLUG; made from the name if not given' },
    'site-url': { value: 'URL', help: 'the site it belongs to' },
    'reply-to': { value: 'ADDRESS', help: 'where answers go' },
    timezone: { value: 'ZONE', help: 'IANA zone such as Europe/Berlin; UTC if not given' },
    language: { value: 'TAG', help: 'such as en or de; en if not given' },
    'send-time': { value: 'HH:MM', help: 'when it goes out; 07:00 if not given' },
    weekdays: { value: '1,2,…', help: 'the days with an issue, Monday is 1; every day if not given' },
    frequencies: { value: 'daily,weekly', help: 'what readers may choose; daily if not given' },
    'weekly-day': { value: '1-7', help: 'the day of the weekly issue; Monday if not given' },
    'cutoff-minutes': { value: 'N', help: 'posts are fixed so long before; 0 if not given' },
    review: { value: 'auto|hold', help: 'hold: an issue waits for approval; auto if not given' },
    'min-posts': { value: 'N', help: 'with fewer new posts nothing is sent; 1 if not given' },
    'max-posts': { value: 'N', help: 'posts in an issue; 20 if not given' },
    subject: { value: 'TEMPLATE', help: 'the subject line' },
    content: { value: 'excerpt|full|headlines', help: 'how much of a post; excerpt if not given' },
    topics: { value: 'A,B', help: 'topics that readers can pick' },
    archive: { value: 'public|subscribers|none', help: 'who reads issues on the web; public if not given' },
  },
  async run(call) {
    const input = inputOf(call);
    return withContext(async (context) => {
      const result = await createNewsletter(context, input);
      if (!result.ok)
        throw new CommandError(result.code, `there is a newsletter at /n/${result.slug} already`);
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
          ? ['It has no postal address yet: nothing is sent until it has one.']
          : []),
      ]);
      return 0;
    });
  },
};

export const newsletterCommands = [createCommand];
