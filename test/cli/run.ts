// Runs a command in its own process, as a script does.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../src/config/environment.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

export interface Run {
  status: number | null;
  stdout: string;
  stderr: string;
  /** The parsed JSON document, with --json. */
  json: Record<string, unknown>;
}

export function run(args: readonly string[], env: Record<string, string>, input = ''): Promise<Run> {
  const program = fileURLToPath(new URL('dist/src/cli.js', packageRoot));
  const child = spawn(process.execPath, [program, ...args], { env: { PATH: process.env['PATH'], ...env } });
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (out.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (out.stderr += chunk.toString()));
  child.stdin.end(input);
  return new Promise((resolve) =>
    child.on('close', (status) => {
      // With --json, stdout is one document and nothing else. `feedback read` prints one for each file.
      const [first = ''] = args[1] === 'read' ? out.stdout.split('\n') : [out.stdout];
      const json = args.includes('--json') ? (JSON.parse(first) as Run['json']) : {};
      resolve({ status, ...out, json });
    }),
  );
}
