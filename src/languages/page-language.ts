// The language of a page, for its templates and views. Pure.
import type { Language } from './language.js';

export interface PageLanguage {
  /** BCP 47, for {{t}} and Intl. */
  locale: string;
  language: Language;
  direction: 'ltr' | 'rtl';
  /** The clicked language, for links that keep it: "?lang=de", or empty. */
  keep: string;
  /** The same after another parameter: "&lang=de". */
  keepToo: string;
  /** Links to the other languages. Empty if the page cannot be requested again. */
  menu: { language: Language; name: string; href: string }[];
}

/** The language of a page, or a part of one, without menu and links. */
export const pageOfWords = ({
  locale,
  language,
  direction,
}: Pick<PageLanguage, 'locale' | 'language' | 'direction'>): PageLanguage => ({
  locale,
  language,
  direction,
  keep: '',
  keepToo: '',
  menu: [],
});

export const pageInEnglish: PageLanguage = pageOfWords({ locale: 'en-GB', language: 'en', direction: 'ltr' });
