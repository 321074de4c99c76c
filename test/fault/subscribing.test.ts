// PostgreSQL stops as in a power cut and returns while readers subscribe. Every request that got a success is
// stored. Every other request got an immediate answer to try again.
import { setTimeout as delay } from 'node:timers/promises';
import { readConfig } from '../../src/config/environment.js';
import { openDatabase, type Database } from '../../src/db.js';
import { startApp, type TestApp } from '../support/app.js';
import { ownCluster, type OwnCluster } from '../support/database.js';
import { makeNewsletter } from '../support/newsroom.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

let cluster: OwnCluster;
let db: Database;
let app: TestApp;

beforeAll(async () => {
  cluster = await ownCluster();
  db = openDatabase({ url: cluster.url, onError: () => undefined });
  await makeNewsletter(db);
  const { subscribeLimits } = readConfig({
    CHALLENGE: 'off',
    SUBSCRIBE_ANSWER_MS: '0',
    SUBSCRIBE_PER_DOMAIN: '1000000/1h',
  });
  app = await startApp({ db, url: cluster.url }, { settings: { subscribeLimits } });
});
afterAll(async () => {
  await app?.close();
  await db?.end();
  await cluster?.close();
});

/** Sends one request and returns its result. Throws if there is no answer at all. */
async function subscribe(
  email: string,
): Promise<{ email: string; status: number; retryAfter: string | null }> {
  const answer = await fetch(`${app.url}/n/the-daily-test/subscribe`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email }),
    signal: AbortSignal.timeout(60_000),
  });
  await answer.text();
  return { email, status: answer.status, retryAfter: answer.headers.get('retry-after') };
}

test('a database that is lost during requests: every 202 is stored, every other answer is 503', async () => {
  let number = 0;
  let going = true;
  const answers: Awaited<ReturnType<typeof subscribe>>[] = [];
  const readers = Array.from({ length: 20 }, async () => {
    while (going) {
      const answer = await subscribe(`reader${(number += 1)}@readers.example`);
      answers.push(answer);
      if (answer.status !== 202) await delay(50);
    }
  });
  for (let outage = 0; outage < 2; outage += 1) {
    await delay(1_000);
    cluster.kill();
    await delay(1_500);
    await cluster.restart();
  }
  await delay(1_000);
  going = false;
  await Promise.all(readers);

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 503]));
  const refused = answers.filter(({ status }) => status === 503);
  expect(Math.min(...refused.map(({ retryAfter }) => Number(retryAfter)))).toBeGreaterThan(0);
  const stored = new Set(
    (await db.query<{ address: string }>('select address from subscribers')).map(({ address }) => address),
  );
  const lost = answers.filter(({ email, status }) => status === 202 && !stored.has(email));
  expect(lost).toEqual([]);
  // No subscriber exists without a request, and no request without its consent.
  const { halves } = await db.one<{ halves: number }>(
    `select count(*)::int as halves from subscribers r left join subscriptions s on s.subscriber_id = r.id
     left join consents c on c.subscription_id = s.id and c.event = 'requested' where c.id is null`,
  );
  expect(halves).toBe(0);
  expect((await subscribe('after@readers.example')).status).toBe(202);
});
