// The rules of ARCHITECTURE.md that a machine can check. Imports: dependency-cruiser, with the sentences of
// .dependency-cruiser.cjs. The other rules are below test/architecture, read from the syntax of each file.
//   node test/architecture.js [FOLDER]   checks the tree in FOLDER, or this one
//   node test/architecture.js --list     prints each rule's sentence
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { rules as clock } from './architecture/clock.js';
import { rules as environment } from './architecture/environment.js';
import { checkImports, importSentences } from './architecture/imports.js';
import { rules as layout } from './architecture/layout.js';
import { rules as lintExceptions } from './architecture/lint-exceptions.js';
import { rules as migrations } from './architecture/migrations.js';
import { rules as names } from './architecture/names.js';
import { rules as purity } from './architecture/purity.js';
import { rules as tables } from './architecture/tables.js';
import { filesBelow, sourcesBelow } from './architecture/tree.js';
import { rules as workers } from './architecture/workers.js';

const { folders, forbidden, options } = createRequire(import.meta.url)('../.dependency-cruiser.cjs');
const ruleSet = { forbidden, options };
const rules = [
  ...layout,
  ...lintExceptions,
  ...names,
  ...migrations,
  ...environment,
  ...purity,
  ...workers,
  ...tables,
  ...clock,
];
const sentences = [...importSentences(ruleSet), ...rules.map(({ sentence }) => sentence)];

if (process.argv[2] === '--list') {
  process.stdout.write(`${sentences.join('\n')}\n`);
} else {
  process.chdir(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
  const tree = {
    folders,
    /** Every file of src and workers. */
    files: filesBelow('src', 'workers'),
    sources: sourcesBelow('src', 'workers'),
    bench: sourcesBelow('bench'),
  };
  const broken = await checkImports(ruleSet, [...tree.sources, ...tree.bench]);
  for (const { sentence, broken: find } of rules)
    for (const where of find(tree)) broken.push([sentence, where]);

  if (broken.length > 0) {
    const lines = broken.map(([sentence, where]) => `✗ ${sentence}\n    ${where}\n`);
    process.stderr.write(`${lines.join('')}${broken.length} broken rules\n`);
    process.exitCode = 1;
  } else {
    process.stdout.write(
      `architecture: ${tree.sources.length + tree.bench.length} files keep ${sentences.length} rules\n`,
    );
  }
}
