// Measures counted links: redirects, and the messages of readers who agreed.
import { closeSync, openSync } from 'node:fs';
import { childEnvironment } from '../src/config/environment.js';
import type { Db } from '../src/db.js';
import { freePort } from '../src/embedded/ports.js';
import { supervise, type Child } from '../src/supervise.js';
import { linkIdOf, signClick } from '../src/tracking/click-token.js';
import { links, quiet, secretKey } from '../test/support/newsroom.js';
import { askLoad } from './ask-load.js';
import { deliver } from './deliver.js';
import { makeNewsletterWith } from './digest.js';
import type { LoadResult } from './load-process.js';
import type { Measurement, Setting } from './measurement.js';

const counted = 1_000_000;
const linksOfIssue = 20;
const agreed = 100_000;
/** Different links of different readers: so few of them are in the memory of the web process. */
const followed = 200_000;
const load = { connections: 50, warmUpSeconds: 2, seconds: 5, wanted: 302, challenges: undefined, run: '' };
/** Redirects a second beside an issue. */
const beside = 1_000;

const urlOf = (n: number): string => `https://news.example.org/${n}`;
/** Any of the million links. A prime spreads them. */
const spread = (index: number): number => (index * (counted / followed) * 7_919) % counted;

/** Nine of ten clicks go to the links of the last ten issues, as they do after a sending. */
const mostlyRecent = (index: number): number =>
  index % 10 === 0 ? spread(index) : counted - 1 - ((index * 7_919) % (10 * linksOfIssue));

const issueOf = (n: number): string => String(Math.floor(n / linksOfIssue));

/** Makes links as the freeze of many issues makes them. */
async function makeLinks(db: Db): Promise<void> {
  await db.query(
    `insert into counted_links (id, issue_id, url)
     select translate(substr(encode(sha256(convert_to(issue_id || ' ' || url, 'UTF8')), 'base64'), 1, 8), '+/', '-_'),
       issue_id, url
     from (select n / $2 as issue_id, 'https://news.example.org/' || n as url from generate_series(0, $1 - 1) n) made
     on conflict do nothing`,
    [counted, linksOfIssue],
  );
}

/** The paths of links that readers who agreed follow: any of the million. */
async function pathsOf(db: Db, newsletterId: string, linkOf = spread): Promise<string[]> {
  const readers = await db.query<{ id: string }>('select id from subscriptions where newsletter_id = $1', [
    newsletterId,
  ]);
  return Array.from({ length: followed }, (_, index) => {
    const n = linkOf(index);
    const { id: subscriptionId = '' } = readers[index % readers.length] ?? {};
    return `/c/${signClick(links.key, { linkId: linkIdOf(issueOf(n), urlOf(n)), subscriptionId })}`;
  });
}

async function startWeb(
  program: string,
  env: Record<string, string>,
): Promise<{ child: Child; port: number }> {
  const port = await freePort();
  const nowhere = openSync('/dev/null', 'w');
  const variables = childEnvironment({ ...env, PORT: String(port), HOST: '127.0.0.1' });
  const child = supervise({ name: program, program, env: variables, log: quiet, output: nowhere });
  await child.ready;
  closeSync(nowhere);
  return { child, port };
}

const webEnvironment = ({ servers, sink }: Setting, url: string): Record<string, string> => ({
  ...(servers.queueUrl === undefined ? {} : { QUEUE_URL: servers.queueUrl }),
  DATABASE_URL: url,
  SMTP_URL: `smtp://${sink.host}:${sink.port}`,
  SECRET_KEY: secretKey,
});

const rateOf = ({ answers, seconds }: LoadResult): number => answers / seconds;
const meanRate = (runs: LoadResult[]): number =>
  runs.reduce((sum, run) => sum + rateOf(run), 0) / runs.length;

/** Each route twice, alternating: bare, ours, ours, bare. */
async function redirects(setting: Setting): Promise<{ ours: number; bare: number }> {
  const { db, url, close } = await setting.servers.freshDatabase();
  try {
    await makeLinks(db);
    const gets = await pathsOf(
      db,
      await makeNewsletterWith(db, { readers: agreed, name: 'clicked', counted: true }),
    );
    await db.query('vacuum analyze');
    await db.query('checkpoint');
    const run = async (program: string, env: Record<string, string>): Promise<LoadResult> => {
      const { child, port } = await startWeb(program, env);
      try {
        return await askLoad({ ...load, port, path: '', gets }, () => undefined);
      } finally {
        await child.stop();
      }
    };
    const bareRoute = () => run('dist/bench/bare-process.js', { DATABASE_URL: url });
    const ourRoute = () => run('dist/src/web.js', webEnvironment(setting, url));
    const bare = [await bareRoute()];
    const ours = [await ourRoute(), await ourRoute()];
    bare.push(await bareRoute());
    return { ours: meanRate(ours), bare: meanRate(bare) };
  } finally {
    await close();
  }
}

/** 1,000 redirects a second while an issue is sent to readers who agreed. */
async function besideAnIssue(setting: Setting): Promise<LoadResult> {
  const { readers, workers, connections } = setting.options;
  let measured: LoadResult | undefined;
  await deliver(setting.servers, setting.sink, {
    readers,
    workers,
    connections,
    counted: true,
    async beside({ db, url }) {
      await makeLinks(db);
      const clicked = await makeNewsletterWith(db, { readers: 1_000, name: 'clicked', counted: true });
      const gets = await pathsOf(db, clicked, mostlyRecent);
      const { child, port } = await startWeb('dist/src/web.js', webEnvironment(setting, url));
      return async () => {
        measured = await askLoad({ ...load, port, path: '', gets, atMost: beside }, () => undefined);
        await child.stop();
      };
    },
  });
  if (measured === undefined) throw new Error('no redirect was measured');
  return measured;
}

export const clicks: Measurement = async (setting) => {
  const { readers, workers, connections } = setting.options;
  const number = (value: number): string => value.toLocaleString('en-US');
  setting.say(`redirects of ${number(counted)} links`);
  const { ours, bare } = await redirects(setting);
  const issue = (isCounted: boolean) => {
    setting.say(`an issue to ${number(readers)} readers, ${isCounted ? 'all' : 'none'} of whom agreed`);
    return deliver(setting.servers, setting.sink, { readers, workers, connections, counted: isCounted });
  };
  const [plain, withClicks] = [await issue(false), await issue(true)];
  setting.say(`${number(beside)} redirects a second beside an issue`);
  const { p50, p99 } = await besideAnIssue(setting);
  return [
    { what: 'a bare Express route that redirects', value: bare, unit: 'requests/s' },
    { what: `GET /c/:token, ${number(counted)} links`, value: ours, unit: 'requests/s' },
    { what: 'GET /c/:token ÷ bare route', value: ours / bare, unit: '', bar: { atLeast: 0.3 } },
    {
      what: `GET /c/:token, ${number(beside)} a second beside an issue, p50`,
      value: p50,
      unit: 'ms',
      bar: { atMost: 5 },
    },
    { what: 'the same, p99', value: p99, unit: 'ms' },
    {
      what: 'CPU of a message in the workers, all readers agreed ÷ clicks off',
      value: withClicks.workerCpu / plain.workerCpu,
      unit: '',
      bar: { atMost: 1.25 },
    },
  ];
};
