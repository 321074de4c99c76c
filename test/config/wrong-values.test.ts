// Each variable of docs/configuration.md, with values that are wrong.
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot, readConfig } from '../../src/config/environment.js';
import { ConfigError } from '../../src/config/values.js';
import { portProblem } from '../../src/embedded/ports.js';

const folder = mkdtempSync(path.join(tmpdir(), 'daily-digest-test-'));
const file = path.join(folder, 'a-file');
writeFileSync(file, 'no folder');
mkdirSync(path.join(folder, 'a-folder'));
afterAll(() => rmSync(folder, { recursive: true }));

const pem = (...args: [type: 'rsa', bits: number] | [type: 'ed25519' | 'ec']): string => {
  const { privateKey } =
    args[0] === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: args[1] })
      : args[0] === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519');
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
};

const numbers = ['many', '-1', '1.5', '1e3', '99999999999'];
const allowances = ['60', '0/1h', '60/1w', '60/0h', '1/1h;2/1h', '999999999999/1h'];

/** The error shows these values as '***'. */
const secrets = [
  'SECRET_KEY',
  'SECRET_KEY_PREVIOUS',
  'ADMIN_PASSWORD',
  'BACKUP_PASSPHRASE',
  'METRICS_TOKEN',
  'OIDC_CLIENT_SECRET',
  'DKIM_PRIVATE_KEY',
  'DKIM_ED25519_PRIVATE_KEY',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
  'OTEL_EXPORTER_OTLP_METRICS_HEADERS',
];

const collectors = [
  'localhost:4318',
  'grpc://collector:4317',
  'http://',
  'collector',
  'https://digest:hunter2@collector:99999',
];
const otlpProtocols = ['grpc', 'http', 'json', 'HTTP/JSON', 'http/protobuf,http/json'];
const otlpHeaders = [
  'secret',
  'api-key:secret',
  '=secret',
  'api-key=',
  'api-key=a;b',
  'api-key=%zz',
  'a=b,,c=d',
];
const otlpExporters = ['console', 'prometheus', 'OTLP', 'off', 'otlp,none'];

