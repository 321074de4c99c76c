// `npm run generators`: installs the programs of generators.ts with npm and pip. Where a registry does not answer or
// Python has no venv, one line says so, and nothing fails.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  generatorsFolder,
  npmPackages,
  pipPackages,
  postgresPackages,
  postgresServers,
  pythonFolder,
} from './generators.js';

function runs(program: string, args: readonly string[], cwd = generatorsFolder): boolean {
  const { status } = spawnSync(program, args, {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: 240_000,
  });
  return status === 0;
}

mkdirSync(generatorsFolder, { recursive: true });
writeFileSync(path.join(generatorsFolder, 'package.json'), '{ "private": true }');
const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
const pip = path.join(pythonFolder, 'bin', 'pip');
const done = {
  npm: runs('npm', ['install', '--ignore-scripts', ...quiet, ...npmPackages]),
  postgres:
    runs('npm', ['install', '--ignore-scripts', ...quiet, ...postgresPackages]) &&
    Object.keys(postgresServers).every((version) =>
      runs(
        process.execPath,
        ['scripts/hydrate-symlinks.js'],
        path.join(generatorsFolder, 'node_modules', `postgres-${version}`),
      ),
    ),
  pip:
    runs('python3', ['-m', 'venv', pythonFolder]) &&
    runs(pip, ['install', '--quiet', '--disable-pip-version-check', ...pipPackages]),
};
for (const [name, isDone] of Object.entries(done))
  process.stdout.write(
    `generators of ${name}: ${isDone ? 'installed' : 'not installed; their tests are skipped'}\n`,
  );
