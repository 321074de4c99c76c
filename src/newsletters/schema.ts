// The values that a newsletter can have. This file checks them for the API, the CLI and the console, and the
// OpenAPI document is made from it.
import { domainToASCII } from 'node:url';
import { z } from 'zod';
import { challengeModes } from '../config/limits.js';
import { isLongerThan } from '../text/graphemes.js';
import { customFieldsSchema } from './custom-fields.js';
import { defaultForm, formSettingsSchema } from './form-settings.js';
import { defaultLook, lookPatch, lookSchema, newLook } from './look.js';
import {
  confirmationMailSchema,
  defaultConfirmationMail,
  defaultWelcomeMail,
  welcomeMailSchema,
} from './own-mails.js';
import { defaultSchedule } from './schedule.js';
import { defaultSelection, noWords, selectionSchema, wordsSchema } from './selection.js';
import { checkSubjectTemplate, defaultSubject } from './subject-template.js';

const controlCharacters = /\p{Cc}|\p{Cf}|\u2028|\u2029/u;
const looksLikeUrl = /https?:|www\.|\w\.\w+\//i;

// Names may contain zero-width joiners (in Cf), which hold emoji together. Header breaks must not pass.
function isPlainLine(text: string): boolean {
  return !controlCharacters.test(text.replaceAll('\u200d', ''));
}

const name = z
  .string()
  .trim()
  .min(1)
  .max(256)
  .refine(isPlainLine, 'must not contain control characters')
  .refine((text) => !looksLikeUrl.test(text), 'must not contain a URL')
  .refine((text) => !isLongerThan(text, 64), 'must have 64 characters at most');

const mailAddress = z
  .string()
  .trim()
  .overwrite((text) => {
    const at = text.lastIndexOf('@');
    return at < 0 ? text : `${text.slice(0, at)}@${domainToASCII(text.slice(at + 1))}`;
  })
  .max(254)
  .refine((text) => z.email().safeParse(text).success, 'must be an e-mail address')
  .refine((text) => text.lastIndexOf('@') <= 64, 'must have 64 characters at most before the @')
  .meta({ format: 'email', example: 'digest@example.org' });

const webUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .max(2048)
  .meta({ format: 'uri', example: 'https://example.org/' });

function isTimeZone(text: string): boolean {
  try {
    return (
      /^[A-Za-z]/.test(text) &&
      new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions() !== undefined
    );
  } catch {
    return false;
  }
}

function isLanguage(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}

const time = { format: 'date-time' };
const weekday = z.int().min(1).max(7);
const isUnique = (values: readonly unknown[]) => new Set(values).size === values.length;

export const scheduleSchema = z
  .strictObject({
    frequencies: z
      .array(z.enum(['daily', 'weekly']))
      .min(1)
      .refine(isUnique, 'must not repeat'),
    sendTime: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 07:00')
      .meta({ example: '07:00' }),
    weekdays: z.array(weekday).min(1).refine(isUnique, 'must not repeat'),
    weeklyDay: weekday,
    cutoffMinutes: z.int().min(0).max(1440),
    review: z.enum(['auto', 'hold']),
    reviewTimeout: z.enum(['wait', 'release', 'skip']),
    reviewMinutes: z.int().min(0).max(1440),
    retractMinutes: z.int().min(0).max(1440),
    fourEyes: z.boolean().meta({
      description:
        'An issue that someone has edited waits, without a timeout, until another account, API key or the command line approves it.',
    }),
    paused: z.boolean().meta({
      description:
        'No issue comes due by the schedule. Issues that exist go on, and one can be sent at once. What readers miss meanwhile joins the first issue after the pause.',
    }),
    minPosts: z.int().min(1).max(100),
    maxPosts: z.int().min(1).max(100),
    lateAfterMinutes: z.int().min(0).max(10_080),
  })
  .meta({ id: 'Schedule' });

export const subjectSchema = z
  .string()
  .trim()
  .superRefine((template, context) => {
    const wrong = checkSubjectTemplate(template);
    if (wrong !== undefined) context.addIssue({ code: 'custom', message: wrong, input: template });
  })
  .meta({ description: 'A template for the subject line.', example: defaultSubject });