const wrongValues: Record<string, string[]> = {
  DATABASE_URL: [
    'mysql://db/digest',
    'db/digest',
    'postgres://',
    'postgres://db,other/digest',
    'postgres://digest:p#w@db/digest',
    'postgres://digest:p/w@db/digest',
    'postgres://digest:1/w@db/digest',
    'postgres://db:99999/digest',
    'postgres://db:0/digest',
    'postgres://db..example.org/digest',
    'postgres://db/digest?sslmode=nonsense',
    'digest:hunter2@db/digest',
    'postgres://db/digest?password=hunter2&sslmode=no',
  ],
  DATABASE_DIRECT_URL: [
    'mysql://db/digest',
    'db/digest',
    'postgres://',
    'postgres://digest:p#w@db/digest',
    'postgres://db/digest?sslmode=nonsense',
    'postgres://db/digest?sslmode=verify-full&sslrootcert=/nowhere/ca.pem',
    'postgres://db/digest?sslmode=require&sslcert=/nowhere/client.pem',
    'postgres://db/digest?sslmode=require&sslkey=/',
  ],
  QUEUE_URL: [
    'http://queue:6379',
    'queue:6379',
    'redis://',
    'redis://a,redis://b',
    'redis://a,b',
    'redis://queue/99x',
    'redis://queue/-1',
    'redis://queue/1/2',
    'redis://queue:notaport',
    'redis://queue#1',
    'redis://queue?what=1',
    'redis+cluster://a,b:notaport',
    'redis+cluster://a,',
    'redis+cluster://a,b/3',
    'redis+sentinel://a,b',
    'redis+sentinel://a/',
    'redis+sentinel://a/my master',
    'redis+sentinel://a/digest/x',
    'redis+sentinel://a/digest/1/2',
    'redis+sentinel://a/digest?what=1',
    'redis://a?sentinelPassword=hunter2',
    'redis://a?family=5',
    'redis+what://a',
    'redis://:p%zz@queue',
    'redis://:hunter2@queue/x',
  ],
  QUEUE_PREFIX: ['with blank', '{braces}', 'a:b', 'x'.repeat(41), 'ü'],
  SMTP_URL: [
    'http://relay',
    'relay',
    'smtp://',
    'smtp://relay/path',
    'smtp://relay:0',
    'smtp://a..b',
    'smtp://relay?x=1',
    'smtp://relay?feedback=what',
    'smtp://relay?feedback=ses',
    'smtp://relay?feedback=ses&feedbackTopic=digest',
    'smtp://relay?feedback=ses&feedbackTopic=arn:aws:sns:eu-west-1:123:digest',
    'smtp://relay?feedback=ses&feedbackSecret=hunter2-hunter2-hunter2',
    'smtp://relay?feedback=mailgun',
    'smtp://relay?feedback=mailgun&feedbackSecret=hunter2',
    'smtp://relay?feedback=mailgun&feedbackKey=hunter2',
    'smtp://relay?feedback=sendgrid&feedbackKey=hunter2',
    'smtp://relay?feedback=postal&feedbackKey=hunter2MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE',
    'smtp://relay?feedbackSecret=hunter2-hunter2-hunter2',
  ],
  BASE_URL: [
    'digest.example.org',
    'ftp://digest.example.org',
    'https://',
    'https://digest.example.org/?a=1',
    'https://digest.example.org/#b',
    'https://digest.example.org?',
    'https://user@digest.example.org',
    'https://u:hunter2@digest.example.org',
    'https://digest..example.org',
    'not a url',
  ],
  HOST: ['not a host', 'http://localhost', '127.0.0.1:3000', '[::1]', '300.1.1.1', 'a/b', '-x-'],
  PORT: [...numbers, '65536'],
  DATA_DIR: [
    file,
    path.join(file, 'below'),
    '/dev/null',
    path.join(folder, 'x'.repeat(300)),
    '/etc/hostname/data',
  ],
  WORKERS: [...numbers, '0', '257'],
  TRUST_PROXY: ['10.0.0.0/99', 'yes', '1.2.3', '10.0.0.1,', '10.0.0.0/8/8', '::1/129', 'loopback/8', '1000'],
  LOG_LEVEL: ['loud', 'INFO', '30', 'warning', 'none'],
  SECRET_KEY: [
    'short',
    ' '.repeat(40),
    '\t'.repeat(40),
    'x'.repeat(31),
    `${'x'.repeat(20)}${' '.repeat(20)}`,
  ],
  SECRET_KEY_PREVIOUS: ['short', 'a,b', 'x'.repeat(31), 'ab cd', '1'],
  ADMIN_EMAIL: [
    'notanemail',
    '@example.org',
    'a@',
    'a@b@c',
    'a b@example.org',
    'Ada <ada@example.org>',
    'a@-x.org',
  ],
  ADMIN_PASSWORD: ['short', ' '.repeat(12), 'a         ', '\t'.repeat(20), '123456789'],
  BACKUP_PASSPHRASE: ['short', ' '.repeat(20), '\t'.repeat(12), 'x'.repeat(11), 'a b c d e f g h'],
  METRICS_TOKEN: ['short', ' '.repeat(20), 'with blanks in the token', 'x'.repeat(15), 'ünïcödé-tökén-lông'],
  OIDC_ISSUER: [
    'login.example.org',
    'http://login.example.org',
    'ftp://login.example.org',
    'https://',
    'https://login.example.org?tenant=1',
    'https://login.example.org/#tenant',
    'https://digest:hunter2@login.example.org',
  ],
  OIDC_CLIENT_ID: [' ', ' digest', 'digest ', 'dïgest', 'dig\nest'],
  OIDC_CLIENT_SECRET: [
    'short',
    ' '.repeat(20),
    'a secret at its end ',
    'sécret-of-the-client',
    'a secret\nof two',
  ],
  SECURITY_CONTACT: [
    'security@example.org',
    'http://example.org',
    'mailto:',
    'mailto:a@b c',
    'https://',
    'mailto:a@b\nX: y',
  ],
  FEEDBACK_LISTEN: [
    '2525',
    'smtp://0.0.0.0',
    'http://0.0.0.0:2525',
    'smtp://user@0.0.0.0:2525',
    'smtp://0.0.0.0:2525?cert=/etc/cert.pem',
    'smtp://0.0.0.0:2525?size=1',
    'smtp://:2525',
  ],
  FEEDBACK_MAILBOX: [
    'imap.example.org',
    'pop3://user:pass@imap.example.org/INBOX',
    'imaps://imap.example.org/INBOX',
    'imaps://user@imap.example.org/INBOX',
    'imaps://user:pass@imap.example.org/INBOX?move=inbox',
    'imaps://user:pass@imap.example.org/INBOX?move=Unknown',
    'imaps://user:pass@imap.example.org/Unknown',
    'imaps://user:pass@imap.example.org/INBOX?move=',
    'imaps://user:pass@imap.example.org/INBOX?folder=x',
    'imaps://user:pass@imap.example.org/INBOX?tls=off',
    'imap://user:pass@imap.example.org/INBOX?tls=maybe',
    'imap://user:pass@imap.example.org/INBOX%00',
    'imap://user:%E0%A4%A@imap.example.org/INBOX',
  ],
  BOUNCE_DOMAIN: [
    'not a domain',
    'bounces@example.org',
    'a..b',
    'https://example.org',
    '192.0.2.1',
    `${'x'.repeat(64)}.org`,
  ],
  DKIM_DOMAIN: ['not a domain', '-x.org', 'a..b', 'https://example.org', `${'x'.repeat(64)}.org`],
  DKIM_SELECTOR: ['not a name', '-x', 'a..b', 'sel/ector', 'x'.repeat(64)],
  DKIM_PRIVATE_KEY: ['no key', '/nowhere/dkim.pem', folder, pem('rsa', 1024), pem('ed25519')],
  DKIM_ED25519_PRIVATE_KEY: ['no key', '/nowhere/dkim.pem', folder, pem('rsa', 2048), pem('ec')],
  ALLOW_PRIVATE_FEEDS: [
    '10.0.0.0/99',
    'not a host!',
    'http://x',
    '10.0.0.0/8/8',
    'fd00::/129',
    'cms.local:80',
  ],
  IMAGE_CACHE_MB: [...numbers, '0'],
  OTEL_SDK_DISABLED: ['yes', '1', 'on', 'no', 'disabled'],
  OTEL_EXPORTER_OTLP_ENDPOINT: collectors,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collectors,
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: collectors,
  OTEL_EXPORTER_OTLP_PROTOCOL: otlpProtocols,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: otlpProtocols,
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: otlpProtocols,
  OTEL_EXPORTER_OTLP_HEADERS: otlpHeaders,
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: otlpHeaders,
  OTEL_EXPORTER_OTLP_METRICS_HEADERS: otlpHeaders,
  OTEL_TRACES_EXPORTER: otlpExporters,
  OTEL_METRICS_EXPORTER: otlpExporters,
  OTEL_SERVICE_NAME: [' ', ' newsroom', 'news\nroom', 'newsroom\t', 'x'.repeat(256)],
  OTEL_RESOURCE_ATTRIBUTES: ['staging', 'environment:staging', '=staging', 'environment=', 'a=b;c=d'],
  OTEL_TRACES_SAMPLER: ['on', 'ratio', 'ALWAYS_ON', 'jaeger_remote', 'parentbased'],
  OTEL_TRACES_SAMPLER_ARG: ['half', '2', '-0.1', '10%', '1e-1', '1.5'],
  OTEL_METRIC_EXPORT_INTERVAL: [...numbers, '0', '99'],
  SUBSCRIBE_PER_ADDRESS: allowances,
  SUBSCRIBE_PER_CALLER: [...allowances, '1/1h,2/1d'],
  SUBSCRIBE_PER_NEWSLETTER: allowances,
  SUBSCRIBE_ALL: allowances,
  SUBSCRIBE_PER_DOMAIN: [...allowances, '1/1h,2/1d'],
  LINKS_PER_CALLER: [...allowances, '1/1h,2/1d'],
  CHALLENGE: ['on', 'AUTO', 'true', '1', 'never'],
  CHALLENGE_FROM: [...numbers, '101'],
  CHALLENGE_WORK: [...numbers, '0'],
  CHALLENGE_SECONDS: [...numbers, '9'],
  SUBSCRIBE_UNPROVEN_PER_CALLER: allowances,
  SUBSCRIBE_UNPROVEN: allowances,
  SUBSCRIBE_MIN_FILL_SECONDS: [...numbers, '61'],
  SUBSCRIBE_ANSWER_MS: [...numbers, '10001'],
  RETENTION: ['replies', 'replies=30', 'everything=1d', 'replies=0d', 'audit=89d', 'replies=1d,replies=2d'],
};

