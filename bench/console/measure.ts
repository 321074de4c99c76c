// Measures the first byte of every page of the console and of every GET of the API, on tables without statistics and after
// `analyze`; then what a person presses.
import { get, Agent, type IncomingMessage } from 'node:http';
import { closeSync, openSync } from 'node:fs';
import { createApiKey } from '../../src/accounts/api-keys.js';
import { childEnvironment } from '../../src/config/environment.js';
import type { Db } from '../../src/db.js';
import { freePort } from '../../src/embedded/ports.js';
import { supervise } from '../../src/supervise.js';
import { visitor, type Visitor } from '../../test/console/browser-session.js';
import { listRoutes } from '../../test/support/list-routes.js';
import { makePosts, quiet, secretKey } from '../../test/support/newsroom.js';
import type { Figure } from '../figure.js';
import type { Measurement, Setting } from '../measurement.js';
import { addressesOf, type AskedRoute, type Operation } from './addresses.js';
import { fillConsole, owner, type Filled } from './fill.js';

/** Requests of each address. One that looks slow is asked more often, because other work on the machine slows single ones. */
const few = 5;
const many = 30;
const bars = { median: 50, p99: 200, search: 200, press: 500 };
const shown = 25;
const presses = 7;
/** An answer that takes longer is not waited for. */
const mostMs = 60_000;

interface Timed {
  route: string;
  path: string;
  median: number;
  p99: number;
}

interface Web {
  origin: string;
  browser: Visitor;
  /** The headers of a request: of the signed-in browser, or of a program. */
  headersFor(path: string): Record<string, string>;
  close(): Promise<void>;
}

async function startWeb({ servers, sink }: Setting, { db, url }: { db: Db; url: string }): Promise<Web> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const nowhere = openSync('/dev/null', 'w');
  const env = childEnvironment({
    ...(servers.queueUrl === undefined ? {} : { QUEUE_URL: servers.queueUrl }),
    DATABASE_URL: url,
    SMTP_URL: `smtp://${sink.host}:${sink.port}`,
    SECRET_KEY: secretKey,
    BASE_URL: origin,
    PORT: String(port),
    HOST: '127.0.0.1',
  });
  const child = supervise({ name: 'web', program: 'dist/src/web.js', env, log: quiet, output: nowhere });
  await child.ready;
  closeSync(nowhere);
  const browser = visitor(origin);
  await browser.signIn(owner.email, owner.password);
  // Dangerous acts ask for a proof that is younger than the measurement is long.
  await db.query(`update sessions set proved_at = now() + interval '1 day'`);
  const { apiKey } = await createApiKey({ db }, { name: 'bench', role: 'owner' });
  return {
    origin,
    browser,
    headersFor: (path) =>
      path.startsWith('/api/')
        ? { authorization: `Bearer ${apiKey}` }
        : {
            accept: 'text/html',
            cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          },
    close: () => child.stop(),
  };
}

/** Milliseconds until the first byte of the answer, at most `mostMs`. A file or a stream of events is not read to its end. */
async function firstByte(web: Web, agent: Agent, path: string): Promise<number> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const options = { agent, headers: web.headersFor(path), timeout: mostMs };
    const request = get(`${web.origin}${path}`, options, (answer: IncomingMessage) => {
      const took = performance.now() - started;
      if ((answer.statusCode ?? 500) >= 400) wrong.add(`${answer.statusCode} ${path}`);
      if (answer.headers['content-length'] === undefined) {
        answer.destroy();
        resolve(took);
      } else answer.resume().once('end', () => resolve(took));
    })
      .on('timeout', () => {
        resolve(mostMs);
        request.destroy();
      })
      .on('error', reject);
  });
}

/** Addresses that were refused: their time says nothing, so they end the run. */
const wrong = new Set<string>();

const quantile = (times: readonly number[], share: number): number =>
  times.toSorted((one, other) => one - other)[Math.min(times.length - 1, Math.floor(times.length * share))] ??
  Number.NaN;

async function timesOf(web: Web, agent: Agent, path: string, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n += 1) times.push(await firstByte(web, agent, path));
  return times;
}

/** Says each slow address as soon as it is known, because the whole takes long. */
async function measureAll(
  web: Web,
  asked: readonly AskedRoute[],
  { again, say }: { again: number; say: (words: string) => void },
): Promise<Timed[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const measured: Timed[] = [];
  for (const { route, paths } of asked)
    for (const path of paths) {
      const first = await timesOf(web, agent, path, few);
      const isSlow = quantile(first, 0.5) > bars.median / 2 || Math.max(...first) > bars.p99 / 2;
      // Hopelessly slow addresses need no second look.
      const times = isSlow && quantile(first, 0.5) < 1_000 ? await timesOf(web, agent, path, again) : first;
      const timed = { route, path, median: quantile(times, 0.5), p99: quantile(times, 0.99) };
      measured.push(timed);
      if (timed.median > bars.median || timed.p99 > bars.p99) say(inLine(timed));
    }
  agent.destroy();
  return measured;
}

