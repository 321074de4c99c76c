// The documents name only files, links, commands and variables that exist.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { packageRoot } from '../../src/config/environment.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const read = (file: string): string => readFileSync(new URL(file, packageRoot), 'utf8');
const all = (text: string, pattern: RegExp): string[] => [
  ...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? '')),
];
const filesOf = (folder: string, name: RegExp): string[] =>
  readdirSync(new URL(folder, packageRoot), { recursive: folder !== './' })
    .map((file) => `${folder}${String(file)}`)
    .filter((file) => name.test(file));

const documents: [name: string, text: string][] = [
  ...filesOf('./', /^\.\/[A-Z]+\.md$/),
  ...filesOf('docs/', /\.md$/),
].map((file) => [file.replace('./', ''), read(file)]);
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

const help = spawnSync(process.execPath, [new URL('dist/src/cli.js', packageRoot).pathname, '--help'], {
  encoding: 'utf8',
});
/** "start", "newsletter create" … */
const cliCommands = all(help.stdout, /^ {2}([a-z][a-z-]*(?: [a-z-]+)?) {2,}/gm);

/** The anchors that the usual hosts make from a Markdown file's headings. */
const anchorsOf = (text: string): string[] =>
  all(text, /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );

test('the documents and the commands are read', () => {
  expect(cliCommands).toEqual(expect.arrayContaining(['start', 'newsletter create', 'subscribers import']));
  const names = documents.map(([name]) => name);
  expect(names).toEqual(expect.arrayContaining(['README.md', 'ARCHITECTURE.md', 'docs/configuration.md']));
});

describe.each(documents)('%s', (name, text) => {
  test('names only scripts that package.json has', () => {
    const named = all(text, /\bnpm run (?:--silent |-s )?([a-z][\w:-]*)/g);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });

  test('links only to files and headings that exist', () => {
    const named = all(text, /\]\((?!https?:|mailto:)([^)\s]+)\)/g);
    const missing = named.filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = new URL(file === '' ? '#' : file, new URL(name, packageRoot));
      target.hash = '';
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
    });
    expect(missing).toEqual([]);
  });

  test('names only source files that exist', () => {
    const named = all(text, /`((?:src|workers|test|templates|bench|docs|\.ci)\/[\w./-]+)`/g);
    expect(named.filter((file) => !existsSync(new URL(file, packageRoot)))).toEqual([]);
  });

  test('names only commands that the CLI has', () => {
    const named = all(
      text,
      /(?:npx daily-digest|npm run (?:--silent )?digest --) ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)/g,
    );
    // "feed add URL" and "feed add --help" name a command, "start" and "feed" name one or its group.
    const known = (command: string): boolean =>
      cliCommands.some(
        (one) => one === command || one.startsWith(`${command} `) || command.startsWith(`${one} `),
      );
    expect(named.filter((command) => !known(command))).toEqual([]);
  });
});

describe('the variables of the environment', () => {
  const configuration = read('docs/configuration.md');
  const sources = filesOf('src/', /^src\/config\/.*\.ts$/).map(read);
  const source = sources.join('\n');
  const known = [
    ...all(source, /env\['([A-Z][A-Z0-9_]*)'\]/g),
    ...all(source, /'(DKIM_[A-Z0-9_]+)'/g),
    ...all(source, /(?:allowances?|integer)\('([A-Z][A-Z0-9_]*)'/g),
    ...all(source, /\b([A-Z][A-Z0-9]*_[A-Z0-9_]+): \w+[,}\s]/g),
  ];
  const rows = all(configuration, /^\| `([^`]+)`/gm);

  test('each has a row in docs/configuration.md', () => {
    expect(known.length).toBeGreaterThan(30);
    expect(known.filter((variable) => !rows.includes(variable))).toEqual([]);
  });

  test('each option of a relay and each kind of data that is kept has a row', () => {
    const listed = (pattern: RegExp) => all(pattern.exec(source)?.[1] ?? '', /^ {2}'?(\w+)'?(?:,|: )/gm);
    const options = listed(/const options = \[([^\]]+)\]/);
    const kinds = listed(/const defaultRetention = \{([^}]+)\}/);
    expect(options.length).toBeGreaterThan(5);
    expect(kinds.length).toBeGreaterThan(5);
    expect([...options, ...kinds].filter((name) => !rows.includes(name))).toEqual([]);
  });

  // Docker, Node, WordPress, tests or benchmarks read these; src/config does not.
  const forOthers =
    /^(POSTGRES_|PGPASSWORD$|COMPOSE_PROFILES$|PUBLISHED_|(DATABASE_)?MEMORY_LIMIT$|SITE$|UPSTREAM$|TEST_|FAULT_|CHROMIUM$|NODE_|DAILY_DIGEST_API_KEY$)/;

  test.each(documents)('%s names only variables that the code reads', (_name, text) => {
    const named = all(text, /`([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?:=[^`]*)?`/g);
    expect(named.filter((variable) => !known.includes(variable) && !forOthers.test(variable))).toEqual([]);
  });

  test('docker-compose.yml sets only variables that the code reads', () => {
    const named = all(read('docker-compose.yml'), /^\s+([A-Z][A-Z0-9_]+):/gm);
    expect(named.filter((variable) => !known.includes(variable) && !forOthers.test(variable))).toEqual([]);
  });
});

test('ARCHITECTURE.md names each table of the schema under one owner', () => {
  const schema = filesOf('src/migrations/', /\.sql$/).map(read);
  const tables = all(schema.join('\n'), /^create (?:unlogged )?table (\w+)/gm);
  const [, owners = ''] = read('ARCHITECTURE.md').split('## Owners of tables');
  const rows = (owners.split('\n## ')[0] ?? '').matchAll(/^\| `src\/\w[\w-]*`\s+\| (.+?)\s*\|$/gm);
  const named = [...rows].flatMap(([, cell = '']) => cell.match(/\b[a-z_]+\b(?!:)/g) ?? []);
  expect(tables.length).toBeGreaterThan(40);
  expect(named.toSorted()).toEqual(tables.toSorted());
});

test('the image has every file of src that the program reads', () => {
  const code = filesOf('src/', /\.ts$/).map(read).join('\n');
  const needed = all(code, /new URL\('(src\/[\w./-]+)', packageRoot\)/g);
  expect(needed).toContain('src/accounts/common-passwords.txt');
  const copied = all(read('Dockerfile'), /^COPY (src\/[\w./*-]+) \.\//gm);
  const isCopied = (file: string): boolean =>
    copied.some((part) =>
      part.endsWith('*') ? file.startsWith(part.slice(0, -1)) : `${file}/`.startsWith(`${part}/`),
    );
  expect(needed.filter((file) => !isCopied(file))).toEqual([]);
});
