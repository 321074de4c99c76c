// The files of the WordPress plugin: valid PHP, and complete catalogues.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pluginFolder } from './wordpress-site.js';

const files = readdirSync(pluginFolder, { recursive: true }).map(String);
const read = (file: string): string => readFileSync(path.join(pluginFolder, file), 'utf8');
const sources = files.filter((file) => file.endsWith('.php'));
const noPhp = spawnSync('php', ['--version']).error === undefined ? '' : ' (php is not installed)';

(noPhp === '' ? describe : describe.skip)(`the plugin${noPhp}`, () => {
  test('is PHP in every file', () => {
    expect(sources.length).toBeGreaterThan(7);
    for (const file of sources)
      expect([file, spawnSync('php', ['-l', path.join(pluginFolder, file)]).status]).toEqual([file, 0]);
  });
});

test('no file of the plugin can be called by its address', () => {
  for (const file of sources)
    expect([file, read(file)]).toEqual([
      file,
      expect.stringMatching(/if \( ! defined\( '(ABSPATH|WP_UNINSTALL_PLUGIN)' \) \) \{\n\texit;/),
    ]);
});

/** The entries of a catalogue as gettext compiles it. */
function entriesOf(mo: Buffer): Map<string, string> {
  const [count, originals, translations] = [8, 12, 16].map((at) => mo.readUInt32LE(at)) as [
    number,
    number,
    number,
  ];
  const text = (table: number, index: number) => {
    const at = table + 8 * index;
    const start = mo.readUInt32LE(at + 4);
    return mo.toString('utf8', start, start + mo.readUInt32LE(at));
  };
  return new Map(
    Array.from({ length: count }, (_, index) => [text(originals, index), text(translations, index)] as const),
  );
}

describe.each(['de_DE', 'fr_FR', 'es_ES', 'he_IL', 'ar'])('the catalogue %s', (locale) => {
  const entries = entriesOf(readFileSync(path.join(pluginFolder, `languages/daily-digest-${locale}.mo`)));
  const calls = /\b(?:__|_e|esc_html__|esc_html_e|esc_attr__)\( '((?:[^'\\]|\\.)*)', 'daily-digest' \)/g;
  const used = new Set(
    sources.flatMap((file) => [...read(file).matchAll(calls)].map(([, text = '']) => text)),
  );

  test('has every sentence, with its placeholders', () => {
    expect(used.size).toBeGreaterThan(40);
    for (const sentence of used) {
      if (sentence === 'Daily Digest') continue; // a name
      const translated = entries.get(sentence) ?? '';
      expect([sentence, translated]).toEqual([sentence, expect.stringMatching(/\S/)]);
      expect(translated.match(/%\w/g)).toEqual(sentence.match(/%\w/g));
    }
  });

  test('is compiled from its source', () => {
    const source = read(`languages/daily-digest-${locale}.po`);
    const [, ...pairs] = source.matchAll(/^msgid "(.*)"\nmsgstr "(.*)"$/gm);
    const plain = (text = '') => text.replaceAll('\\"', '"');
    const written = pairs.map(([, id, text]) => [plain(id), plain(text)] as const);
    expect(new Map([...entries].filter(([id]) => id !== ''))).toEqual(new Map(written));
  });
});
