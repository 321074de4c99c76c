// Reads the form about which posts go into an issue, and shows it.
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { orders, type Selection } from '../../newsletters/selection.js';
import {
  fieldChangesInWords,
  checkForm,
  madeFrom,
  typedIn,
  type FieldChange,
  type Form,
} from '../newsletter-form.js';

const selectionFields = ['order', 'include', 'exclude', 'topicMap'] as const;
type SelectionField = (typeof selectionFields)[number];
type SelectionForm = Form<SelectionField>;

type Words = Pick<Translator, 't'>;

const fieldKeys: Readonly<Record<SelectionField, MessageKey>> = {
  order: 'posts.order',
  include: 'posts.includeTopics',
  exclude: 'posts.excludeTopics',
  topicMap: 'posts.topicMap',
};

const orderKeys: Readonly<Record<Selection['order'], MessageKey>> = {
  newest: 'posts.orderNewest',
  oldest: 'posts.orderOldest',
  topic: 'posts.orderTopic',
  comments: 'posts.orderComments',
};

const problems: Readonly<Record<SelectionField, MessageKey>> = {
  order: 'form.wrongChoice',
  include: 'posts.topicsWrong',
  exclude: 'posts.topicsWrong',
  topicMap: 'posts.topicMapWrong',
};

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

/** "Politik = Politics" on each line, as an object. Undefined: a line is something else. */
function readMap(text: string): Record<string, string> | undefined {
  const pairs = linesOf(text).map((line) => /^([^=]+)=(.*)$/.exec(line));
  if (pairs.includes(null)) return undefined;
  return Object.fromEntries(
    pairs.map((pair): [string, string] => [(pair?.[1] ?? '').trim(), (pair?.[2] ?? '').trim()]),
  );
}

/** The fields of the form for this selection. */
export const selectionTyped = ({
  order,
  include,
  exclude,
  topicMap,
}: Selection): Record<SelectionField, string> => ({
  order,
  include: include.join('\n'),
  exclude: exclude.join('\n'),
  topicMap: Object.entries(topicMap)
    .map(([category, topic]) => `${category} = ${topic}`.trim())
    .join('\n'),
});

/** Reads the form from the fields of a request. A field that is missing stays as in `current`. */
export function readSelection(given: unknown, current: Selection, { t }: Words): SelectionForm {
  const typed = { ...selectionTyped(current), ...typedIn(given, selectionFields) };
  const topicMap = readMap(typed.topicMap);
  if (topicMap === undefined)
    return { typed, wrong: { topicMap: t('posts.topicMapWrong') }, patch: undefined };
  const [include, exclude] = [typed.include, typed.exclude].map(linesOf);
  return checkForm<SelectionField>(
    typed,
    { selection: { order: typed.order, include, exclude, topicMap } },
    ([, name]) => {
      const field = selectionFields.find((one) => one === name) ?? 'order';
      return [field, t(problems[field])];
    },
  );
}

export interface SelectionPage {
  newsletter: Newsletter;
  /** The topics of the feeds' latest posts. */
  seen: readonly string[];
  form?: SelectionForm | undefined;
  /** What the form was made from, if the page shows it again. */
  madeFrom?: string | undefined;
  changed?: readonly FieldChange<SelectionField>[] | undefined;
}

export function selectionView(page: SelectionPage, words: Words): object {
  const { newsletter, seen, form, changed = [] } = page;
  const { t } = words;
  const saved = selectionTyped(newsletter.selection);
  const typed = { ...saved, ...form?.typed };
  const names = Object.fromEntries(selectionFields.map((field) => [field, t(fieldKeys[field])])) as Record<
    SelectionField,
    string
  >;
  const inWords = (field: SelectionField, value: string): string => {
    const order = field === 'order' ? orders.find((one) => one === value) : undefined;
    return order === undefined ? value.replaceAll('\n', ' · ') || t('form.none') : t(orderKeys[order]);
  };
  return {
    newsletter,
    base: `/console/newsletters/${newsletter.slug}/selection`,
    names,
    typed,
    wrong: form?.wrong ?? {},
    changed: fieldChangesInWords(changed, { names, inWords }, words),
    madeFrom: page.madeFrom ?? madeFrom(saved),
    orders: orders.map((value) => ({
      value,
      label: t(orderKeys[value]),
      chosen: value === typed.order,
    })),
    facts: selectionFields.map((field) => ({ name: names[field], value: inWords(field, saved[field]) })),
    seen: seen.join(' · '),
  };
}
