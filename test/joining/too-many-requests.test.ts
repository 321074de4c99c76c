// More requests come in than readers send: challenges, limits that all web processes share, and the way in
// for readers without JavaScript.
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase, type Database } from '../../src/db.js';
import type { Newsletter } from '../../src/newsletters/schema.js';
import { forgetChallenges } from '../../src/joining/forget-challenges.js';
import { useDatabase } from '../support/fixture.js';
import { makeListedNewsletter, makeNewsletter } from '../support/newsroom.js';
import { clockAt, limits, startSite, subscriptionOf, type Site } from '../support/site.js';

interface Challenge {
  parameters: Record<string, unknown>;
  signature: string;
}
type Solve = (challenge: Challenge) => Promise<string>;

// The same file that browsers load.
const { solve } = (await import(new URL('../../../templates/pages/solve.js', import.meta.url).href)) as {
  solve: Solve;
};

const hour = 3600;
const always = { challenge: 'always', challengeWork: 200 } as const;

const database = useDatabase();
let newsletter: Newsletter;
const open: Site[] = [];
const pools: Database[] = [];

beforeEach(async () => {
  newsletter = await makeNewsletter(database.db);
  await database.db.change('delete from rate_limits');
});
afterEach(async () => {
  for (const site of open.splice(0)) await site.close();
  for (const pool of pools.splice(0)) await pool.end();
});

/** Acts as a separate web process: its connections are separate, and only the database is shared. */
async function process(...options: Parameters<typeof limits>): Promise<Site & { outcomes: string[] }> {
  const db = openDatabase({ url: database.url });
  pools.push(db);
  const outcomes: string[] = [];
  const site = await startSite(db, {
    subscribeLimits: limits(...options),
    observe: (outcome) => outcomes.push(outcome),
  });
  open.push(site);
  return Object.assign(site, { outcomes });
}

const challengeOf = async (site: Site): Promise<Challenge> =>
  (await (await fetch(`${site.url}/n/${newsletter.slug}/challenge`)).json()) as Challenge;
const form = (site: Site, fields: Record<string, string>, ip = '192.0.2.1') =>
  fetch(`${site.url}/n/${newsletter.slug}/subscribe`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { 'x-forwarded-for': ip, accept: 'text/html' },
  });
const codeOf = async (answer: Response): Promise<unknown> =>
  ((await answer.json()) as { code?: string }).code;
const isStored = (address: string) =>
  subscriptionOf(database.db, newsletter.id, address).then(
    () => true,
    () => false,
  );