const dkim = { DKIM_DOMAIN: 'example.org', DKIM_SELECTOR: 'digest', DKIM_PRIVATE_KEY: pem('rsa', 2048) };

/** The variables without which the other one has no effect. */
function neededFor(variable: string): Record<string, string> {
  if (variable.startsWith('DKIM_')) return dkim;
  return variable.startsWith('OTEL_') ? { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' } : {};
}

function refusal(variable: string, value: string): string {
  try {
    readConfig({ ...neededFor(variable), [variable]: value });
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'accepted';
}

test('every variable has its wrong values', () => {
  const text = readFileSync(new URL('docs/configuration.md', packageRoot), 'utf8');
  // The last section has variables that only compose reads (test/docs/containers.test.ts).
  const [ours = ''] = text.split('\n## Docker compose\n');
  const variables = [...ours.matchAll(/^\| `([A-Z][A-Z0-9_]+)`/gm)].map(([, name = '']) => name);
  expect(Object.keys(wrongValues).toSorted()).toEqual(variables.toSorted());
  expect(Object.entries(wrongValues).filter(([, values]) => values.length < 5)).toEqual([]);
});

test.each(Object.keys(wrongValues))(
  'a wrong %s is refused by one line with its name and value',
  (variable) => {
    for (const value of wrongValues[variable] ?? []) {
      const line = refusal(variable, value);
      expect(line).toMatch(new RegExp(`^${variable}[^\n]* is [^\n]+, but must be [^\n]+$`));
      expect(line).not.toContain('hunter2');
      const isMasked = secrets.includes(variable) || value.includes('hunter2') || value.includes('@');
      const shown = JSON.parse(/ is (".*?[^\\]"), but must be/.exec(line)?.[1] ?? '"?"') as string;
      expect(isMasked || value.includes(shown)).toBe(true);
    }
  },
);

test.each([
  ['DATABASE_URL', 'postgres://digest@/digest?host=/var/run/postgresql'],
  ['DATABASE_DIRECT_URL', 'postgres://digest@db/digest'],
  ['DKIM_ED25519_PRIVATE_KEY', 'set alone'],
  ['OIDC_ISSUER', 'https://login.example.org'],
  ['OIDC_CLIENT_ID', 'daily-digest'],
  ['OIDC_CLIENT_SECRET', 'a-secret-of-the-client'],
])('%s is refused where it would have no effect', (variable, value) => {
  expect(() => readConfig({ [variable]: value })).toThrow(ConfigError);
});

test.each([
  ['DATABASE_URL', 'postgres://digest:p%40ss@db.example.org:5433/digest?sslmode=verify-full'],
  ['DATABASE_URL', 'postgresql://digest@[::1]/digest'],
  ['QUEUE_URL', 'rediss://user:p%40ss@my_queue:6380/15'],
  ['QUEUE_URL', 'redis://:password@localhost'],
  ['QUEUE_URL', 'rediss+cluster://user:pass@a.example.org,b.example.org'],
  ['QUEUE_URL', 'redis+cluster://user:pass@a:7000,b,[::1]:7001'],
  [
    'QUEUE_URL',
    'rediss+sentinel://user:pass@a,b:5000,[::1]/my.digest-1/2?sentinelUser=u&sentinelPassword=p%26',
  ],
  ['QUEUE_PREFIX', 'staging_2'],
  ['BASE_URL', 'http://localhost:0'],
  ['BASE_URL', 'https://example.org/digest/'],
  ['HOST', '::'],
  ['HOST', 'localhost'],
  ['TRUST_PROXY', 'loopback, 10.0.0.0/8, fd00::/8'],
  ['ALLOW_PRIVATE_FEEDS', '10.0.0.0/8, cms.local, fd00::1'],
  ['ADMIN_EMAIL', 'ada.lovelace+digest@example.org'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://collector.example.org:4318/otlp'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'api-key=a%20b%3Dc, x-tenant = digest,basic=dXNlcg=='],
  ['OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment.name=test,team=news%20room'],
  ['OTEL_TRACES_SAMPLER_ARG', '0.25'],
  ['OTEL_SDK_DISABLED', 'TRUE'],
])('%s may be %s', (variable, value) => {
  expect(() => readConfig({ ...neededFor(variable), [variable]: value })).not.toThrow();
});

test('an address that this machine does not have is the fault of HOST, not of PORT', async () => {
  // A range for documentation: no machine has an address of it.
  expect(await portProblem(0, '203.0.113.9')).toEqual({
    cause: 'host',
    problem: 'this machine has no such address',
  });
});
