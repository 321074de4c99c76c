// Translates everything that readers see into six languages: pages, mails, errors. The console's pages are in the
// language of the account. CLI and API are in English.
//
// How to add a text:
//
// 1. Add a key to `src/languages/AREA/en.json`, beside related keys, and the same key to de, fr, es, he and
//    ar. Each page and mail has its area. A new area also needs an entry in messages.ts.
// 2. The text is an ICU message: "You have {count, plural, one {# post} other {# posts}} from {name}."
//    - Arguments are texts or numbers. Write a number that is shown as {count, number}.
//    - Pass a date as text (src/text/words.ts), because a date needs a time zone.
//    - Arabic has six plural forms (zero, one, two, few, many, other), Hebrew three (one, two, other).
//    - The only tags are <b>…</b>, <address>…</address> (a highlighted e-mail address) and <link>…</link>.
// 3. In a template, write {{t 'joining.title' name=newsletter.name}}, or {{t 'joining.again' link=url}} for a
//    message with a <link>. Arguments are escaped. The language is that of the page or the mail.
// 4. In TypeScript, call translator(language).t('joining.title', { name }). A pure file gets the translator
//    as an argument. Code that does not know the reader yet (a parser, a limit) returns a Message: { key:
//    'errors.noAddress' }. Its caller translates that with say() or inEnglish(). An argument may be a Message too.
//    A column of type jsonb keeps a Message (message-json.ts), so that each reader sees it in their own language.
// 5. Write keys out, never assemble them: `npm run check` searches for them. It finds missing and unused
//    keys, arguments and tags that differ or are missing, and plurals that lack a form of their language.
//
// src/languages/routes-language.ts chooses the language of a page. A mail is in the reader's language, else
// in the newsletter's.
import { readdirSync, readFileSync } from 'node:fs';
import { IntlMessageFormat } from 'intl-messageformat';
import { LRUCache } from 'lru-cache';
import { packageRoot } from '../config/environment.js';
import { cityOf } from './cities.js';
import { directionOf, languageOf, type Language, type Wishes } from './language.js';
import { messageOfSentence } from './own-sentences.js';
import type { Arguments, MessageKey, Said } from './messages.js';

/** For each tag of a message: a function that puts markup around its content. */
export type Tags = Readonly<Record<string, (words: string) => string>>;

/** Words of ours or of a server. */
export interface Quote {
  words: string;
  /** True: they are not in the language of the page. */
  isForeign: boolean;
}

export interface Translator {
  /** The language of the texts, which has a catalogue. */
  language: Language;
  /** For Intl: with the region, if there is one. */
  locale: string;
  direction: 'ltr' | 'rtl';
  /** The message as plain text. */
  t(key: MessageKey, args?: Arguments): string;
  /** Also of a stored message, whose key another version of this program may have written. */
  say(said: Said): string;
  /**
   * What the ledger keeps of a hand-over. Our own sentence is said in this language; a server's reply and an error of
   * the system stay as they are.
   */
  sayReply(reply: string): string;
  /** The same for a page, which marks words that are not in its language. */
  quoteReply(reply: string): Quote;
  /** The name of a time zone's city. */
  city(timezone: string): string;
  /** The message with `tags` put around its marked parts. */
  mark(key: string, args: Arguments, tags: Tags): string;
}

/** Chooses the language from what the caller knows about the reader and what `known` adds. */
export type Speak = (known: Pick<Wishes, 'stored' | 'newsletter'>) => Translator;

const areas: ReadonlySet<string> = new Set(
  readdirSync(new URL('src/languages', packageRoot), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name),
);
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

// English without a country becomes en-GB, which puts the day first.
const localeOf = (tag: string, language: Language): string =>
  languageOf(tag) !== language || tag === 'en' ? (language === 'en' ? 'en-GB' : language) : tag;

