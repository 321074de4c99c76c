// npm run check:api: starts the server, and lets schemathesis send generated requests to each operation of the OpenAPI
// document, with all its checks: no answer of another status, type or shape than the document tells, and no 5xx.
// The server has examples of everything (fill-api.js), or most requests would meet a 404.
// It is a program in Python: `schemathesis` of the PATH, or pip installs it beside node_modules. Without both, one line
// says so, and nothing fails. Arguments go to schemathesis: npm run check:api -- --include-path /newsletters
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { feed, fillApi } from './fill-api.js';

const version = '4.32.5';
const root = fileURLToPath(new URL('..', import.meta.url));
const seconds = Number(process.env['TEST_API_SECONDS'] ?? 150);

/** The path of schemathesis; undefined: this machine has none and cannot install it. */
function findSchemathesis() {
  const runs = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
  if (runs('schemathesis')) return 'schemathesis';
  const folder = join(root, 'node_modules', '.cache', `schemathesis-${version}`);
  const program = join(folder, 'bin', 'schemathesis');
  if (existsSync(program) && runs(program)) return program;
  process.stdout.write(`check:api: installs schemathesis ${version}, which may take some minutes\n`);
  const quietly = { stdio: 'ignore', timeout: 600_000 };
  if (spawnSync('python3', ['-m', 'venv', folder], quietly).status !== 0) return undefined;
  const pip = join(folder, 'bin', 'pip');
  spawnSync(pip, ['install', '--quiet', `schemathesis==${version}`], quietly);
  return runs(program) ? program : undefined;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function untilReady(url, process_) {
  for (let tries = 0; tries < 600 && process_.exitCode === null; tries += 1) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await delay(200);
  }
  throw new Error('the server did not become ready');
}

const schemathesis = findSchemathesis();
if (schemathesis === undefined) {
  process.stdout.write('check:api skipped: schemathesis is not installed, and pip cannot install it here\n');
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'daily-digest-api-'));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const environment = {
  ...process.env,
  DATA_DIR: join(folder, 'data'),
  PORT: String(port),
  HOST: '127.0.0.1',
  BASE_URL: url,
  ALLOW_PRIVATE_FEEDS: '127.0.0.1',
  WORKERS: '1',
  LOG_LEVEL: 'error',
};
const cli = (...args) => [join(root, 'dist', 'src', 'cli.js'), ...args];
const site = createHttpServer((_req, res) => res.setHeader('content-type', 'application/rss+xml').end(feed));
await once(site.listen(0, '127.0.0.1'), 'listening');
const server = spawn(process.execPath, cli('start'), {
  env: environment,
  stdio: ['ignore', 'ignore', 'inherit'],
});
let status = 1;
try {
  await untilReady(url, server);
  const made = spawnSync(
    process.execPath,
    cli('api-key', 'create', '--name', 'check', '--role', 'owner', '--json'),
    {
      env: environment,
      encoding: 'utf8',
    },
  );
  const { apiKey } = JSON.parse(made.stdout);
  await fillApi(url, apiKey, `http://127.0.0.1:${site.address().port}/feed.xml`);
  const run = spawn(
    schemathesis,
    [
      '--config-file',
      join(root, 'schemathesis.toml'),
      'run',
      `${url}/api/v1/openapi.json`,
      '--checks=all',
      `--header=Authorization: Bearer ${apiKey}`,
      `--max-time=${seconds}`,
      '--seed=1',
      '--no-color',
      ...process.argv.slice(2),
    ],
    { cwd: folder, stdio: 'inherit' },
  );
  [status] = await once(run, 'exit');
} finally {
  server.kill('SIGTERM');
  if (server.exitCode === null) await once(server, 'exit');
  site.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = status ?? 1;
