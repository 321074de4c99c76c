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
import { translator, type Speak } from './translate.js';

function clickedOn({ query: { lang } }: Request): Language | undefined {
  return languageOf(typeof lang === 'string' ? lang : undefined);
}

function tagFor(request: Request, wishes: Wishes): string {
  const asked = clickedOn(request) ?? wishes.asked;
  return chooseLanguage({ ...wishes, asked, accepts: request.get('accept-language') });
}

/** Chooses the language of the answer, and says so in its headers. */
export function pageLanguage(
  request: Request,
  response: Response,
  {
    menu = request.method === 'GET',
    embedded = false,
    ...wishes
  }: Pick<Wishes, 'asked' | 'stored' | 'newsletter'> & {
    menu?: boolean;
    /** On another site, whose language is the newsletter's, whatever the browser's is. */
    embedded?: boolean;
  } = {},
): PageLanguage {
  const clicked = clickedOn(request);
  const tag = embedded
    ? chooseLanguage({ ...wishes, asked: clicked ?? wishes.asked })
    : tagFor(request, wishes);
  const { language, locale, direction } = translator(tag);
  if (!embedded) response.vary('Accept-Language');
  response.set('Content-Language', language);
  return {
    locale,
    language,
    direction,
    keep: clicked === undefined ? '' : `?lang=${clicked}`,
    keepToo: clicked === undefined ? '' : `&lang=${clicked}`,
    menu: menu ? menuOf(request, language) : [],
  };
}

/** The same choice, for a use case that finds out about the reader and the newsletter. */
export const speaker =
  (request: Request): Speak =>
  (known) =>
    translator(tagFor(request, known));

/** Links to the same page, and in the archive to the same place in it. */
function menuOf(request: Request, current: Language): PageLanguage['menu'] {
  const { before } = request.query;
  const place = typeof before === 'string' && /^\d{1,9}$/.test(before) ? `&before=${before}` : '';
  return languages
    .filter((language) => language !== current)
    .map((language) => ({ language, name: languageNames[language], href: `?lang=${language}${place}` }));
}