function open(tag: string): Translator {
  const language = languageOf(tag) ?? 'en';
  const locale = localeOf(tag, language);
  const direction = directionOf(language);
  const compiled = new Map<string, IntlMessageFormat>();
  const chosenBy = new Map<IntlMessageFormat, ReadonlySet<string>>();

  const messageOf = (key: string): IntlMessageFormat => {
    let message = compiled.get(key);
    if (message === undefined) {
      const [area = '', name = ''] = key.split(/\.(.*)/s);
      // A missing text is a bug that `npm run check` finds. Readers would get the English text.
      const own = catalogue(area, language)[name];
      const text = own ?? catalogue(area, 'en')[name];
      if (text === undefined) throw new Error(`there is no message ${key}`);
      message = new IntlMessageFormat(text, own === undefined ? 'en-GB' : locale);
      compiled.set(key, message);
      chosenBy.set(message, choices(message));
    }
    return message;
  };

  const mark: Translator['mark'] = (key, args, tags) => {
    const message = messageOf(key);
    const codes = chosenBy.get(message);
    const values = Object.entries(args).map(([name, value]) => [
      name,
      typeof value === 'object'
        ? say(value)
        : typeof value === 'string' && !codes?.has(name)
          ? isolate(value, direction)
          : value,
    ]);
    const functions = Object.entries(tags).map(([name, around]) => [
      name,
      (parts: readonly string[]) => around(parts.join('')),
    ]);
    const said: unknown = message.format(Object.fromEntries([...values, ...functions]));
    return Array.isArray(said) ? said.join('') : String(said);
  };
  const t: Translator['t'] = (key, args = {}) => mark(key, args, plain);
  const say: Translator['say'] = (said) => {
    if (typeof said === 'string') return said;
    return isMessageKey(said.key) ? t(said.key, said.args) : t('errors.unknownReason');
  };
  const quoteReply: Translator['quoteReply'] = (reply) => {
    const own = messageOfSentence(reply, translator('en').t);
    return { words: say(own ?? reply), isForeign: own === undefined };
  };
  return {
    language,
    locale,
    direction,
    t,
    say,
    sayReply: (reply) => quoteReply(reply).words,
    quoteReply,
    city: (timezone) => cityOf(timezone, language),
    mark,
  };
}

/** The arguments that choose among a message's forms: {status, select, …}. Isolated, they would match no form. */
function choices(message: IntlMessageFormat): Set<string> {
  const named = JSON.stringify(message.getAst()).matchAll(/"type":5,"value":"(\w+)"/g);
  return new Set([...named].map(([, name = '']) => name));
}

const asItIs = (words: string): string => words;
const plain: Tags = { b: asItIs, address: asItIs, link: asItIs };

const letters = { ltr: /\p{Script=Latin}|@/u, rtl: /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u };

/**
 * Isolates text of the other direction, so that it does not reorder its surroundings (Unicode UAX #9, FSI and
 * PDI).
 */
function isolate(words: string, direction: 'ltr' | 'rtl'): string {
  return letters[direction === 'ltr' ? 'rtl' : 'ltr'].test(words) ? `\u2068${words}\u2069` : words;
}

/** By tag, and by locale. Requests may name any region, such as de-XY, so the number kept is limited. */
const translators = new LRUCache<string, Translator>({ max: 400 });

/** A translator into the language of `tag` (BCP 47), or into English if that has no catalogue. */
export function translator(tag: string): Translator {
  const known = translators.get(tag);
  if (known) return known;
  const locale = localeOf(tag, languageOf(tag) ?? 'en');
  const made = translators.get(locale) ?? open(locale);
  translators.set(locale, made);
  translators.set(tag, made);
  return made;
}

/** For logs, the CLI and the API, which are in English. */
export const inEnglish = (said: Said): string => translator('en').say(said);

function isMessageKey(key: string): key is MessageKey {
  const [area = '', name = ''] = key.split(/\.(.*)/s);
  return areas.has(area) && Object.hasOwn(catalogue(area, 'en'), name);
}
