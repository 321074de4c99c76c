// Everything that a reader sees is said here, in six languages: pages, mails, errors. (Console, CLI and API: English.)
//
// How to add words:
// 1. Put a key into `src/languages/AREA/en.json`, beside its kin, and the same key into de, fr, es, he and ar. A page's
//    or mail's area is the folder that is named after it. A new area is named in messages.ts as well.
// 2. The text is an ICU message: "You have {count, plural, one {# post} other {# posts}} from {name}." Arguments are
//    words or numbers; a date is put into words first (src/text/words.ts) and comes as text, because it needs a time zone.
//    A number that is shown is {count, number}. Arabic counts in six forms (zero, one, two, few, many, other), Hebrew in
//    three (one, two, other). No HTML but these: <b>…</b>, <address>…</address> (an e-mail address that stands out),
//    <link>…</link>.
// 3. In a template: {{t 'joining.title' name=newsletter.name}}, {{t 'joining.again' link=url}} for a message with a
//    <link>. Arguments are escaped, there as everywhere; the language is that of the page or the mail.
//    In TypeScript: translator(language).t('joining.title', { name }). A pure file is given the translator. Who does not
//    know yet to whom it speaks (a parser, a limit) returns a Message: { key: 'errors.noAddress' }, and say() or
//    inEnglish() says it at the edge.
// 4. Keys are written out, never put together: `npm run check` finds a key that is missing, in one language or in all, or
//    that nobody uses, an argument or a tag that differs, one that a template or a call forgets, and a plural that lacks
//    a form of its language.
//
// Which language a page has: src/languages/routes-language.ts. Whose words a mail has: the reader's, else the newsletter's.
import { readFileSync } from 'node:fs';
import { IntlMessageFormat } from 'intl-messageformat';
import { packageRoot } from '../config/environment.js';
import { cityOf } from './cities.js';
import { directionOf, languageOf, type Language, type Wishes } from './language.js';
import type { Arguments, Message, MessageKey } from './messages.js';

/** Puts marks around what stands between a message's tags. */
export type Tags = Readonly<Record<string, (words: string) => string>>;

export interface Translator {
  /** Of the words: one of those that have a catalogue. */
  language: Language;
  /** For Intl: with its region, if it has one. */
  locale: string;
  direction: 'ltr' | 'rtl';
  /** The message as plain text. */
  t(key: MessageKey, args?: Arguments): string;
  say(message: Message): string;
  /** What the city of a time zone is called. */
  city(timezone: string): string;
  /** The message with `tags` put around its marked parts. */
  mark(key: string, args: Arguments, tags: Tags): string;
}

/** Chooses the language for somebody of whom this is known, and what else the caller knows. */
export type Speak = (known: Pick<Wishes, 'stored' | 'newsletter'>) => Translator;

const catalogues = new Map<string, Readonly<Record<string, string>>>();

/** The texts of one area in one language, read once. */
function catalogue(area: string, language: Language): Readonly<Record<string, string>> {
  const file = `src/languages/${area}/${language}.json`;
  let known = catalogues.get(file);
  if (known === undefined) {
    known = JSON.parse(readFileSync(new URL(file, packageRoot), 'utf8')) as Record<string, string>;
    catalogues.set(file, known);
  }
  return known;
}

// Not dates and times as text: they need a zone. English without a country is read everywhere, and has the day first.
const localeOf = (tag: string, language: Language): string =>
  languageOf(tag) !== language || tag === 'en' ? (language === 'en' ? 'en-GB' : language) : tag;

function open(tag: string): Translator {
  const language = languageOf(tag) ?? 'en';
  const locale = localeOf(tag, language);
  const direction = directionOf(language);
  const compiled = new Map<string, IntlMessageFormat>();

  const messageOf = (key: string): IntlMessageFormat => {
    let message = compiled.get(key);
    if (message === undefined) {
      const [area = '', name = ''] = key.split(/\.(.*)/s);
      // A text that is missing is a bug that the check finds before it ships; whoever reads has the English one then.
      const own = catalogue(area, language)[name];
      const text = own ?? catalogue(area, 'en')[name];
      if (text === undefined) throw new Error(`there is no message ${key}`);
      message = new IntlMessageFormat(text, own === undefined ? 'en-GB' : locale);
      compiled.set(key, message);
    }
    return message;
  };

  const mark: Translator['mark'] = (key, args, tags) => {
    const values = Object.entries(args).map(([name, value]) => [
      name,
      typeof value === 'string' ? isolate(value, direction) : value,
    ]);
    const functions = Object.entries(tags).map(([name, around]) => [
      name,
      (parts: readonly string[]) => around(parts.join('')),
    ]);
    const said: unknown = messageOf(key).format(Object.fromEntries([...values, ...functions]));
    return Array.isArray(said) ? said.join('') : String(said);
  };
  const t: Translator['t'] = (key, args = {}) => mark(key, args, plain);
  return {
    language,
    locale,
    direction,
    t,
    say: ({ key, args }) => t(key, args),
    city: (timezone) => cityOf(timezone, language),
    mark,
  };
}

const asItIs = (words: string): string => words;
const plain: Tags = { b: asItIs, address: asItIs, link: asItIs };

const letters = { ltr: /\p{Script=Latin}|@/u, rtl: /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u };

/** Words of the other direction do not turn around what stands beside them (Unicode UAX #9, FSI and PDI). */
function isolate(words: string, direction: 'ltr' | 'rtl'): string {
  return letters[direction === 'ltr' ? 'rtl' : 'ltr'].test(words) ? `\u2068${words}\u2069` : words;
}

const translators = new Map<string, Translator>();

/** Says messages in the language of `tag` (BCP 47), or in English if there is no catalogue for it. */
export function translator(tag: string): Translator {
  const language = languageOf(tag) ?? 'en';
  const locale = localeOf(tag, language);
  let known = translators.get(locale);
  if (known === undefined) {
    known = open(locale);
    // Anybody may ask for de-XY: what is kept does not grow with what is asked.
    if (translators.size < 200) translators.set(locale, known);
  }
  return known;
}

/** For logs, the API and the console, which speak English. */
export const inEnglish = (message: Message): string => translator('en').say(message);
