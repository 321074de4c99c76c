// The custom fields of a newsletter: what a publisher asks readers beside their address.
// src/subscribers/custom-fields.ts reads the answers.
import { z } from 'zod';

const maxCustomFields = 20;
const maxChoices = 100;
/** The longest text that a field allows: by default, and at most. */
const defaultTextLength = 200;
const maxTextLength = 1000;

const hidden = /\p{Cc}|(?!\u200C|\u200D)\p{Cf}|\p{Cs}|\p{Co}|[\u2028\u2029]/u;

const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .overwrite((text) => text.normalize('NFC').replaceAll(/ {2,}/g, ' '))
    .refine((text) => !hidden.test(text), 'must not contain control characters');

const common = {
  name: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_]{0,31}$/, 'must be a letter, then at most 31 letters, digits and _')
    // Every object has these names: they would look like an answer.
    .refine((name) => !(name in {}), 'must be another name')
    .meta({ example: 'city', description: 'The name of the field in the API, exports and imports.' }),
  label: line(100).meta({ example: 'Your city', description: 'The label of the field in the form.' }),
  hint: line(200).optional().meta({ description: 'A sentence under the field.' }),
  required: z.boolean().default(false).meta({
    description: 'The form requires an answer. A required checkbox must be ticked.',
  }),
};

const differ = (values: readonly string[]) =>
  new Set(values.map((value) => value.toLowerCase())).size === values.length;

const customField = z
  .discriminatedUnion('type', [
    z.strictObject({
      ...common,
      type: z.literal('text'),
      maxLength: z.int().min(1).max(maxTextLength).default(defaultTextLength),
    }),
    z
      .strictObject({
        ...common,
        type: z.literal('number'),
        min: z.number().optional(),
        max: z.number().optional(),
        integer: z.boolean().default(false),
      })
      .refine(({ min = -Infinity, max = Infinity }) => min <= max, {
        path: ['min'],
        message: 'must not be greater than max',
      }),
    z.strictObject({
      ...common,
      type: z.literal('choice'),
      choices: z.array(line(100)).min(1).max(maxChoices).refine(differ, 'must not repeat'),
    }),
    z.strictObject({ ...common, type: z.literal('checkbox') }),
  ])
  .meta({ id: 'CustomField' });

export const customFieldsSchema = z
  .array(customField)
  .max(maxCustomFields)
  .refine((fields) => differ(fields.map(({ name }) => name)), 'must not have one name twice');

export type CustomField = z.output<typeof customField>;
