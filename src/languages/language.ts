// The languages of the public pages and mails, and the choice among them. Pure.

/** The languages with a catalogue, in the order of the menu. All others fall back to English. */
export const languages = ['en', 'de', 'fr', 'es', 'he', 'ar'] as const;
export type Language = (typeof languages)[number];

/** Each language's name for itself. */
export const languageNames: Readonly<Record<Language, string>> = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
  he: 'עברית',
  ar: 'العربية',
};

const subtag = (tag: string): string => tag.split('-', 1)[0]?.toLowerCase() ?? '';

/** The canonical form of a tag (RFC 5646 section 4.5): pt-BR for PT-br, he for iw. Undefined: not a tag. */
export function canonicalTag(text: string): string | undefined {
  try {
    // No tag in use is longer than 35 characters (RFC 5646 section 4.4.1).
    return text.length <= 35 ? Intl.getCanonicalLocales(text)[0] : undefined;
  } catch {
    return undefined;
  }
}

const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** Whether the tag names a language, with a catalogue or without: not for xx. */
export const isKnownLanguage = (tag: string): boolean => names.of(subtag(tag)) !== undefined;

/** The language with a catalogue that matches `tag` (RFC 4647 section 3.4): de for de-AT. */
export function languageOf(tag: string | null | undefined): Language | undefined {
  const canonical = tag ? canonicalTag(tag) : undefined;
  return canonical === undefined ? undefined : languages.find((known) => known === subtag(canonical));
}

const rightToLeft = new Set([
  'ar',
  'arc',
  'ckb',
  'dv',
  'fa',
  'he',
  'ku',
  'nqo',
  'ps',
  'sd',
  'ug',
  'ur',
  'yi',
]);

/** The direction in which a language is written. */
export function directionOf(tag: string): 'ltr' | 'rtl' {
  return rightToLeft.has(subtag(canonicalTag(tag) ?? '')) ? 'rtl' : 'ltr';
}

/** The known facts about a reader's language, the strongest first. */
export interface Wishes {
  /** The reader clicked on a language, or sent it with a form. */
  asked?: string | null | undefined;
  /** The reader chose it in the preferences. */
  stored?: string | null | undefined;
  /** The browser's Accept-Language. */
  accepts?: string | undefined;
  /** The newsletter's language. */
  newsletter?: string | null | undefined;
}

/** The tag of the language to use: the first wish with a catalogue, including its region; else English. */
export function chooseLanguage({ asked, stored, accepts, newsletter }: Wishes): string {
  for (const tag of [asked, stored, ...rangesOf(accepts), newsletter]) {
    // "*" accepts any language (RFC 9110 section 12.5.4), so the newsletter's is used.
    const wish = tag === '*' ? newsletter : tag;
    if (languageOf(wish) !== undefined) return canonicalTag(wish ?? '') ?? 'en';
  }
  return 'en';
}

/** The ranges of an Accept-Language header, highest weight first. A weight of 0 excludes a range. */
function rangesOf(header = ''): string[] {
  return header
    .slice(0, 1000)
    .split(',')
    .map((part) => {
      const [range = '', ...parameters] = part.trim().split(/\s*;\s*/);
      const q = parameters.map((parameter) => /^q=([01](?:\.\d{0,3})?)$/i.exec(parameter)?.[1]).find(Boolean);
      return { range, weight: parameters.length === 0 ? 1 : Number(q ?? 0) };
    })
    .filter(({ range, weight }) => range !== '' && weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ range }) => range);
}
