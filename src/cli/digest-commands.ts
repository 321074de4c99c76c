// newsletter selection, words, schedule: what goes in, what stands around it, and when it goes. Without an option each
// shows what is set.
import { translator } from '../languages/translate.js';
import { scheduleInWords } from '../newsletters/schedule-words.js';
import type { Newsletter, NewsletterPatch } from '../newsletters/schema.js';
import { orders, type Words } from '../newsletters/selection.js';
import { changeNewsletter } from './change-newsletter.js';
import { choice, text, UsageError, wholeNumber, type Call, type Command, type Option } from './command.js';
import { newsletterOption, theNewsletter, withContext } from './context.js';
import { table } from './output.js';

/** "A, B"; nothing for an empty list. */
function list(call: Pick<Call, 'values'>, name: string): string[] | undefined {
  return text(call, name)
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** "Politik=Politics,Uncategorized=". */
function topicMap(call: Pick<Call, 'values'>): Record<string, string> | undefined {
  const pairs = list(call, 'topic-map')?.map((pair) => {
    const [, category = '', topic = ''] = /^([^=]+)=(.*)$/.exec(pair) ?? [];
    if (category === '') throw new UsageError(`--topic-map: "${pair}" is not CATEGORY=TOPIC`);
    return [category.trim(), topic.trim()] as const;
  });
  return pairs && Object.fromEntries(pairs);
}

/** Of what was given alone. */
const given = <Values extends object>(values: Values): Partial<Values> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<Values>;

/** null: none. */
export function wordsGiven(call: Pick<Call, 'values'>): Partial<Words> {
  const words = (name: string) => {
    const said = text(call, name);
    return said === 'none' ? null : said;
  };
  return given({
    opening: words('opening'),
    closing: words('closing'),
    sponsor: words('sponsor'),
  }) as Partial<Words>;
}

export const wordsOptions: Record<keyof Words, Option> = {
  opening: { value: 'TEXT|none', help: 'above the posts; plain text or simple HTML' },
  closing: { value: 'TEXT|none', help: 'below the posts' },
  sponsor: { value: 'TEXT|none', help: 'in a box of its own, marked as sponsored' },
};

interface Setting {
  name: string;
  summary: string;
  options: Record<string, Option>;
  patch: (call: Call) => NewsletterPatch;
  shown: (newsletter: Newsletter) => { document: object; lines: string[] };
}

/** A command that changes part of a newsletter, or shows it. */
function setting({ name, summary, options, patch, shown }: Setting): Command {
  return {
    name,
    summary,
    options: { ...newsletterOption, ...options },
    async run(call) {
      const changes = patch(call);
      const isChange = Object.keys(options).some((option) => call.values[option] !== undefined);
      return withContext(async (context) => {
        let newsletter = await theNewsletter(context.db, call);
        if (isChange) newsletter = await changeNewsletter(context, newsletter.id, changes);
        const { document, lines } = shown(newsletter);
        call.out.result(document, lines);
        return 0;
      });
    },
  };
}

const orNone = (items: readonly string[], none = 'none'): string => items.join(', ') || none;

const selectionCommand = setting({
  name: 'newsletter selection',
  summary: 'Show which posts go into an issue and in which order, or change it',
  options: {
    order: { value: orders.join('|'), help: 'pinned posts stand first in any' },
    include: { value: 'A,B', help: 'only posts with one of these topics; empty: all' },
    exclude: { value: 'A,B', help: 'no posts with one of these topics' },
    'topic-map': {
      value: 'CATEGORY=TOPIC,…',
      help: 'from what feeds say to your topics; an empty topic drops it',
    },
    'min-posts': { value: 'N', help: 'with fewer new posts nothing is sent' },
    'max-posts': { value: 'N', help: 'posts in an issue; it links to the rest' },
  },
  patch: (call) => ({
    selection: given({
      order: choice(call, 'order', orders),
      include: list(call, 'include'),
      exclude: list(call, 'exclude'),
      topicMap: topicMap(call),
    }),
    schedule: given({ minPosts: wholeNumber(call, 'min-posts'), maxPosts: wholeNumber(call, 'max-posts') }),
  }),
  shown: ({ selection, topics, schedule: { minPosts, maxPosts } }) => ({
    document: { ...selection, topics, minPosts, maxPosts },
    lines: table([
      ['order', selection.order],
      ['topics', orNone(topics)],
      ['include', orNone(selection.include, 'all')],
      ['exclude', orNone(selection.exclude)],
      [
        'topic map',
        orNone(Object.entries(selection.topicMap).map(([from, to]) => `${from} → ${to || '(dropped)'}`)),
      ],
      ['posts', `${minPosts} to ${maxPosts}`],
    ]),
  }),
});

const wordsCommand = setting({
  name: 'newsletter words',
  summary: 'Show your own words in every issue, or change them',
  options: wordsOptions,
  patch: (call) => ({ words: wordsGiven(call) }),
  shown: ({ words }) => ({
    document: words,
    lines: table(Object.entries(words).map(([name, said]) => [name, said ?? 'none'])),
  }),
});

const scheduleCommand = setting({
  name: 'newsletter schedule',
  summary: 'Show when issues go out and who looks at them first, or change it',
  options: {
    timezone: { value: 'ZONE', help: 'IANA zone such as Europe/Berlin' },
    'send-time': { value: 'HH:MM', help: 'when it goes out' },
    weekdays: { value: '1,2,…', help: 'the days with an issue, Monday is 1' },
    frequencies: { value: 'daily,weekly', help: 'what readers may choose' },
    'weekly-day': { value: '1-7', help: 'the day of the weekly issue' },
    'cutoff-minutes': { value: 'N', help: 'posts are fixed so long before' },
    'late-after-minutes': { value: 'N', help: 'a missed issue is sent if at most so late' },
    review: { value: 'auto|hold', help: 'hold: an issue waits for approval' },
    'review-timeout': { value: 'wait|release|skip', help: 'what becomes of it if nobody decides' },
    'review-minutes': { value: 'N', help: 'how long there is to decide, at least' },
    'retract-minutes': { value: 'N', help: 'after an approval, in which it can be taken back' },
  },
  patch: (call) => ({
    ...given({ timezone: text(call, 'timezone') }),
    schedule: given({
      sendTime: text(call, 'send-time'),
      weekdays: list(call, 'weekdays')?.map(Number),
      // What it may be, the newsletter's own check says.
      frequencies: list(call, 'frequencies') as ('daily' | 'weekly')[] | undefined,
      weeklyDay: wholeNumber(call, 'weekly-day'),
      cutoffMinutes: wholeNumber(call, 'cutoff-minutes'),
      lateAfterMinutes: wholeNumber(call, 'late-after-minutes'),
      review: choice(call, 'review', ['auto', 'hold']),
      reviewTimeout: choice(call, 'review-timeout', ['wait', 'release', 'skip']),
      reviewMinutes: wholeNumber(call, 'review-minutes'),
      retractMinutes: wholeNumber(call, 'retract-minutes'),
    }),
  }),
  shown: ({ schedule, timezone }) => ({
    document: { ...schedule, timezone },
    lines: [
      `${scheduleInWords(schedule, timezone, translator('en'))}.`,
      ...table([
        ['readers may choose', schedule.frequencies.join(', ')],
        ['posts are fixed', `${schedule.cutoffMinutes} minutes before`],
        ['sent if late by', `${schedule.lateAfterMinutes} minutes at most`],
        ['review', schedule.review],
        ...(schedule.review === 'hold'
          ? [
              [
                'if nobody decides',
                `${schedule.reviewTimeout}, after ${schedule.reviewMinutes} minutes at least`,
              ],
              ['taken back within', `${schedule.retractMinutes} minutes`],
            ]
          : []),
      ]),
    ],
  }),
});

export const digestCommands = [selectionCommand, wordsCommand, scheduleCommand];
