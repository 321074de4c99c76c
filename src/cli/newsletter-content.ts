// newsletter selection, words, schedule: the posts of an issue, the text around them, and when it is sent.
// Without an option, each command shows the current settings.
import { translator } from '../languages/translate.js';
import { scheduleInWords } from '../newsletters/schedule-words.js';
import type { Newsletter, NewsletterPatch } from '../newsletters/schema.js';
import { orders, type Words } from '../newsletters/selection.js';
import {
  anyNumber,
  choice,
  list,
  text,
  UsageError,
  wholeNumber,
  type CommandCall,
  type Command,
  type Option,
} from './command.js';
import { newsletterOption, theNewsletter, withContext } from './context.js';
import { changeNewsletter } from './newsletter-change.js';
import { table } from './output.js';

/** "Politik=Politics,Uncategorized=" as an object. */
function topicMap(call: Pick<CommandCall, 'values'>): Record<string, string> | undefined {
  const pairs = list(call, 'topic-map')?.map((pair) => {
    const [, category = '', topic = ''] = /^([^=]+)=(.*)$/.exec(pair) ?? [];
    if (category === '') throw new UsageError(`--topic-map: "${pair}" is not CATEGORY=TOPIC.`);
    return [category.trim(), topic.trim()] as const;
  });
  return pairs && Object.fromEntries(pairs);
}

/** Omits the options that are not given. */
const given = <Values extends object>(values: Values): Partial<Values> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<Values>;

/** The texts from the options; null removes a text. */
export function wordsGiven(call: Pick<CommandCall, 'values'>): Partial<Words> {
  const words = (name: string) => {
    const value = text(call, name);
    return value === 'none' ? null : value;
  };
  return given({
    opening: words('opening'),
    closing: words('closing'),
    sponsor: words('sponsor'),
  }) as Partial<Words>;
}

export const wordsOptions: Record<keyof Words, Option> = {
  opening: { value: 'TEXT|none', help: 'introduction above the posts: plain text or simple HTML' },
  closing: { value: 'TEXT|none', help: 'text below the posts' },
  sponsor: { value: 'TEXT|none', help: 'text in a box that is marked as sponsored' },
};

interface Setting {
  name: string;
  summary: string;
  options: Record<string, Option>;
  patch: (call: CommandCall) => NewsletterPatch;
  shown: (newsletter: Newsletter) => { document: object; lines: string[] };
}

/** Makes a command that shows some settings of a newsletter, or changes them if an option is given. */
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
  summary: 'Show or change which posts go into an issue, and their order',
  options: {
    order: { choices: orders, help: 'order of the posts; pinned posts always come first' },
    include: { value: 'A,B', help: "only posts with one of these topics ('' for all posts)" },
    exclude: { value: 'A,B', help: 'skip posts with one of these topics' },
    'topic-map': {
      value: 'CATEGORY=TOPIC,…',
      help: 'which topic a category of the feed becomes; no topic drops the category',
    },
    'min-posts': { value: 'N', help: 'send nothing with fewer new posts', range: anyNumber },
    'max-posts': { value: 'N', help: 'most posts in an issue; it links to the others', range: anyNumber },
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
  summary: 'Show or change your own text in every issue',
  options: wordsOptions,
  patch: (call) => ({ words: wordsGiven(call) }),
  shown: ({ words }) => ({
    document: words,
    lines: table(Object.entries(words).map(([name, content]) => [name, content ?? 'none'])),
  }),
});

const timeouts = ['wait', 'release', 'skip'] as const;

function isOn(call: CommandCall, option: 'four-eyes' | 'paused'): boolean | undefined {
  const chosen = choice(call, option, ['on', 'off']);
  return chosen === undefined ? undefined : chosen === 'on';
}

const scheduleCommand = setting({
  name: 'newsletter schedule',
  summary: 'Show or change when issues are sent, and whether they need approval',
  options: {
    timezone: { value: 'ZONE', help: 'IANA time zone such as Europe/Berlin' },
    'send-time': { value: 'HH:MM', help: 'time of sending' },
    weekdays: { value: '1,2,…', help: 'days with an issue; Monday is 1' },
    frequencies: { value: 'daily,weekly', help: 'frequencies that readers can choose' },
    'weekly-day': { value: '1-7', help: 'day of the weekly issue; Monday is 1', range: [1, 7] },
    'cutoff-minutes': {
      value: 'N',
      help: 'minutes before sending at which the post list is frozen',
      range: anyNumber,
    },
    'late-after-minutes': {
      value: 'N',
      help: 'how many minutes late a missed issue may still be sent',
      range: anyNumber,
    },
    review: { choices: ['auto', 'hold'], help: 'hold: an issue waits for approval' },
    'review-timeout': { choices: timeouts, help: 'what happens to an issue without a decision in time' },
    'review-minutes': { value: 'N', help: 'minutes to decide, at least', range: anyNumber },
    'retract-minutes': {
      value: 'N',
      help: 'minutes after an approval in which you can withdraw it',
      range: anyNumber,
    },
    'four-eyes': {
      choices: ['on', 'off'],
      help: 'on: an edited issue waits until someone other than its last editor approves it',
    },
    paused: {
      choices: ['on', 'off'],
      help: 'on: no issue comes due; what readers miss joins the first issue after the pause',
    },
  },
  patch: (call) => ({
    ...given({ timezone: text(call, 'timezone') }),
    schedule: given({
      sendTime: text(call, 'send-time'),
      weekdays: list(call, 'weekdays')?.map(Number),
      // The newsletter's schema checks the values.
      frequencies: list(call, 'frequencies') as ('daily' | 'weekly')[] | undefined,
      weeklyDay: wholeNumber(call, 'weekly-day'),
      cutoffMinutes: wholeNumber(call, 'cutoff-minutes'),
      lateAfterMinutes: wholeNumber(call, 'late-after-minutes'),
      review: choice(call, 'review', ['auto', 'hold']),
      reviewTimeout: choice(call, 'review-timeout', timeouts),
      reviewMinutes: wholeNumber(call, 'review-minutes'),
      retractMinutes: wholeNumber(call, 'retract-minutes'),
      fourEyes: isOn(call, 'four-eyes'),
      paused: isOn(call, 'paused'),
    }),
  }),
  shown: ({ schedule, timezone }) => ({
    document: { ...schedule, timezone },
    lines: [
      `${scheduleInWords(schedule, timezone, translator('en'))}.`,
      ...table([
        ['readers can choose', schedule.frequencies.join(', ')],
        ['post list frozen', `${schedule.cutoffMinutes} minutes before sending`],
        ['sent late by', `at most ${schedule.lateAfterMinutes} minutes`],
        ['review', schedule.review],
        ['four eyes', schedule.fourEyes ? 'on' : 'off'],
        ['paused', schedule.paused ? 'on' : 'off'],
        ...(schedule.review === 'hold'
          ? [
              [
                'without a decision',
                `${schedule.reviewTimeout}, after at least ${schedule.reviewMinutes} minutes`,
              ],
              ['approval can be withdrawn', `for ${schedule.retractMinutes} minutes`],
            ]
          : []),
      ]),
    ],
  }),
});

export const contentCommands = [selectionCommand, wordsCommand, scheduleCommand];
