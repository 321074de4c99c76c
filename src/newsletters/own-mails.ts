// The publisher's own words in the mails around a subscription.
import { z } from 'zod';
import { ownLine, ownParagraphs } from './form-settings.js';

/** In UTF-16 code units. */
export const mailTextLengths = { subject: 120, introduction: 600, welcome: 3000 } as const;

export const confirmationMailSchema = z
  .strictObject({
    subject: ownLine(mailTextLengths.subject).meta({
      description: 'null: our text, with the newsletter’s name.',
    }),
    introduction: ownParagraphs(mailTextLengths.introduction).meta({
      description: 'Above our sentence that asks for the confirmation. null: none.',
    }),
  })
  .meta({
    id: 'ConfirmationMail',
    description:
      'The publisher’s words in the mail that asks a reader to confirm: plain text, without control characters. A mail ' +
      'for several newsletters has none of them.',
  });

export type ConfirmationMail = z.output<typeof confirmationMailSchema>;

export const defaultConfirmationMail: ConfirmationMail = { subject: null, introduction: null };

export const welcomeMailSchema = z
  .strictObject({
    enabled: z.boolean(),
    subject: ownLine(mailTextLengths.subject).meta({
      description: 'null: our text, with the newsletter’s name.',
    }),
    text: ownParagraphs(mailTextLengths.welcome).meta({
      description: 'An empty line begins a paragraph. Without a text the mail cannot be enabled.',
    }),
  })
  .meta({
    id: 'WelcomeMail',
    description:
      'A mail in the publisher’s words after a reader’s first confirmation, sent at most once: plain text, without ' +
      'control characters. Readers who were imported or added through the API get none.',
  });

export type WelcomeMail = z.output<typeof welcomeMailSchema>;

export const defaultWelcomeMail: WelcomeMail = { enabled: false, subject: null, text: null };
