// The addresses to measure: each page of the console and each GET of the API, plain, with each value of each filter, and with
// each pair of values. A route or a filter that is not known here stops the measurement.
import { signDecision } from '../../src/decision-link.js';
import { deliveryStates } from '../../src/delivery/counts.js';
import { day } from '../../src/durations.js';
import { importOutcomes } from '../../src/imports/outcome.js';
import { openSecrets } from '../../src/secrets.js';
import { joinSources } from '../../src/subscribers/join-source.js';
import { subscriptionStatuses } from '../../src/subscribers/status.js';
import { secretKey } from '../../test/support/newsroom.js';
import type { Filled } from './fill.js';

type Values = Readonly<Record<string, readonly string[]>>;

/** Routes for people who are not signed in, a page that only answers to the link of another, and pictures of other sites. */
const leftOut =
  /^(?!\/(console|api|review|held)\b)|^\/console\/(sign-in|forgotten|password)|^\/console\/first-run\/mail$|\/thumbnail$|^\/held\//;

/** In every address, in half of them, in one of 50, in one of 20,000, and in none; and one that reads two sets of trigrams. */
const searches = ['example', 'ada reader', 'quill', 'zebedee', 'nobody-has-this', 'reader7@mail'];
const topics = ['Common', 'Middling', 'Rare', 'Unknown'];
const readerFilters = {
  search: searches,
  status: subscriptionStatuses,
  problem: ['bounced', 'complained', 'full', 'unavailable', 'refused'],
  source: joinSources,
} as const;
const added = ['7', '365'];
const frequency = ['daily', 'weekly'];
const postFilters: Values = {
  search: ['harbour', 'zeppelin', 'nowhere-here'],
  state: ['eligible', 'held', 'excluded', 'known'],
};
const days: Values = { from: ['2020-01-01', new Date(Date.now() - 700 * day).toISOString().slice(0, 10)] };

/** The filters of the console's pages. The API's document names its own. */
const consoleFilters = ({ subscriberId, weekly, accountId }: Filled): Readonly<Record<string, Values>> => ({
  '/console/newsletters/:slug/readers': {
    ...readerFilters,
    topic: topics,
    frequency,
    added,
    cursor: [subscriberId],
  },
  '/console/newsletters/:slug/readers/selected': { act: ['unsubscribe'], reader: [subscriberId] },
  '/console/subscribers': {
    ...readerFilters,
    added,
    cursor: [subscriberId],
    email: ['reader7@mail7.example.org'],
  },
  '/console/subscribers/:id': { before: [`500~${Date.now()}`] },
  '/console/newsletters/:slug/posts': { ...postFilters, cursor: ['5000'] },
  '/console/newsletters/:slug/issues': { before: ['500'], status: ['review', 'finished', 'skipped'] },
  '/console/newsletters/:slug/next': { part: ['text'], scheme: ['dark'] },
  '/console/newsletters/:slug/growth': days,
  '/console/newsletters/:slug/growth.csv': { ...days, of: ['clicks'] },
  '/console/newsletters/:slug/imports/:id': { outcome: importOutcomes, after: ['1000'] },
  '/console/issues/:id/recipients': { state: deliveryStates, search: searches, after: [subscriberId] },
  '/console/issues/:id/recipients.csv': { state: deliveryStates },
  '/console/issues/:id/why': {
    subscriber: [subscriberId],
    email: ['reader7@mail7.example.org'],
    cursor: ['5000'],
  },
  '/console/delivery/suppressions': {
    reason: ['manual', 'bounce', 'complaint', 'erasure', 'imported'],
    email: ['reader7@mail7.example.org', 'nobody@example.net'],
  },
  '/console/audit': {
    person: ['account:1', 'cli', 'account:999'],
    kind: ['signingIn', 'accounts', 'exports', 'erasures', 'readers', 'newsletters'],
    from: ['2020-01-01'],
    to: [new Date(Date.now() - 60 * day).toISOString().slice(0, 10)],
    before: ['100'],
  },
  '/console/audit.csv': { kind: ['erasures'] },
  '/console/integrations': { after: ['10'] },
  '/console/integrations/webhooks': { cursor: ['1'] },
  '/console/integrations/webhooks/:id': { before: ['1'] },
  '/console/team': { cursor: ['10'] },
  '/console': {},
  '/review/:token': {},
  '/console/newsletters/:slug': { slug: [weekly.slug] },
  '/console/issues/:id/problems': { act: ['suppress'], group: ['x'] },
  '/console/prove': { to: [`/console/team/${accountId}`] },
  '/console/sending/resume': { provider: ['example.net'] },
});

/** Values for the parameters of the API, by name; those of enumerations are in its document. */
const apiValues = ({ subscriberId, daily }: Filled): Values => ({
  limit: ['200'],
  cursor: [subscriberId],
  search: searches,
  email: ['reader7@mail7.example.org', 'nobody@example.net'],
  newsletter: [daily.id, daily.slug],
  topic: topics,
  source: joinSources,
  frequency,
  since: [new Date(Date.now() - 7 * day).toISOString()],
  subscriber: [subscriberId],
  post: ['5'],
  from: days['from'] ?? [],
  to: [new Date().toISOString().slice(0, 10)],
  domain: ['news.example.org'],
  kind: ['dmarc', 'tls'],
});

