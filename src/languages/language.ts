// Which languages there are, and which one somebody is spoken to in. Pure.

/** Those with a catalogue, in the order in which a menu shows them. English is what all others fall back to. */
export const languages = ['en', 'de', 'fr', 'es', 'he', 'ar'] as const;
export type Language = (typeof languages)[number];

/** What speakers call their language. */
export const languageNames: Readonly<Record<Language, string>> = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
  he: 'עברית',
  ar: 'العربية',
};

const subtag = (tag: string): string => tag.split('-', 1)[0]?.toLowerCase() ?? '';

/** The tag as BCP 47 (RFC 5646 section 4.5) spells it: pt-BR for PT-br, he for iw. Undefined: it is none. */
export function canonicalTag(text: string): string | undefined {
  try {
    // No tag in use is longer than 35 characters (RFC 5646 section 4.4.1).
    return text.length <= 35 ? Intl.getCanonicalLocales(text)[0] : undefined;
  } catch {
    return undefined;
  }
}

/** The language with a catalogue that `tag` is of, by RFC 4647 section 3.4: de for de-AT. */
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

/** What is known of whom a page is for, the strongest first. */
export interface Wishes {
  /** They clicked on a language, or sent it with a form. */
  asked?: string | null | undefined;
  /** They chose it for good. */
  stored?: string | null | undefined;
  /** Their browser's Accept-Language. */
  accepts?: string | undefined;
  /** The newsletter's own. */
  newsletter?: string | null | undefined;
}

/** The tag to speak in: the first wish that there is a catalogue for, with its region; else English. */
export function chooseLanguage({ asked, stored, accepts, newsletter }: Wishes): string {
  for (const tag of [asked, stored, ...rangesOf(accepts), newsletter]) {
    // Whoever takes anything (RFC 9110 section 12.5.4) gets the newsletter's.
    const wish = tag === '*' ? newsletter : tag;
    if (languageOf(wish) !== undefined) return canonicalTag(wish ?? '') ?? 'en';
  }
  return 'en';
}

/** The ranges of an Accept-Language header, the most wanted first; those with a weight of 0 are not wanted. */
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
