// PostgreSQL servers that are not the embedded one: Debian's, which has pg_dump and pg_restore, and older ones of npm.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { openDatabase } from '../../src/db.js';
import { freePort } from '../../src/embedded/ports.js';
import { temporaryFolder } from './database.js';
import { npmFile, postgresServers } from './generators.js';
import { waitUntil } from './wait.js';
import { allowSlowTests } from './time-limit.js';

allowSlowTests();

const installed = '/usr/lib/postgresql';

const holds = (bin: string, names: readonly string[]): boolean =>
  names.every((name) => existsSync(path.join(bin, name)));

/** The folders of programs, the newest version's first. */
const ofDebian = (existsSync(installed) ? readdirSync(installed) : [])
  .toSorted((a, b) => Number(b) - Number(a))
  .map((version) => ({ version, bin: path.join(installed, version, 'bin') }))
  .filter(({ bin }) => holds(bin, ['initdb', 'postgres']));

const programs = ofDebian.find(({ bin }) => holds(bin, ['pg_dump', 'pg_restore']))?.bin;

export const hasDebianPostgres = programs !== undefined;

/** The servers that can be started here beside the embedded one: Debian's, and those of npm. */
export const otherServers: readonly { version: string; bin: string }[] = [
  ...ofDebian,
  ...Object.keys(postgresServers).flatMap((version) => {
    const bin = npmFile(`postgres-${version}/native/bin`);
    return bin === undefined ? [] : [{ version, bin }];
  }),
];

// PostgreSQL refuses to run as root. This is the id of Debian's account "nobody".
const nobody = 65_534;
const identity = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

export interface DebianPostgres {
  url: string;
  /** Runs pg_dump -Fc into a file of the cluster. */
  dump(name: string): void;
  /** Drops the database despite open sessions, and restores that file in its place. */
  restore(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts a separate cluster with an empty database "digest". `bin`: the folder of its programs. */
export async function startDebianPostgres(bin = programs ?? ''): Promise<DebianPostgres> {
  const folder = await temporaryFolder();
  if (identity.uid !== undefined) chownSync(folder, identity.uid, identity.gid);
  const data = path.join(folder, 'data');
  const run = (name: string, ...args: string[]): void =>
    void execFileSync(path.join(bin, name), args, { ...identity, cwd: folder, stdio: 'pipe' });
  run('initdb', '-D', data, '-U', 'digest', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync');
  const port = await freePort();
  const server = spawn(
    path.join(bin, 'postgres'),
    ['-D', data, '-p', String(port), '-k', folder, '-h', '127.0.0.1', '-c', 'fsync=off'],
    { ...identity, cwd: folder, stdio: 'ignore' },
  );
  const endWithUs = (): void => void server.kill('SIGQUIT');
  process.on('exit', endWithUs);
  const url = (database: string): string => `postgres://digest@127.0.0.1:${port}/${database}`;
  const onServer = async (...statements: string[]): Promise<void> => {
    const admin = openDatabase({ url: url('postgres'), max: 1 });
    try {
      for (const statement of statements) await admin.query(statement);
    } finally {
      await admin.end();
    }
  };
  await waitUntil(
    () =>
      onServer('select 1').then(
        () => true,
        () => false,
      ),
    30_000,
    `PostgreSQL of ${bin}`,
  );
  await onServer('create database digest');
  return {
    url: url('digest'),
    dump: (name) => run('pg_dump', '-Fc', '-f', name, '-d', url('digest')),
    async restore(name) {
      await onServer('drop database digest with (force)', 'create database digest');
      run('pg_restore', '--exit-on-error', '-d', url('digest'), name);
    },
    async close() {
      const ended = once(server, 'exit');
      server.kill('SIGQUIT');
      await ended;
      process.off('exit', endWithUs);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
