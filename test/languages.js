// Compares the message catalogues (src/languages/translate.ts explains their format) with each other, and with the
// templates and code that use them. `npm run check` runs it. An argument names another tree to check.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from '@swc/core';
import Handlebars from 'handlebars';
import { IntlMessageFormat } from 'intl-messageformat';

process.chdir(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
const languages = ['en', 'de', 'fr', 'es', 'he', 'ar'];
const tagsKnown = ['b', 'address', 'link'];

/** @type {string[]} */
const violations = [];
const report = (where, sentence) => violations.push(`${where}: ${sentence}`);

// In the order of TYPE in @formatjs/icu-messageformat-parser.
const kinds = ['text', 'word', 'number', 'date', 'time', 'select', 'number', '#', 'tag'];

/** The arguments of a message: {count: 'number', name: 'word', '<link>': 'tag'}. Reports plurals that lack a form. */
function takenBy(nodes, { where, language, taken = {} }) {
  for (const { type, value, options = {}, pluralType, children = [] } of nodes) {
    const kind = kinds[type];
    if (kind === 'text' && /[<>\u0000-\u0008]/.test(value))
      report(where, `contains ${value.trim()}: HTML is not allowed`);
    if (kind === 'date' || kind === 'time')
      report(where, `{${value}}: pass dates as text, because a date needs a time zone`);
    if (kind !== 'text' && kind !== 'tag' && tagsKnown.includes(value))
      report(where, `{${value}} has the name of a tag`);
    if (kind === 'tag' && !tagsKnown.includes(value)) report(where, `<${value}> is unknown`);
    if (kind !== 'text' && kind !== '#') taken[kind === 'tag' ? `<${value}>` : value] = nameOf(kind, options);
    if (pluralType) checkForms(Object.keys(options), { pluralType, where, language });
    for (const option of Object.values(options)) takenBy(option.value, { where, language, taken });
    takenBy(children, { where, language, taken });
  }
  return taken;
}

const nameOf = (kind, options) =>
  kind === 'select' ? `select of ${Object.keys(options).toSorted().join()}` : kind;

/** Reports missing forms (checked for 0 to 200), and forms that the language does not have. */
function checkForms(given, { pluralType, where, language }) {
  const rules = new Intl.PluralRules(language, { type: pluralType });
  const wanted = new Set(['other', ...Array.from({ length: 201 }, (_, count) => rules.select(count))]);
  const known = rules.resolvedOptions().pluralCategories;
  for (const form of wanted) if (!given.includes(form)) report(where, `the plural lacks "${form}"`);
  for (const form of given)
    if (!form.startsWith('=') && !known.includes(form)) report(where, `${language} has no plural "${form}"`);
}

/** The area's catalogues: {en: {key: {text, taken}}}. */
function readArea(area) {
  const found = readdirSync(`src/languages/${area}`);
  for (const name of found)
    if (!languages.includes(name.replace(/\.json$/, '')))
      report(`${area}/${name}`, 'is not one of our languages');
  return Object.fromEntries(
    languages.map((language) => {
      const file = `${area}/${language}.json`;
      if (!found.includes(`${language}.json`)) {
        report(file, 'is missing');
        return [language, {}];
      }
      return [language, readCatalogue(file, language)];
    }),
  );
}

function readCatalogue(file, language) {
  const text = readFileSync(`src/languages/${file}`, 'utf8');
  const messages = JSON.parse(text);
  for (const [, key] of text.matchAll(/^ {2}"(\w+)":/gm))
    if (text.split(`\n  "${key}":`).length > 2) report(`${file} ${key}`, 'occurs twice');
  return Object.fromEntries(
    Object.entries(messages).map(([key, message]) => {
      const where = `${file} ${key}`;
      try {
        if (!/^[a-z]\w*$/i.test(key)) report(where, 'is not a key of letters and digits');
        if (message.trim() !== message || message === '') report(where, 'is empty, or has spaces around it');
        const nodes = new IntlMessageFormat(message, language).getAst();
        return [key, { text: message, taken: takenBy(nodes, { where, language }) }];
      } catch (error) {
        report(where, `cannot be read: ${error.message}`);
        return [key, { text: String(message), taken: {} }];
      }
    }),
  );
}

// 1. Each language against English.
const areas = readdirSync('src/languages', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
/** @type {Map<string, Record<string, string>>} The arguments of each message, by its full key. */
const messages = new Map();
const shown = (taken) =>
  JSON.stringify(Object.entries(taken).toSorted(([one], [other]) => one.localeCompare(other)));
for (const area of areas) {
  const { en, ...others } = readArea(area);
  for (const [key, { taken }] of Object.entries(en)) messages.set(`${area}.${key}`, taken);
  for (const [language, catalogue] of Object.entries(others)) {
    const file = `${area}/${language}.json`;
    for (const key of Object.keys(catalogue)) if (!(key in en)) report(`${file} ${key}`, 'is not in English');
    for (const [key, { text, taken }] of Object.entries(en)) {
      const own = catalogue[key];
      if (own === undefined) report(`${file} ${key}`, 'is missing');
      else if (shown(own.taken) !== shown(taken))
        report(`${file} ${key}`, `takes ${shown(own.taken)}, in English ${shown(taken)}`);
      else if (own.text === text && (text.replaceAll(/\{.*\}/g, '').match(/\p{L}{2,}/gu) ?? []).length > 2)
        report(`${file} ${key}`, 'is the English text');
    }
  }
}

// 2. The templates and code that use them.
/** @type {Set<string>} */
const used = new Set();
const looksLikeKey = new RegExp(`^(${areas.join('|')})\\.(?!(js|css|json)$)[a-z]\\w*$`, 'i');

/** `given`: the names of the arguments; undefined if they cannot be determined. */
function use(where, key, given) {
  const taken = messages.get(key);
  // In the code, the compiler checks the key.
  if (taken === undefined) return where.endsWith('.ts') || report(where, `there is no message ${key}`);
  used.add(key);
  if (given === undefined) return undefined;
  const wanted = new Set(Object.keys(taken).filter((name) => !name.startsWith('<')));
  for (const name of wanted) if (!given.includes(name)) report(where, `${key} lacks ${name}`);
  for (const name of given) if (!wanted.has(name)) report(where, `${key} takes no ${name}`);
  return undefined;
}

const filesBelow = (folder, ending) =>
  readdirSync(folder, { recursive: true })
    .map((name) => path.posix.join(folder, name))
    .filter((name) => name.endsWith(ending))
    .toSorted((one, other) => one.localeCompare(other));

/** Every node of a syntax tree. */
function* below(node) {
  if (Array.isArray(node)) for (const child of node) yield* below(child);
  else if (node !== null && typeof node === 'object') {
    yield node;
    for (const [name, child] of Object.entries(node))
      if (name !== 'span' && name !== 'loc') yield* below(child);
  }
}

for (const file of filesBelow('templates', '.hbs'))
  for (const node of below(Handlebars.parse(readFileSync(file, 'utf8'))))
    if (node.path?.original === 't') {
      const [key] = node.params;
      const where = `${file}:${node.loc.start.line}`;
      const names = (node.hash?.pairs ?? []).map((pair) => pair.key);
      if (key?.type !== 'StringLiteral') report(where, '{{t}} needs its key as a literal');
      else {
        use(
          where,
          key.value,
          names.filter((name) => name !== 'link'),
        );
        if (names.includes('link') !== '<link>' in (messages.get(key.value) ?? {}))
          report(where, `link= needs a <link> in ${key.value}`);
      }
    }

/** The keys that an expression may have: the literal, or both sides of a condition. */
function keysOf(node) {
  if (node?.type === 'StringLiteral') return looksLikeKey.test(node.value) ? [node.value] : [];
  if (node?.type === 'ConditionalExpression') return [...keysOf(node.consequent), ...keysOf(node.alternate)];
  if (node?.type === 'ParenthesisExpression') return keysOf(node.expression);
  return [];
}

/** The names in { name, other: value }; undefined if there may be more. */
function namesOf(node) {
  if (node?.type !== 'ObjectExpression') return undefined;
  const names = node.properties.map((property) =>
    property.type === 'Identifier' ? property.value : property.key?.value,
  );
  return names.includes(undefined) ? undefined : names;
}

for (const file of filesBelow('src', '.ts')) {
  const { body } = parseSync(readFileSync(file, 'utf8'), { syntax: 'typescript', target: 'es2022' });
  for (const node of below(body)) {
    // t('area.key', { name }) and similar calls under any name.
    if (node.type === 'CallExpression')
      for (const [position, { expression }] of node.arguments.entries()) {
        const next = node.arguments[position + 1]?.expression;
        for (const key of keysOf(expression)) use(file, key, next === undefined ? [] : namesOf(next));
      }
    // { key: 'area.key', args: { name } }
    if (node.type === 'ObjectExpression') {
      const value = (name) => node.properties.find((property) => property.key?.value === name)?.value;
      const isWhole = node.properties.every(({ type }) => type === 'KeyValueProperty');
      for (const key of keysOf(value('key')))
        use(file, key, value('args') === undefined && isWhole ? [] : namesOf(value('args')));
    }
    if (node.type === 'StringLiteral' && looksLikeKey.test(node.value)) use(file, node.value);
  }
}
for (const key of messages.keys()) if (!used.has(key)) report(key, 'is not used');

if (violations.length > 0) {
  process.stderr.write(`${[...new Set(violations)].map((violation) => `✗ ${violation}`).join('\n')}\n`);
  process.exitCode = 1;
} else
  process.stdout.write(`languages: ${messages.size} messages, the same in ${languages.length} languages\n`);
