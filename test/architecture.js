// The rules of ARCHITECTURE.md that a machine can check. Imports: dependency-cruiser, with the sentences of
// .dependency-cruiser.cjs. The rest is read from the syntax of each file.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from '@swc/core';
import { cruise } from 'dependency-cruiser';

process.chdir(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
const { folders, ...ruleSet } = createRequire(import.meta.url)('../.dependency-cruiser.cjs');

/**
 * Files that decide and do nothing else: a test imports them without starting anything. A file says so by the word
 * "Pure." in its opening comment; these are whether they say so or not.
 */
const pureFiles = [
  'src/secrets.ts',
  'src/outbound/private-addresses.ts',
  'src/issues/status.ts',
  'src/mail/dkim.ts',
  'src/mail/outcome.ts',
  'src/newsletters/schedule.ts',
  'src/posts/identity.ts',
  'src/subscribers/address.ts',
  'src/subscribers/status.ts',
  'src/subscribers/tokens.ts',
];
/** Packages that compute and touch nothing. */
const purePackages = new Set([
  'node:buffer',
  'node:crypto',
  'node:net',
  'node:url',
  'ipaddr.js',
  'temporal-polyfill',
  'zod',
]);

/**
 * Statements on one feature's tables that other features run within their own transactions. They are no store: a store is
 * private to its folder.
 */
const statementsForOthers = new Set([
  'src/delivery/hand-overs.ts',
  'src/delivery/ledger.ts',
  'src/feeds/poll-all-again.ts',
  'src/imports/person.ts',
  'src/issues/mark-had.ts',
  'src/issues/sending.ts',
  'src/newsletters/watermarks.ts',
  'src/preferences/person.ts',
  'src/subscribers/confirmations.ts',
  'src/subscribers/merging.ts',
  'src/subscribers/notices.ts',
  'src/subscribers/subscribers.ts',
  'src/subscribers/subscriptions.ts',
  'src/subscribers/undo-readers.ts',
]);

/** @type {string[]} */
const violations = [];
const report = (sentence, where) => violations.push(`${sentence}\n    ${where}`);

const files = ['src', 'workers']
  .flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => path.posix.join(folder, name)))
  .filter((name) => name.endsWith('.ts'))
  .toSorted((one, other) => one.localeCompare(other));

const saysPure = (file) => /^(\/\/.*\n)*\/\/.*\bPure\.(\s|$)/.test(readFileSync(file, 'utf8'));
const pure = new Set(files.filter((file) => pureFiles.includes(file) || saysPure(file)));

// 1. Imports.
const { output } = await cruise(['src', 'workers'], { ruleSet, validate: true, ...ruleSet.options }, {}, {});
const cruised = output.modules.filter(({ source }) => /^(src|workers)\/.*\.ts$/.test(source)).length;
if (cruised !== files.length)
  report(
    'dependency-cruiser sees every file.',
    `it read ${cruised} of ${files.length} files below src and workers`,
  );
for (const { from, to, rule, cycle } of output.summary.violations)
  report(rule.name, [from, ...(cycle?.map(({ name }) => name) ?? [to])].join(' → '));

// 2. The layout.
for (const file of files) {
  const folder = /^src\/([^/]+)\//.exec(file)?.[1];
  if (folder !== undefined && !folders.includes(folder))
    report(
      'A folder of src is a feature or an assembly of features, named in .dependency-cruiser.cjs.',
      file,
    );
  if (/\/(utils?|lib|helpers?|types|services?|common|shared|misc)(\/|\.ts$)/.test(file))
    report('Names say what is inside: no utils, lib, helpers, types, services or common.', file);
  if (file.endsWith('/index.ts')) report('No barrels: a file is imported by its own name.', file);
}

const migrations = readdirSync('src/migrations').filter((name) => name.endsWith('.sql'));
for (const [position, name] of migrations.toSorted((one, other) => one.localeCompare(other)).entries())
  if (Number(/^(\d{3})-[a-z-]+\.sql$/.exec(name)?.[1]) !== position + 1)
    report('Migrations are numbered without a gap, each number once.', `src/migrations/${name}`);

