// What a page's templates and views need to know of its language. Pure.
import type { Language } from './language.js';

export interface PageLanguage {
  /** BCP 47, for {{t}} and Intl. */
  locale: string;
  language: Language;
  direction: 'ltr' | 'rtl';
  /** What was clicked on, for links that keep it: "?lang=de", or nothing. */
  keep: string;
  /** The same after another parameter: "&lang=de". */
  keepToo: string;
  /** The others, to click on; none where the page cannot be asked for again. */
  menu: { language: Language; name: string; href: string }[];
}

/** A page, or a part of one, that stands by itself. */
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
