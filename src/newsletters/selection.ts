// Which of the newest posts go into an issue, in which order, and the publisher's texts around them: shape
// and limits of these settings, for the API, the CLI and the console.
import { z } from 'zod';

export const orders = ['newest', 'oldest', 'topic', 'comments'] as const;

const topic = z.string().trim().min(1).max(100);
const topics = z
  .array(topic)
  .max(100)
  .refine((values) => new Set(values).size === values.length, 'must not repeat');

export const selectionSchema = z
  .strictObject({
    order: z.enum(orders).meta({
      description:
        'The order of the posts. Pinned posts come first. topic: under a heading for each topic, in the order of the newsletter’s topics.',
    }),
    include: topics.meta({ description: 'Only posts with one of these topics. Empty: all.' }),
    exclude: topics.meta({ description: 'No posts with one of these topics.' }),
    topicMap: z
      .record(topic, z.string().trim().max(100))
      .refine((map) => Object.keys(map).length <= 500, 'must not have more than 500 entries')
      .meta({
        description:
          'Maps the feeds’ categories to the newsletter’s topics; upper and lower case do not matter. An empty ' +
          'topic drops the category. Applied before include, exclude and the readers’ own topics.',
        example: { Politik: 'Politics', Uncategorized: '' },
      }),
  })
  .meta({ id: 'Selection' });

const longestWords = 5_000;
const words = z
  .string()
  .trim()
  .max(longestWords)
  // PostgreSQL cannot store a NUL; the other control characters have no place in a mail.
  .refine((text) => !/[^\P{Cc}\n\r\t]/u.test(text), 'must not contain control characters')
  .nullable();

export const wordsSchema = z
  .strictObject({
    opening: words.meta({ description: 'Above the posts.' }),
    closing: words.meta({ description: 'Below the posts.' }),
    sponsor: words.meta({
      description:
        'In a separate box, marked as sponsored: below the first post, or below a list of headlines.',
    }),
  })
  .meta({
    id: 'Words',
    description:
      'The publisher’s words: plain text, in which an empty line begins a paragraph, or limited HTML (paragraphs, ' +
      'lists, links, emphasis, images). null: none.',
  });

export type Selection = z.output<typeof selectionSchema>;
export type Words = z.output<typeof wordsSchema>;

export const defaultSelection: Selection = { order: 'newest', include: [], exclude: [], topicMap: {} };
export const noWords: Words = { opening: null, closing: null, sponsor: null };
