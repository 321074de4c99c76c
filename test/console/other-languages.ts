// Finds the words of a page that were not translated: the account in German or Hebrew sees them as the English one does.
import { createAccount } from '../../src/accounts/create-account.js';
import { findAccount, setAccountLanguage } from '../../src/accounts/manage-accounts.js';
import type { Database } from '../../src/db.js';
import type { Language } from '../../src/languages/language.js';
import { password, visitor, type Page, type Visitor } from './browser-session.js';

export type People = ReadonlyMap<Language, Visitor>;
export type Show = (person: Visitor) => Promise<Page>;

/** Signs an owner in for each of the languages that are compared. */
export async function peopleOf(db: Database, url: string): Promise<People> {
  const people = new Map<Language, Visitor>();
  for (const language of ['en', 'de', 'he'] as const) {
    const email = `${language}@example.org`;
    await createAccount({ db }, { email, password, role: 'owner' });
    const id = (await findAccount(db, email))?.id ?? '';
    await setAccountLanguage(db, { id, language });
    const person = visitor(url);
    await person.signIn(email);
    people.set(language, person);
  }
  return people;
}

/**
 * Texts and labels of a page. What is marked as code, as a name (bdi), or as being in any language (dir="auto") is not
 * ours. A sentence of ours that says of itself that it is in English (lang="en") counts.
 */
export function textsOf({ text }: Page): string[] {
  const own = text
    .replaceAll(/<(script|style|code|pre|textarea|bdi)\b[^]*?<\/\1>/g, ' ')
    .replaceAll(/<(\w+)(?![^>]* lang="en")[^>]* dir="auto"[^>]*>[^<]*<\/\1>/g, ' ');
  const labels = own.matchAll(
    / (?:aria-label|title|placeholder|data-label|data-busy|data-upload|data-unreadable|data-lost)="([^"]+)"/g,
  );
  return [...Array.from(labels, ([, label = '']) => label), ...own.split(/<[^>]*>/)].map((one) =>
    one
      .replaceAll(/&[#\w]+;/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  );
}

/** Sends a form of the page, which gives its token, and follows the redirect. */
export const posted =
  (page: string, path: string, fields: Record<string, string | File>): Show =>
  async (person) => {
    await person.get(page);
    const answer = await person.post(path, fields);
    return answer.location === null ? answer : person.get(answer.location);
  };

/** The texts that the page of the German or the Hebrew account has in common with the English one. */
export async function leftInEnglish(
  people: People,
  show: Show,
  notOurs: RegExp,
): Promise<Record<'de' | 'he', string[]>> {
  const shown = new Map<Language, Page>();
  for (const [language, person] of people) shown.set(language, await show(person));
  const english = new Set(textsOf(shown.get('en') as Page));
  expect(english.size).toBeGreaterThan(3);
  const left = (language: Language): string[] => {
    const page = shown.get(language) as Page;
    expect(page.text).toContain(`<html lang="${language}" dir="${language === 'he' ? 'rtl' : 'ltr'}"`);
    // A page that was sent without a translation says so.
    expect(page.text).not.toMatch(/<main[^>]* lang="en"/);
    return textsOf(page).filter((one) => /[A-Za-z]{3}/.test(one) && english.has(one) && !notOurs.test(one));
  };
  return {
    // A single word may be the same in German, as Status, and so may a distance.
    de: left('de').filter((one) => one.includes(' ') && !/^in \d+ (min|h)$/.test(one)),
    he: left('he'),
  };
}