export interface Operation {
  parameters?: { name: string; in: string; schema: { enum?: string[]; type?: string } }[];
}

/** The filters of an operation of the API. */
function filtersOf(path: string, { parameters = [] }: Operation, filled: Filled): Values {
  const values = apiValues(filled);
  const asked = parameters.filter((one) => one.in === 'query');
  return Object.fromEntries(
    asked.map(({ name, schema }) => {
      const known =
        schema.enum ??
        (schema.type === 'boolean'
          ? ['true', 'false']
          : path === '/suppressions' && name === 'cursor'
            ? ['AAAA']
            : values[name]);
      if (known === undefined)
        throw new Error(`bench/console/addresses.ts has no value for ${name} of ${path}`);
      return [name, known];
    }),
  );
}

/** Values of these change how much is answered, not where it is found: they make no pairs. */
const alone = /^(limit|part|scheme|from|of|act|group|email|subscriber|post)$/;

/** Routes that refuse an address without a query. */
const needQuery = /\/explain$/;

/** No query, each value alone, and with `withPairs` each pair of values of different filters. */
function queriesOf(filters: Values, withPairs: boolean): string[] {
  const single = Object.entries(filters).flatMap(([name, values]) =>
    values.map((value) => [name, value] as const),
  );
  const text = (...pairs: (readonly [string, string])[]): string =>
    new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value])).toString();
  return [
    '',
    ...single.map((one) => text(one)),
    ...(withPairs ? single : []).flatMap((one, index) =>
      single
        .slice(index + 1)
        .filter(([name]) => name !== one[0] && !alone.test(name) && !alone.test(one[0]))
        .map((other) => text(one, other)),
    ),
  ];
}

/** The path with each of its examples. */
function examplesOf(path: string, filled: Filled): string[] {
  const { daily, finished, sending, review, old, accountId, subscriberId, suppressionId } = filled;
  const decision = (): string =>
    signDecision(
      openSecrets(secretKey).derive('review-links'),
      'review',
      { id: review, accountId },
      new Date(Date.now() + day),
    );
  const ids: [of: RegExp, values: string[]][] = [
    [/\/issues\/:id\/explain/, [finished, sending]],
    [/\/issues\/:id\/preview/, [finished, sending]],
    [/\/suppressions\/:id/, [suppressionId]],
    [/\/api\/v1\/newsletters\/:id/, [daily.id]],
    [/\/issues\/:id/, [finished, sending, review, old]],
    [/\/deliveries\/:id/, [`${finished}-${subscriberId}`]],
    [/\/subscribers\/:id/, [subscriberId]],
    [/\/imports\/:id/, ['300']],
    [/\/(feeds|posts|domain-rules)\/:id/, ['1', '5']],
    [/\/(accounts|team|api-keys)\/:id/, ['2']],
    [/\/(mail-templates|webhooks)\/:id/, ['1']],
  ];
  const values = ids.find(([of]) => of.test(path))?.[1] ?? [''];
  return values.map((id) => {
    const made = path
      .replace('/:ids', `/${filled.subscriberId}`)
      .replace('/questions/:name', '/questions/city')
      .replace(':slug', daily.slug)
      .replace(':token', decision)
      .replace(':id', id);
    if (made.includes(':') || made.includes('//'))
      throw new Error(`bench/console/addresses.ts has no example for ${path}`);
    return made;
  });
}

/** A route with everything that is asked of it. */
export interface AskedRoute {
  route: string;
  paths: string[];
}

/** `operations`: those of the API's document, by path below /api/v1. `pairs`: also each pair of filters. */
export function addressesOf(
  declared: readonly string[],
  {
    operations,
    filled,
    pairs,
  }: { operations: Readonly<Record<string, { get?: Operation }>>; filled: Filled; pairs: boolean },
): AskedRoute[] {
  const own = consoleFilters(filled);
  const unknown = Object.keys(own).filter((path) => !declared.includes(path));
  if (unknown.length > 0)
    throw new Error(`bench/console/addresses.ts knows pages that are gone: ${unknown.join(', ')}`);
  return declared
    .filter((path) => !leftOut.test(path))
    .map((route) => {
      const below = route.replace(/^\/api\/v1/, '').replace(/:(\w+)/g, '{$1}');
      const operation = route.startsWith('/api/v1') ? operations[below]?.get : undefined;
      const filters = operation ? filtersOf(below, operation, filled) : (own[route] ?? {});
      return {
        route,
        paths: examplesOf(route, filled).flatMap((path) =>
          queriesOf(filters, pairs)
            .slice(needQuery.test(route) ? 1 : 0)
            .map((query) => (query === '' ? path : `${path}?${query}`)),
        ),
      };
    });
}
