// A command and a web process decide by the database's time, however wrong the clock of their host is.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createApiKey } from '../src/accounts/api-keys.js';
import { packageRoot } from '../src/config/environment.js';
import { day, minute } from '../src/durations.js';
import { freePort } from '../src/embedded/ports.js';
import { run } from './cli/run.js';
import { useDatabase } from './support/fixture.js';
import { baseUrl, secretKey } from './support/newsroom.js';
import { testDataDir } from './support/worker-process.js';

const database = useDatabase();

/** Starts Node with a clock that is ahead of the machine's by so many milliseconds. */
const clockAhead = (ms: number): string =>
  `--import=data:text/javascript,${encodeURIComponent(`
    const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...given) { super(...(given.length === 0 ? [Real.now() + ${ms}] : given)); }
      static now() { return Real.now() + ${ms}; }
    };
  `)}`;

const environment = () => ({
  DATABASE_URL: database.url,
  SMTP_URL: 'smtp://127.0.0.1:9',
  SECRET_KEY: secretKey,
  BASE_URL: baseUrl,
  DATA_DIR: testDataDir(),
  LOG_LEVEL: 'warn',
});

test('a command on a host that is two hours ahead makes a key for one day', async () => {
  const made = await run(
    ['api-key', 'create', '--name', 'site', '--role', 'editor', '--expires-in-days', '1', '--json'],
    { ...environment(), NODE_OPTIONS: clockAhead(120 * minute) },
  );
  expect(made).toMatchObject({ status: 0 });
  const left = Date.parse(String(made.json['expiresAt'])) - Date.now();
  expect(Math.abs(left - day)).toBeLessThan(5 * minute);
});

test('a web process on a host that is two hours ahead accepts a key that expires in an hour', async () => {
  const { apiKey } = await createApiKey(database, {
    name: 'site',
    role: 'viewer',
    expiresAt: new Date(Date.now() + 60 * minute),
  });
  const port = await freePort();
  const web: ChildProcess = fork(new URL('dist/src/web.js', packageRoot), {
    env: {
      PATH: process.env['PATH'],
      ...environment(),
      HOST: '127.0.0.1',
      PORT: String(port),
      BASE_URL: `http://127.0.0.1:${port}`,
    },
    execArgv: [clockAhead(120 * minute)],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(web, 'exit');
  await Promise.race([once(web, 'message'), ended]);
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/newsletters`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    expect(answer.status).toBe(200);
  } finally {
    web.kill('SIGKILL');
    await ended;
  }
});