// A database that has applied a migration never applies it again: an edit would reach new databases only.
const released = Object.entries(JSON.parse(readFileSync('src/migrations/released.json', 'utf8')));
for (const [name, sha256] of released)
  if (!migrations.includes(name) || sha256Of(`src/migrations/${name}`) !== sha256)
    report('The file of a released migration never changes.', `src/migrations/${name}`);

// 3. What each file says.
for (const file of files) {
  const source = readFileSync(file, 'utf8');
  const { body } = parseSync(source, { syntax: 'typescript', target: 'es2022' });
  const lines = source.trimEnd().split('\n').length;
  if (file.startsWith('workers/') && file !== 'workers/run.ts' && lines > 40)
    report('A worker makes no decisions, and has 40 lines at most.', `${file}: ${lines} lines`);
  if (file.startsWith('workers/') && file !== 'workers/run.ts' && valueImports(body).includes('../src/db.js'))
    report('Workers hold no SQL: of src/db.ts they import types at most.', file);
  if (pure.has(file))
    for (const specifier of valueImports(body))
      if (!purePackages.has(specifier) && !isPure(file, specifier))
        report('A pure file imports types, node:crypto and other pure files only.', `${file} → ${specifier}`);
  if (body.some((node) => node.type === 'ExportAllDeclaration'))
    report('No barrels: a file is imported by its own name.', `${file} exports * from another`);
  const readsEnvironment = file !== 'src/config/environment.ts';
  const holdsSql =
    !statementsForOthers.has(file) && !/\/(store(-[^/]+)?|db|migrate)\.ts$|^src\/embedded\//.test(file);
  for (const node of below(body)) {
    if (readsEnvironment && isEnvironment(node))
      report('Only src/config/environment.ts reads process.env.', file);
    if (holdsSql && isSql(node))
      report('SQL stands in the store of its folder.', `${file}: ${textOf(node).trim().slice(0, 60)}`);
  }
}

if (violations.length > 0) {
  process.stderr.write(
    `${violations.map((violation) => `✗ ${violation}`).join('\n')}\n${violations.length} broken rules\n`,
  );
  process.exitCode = 1;
} else {
  process.stdout.write(`architecture: ${files.length} files keep ${ruleSet.forbidden.length + 11} rules\n`);
}

function sha256Of(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** What the file imports when it runs: `import type` is gone by then. */
function valueImports(body) {
  return body
    .filter(
      (node) =>
        /^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type) && node.source && !node.typeOnly,
    )
    .map((node) => node.source.value);
}

function isPure(file, specifier) {
  const target = path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, '.ts');
  return specifier.startsWith('.') && pure.has(target);
}

/** Every node of the syntax tree. */
function* below(node) {
  if (Array.isArray(node)) for (const child of node) yield* below(child);
  else if (node !== null && typeof node === 'object') {
    if (typeof node.type === 'string') yield node;
    for (const [key, child] of Object.entries(node)) if (key !== 'span') yield* below(child);
  }
}

/** The key of a member or a pattern: env, ['env']. */
function isNamedEnv(key) {
  return (key?.value ?? key?.expression?.value) === 'env';
}

/** process.env, process['env'], `const { env } = process`, `import { env } from 'node:process'`. */
function isEnvironment(node) {
  if (node.type === 'MemberExpression') return node.object.value === 'process' && isNamedEnv(node.property);
  if (node.type === 'VariableDeclarator')
    return node.init?.value === 'process' && node.id.properties?.some(({ key }) => isNamedEnv(key));
  if (node.type === 'ImportDeclaration')
    return (
      /^(node:)?process$/.test(node.source.value) &&
      node.specifiers.some(({ local, imported }) => isNamedEnv(imported ?? local))
    );
  return false;
}

/** A text that begins as a statement does, other than the one that asks whether the database answers. */
function isSql(node) {
  if (/^select 1( as \w+)?$/.test(textOf(node))) return false;
  return /^\s*(select\s|insert into\s|update \w+\s+set\s|delete from\s|with \w+ as \(|truncate\s|lock table\s)/i.test(
    textOf(node),
  );
}

function textOf(node) {
  if (node.type === 'StringLiteral') return node.value;
  if (node.type === 'TemplateLiteral') return node.quasis[0]?.cooked ?? '';
  return '';
}