describe('a challenge', () => {
  test('is asked for, solved and accepted, by any process, once', async () => {
    const [one, another] = [await process(always), await process(always)];
    const refused = await one.subscribe(newsletter.slug, { email: 'ada@example.org' });
    expect([refused.status, await codeOf(refused)]).toEqual([403, 'challenge-required']);
    expect(await isStored('ada@example.org')).toBe(false);

    const altcha = await solve(await challengeOf(one));
    const answer = await another.subscribe(newsletter.slug, { email: 'ada@example.org', altcha });
    expect(answer.status).toBe(202);
    expect(await isStored('ada@example.org')).toBe(true);

    for (const site of [one, another]) {
      const replayed = await site.subscribe(newsletter.slug, { email: 'eve@example.org', altcha });
      expect([replayed.status, await codeOf(replayed)]).toEqual([403, 'challenge-required']);
    }
    expect(await isStored('eve@example.org')).toBe(false);
    expect(one.outcomes).toEqual(['challenge-missing', 'challenge-replayed']);
    expect(another.outcomes).toEqual(['asked', 'challenge-replayed']);
  });

  test('is good for one of many requests that come with it at once', async () => {
    const sites = [await process(always), await process(always)];
    const altcha = await solve(await challengeOf(sites[0] as Site));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (sites[n % 2] as Site).subscribe(newsletter.slug, { email: `many${n}@example.org`, altcha }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      202,
      ...Array.from({ length: 19 }, () => 403),
    ]);
  });

  test('is not used up by an address with a slip in it', async () => {
    const site = await process(always);
    const altcha = await solve(await challengeOf(site));
    expect((await site.subscribe(newsletter.slug, { email: 'ada@', altcha })).status).toBe(400);
    expect((await site.subscribe(newsletter.slug, { email: 'ada@example.org', altcha })).status).toBe(202);
  });

  test('that has expired is refused, and forgotten', async () => {
    const site = await process({ ...always, challengeSeconds: 60 });
    const altcha = await solve(await challengeOf(site));
    const used = await solve(await challengeOf(site));
    await site.subscribe(newsletter.slug, { email: 'used@example.org', altcha: used });
    expect(await forgetChallenges({ db: database.db, now: site.clock.now })).toBe(0);
    site.clock.forward(61_000);
    const late = await site.subscribe(newsletter.slug, { email: 'late@example.org', altcha });
    expect(late.status).toBe(403);
    expect(site.outcomes.at(-1)).toBe('challenge-expired');
    expect(await forgetChallenges({ db: database.db, now: site.clock.now })).toBeGreaterThan(0);
  });

  test.each<[string, (challenge: Challenge, solution: Record<string, unknown>) => unknown]>([
    ['made to last', ({ parameters }) => (parameters['expiresAt'] = 9_999_999_999)],
    ['made easy', ({ parameters }) => (parameters['keyPrefix'] = '00'.repeat(16))],
    ['signed by somebody else', (challenge) => (challenge.signature = 'ab'.repeat(32))],
    ['given a nonce of its own', ({ parameters }) => (parameters['nonce'] = 'ab'.repeat(16))],
    ['of another kind', ({ parameters }) => (parameters['algorithm'] = 'SHA-512')],
    ['dear to check', ({ parameters }) => (parameters['cost'] = 1_000_000_000)],
    ['not solved', (_, solution) => (solution['counter'] = 1)],
    ['solved with a wish', (_, solution) => (solution['derivedKey'] = 'ab'.repeat(32))],
    ['solved with a word', (_, solution) => (solution['counter'] = '1')],
    ['unsigned', (challenge) => Reflect.deleteProperty(challenge, 'signature')],
  ])('%s is refused', async (_what, tamper) => {
    const site = await process(always);
    const sent = JSON.parse(Buffer.from(await solve(await challengeOf(site)), 'base64').toString()) as {
      challenge: Challenge;
      solution: Record<string, unknown>;
    };
    tamper(sent.challenge, sent.solution);
    const altcha = Buffer.from(JSON.stringify(sent)).toString('base64');
    expect((await site.subscribe(newsletter.slug, { email: 'eve@example.org', altcha })).status).toBe(403);
    expect(site.outcomes).toEqual(['challenge-wrong']);
  });

  test.each([['nonsense'], ['bnVsbA=='], ['W10='], [{}], [['a', 'b']], [7], ['e30=']])(
    'that is %j is invalid',
    async (altcha) => {
      const site = await process(always);
      expect((await site.subscribe(newsletter.slug, { email: 'eve@example.org', altcha })).status).toBe(403);
    },
  );

  test('is not needed for few requests, and then for every request', async () => {
    const some = { perNewsletter: { times: 40, withinSeconds: hour }, challengeWork: 200 };
    const [one, another] = [await process(some), await process(some)];
    const wanted = (site: Site) => fetch(`${site.url}/n/${newsletter.slug}/challenge?if=wanted`);
    for (let n = 0; n < 4; n += 1) {
      expect((await wanted(one)).status).toBe(204);
      const site = n % 2 === 0 ? one : another;
      const answer = await site.subscribe(
        newsletter.slug,
        { email: `r${n}@example.org` },
        { 'x-forwarded-for': `192.0.2.${n}` },
      );
      expect(answer.status).toBe(202);
    }
    const headers = { 'x-forwarded-for': '192.0.2.77' };
    expect((await one.subscribe(newsletter.slug, { email: 'r@example.org' }, headers)).status).toBe(403);
    const asked = await wanted(another);
    expect(asked.status).toBe(200);
    expect(asked.headers.get('cache-control')).toBe('no-store');
    expect(asked.headers.get('access-control-allow-origin')).toBe('*');
    const altcha = await solve((await asked.json()) as Challenge);
    const solved = await another.subscribe(newsletter.slug, { email: 'r@example.org', altcha }, headers);
    expect(solved.status).toBe(202);
  });
});