/** Milliseconds of each press of a button, which must answer with a redirect to `to`. */
async function press(
  web: Web,
  path: string,
  { to, before }: { to: RegExp; before: () => Promise<unknown> },
): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < presses; n += 1) {
    await before();
    const started = performance.now();
    const { status, location } = await web.browser.post(path);
    times.push(performance.now() - started);
    if (status !== 303 || !to.test(location ?? ''))
      throw new Error(`${path} answered with ${status}, ${location}`);
  }
  return quantile(times, 0.5);
}

async function pressAll(web: Web, db: Db, { daily, review }: Filled): Promise<Figure[]> {
  await web.browser.get(`/console/newsletters/${daily.slug}/send`);
  const sendNow = await press(web, `/console/newsletters/${daily.slug}/send`, {
    to: /^\/console\/issues\/\d+$/,
    before: () => makePosts(db, daily.id, 1),
  });
  const approve = await press(web, `/console/issues/${review}/review/approve`, {
    to: /notice=approved/,
    before: () => db.query('update issues set approved_at = null where id = $1', [review]),
  });
  return [
    { what: 'pressing Send now', value: sendNow, unit: 'ms', bar: { atMost: bars.press } },
    { what: 'pressing Approve', value: approve, unit: 'ms', bar: { atMost: bars.press } },
  ];
}

const isSearch = ({ path }: Timed): boolean => /\/(readers|subscribers|recipients)\?(.*&)?search=/.test(path);

function figuresOf(name: string, measured: readonly Timed[]): Figure[] {
  const worst = (of: readonly Timed[], what: 'median' | 'p99'): number =>
    Math.max(...of.map((one) => one[what]));
  const [searching, others] = [measured.filter(isSearch), measured.filter((one) => !isSearch(one))];
  return [
    { what: `${name}: addresses`, value: measured.length, unit: '' },
    {
      what: `${name}: median of all medians`,
      value: quantile(
        measured.map(({ median }) => median),
        0.5,
      ),
      unit: 'ms',
    },
    {
      what: `${name}: the slowest median, without searches`,
      value: worst(others, 'median'),
      unit: 'ms',
      bar: { atMost: bars.median },
    },
    {
      what: `${name}: the slowest p99, without searches`,
      value: worst(others, 'p99'),
      unit: 'ms',
      bar: { atMost: bars.p99 },
    },
    {
      what: `${name}: the slowest search among readers, median`,
      value: worst(searching, 'median'),
      unit: 'ms',
      bar: { atMost: bars.search },
    },
    { what: `${name}: the slowest search among readers, p99`, value: worst(searching, 'p99'), unit: 'ms' },
  ];
}

const inLine = ({ median, p99, path }: Timed): string =>
  `${median.toFixed(0).padStart(7)} ms ${p99.toFixed(0).padStart(7)} ms  ${path}`;

/** The slowest addresses, as a table. */
function slowest(measured: readonly Timed[]): string {
  return measured
    .toSorted((one, other) => other.median - one.median)
    .slice(0, shown)
    .map(inLine)
    .join('\n');
}

export interface Asking {
  db: Db;
  url: string;
  filled: Filled;
  declared: readonly string[];
  name: string;
  /** Each address with one filter at most, and slow ones ten times instead of 30 times. */
  briefly?: boolean;
}

/** Asks every page, and then does more with the same process. */
export async function askPages(
  setting: Setting,
  { db, url, filled, declared, name, briefly = false }: Asking,
  andThen?: (web: Web) => Promise<Figure[]>,
): Promise<Figure[]> {
  const { say } = setting;
  const web = await startWeb(setting, { db, url });
  try {
    const document = await fetch(`${web.origin}/api/v1/openapi.json`);
    const { paths } = (await document.json()) as { paths: Record<string, { get?: Operation }> };
    const asked = addressesOf(declared, { operations: paths, filled, pairs: !briefly });
    say(`${name}: ${asked.reduce((sum, one) => sum + one.paths.length, 0)} addresses`);
    const measured = await measureAll(web, asked, { again: briefly ? 10 : many, say });
    if (wrong.size > 0)
      throw new Error(`bench/console/addresses.ts has addresses that are refused: ${[...wrong].join(', ')}`);
    say(`${name}, the slowest: median, p99\n${slowest(measured)}`);
    return [...figuresOf(name, measured), ...((await andThen?.(web)) ?? [])];
  } finally {
    await web.close();
  }
}

export const consolePages: Measurement = async (setting) => {
  const { options, servers, say } = setting;
  const { db, url, close } = await servers.freshDatabase();
  try {
    const readers = options.large;
    say(`the console with ${readers.toLocaleString('en-US')} readers`);
    const declared = await listRoutes({ db, url });
    const filled = await fillConsole(db, { readers, say });
    await db.query('checkpoint');
    const ask = { db, url, filled, declared };
    const figures = await askPages(setting, { ...ask, name: 'console, no statistics' });
    await db.query('analyze');
    const analyzed = await askPages(setting, { ...ask, name: 'console, analyzed' }, (web) =>
      pressAll(web, db, filled),
    );
    return [...figures, ...analyzed];
  } finally {
    await close();
  }
};
