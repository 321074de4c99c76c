// The publisher's own words in the mails around a subscription.
import { z } from 'zod';
import { ownLine, ownParagraphs } from './form-settings.js';

/** In UTF-16 code units. */
export const mailTextLengths = { subject: 120, introduction: 600 } as const;

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