const fields = z.strictObject({
  slug: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/, 'must be 1 to 64 of a-z, 0-9 and inner hyphens')
    .meta({ example: 'evening-post' }),
  name: name.meta({ example: 'The Evening Post' }),
  siteUrl: webUrl.nullable(),
  privacyUrl: webUrl.nullable().meta({
    description: 'The publisher’s privacy notice. Forms and readers’ pages link it.',
  }),
  from: z.strictObject({ name, address: mailAddress }),
  replyTo: mailAddress.nullable(),
  postalAddress: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .nullable()
    .meta({ description: 'The publisher’s postal address. Without it nothing is sent.' }),
  timezone: z
    .string()
    .max(64)
    .refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin')
    .meta({ example: 'Europe/Berlin' }),
  language: z
    .string()
    .max(35)
    .refine(isLanguage, 'must be a language tag such as en or pt-BR')
    .meta({ example: 'en' }),
  schedule: scheduleSchema,
  selection: selectionSchema,
  words: wordsSchema,
  subject: subjectSchema,
  content: z.enum(['excerpt', 'full', 'headlines']),
  look: lookSchema,
  topics: z.array(name).max(100).refine(isUnique, 'must not repeat'),
  customFields: customFieldsSchema.meta({
    description:
      "The questions that the form asks beside the address, in this order. A subscription's customFields are the answers.",
  }),
  form: formSettingsSchema,
  confirmationMail: confirmationMailSchema,
  welcomeMail: welcomeMailSchema,
  confirm: z.enum(['double', 'imported-only']).meta({
    description:
      'Who must confirm by e-mail. double: everyone who signs up through a form, and through the API unless you vouch for them. imported-only: imports and the API activate readers whose basis of consent is recorded; forms still ask.',
  }),
  tracking: z.enum(['off', 'consent']),
  challenge: z.enum(challengeModes).nullable().meta({
    description:
      'Whether browsers must solve a challenge (a small computation, without a click) to subscribe. auto: only while very many requests come in. null: the operator’s setting.',
  }),
  listed: z.boolean().meta({
    description:
      'Whether the front page and the readers’ pages of other newsletters offer it. It stays false without a postal ' +
      'address, or without a feed or post. Its own page works in any case. A change to false keeps it hidden. ' +
      'The mails of a listed newsletter invite people to whom they were forwarded.',
  }),
  archive: z.enum(['public', 'subscribers', 'none']).meta({
    description:
      'Who can read past issues on the web and as a feed. subscribers: readers, with the link in their mail.',
  }),
});

/** A newsletter's values as stored: all are present. */
export const newsletterValues = fields.superRefine(({ schedule, welcomeMail }, context) => {
  if (welcomeMail.enabled && welcomeMail.text === null)
    context.addIssue({
      code: 'custom',
      path: ['welcomeMail', 'text'],
      message: 'is needed for the welcome mail',
      input: welcomeMail.text,
    });
  if (schedule.minPosts > schedule.maxPosts)
    context.addIssue({
      code: 'custom',
      path: ['schedule', 'minPosts'],
      message: 'must not be greater than maxPosts',
      input: schedule.minPosts,
    });
});

/** The input that creates a newsletter: a name and a sender. The rest has defaults. */
export const newsletterInput = fields
  .partial()
  .required({ name: true })
  .extend({
    from: z.strictObject({ name: name.optional(), address: mailAddress }),
    schedule: scheduleSchema.partial().optional(),
    selection: selectionSchema.partial().optional(),
    words: wordsSchema.partial().optional(),
    form: formSettingsSchema.partial().optional(),
    confirmationMail: confirmationMailSchema.partial().optional(),
    welcomeMail: welcomeMailSchema.partial().optional(),
    look: newLook.optional(),
  })
  .meta({ id: 'NewsletterInput' });

/**
 * The input that changes a newsletter. Objects, such as schedule and form, are merged with the existing values.
 */
export const newsletterPatch = fields
  .partial()
  .extend({
    from: z.strictObject({ name: name.optional(), address: mailAddress.optional() }).optional(),
    schedule: scheduleSchema.partial().optional(),
    selection: selectionSchema.partial().optional(),
    words: wordsSchema.partial().optional(),
    form: formSettingsSchema.partial().optional(),
    confirmationMail: confirmationMailSchema.partial().optional(),
    welcomeMail: welcomeMailSchema.partial().optional(),
    look: lookPatch.optional(),
  })
  .meta({ id: 'NewsletterPatch' });

/** A newsletter as the API shows it. */
export const newsletterSchema = fields
  .extend({ id: z.string(), createdAt: z.date().meta(time), updatedAt: z.date().meta(time) })
  .meta({ id: 'Newsletter' });

export type NewsletterValues = z.output<typeof newsletterValues>;
export type NewsletterInput = z.input<typeof newsletterInput>;
export type NewsletterPatch = z.input<typeof newsletterPatch>;
export type Newsletter = z.output<typeof newsletterSchema>;

export const newsletterDefaults = {
  siteUrl: null,
  privacyUrl: null,
  replyTo: null,
  postalAddress: null,
  timezone: 'UTC',
  language: 'en',
  schedule: defaultSchedule,
  selection: defaultSelection,
  words: noWords,
  subject: defaultSubject,
  content: 'excerpt',
  look: defaultLook,
  topics: [],
  customFields: [],
  form: defaultForm,
  confirmationMail: defaultConfirmationMail,
  welcomeMail: defaultWelcomeMail,
  confirm: 'double',
  tracking: 'off',
  challenge: null,
  listed: true,
  archive: 'public',
} satisfies Partial<NewsletterValues>;
