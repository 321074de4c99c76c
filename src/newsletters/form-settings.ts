// The subscribe form as its publisher wants it: which choices readers have, and the publisher's texts around them.
import { z } from 'zod';
import { cleanText, oneLine } from '../text/clean-text.js';

/** Where readers are asked for their name. page: on the newsletter's own page, but not on other sites. */
const nameAsked = ['form', 'page', 'off'] as const;
/** Where readers have a choice. form: in the form, and later on the preferences page too. */
const choiceAsked = ['form', 'preferences', 'off'] as const;
export const readerChoices = ['frequency', 'time', 'topics', 'language'] as const;

/** In UTF-16 code units. */
export const formTextLengths = { headline: 120, introduction: 600, button: 40, thanks: 600 } as const;

/** One line of the publisher's plain text. null: ours. */
export const ownLine = (length: number) => z.string().overwrite(oneLine).min(1).max(length).nullable();

/** Plain text of the publisher; an empty line begins a paragraph. null: none. */
export const ownParagraphs = (length: number) =>
  z
    .string()
    .overwrite((text) =>
      cleanText(text)
        .replaceAll(/\n{3,}/g, '\n\n')
        .trim(),
    )
    .min(1)
    .max(length)
    .nullable();

const choice = z.enum(choiceAsked);

export const formSettingsSchema = z
  .strictObject({
    name: z.enum(nameAsked).meta({
      description:
        'Where readers may tell their name. page: on the newsletter’s page, but not on other sites.',
    }),
    frequency: choice.meta({
      description:
        'Where readers choose the frequency, if the newsletter has several. form: in the form and on the preferences page.',
    }),
    time: choice.meta({ description: 'Where readers choose the time of the day.' }),
    topics: choice.meta({ description: 'Where readers choose topics, if the newsletter has any.' }),
    language: choice.meta({ description: 'Where readers choose the language of our texts in their mail.' }),
    headline: ownLine(formTextLengths.headline).meta({ description: 'Above the form. null: our text.' }),
    introduction: ownParagraphs(formTextLengths.introduction).meta({
      description: 'Between the headline and the form. null: our text.',
    }),
    button: ownLine(formTextLengths.button).meta({ description: 'On the button. null: our text.' }),
    thanks: ownParagraphs(formTextLengths.thanks).meta({
      description:
        'The answer to the form begins with it; our sentence about the confirmation mail follows. null: only ours.',
    }),
  })
  .meta({
    id: 'FormSettings',
    description:
      'The subscribe form. Its texts are plain text, without control characters, in the newsletter’s language.',
  });

export type FormSettings = z.output<typeof formSettingsSchema>;

export const defaultForm: FormSettings = {
  name: 'page',
  frequency: 'form',
  time: 'preferences',
  topics: 'form',
  language: 'preferences',
  headline: null,
  introduction: null,
  button: null,
  thanks: null,
};
