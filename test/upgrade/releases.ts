// Whole programs beside the working tree's: the build before this one, and one after it. They run as users run them,
// with `daily-digest` in a folder of their own.
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../src/config/environment.js';
import { holdDataDir } from '../../src/embedded/hold.js';
import { temporaryFolder } from '../support/database.js';
import { waitUntil } from '../support/wait.js';

/**
 * The build that the next release upgrades. Move it forward to the commit of each release, and before the first
 * release, to a commit that the working tree must still run beside. Never to one that holds a file of
 * src/migrations which the release does not.
 */
export const previousCommit = 'a8475425d4167fad454c6871c8a037497e1f6068';

const root = fileURLToPath(packageRoot);
const git = (...args: string[]) => spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' });

/** Why the build before this one cannot be made here: a tarball and a shallow clone lack its source. */
export const whyNoPrevious = ((): string | undefined => {
  if (git('--version').status !== 0) return 'git is not installed';
  const found = git('cat-file', '-e', `${previousCommit}^{commit}`);
  return found.status === 0 ? undefined : `the commit ${previousCommit} is not in this clone`;
})();

export interface Finished {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  /** All that it has written to stdout and stderr. */
  log(): string;
  /** Sends SIGTERM, and resolves with the exit status. */
  stop(): Promise<number | null>;
  /** Kills the parent and its children at once, as a power cut does. */
  kill(): Promise<void>;
}

export interface Release {
  /** Runs a command to its end. */
  run(args: readonly string[], env: Record<string, string>): Promise<Finished>;
  /** Runs `start` with `args`, and resolves when it says that it runs. */
  start(args: readonly string[], env: Record<string, string>): Promise<Running>;
  remove(): void;
}

/** Compiles the source of `previousCommit`. Takes about ten seconds. */
export async function makePrevious(): Promise<Release> {
  const folder = await heldFolder();
  // The tests and measurements of that build do not run.
  const files = [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'build.js',
    'src',
    'workers',
    'templates',
  ];
  const archive = execFileSync('git', ['-C', root, 'archive', previousCommit, ...files], {
    maxBuffer: 2 ** 28,
  });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  const lock = (of: string): string => readFileSync(path.join(of, 'package-lock.json'), 'utf8');
  if (lock(folder) === lock(root))
    symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  else execFileSync('npm', ['ci', '--prefer-offline', '--ignore-scripts'], { cwd: folder, stdio: 'ignore' });
  execFileSync(process.execPath, ['build.js'], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  return release(folder);
}

/** The working tree's build, with one more migration. */
export async function makeNext(migration: { name: string; sql: string }): Promise<Release> {
  const folder = await heldFolder();
  const copied = ['package.json', 'dist/src', 'dist/workers', 'dist/templates', 'src', 'templates'];
  for (const name of copied) cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  mkdirSync(path.join(folder, 'src/migrations'), { recursive: true });
  writeFileSync(path.join(folder, 'src/migrations', migration.name), migration.sql);
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  return release(folder);
}

/** A folder that another run of the tests does not take for a leftover. */
async function heldFolder(): Promise<string> {
  const folder = await temporaryFolder();
  holdDataDir(folder).describe('by a test');
  return folder;
}

function release(folder: string): Release {
  const launch = (args: readonly string[], env: Record<string, string>): ChildProcess =>
    spawn(process.execPath, [path.join(folder, 'dist/src/cli.js'), ...args], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group, which `kill` ends as a whole.
      detached: true,
    });
  return {
    async run(args, env) {
      const child = launch(args, env);
      const said = { stdout: '', stderr: '' };
      child.stdout?.on('data', (text: Buffer) => (said.stdout += text.toString()));
      child.stderr?.on('data', (text: Buffer) => (said.stderr += text.toString()));
      await once(child, 'close');
      return { status: child.exitCode, ...said };
    },
    async start(args, env) {
      const child = launch(['start', ...args], env);
      let log = '';
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (text: Buffer) => (log += text.toString()));
      const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
      const end = async (send: () => void): Promise<number | null> => {
        if (hasEnded()) return child.exitCode;
        const ended = once(child, 'exit');
        send();
        await ended;
        return child.exitCode;
      };
      await waitUntil(() => log.includes('is running') || hasEnded(), 120_000, 'the start');
      if (hasEnded()) throw new Error(`it did not start:\n${log}`);
      return {
        log: () => log,
        stop: () => end(() => child.kill('SIGTERM')),
        kill: async () => void (await end(() => process.kill(-(child.pid ?? 0), 'SIGKILL'))),
      };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