describe('a newsletter', () => {
  test('may need a challenge always or never, independently of the others', async () => {
    const [strict, easy] = [
      await makeNewsletter(database.db, { name: 'Strict', challenge: 'always' }),
      await makeNewsletter(database.db, { name: 'Easy', challenge: 'off' }),
    ];
    const email = 'ada@example.org';
    for (const challenge of ['off', 'always'] as const) {
      const site = await process({ challenge, challengeWork: 200 });
      const page = async (slug: string) => (await fetch(`${site.url}/n/${slug}`)).text();
      const asks = 'data-challenge="/n/';
      expect((await page(strict.slug)).includes(asks)).toBe(true);
      expect((await page(easy.slug)).includes(asks)).toBe(false);
      expect((await page(newsletter.slug)).includes(asks)).toBe(challenge === 'always');
      const wanted = (slug: string) => fetch(`${site.url}/n/${slug}/challenge?if=wanted`);
      expect([(await wanted(strict.slug)).status, (await wanted(easy.slug)).status]).toEqual([200, 204]);

      expect((await site.subscribe(easy.slug, { email })).status).toBe(202);
      expect((await site.subscribe(strict.slug, { email })).status).toBe(403);
      const altcha = await solve((await (await wanted(strict.slug)).json()) as Challenge);
      expect((await site.subscribe(strict.slug, { email, altcha })).status).toBe(202);
    }
  });

  test('that wants one wants it of a form that asks for others as well', async () => {
    const { slug } = await makeListedNewsletter(database.db, { name: 'Strict too', challenge: 'always' });
    const site = await process({ challenge: 'off', challengeWork: 200 });
    const html = await (await fetch(site.url, { headers: { accept: 'text/html' } })).text();
    expect(html).toMatch(/data-challenge="\/n\/strict/);
    const ask = (newsletters: string[]) =>
      fetch(`${site.url}/subscribe`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'several@example.org', newsletters }),
      });
    expect((await ask([newsletter.slug, slug])).status).toBe(403);
    expect((await ask([newsletter.slug])).status).toBe(202);
  });
});

describe('limits', () => {
  test('of a caller hold for all processes together, exactly', async () => {
    const some = { perCaller: { times: 30, withinSeconds: hour }, challenge: 'off' } as const;
    const sites = [await process(some), await process(some)];
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        (sites[n % 2] as Site).subscribe(
          newsletter.slug,
          { email: `c${n}@example.org` },
          { 'x-forwarded-for': '198.51.100.7' },
        ),
      ),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(30);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30);
    expect(Number(answers.find(({ status }) => status === 429)?.headers.get('retry-after'))).toBeGreaterThan(
      3000,
    );
  });

  test.each([
    ['newsletter-limit', { perNewsletter: { times: 5, withinSeconds: 1 } }],
    ['all-limit', { all: { times: 5, withinSeconds: 1 } }],
  ])('%s holds for all callers together, and is over when its time is', async (outcome, changes) => {
    const site = await process({ ...changes, challenge: 'off' });
    const ask = (n: number) =>
      site.subscribe(
        newsletter.slug,
        { email: `n${n}@example.org` },
        { 'x-forwarded-for': `198.51.100.${n}` },
      );
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => ask(n)));
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(3);
    expect(site.outcomes.filter((one) => one === outcome)).toHaveLength(3);
    await delay(1100);
    expect((await ask(9)).status).toBe(202);
  });

  test('a flood without solutions leaves room for requests with one', async () => {
    const site = await process({ ...always, perNewsletter: { times: 10, withinSeconds: hour } });
    for (let n = 0; n < 30; n += 1)
      await site.subscribe(
        newsletter.slug,
        { email: `flood${n}@example.org` },
        { 'x-forwarded-for': `198.51.100.${n}` },
      );
    const altcha = await solve(await challengeOf(site));
    expect((await site.subscribe(newsletter.slug, { email: 'ada@example.org', altcha })).status).toBe(202);
  });
});

