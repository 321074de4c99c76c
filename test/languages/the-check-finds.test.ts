// Causes each message of the check once, in a temporary tree: a check that cannot fail guards nothing.
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../src/config/environment.js';
import { languages } from '../../src/languages/language.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const script = fileURLToPath(new URL('test/languages.js', packageRoot));
const run = (root: string) => spawnSync(process.execPath, [script, root], { encoding: 'utf8' });

let root: string;
const write = async (file: string, content: string): Promise<void> => {
  await mkdir(path.dirname(path.join(root, file)), { recursive: true });
  await writeFile(path.join(root, file), content);
};
const catalogue = (language: string, messages: Record<string, string>) =>
  write(`src/languages/area/${language}.json`, JSON.stringify(messages, undefined, 2));

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'languages-'));
  await mkdir(path.join(root, 'templates'));
});
afterEach(() => rm(root, { recursive: true }));

test('the catalogues as they are pass', async () => {
  await cp(fileURLToPath(new URL('src', packageRoot)), path.join(root, 'src'), { recursive: true });
  await cp(fileURLToPath(new URL('templates', packageRoot)), path.join(root, 'templates'), {
    recursive: true,
  });
  expect(run(root)).toMatchObject({ status: 0, stderr: '' });
});

test('a problem of a catalogue is reported with its file and key', async () => {
  for (const language of languages)
    if (language !== 'fr')
      await catalogue(language, {
        greeting: `Hello ${language} {name}`,
        posts:
          language === 'ar'
            ? '{count, plural, zero {a} one {b} two {c} few {d} many {e} other {f}}'
            : language === 'he'
              ? '{count, plural, one {a} two {b} other {c}}'
              : `${language} {count, plural, one {a} other {b}}`,
        link: `${language} <link>a</link>`,
      });
  await catalogue('fr', {
    greeting: 'Bonjour {nom}',
    posts: '{count, plural, one {a} two {b} other {c}}',
    extra: 'x',
  });
  await catalogue('ar', {
    greeting: 'a {name}',
    posts: '{count, plural, one {b} other {f}}',
    link: '<b>a</b>',
  });
  await catalogue('es', { greeting: 'a {name', posts: '{count, plural, one {b}}', link: '<i>a</i>' });
  await catalogue('de', {
    greeting: 'a <br/> {name}',
    posts: '{count, number}',
    link: 'x {when, date} {link} <link>a</link>',
  });
  await write('src/languages/area/xx.json', '{}');
  await rm(path.join(root, 'src/languages/area/he.json'));
  await write('src/use.ts', "t('area.greeting', { name });\nt('area.posts', { count });\nt('area.link');\n");

  const { status, stderr } = run(root);
  expect(status).toBe(1);
  for (const sentence of [
    'area/fr.json greeting: takes [["nom","word"]], in English [["name","word"]]',
    'area/fr.json posts: fr has no plural "two"',
    'area/fr.json extra: is not in English',
    'area/fr.json link: is missing',
    'area/ar.json posts: the plural lacks "few"',
    'area/ar.json link: takes [["<b>","tag"]], in English [["<link>","tag"]]',
    'area/es.json greeting: cannot be read',
    'area/es.json posts: cannot be read: MISSING_OTHER_CLAUSE',
    'area/es.json link: <i> is unknown',
    'area/de.json greeting:',
    'area/de.json link: {when}: pass dates as text, because a date needs a time zone',
    'area/de.json link: {link} has the name of a tag',
    'area/xx.json: is not one of our languages',
    'area/he.json: is missing',
  ])
    expect(stderr).toContain(sentence);
});

test('a problem of the templates or the code is reported too', async () => {
  const messages = (language: string) => ({
    greeting: `${language} {name}`,
    bye: `${language} bye`,
    unused: `${language} unused`,
    again: `${language} <link>again</link>`,
  });
  for (const language of languages) await catalogue(language, messages(language));
  await catalogue('de', { ...messages('de'), greeting: 'en {name}', bye: 'en bye' });
  await write('src/use.ts', "t('area.greeting');\nconst message = { key: 'area.bye', args: { name } };\n");
  await write(
    'templates/page.hbs',
    "{{t 'area.greeting' nom=name}}\n{{t key}}\n{{t 'area.again'}}\n{{#if x}}{{t 'area.bye' link=x}}{{/if}}\n{{t 'area.gone'}}",
  );

  const { status, stderr } = run(root);
  expect(status).toBe(1);
  for (const sentence of [
    'src/use.ts: area.greeting lacks name',
    'templates/page.hbs:5: there is no message area.gone',
    'src/use.ts: area.bye takes no name',
    'templates/page.hbs:1: area.greeting takes no nom',
    'templates/page.hbs:2: {{t}} needs its key as a literal',
    'templates/page.hbs:3: link= needs a <link> in area.again',
    'templates/page.hbs:4: link= needs a <link> in area.bye',
    'area.unused: is not used',
  ])
    expect(stderr).toContain(sentence);
});
