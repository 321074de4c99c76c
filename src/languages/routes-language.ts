// The language of a public page: what was clicked on (?lang=) or sent along (a form's `language`), what the reader chose
// for good, their browser's, the newsletter's, English.
import type { Request, Response } from 'express';
import {
  chooseLanguage,
  languageNames,
  languageOf,
  languages,
  type Language,
  type Wishes,
} from './language.js';
import type { PageLanguage } from './page-language.js';
import { translator } from './translate.js';

/** Chooses the language of the answer, and says so in its headers. */
export function pageLanguage(
  request: Request,
  response: Response,
  { menu = true, ...wishes }: Pick<Wishes, 'asked' | 'stored' | 'newsletter'> & { menu?: boolean } = {},
): PageLanguage {
  const { lang } = request.query;
  const clicked = languageOf(typeof lang === 'string' ? lang : undefined);
  const accepts = request.get('accept-language');
  const tag = chooseLanguage({ accepts, ...wishes, asked: clicked ?? wishes.asked });
  const { language, locale, direction } = translator(tag);
  response.vary('Accept-Language').set('Content-Language', language);
  return {
    locale,
    language,
    direction,
    keep: clicked === undefined ? '' : `?lang=${clicked}`,
    menu: menu ? menuOf(request, language) : [],
  };
}

/** Links to the same page, and in the archive to the same place in it. */
function menuOf(request: Request, current: Language): PageLanguage['menu'] {
  const { before } = request.query;
  const place = typeof before === 'string' && /^\d{1,9}$/.test(before) ? `&before=${before}` : '';
  return languages
    .filter((language) => language !== current)
    .map((language) => ({ language, name: languageNames[language], href: `?lang=${language}${place}` }));
}