describe('a form without JavaScript', () => {
  test('passes where a challenge is wanted, a few times a caller', async () => {
    const site = await process({ ...always, unprovenPerCaller: { times: 2, withinSeconds: hour } });
    for (const n of [1, 2]) expect((await form(site, { email: `plain${n}@example.org` })).status).toBe(200);
    expect(await isStored('plain2@example.org')).toBe(true);
    const refused = await form(site, { email: 'plain3@example.org' });
    expect(refused.status).toBe(403);
    const html = await refused.text();
    // The page keeps the typed values, and has all the data that a script needs to continue.
    expect(html).toContain('value="plain3@example.org"');
    expect(html).toMatch(/role="alert"/);
    expect(html).toContain(`data-challenge="/n/${newsletter.slug}/challenge?if&#x3D;wanted"`);
    expect(await isStored('plain3@example.org')).toBe(false);
    expect((await form(site, { email: 'plain4@example.org' }, '192.0.2.2')).status).toBe(200);
    expect(site.outcomes).toEqual(['unproven', 'unproven', 'challenge-missing', 'unproven']);
  });

  test('and no more than a few in all', async () => {
    const site = await process({ ...always, unproven: { times: 2, withinSeconds: hour } });
    const statuses = [];
    for (const n of [1, 2, 3])
      statuses.push((await form(site, { email: `all${n}@example.org` }, `192.0.2.${n}`)).status);
    expect(statuses).toEqual([200, 200, 403]);
  });
});

describe('a form that comes back at once', () => {
  const stampOf = async (site: Site): Promise<string> => {
    const html = await (await fetch(`${site.url}/n/${newsletter.slug}`)).text();
    return /name="stamp" value="([^"]+)"/.exec(html)?.[1] ?? '';
  };

  test('must be sent once more, with the typed values kept, and passes then', async () => {
    const clock = clockAt();
    const site = await startSite(database.db, { clock, subscribeLimits: limits({ challenge: 'off' }) });
    open.push(site);
    const stamp = await stampOf(site);
    clock.forward(1_500);
    const quick = await form(site, { email: 'quick@example.org', stamp });
    expect(quick.status).toBe(429);
    expect(quick.headers.get('retry-after')).toBe('2');
    const html = await quick.text();
    expect(html).toContain('value="quick@example.org"');
    expect(html).not.toContain('data-challenge');
    expect(await isStored('quick@example.org')).toBe(false);
    // The page keeps its stamp, so that the second press does not count as too quick.
    expect(html).toContain(`name="stamp" value="${stamp}"`);
    clock.forward(600);
    expect((await form(site, { email: 'quick@example.org', stamp })).status).toBe(200);
    expect(await isStored('quick@example.org')).toBe(true);
    // The stamp is from a page in a cache.
    clock.forward(30 * 24 * hour * 1000);
    expect((await form(site, { email: 'cached@example.org', stamp })).status).toBe(200);
  });

  test.each([['x'], ['0.AAAAAAAAAAAAAAAA'], ['kz5q0000.AAAAAAAAAAAAAAAA'], ['\u0000'], ['1'.repeat(9000)]])(
    'with a stamp that is not ours (%.20j) is too quick',
    async (stamp) => {
      const site = await process({ challenge: 'off' });
      const answer = await site.subscribe(newsletter.slug, { email: 'eve@example.org', stamp });
      expect([answer.status, await codeOf(answer)]).toEqual([429, 'too-fast']);
    },
  );

  test('is not judged where it carries no stamp: forms on other sites, and scripts', async () => {
    const site = await process();
    expect((await form(site, { email: 'elsewhere@example.org' })).status).toBe(200);
  });
});
