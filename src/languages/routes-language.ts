// Chooses the language of a public page. The first of these counts:
//
// 1. the clicked language (?lang=), or a form's field `language`
// 2. the reader's preference
// 3. the browser's Accept-Language
// 4. the newsletter's language
// 5. English
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

/** Chooses the language of the answer, and sets its headers. */
export function pageLanguage(
  request: Request,
  response: Response,
  {
    menu = request.method === 'GET',
    embedded = false,
    ...wishes
  }: Pick<Wishes, 'asked' | 'stored' | 'newsletter'> & {
    menu?: boolean;
    /** True: the page is on another site. Then the newsletter's language counts, not the browser's. */
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

/** The same choice, for a use case that looks up the reader and the newsletter. */
export const speaker =
  (request: Request): Speak =>
  (known) =>
    translator(tagFor(request, known));

/** Links to the same page; in the archive, to the same position. */
function menuOf(request: Request, current: Language): PageLanguage['menu'] {
  const { before } = request.query;
  const place = typeof before === 'string' && /^\d{1,9}$/.test(before) ? `&before=${before}` : '';
  return languages
    .filter((language) => language !== current)
    .map((language) => ({ language, name: languageNames[language], href: `?lang=${language}${place}` }));
}
