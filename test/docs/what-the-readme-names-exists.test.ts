import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { packageRoot } from '../../src/config/environment.js';

const read = (file: string): string => readFileSync(new URL(file, packageRoot), 'utf8');
const all = (text: string, pattern: RegExp): string[] => [
  ...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? '')),
];

const readme = read('README.md');
const documents: [name: string, text: string][] = [
  ['README.md', readme],
  ['ARCHITECTURE.md', read('ARCHITECTURE.md')],
];
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

describe.each(documents)('%s', (_name, text) => {
  test('names only scripts that package.json has', () => {
    const named = all(text, /\bnpm run (?:--silent |-s )?([a-z][\w:-]*)/g);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });

  test('links only to files that exist', () => {
    const named = all(text, /\]\((?!https?:|mailto:|#)([^)#\s]+)/g);
    expect(named.filter((file) => !existsSync(new URL(file, packageRoot)))).toEqual([]);
  });

  test('names only source files that exist', () => {
    const named = all(text, /`((?:src|workers|test|templates|bench|\.ci)\/[\w./-]+)`/g);
    expect(named.filter((file) => !existsSync(new URL(file, packageRoot)))).toEqual([]);
  });

  test('names only commands that the CLI has', () => {
    const named = all(
      text,
      /(?:npx daily-digest|npm run (?:--silent )?digest --) ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)/g,
    );
    const unknown = named.filter((command) => {
      const cli = [new URL('dist/src/cli.js', packageRoot).pathname, ...command.split(' '), '--help'];
      return spawnSync(process.execPath, cli, { stdio: 'ignore' }).status !== 0;
    });
    expect(unknown).toEqual([]);
  });
});

describe('the variables of the environment', () => {
  const config = read('src/config/environment.ts') + read('src/config/limits.ts');
  const known = [
    ...all(config, /env\['([A-Z][A-Z0-9_]*)'\]/g),
    ...all(config, /(?:allowances?|integer)\('([A-Z][A-Z0-9_]*)'/g),
    ...all(config, /\b([A-Z][A-Z0-9]*_[A-Z0-9_]+): \w+[,}\s]/g),
  ];

  test('README.md explains each that is read', () => {
    expect(known.filter((variable) => !readme.includes(`\`${variable}\``))).toEqual([]);
  });

  test('README.md and docker-compose.yml name none that is not read', () => {
    const forOthers = /^(POSTGRES_|PUBLISHED_PORT$|TEST_QUEUE$|NODE_)/;
    const named = [
      ...all(readme, /`([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?:=[^`]*)?`/g),
      ...all(read('docker-compose.yml'), /^\s+([A-Z][A-Z0-9_]+):/gm),
    ];
    expect(named.filter((variable) => !known.includes(variable) && !forOthers.test(variable))).toEqual([]);
  });
});
