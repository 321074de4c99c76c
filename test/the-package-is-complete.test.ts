// What `npm pack` puts into the tarball: all that runs, and nothing else. `.ci/run` installs and runs it.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../src/config/environment.js';

const filesOf = (folder: string, name: RegExp): string[] =>
  readdirSync(new URL(folder, packageRoot), { recursive: true })
    .map((file) => `${folder}${String(file)}`)
    .filter((file) => name.test(file));

const [packed] = JSON.parse(
  // Without scripts: they would build again.
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: fileURLToPath(packageRoot),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }),
) as { files: { path: string }[] }[];
const paths = (packed?.files ?? []).map((file) => file.path);

test('has each program, and each file of src and templates that is no source', () => {
  const needed = [
    ...filesOf('dist/src/', /\.js$/),
    ...filesOf('dist/workers/', /\.js$/),
    ...filesOf('dist/templates/', /\.js$/),
    ...filesOf('src/', /\.(?!ts$)[A-Za-z]+$/),
    ...filesOf('templates/', /\.[a-z]+$/),
    'package.json',
    'README.md',
    'LICENSE',
  ];
  expect(needed.length).toBeGreaterThan(1000);
  expect(needed.filter((file) => !paths.includes(file))).toEqual([]);
});

test('has no tests, benchmarks, sources or pictures', () => {
  const allowed =
    /^(dist\/(src|workers|templates)\/.+\.js|src\/.+\.(json|sql|txt|LICENSE)|templates\/.+|package\.json|[A-Z]+\.md|LICENSE)$/;
  expect(paths.filter((file) => !allowed.test(file))).toEqual([]);
});
