// Compares the RFC sections that code and tests cite with those that docs/mail-rules.md lists.
//
// 1. The document lists each "RFC n section m" that src, workers, test and bench cite. A citation without a
//    section needs any entry of that RFC.
// 2. A file cites each "RFC n section m" of the document. So no rule stays in the document after its code is
//    deleted.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));

const list = 'docs/mail-rules.md';
const section = String.raw`\d+(?:\.\d+)*`;
const citation = new RegExp(
  String.raw`\bRFC (\d{3,4}(?:bis)?)(?: (?:section (${section})|sections (${section}(?:(?:,| and|, and) ${section})*)))?`,
  'g',
);

/** "RFC 5321 section 4.2", or "RFC 5321" where no section is named; each once. */
function citationsIn(text) {
  // A citation may go on in the next line of a comment or a table cell.
  const flowing = text.replaceAll(/\s*\n\s*(?:\/\/|\*)?\s*/g, ' ');
  const found = [...flowing.matchAll(citation)].flatMap(([, rfc, one, several]) => {
    const sections = (one ?? several)?.match(new RegExp(section, 'g'));
    return sections ? sections.map((name) => `RFC ${rfc} section ${name}`) : [`RFC ${rfc}`];
  });
  return [...new Set(found)];
}

const files = ['src', 'workers', 'test', 'bench']
  .flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => path.posix.join(folder, name)))
  // test/docs plants violations of these rules.
  .filter((name) => /\.(ts|js|sql)$/.test(name) && !name.startsWith('test/docs/'))
  .toSorted((one, other) => one.localeCompare(other));

const listed = citationsIn(readFileSync(list, 'utf8'));
const cited = new Map();
for (const file of files)
  for (const name of citationsIn(readFileSync(file, 'utf8')))
    cited.set(name, [...(cited.get(name) ?? []), file]);

const isListed = (name) => listed.some((one) => one === name || one.startsWith(`${name} section `));
const violations = [
  ...[...cited]
    .filter(([name]) => !isListed(name))
    .map(([name, where]) => `${name} is cited by ${where[0]}, but ${list} does not list it`),
  ...listed
    .filter((name) => name.includes(' section ') && !cited.has(name))
    .map((name) => `${name} is listed in ${list}, but no file of src, workers, test or bench cites it`),
];

if (violations.length > 0) {
  process.stderr.write(`${violations.map((violation) => `✗ ${violation}`).join('\n')}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(`citations: ${listed.length} entries of ${list}, each cited; nothing else is cited\n`);
}
