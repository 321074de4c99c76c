// The warning about a reverse proxy that TRUST_PROXY does not name.
import { PassThrough } from 'node:stream';
import type { Config } from '../../src/config/environment.js';
import { createLog } from '../../src/log.js';
import { run } from '../cli/run.js';
import { startApp } from '../support/app.js';
import { useDatabase } from '../support/fixture.js';
import { secretKey } from '../support/newsroom.js';
import { waitUntil } from '../support/wait.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const database = useDatabase();
beforeEach(() => database.db.change('delete from rate_limits'));

/** Sends these headers to a web process with this TRUST_PROXY; returns its logs of level warn or above. */
async function serve(
  trustProxy: Config['trustProxy'],
  requests: readonly Record<string, string>[],
): Promise<string[]> {
  let written = '';
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => (written += chunk.toString()));
  const app = await startApp(database, { settings: { trustProxy }, log: createLog('warn', 'web', stream) });
  try {
    for (const headers of requests) expect((await fetch(`${app.url}/healthz`, { headers })).status).toBe(200);
  } finally {
    await app.close();
  }
  return written.split('\n').filter((line) => line.includes('TRUST_PROXY'));
}

const doctor = async (env: Record<string, string> = {}) => {
  const { json } = await run(['doctor', '--json'], {
    DATABASE_URL: database.url,
    SECRET_KEY: secretKey,
    SMTP_URL: 'smtp://127.0.0.1:1',
    ...env,
  });
  return (json['checks'] as { check: string; result: string; detail: string }[]).find(
    ({ check }) => check === 'TRUST_PROXY',
  );
};
const noted = async () =>
  (await database.db.query(`select 1 from rate_limits where key = 'untold-proxy'`)).length === 1;

test.each([
  ['X-Forwarded-For', { 'x-forwarded-for': '203.0.113.7' }],
  ['Forwarded', { forwarded: 'for=203.0.113.7' }],
])('%s without TRUST_PROXY is logged once, and doctor says what to do', async (_name, headers) => {
  expect(await doctor()).toBeUndefined();
  const warnings = await serve(undefined, [{}, headers, headers, headers]);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('all readers count as one caller');
  // The warning holds neither the reader's address nor the header.
  expect(warnings[0]).not.toContain('203.0.113.7');
  await waitUntil(noted);
  expect(await doctor()).toMatchObject({
    result: 'warn',
    detail: expect.stringContaining('number of proxies') as string,
  });
  expect(await doctor({ TRUST_PROXY: '1' })).toMatchObject({ result: 'ok', detail: '1' });
});

test('a proxy that TRUST_PROXY names or excludes causes no warning; nor does a request without one', async () => {
  const headers = { 'x-forwarded-for': '203.0.113.7' };
  expect(await serve('loopback', [headers])).toEqual([]);
  expect(await serve(false, [headers])).toEqual([]);
  expect(await serve(undefined, [{}])).toEqual([]);
  expect(await noted()).toBe(false);
});
