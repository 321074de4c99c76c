// Every page of the console, shown to a French account: no sentence of the English catalogues is left. A page that forgets
// the translator fails here without an entry in any list.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createAccount } from '../../src/accounts/create-account.js';
import { setAccountLanguage } from '../../src/accounts/manage-accounts.js';
import { packageRoot } from '../../src/config/environment.js';
import { useDatabase } from '../support/fixture.js';
import { useEveryRoute } from '../support/every-route.js';
import { password, visitor, type Visitor } from './browser-session.js';
import { textsOf } from './other-languages.js';

const database = useDatabase();
const every = useEveryRoute(database);
const languages = new URL('src/languages/', packageRoot);
let french: Visitor;

/** The parts of the catalogues' messages between arguments and tags. */
function pieces(language: string): string[] {
  const files = readdirSync(languages)
    .map((area) => new URL(`${area}/${language}.json`, languages))
    .filter((file) => existsSync(file));
  return files.flatMap((file) =>
    Object.values(JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>).flatMap((message) =>
      message.split(/\{[^{}]*|\}|<[^>]*>/).map((piece) => piece.trim()),
    ),
  );
}

// Two words or fewer may be a name, or the same in French.
const inFrench = new Set(pieces('fr'));
const english = pieces('en').filter((piece) => /\p{L} .*\p{L} .*\p{L}/u.test(piece) && !inFrench.has(piece));

/** Pages before a sign-in, files, and frames that show a mail or the form as readers get it. */
const notPages = /^\/console\/(?:sign-in|forgotten|password)(?:\/|$)|\.csv$|\/(?:events|mail|frame|preview)$/;

beforeAll(async () => {
  const made = await createAccount(database, { email: 'fr@example.org', password, role: 'owner' });
  await setAccountLanguage(database.db, { id: made.ok ? made.account.id : '', language: 'fr' });
  french = visitor(every.app.url);
  await french.signIn('fr@example.org');
});

test('the catalogues give many sentences to look for', () => {
  expect(english.length).toBeGreaterThan(1_000);
  expect(english).toContain('Nothing goes out yet: the postal address is missing.');
});

test('no page has a sentence of the English catalogues', async () => {
  const left: string[] = [];
  let pages = 0;
  for (const path of every.declared.filter((one) => one.startsWith('/console') && !notPages.test(one))) {
    const page = await french.get(every.fill(path) ?? path);
    if (!(page.headers.get('content-type') ?? '').startsWith('text/html') || page.location !== null) continue;
    pages++;
    if (!page.text.includes('<html lang="fr" dir="ltr"')) left.push(`${path}: its language`);
    const text = textsOf(page).join('\n');
    left.push(...english.filter((piece) => text.includes(piece)).map((piece) => `${path}: ${piece}`));
  }
  expect(left).toEqual([]);
  expect(pages).toBeGreaterThan(40);
});
