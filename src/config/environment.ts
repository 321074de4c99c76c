// The environment, read once. The only reader of process.env. An error names the variable, its value and the
// values that are allowed. Every variable is optional: the start supplies what is unset
// (src/embedded/supply.ts).
import os from 'node:os';
import path from 'node:path';
import { isIP } from 'node:net';
import { readDkim, type DkimKey } from './dkim.js';
import { readRelays, type RelayConfig } from './relays.js';
import { readRetention, type Retention } from './retention.js';
import { readSubscribeLimits, type SubscribeLimits } from './limits.js';
import { readInteger, readUrl, wrong } from './values.js';

/** The package's folder, with its trailing slash: compiled code runs from dist/src. */
export const packageRoot = new URL('../../../', import.meta.url);

export interface Config {
  databaseUrl?: string;
  queueUrl?: string;
  relays?: RelayConfig[];
  baseUrl: string;
  host: string;
  port: number;
  dataDir: string;
  secretKey?: string;
  /** Former values of SECRET_KEY. What they signed is still read. */
  previousKeys: string[];
  /** Worker processes. */
  workers: number;
  /** In the form of express's "trust proxy" setting; undefined: TRUST_PROXY is not set. */
  trustProxy: boolean | number | string | undefined;
  logLevel: LogLevel;
  adminEmail?: string;
  adminPassword?: string;
  /** The keys that sign our mail. Several of one domain all sign. */
  dkim: DkimKey[];
  /** Private hosts, addresses or CIDRs that feeds may be fetched from. */
  allowPrivateFeeds: string[];
  /** The resized images that we serve for mails. */
  imageCache: { folder: string; megabytes: number };
  subscribeLimits: SubscribeLimits;
  retention: Retention;
  /** The bearer token that /metrics requires. */
  metricsToken?: string;
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Characters of SECRET_KEY. */
const shortestKey = 32;

type Environment = Readonly<Record<string, string | undefined>>;

function readTrustProxy(text: string): boolean | number | string {
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^\d+$/.test(text)) return Number(text);
  for (const part of text.split(',')) {
    const address = part.trim().split('/')[0] ?? '';
    if (!['loopback', 'linklocal', 'uniquelocal'].includes(address) && isIP(address) === 0)
      wrong('TRUST_PROXY', text, 'true, false, a number of hops, or addresses and CIDRs separated by commas');
  }
  return text;
}

/** A key may hold a comma itself. Such a key stands alone. */
function readPreviousKeys(text = ''): string[] {
  const keys = text
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
  if (keys.every((key) => key.length >= shortestKey)) return keys;
  return text.length >= shortestKey
    ? [text]
    : wrong('SECRET_KEY_PREVIOUS', '***', 'former values of SECRET_KEY, separated by commas');
}

function readQueueUrl(text: string): string {
  const wanted = 'redis://host:port, rediss://host:port or redis+cluster://host1,host2';
  // A list of hosts is not a URL. The first host is checked here, and the Redis client checks the others.
  const [first] = text.split(',');
  readUrl('QUEUE_URL', first ?? text, ['redis:', 'rediss:', 'redis+cluster:'], wanted);
  return text;
}

/** Reads the environment. Throws ConfigError for the first wrong value. An empty variable counts as unset. */
export function readConfig(environment: Environment = process.env): Config {
  const env = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const port = env['PORT'] === undefined ? 3000 : readInteger('PORT', env['PORT'], 0, 65_535);
  const baseUrl = env['BASE_URL'] ?? `http://localhost:${port}`;
  readUrl('BASE_URL', baseUrl, ['http:', 'https:'], 'the public address, such as https://digest.example.org');
  const logLevel = env['LOG_LEVEL'] ?? 'info';
  if (!(logLevels as readonly string[]).includes(logLevel))
    wrong('LOG_LEVEL', logLevel, `one of ${logLevels.join(', ')}`);
  const secretKey = env['SECRET_KEY'];
  if (secretKey !== undefined && secretKey.length < shortestKey)
    wrong('SECRET_KEY', '***', `at least ${shortestKey} characters long`);
  const databaseUrl = env['DATABASE_URL'];
  if (databaseUrl !== undefined)
    readUrl(
      'DATABASE_URL',
      databaseUrl,
      ['postgres:', 'postgresql:'],
      'postgres://user:password@host:port/database',
    );
  const adminPassword = env['ADMIN_PASSWORD'];
  if (adminPassword !== undefined && adminPassword.length < 10)
    wrong('ADMIN_PASSWORD', '***', 'at least 10 characters long');
  const metricsToken = env['METRICS_TOKEN'];
  if (metricsToken !== undefined && !/^[\x21-\x7e]{16,}$/.test(metricsToken))
    wrong('METRICS_TOKEN', '***', 'at least 16 characters long, without spaces');
  return {
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(env['QUEUE_URL'] === undefined ? {} : { queueUrl: readQueueUrl(env['QUEUE_URL']) }),
    ...(env['SMTP_URL'] === undefined ? {} : { relays: readRelays(env['SMTP_URL']) }),
    baseUrl: baseUrl.replace(/\/+$/, ''),
    host: env['HOST'] ?? '0.0.0.0',
    port,
    dataDir: path.resolve(env['DATA_DIR'] ?? 'data'),
    ...(secretKey === undefined ? {} : { secretKey }),
    previousKeys: readPreviousKeys(env['SECRET_KEY_PREVIOUS']),
    workers:
      env['WORKERS'] === undefined
        ? os.availableParallelism()
        : readInteger('WORKERS', env['WORKERS'], 1, 256),
    trustProxy: env['TRUST_PROXY'] === undefined ? undefined : readTrustProxy(env['TRUST_PROXY']),
    logLevel: logLevel as LogLevel,
    ...(env['ADMIN_EMAIL'] === undefined ? {} : { adminEmail: env['ADMIN_EMAIL'] }),
    ...(adminPassword === undefined ? {} : { adminPassword }),
    dkim: readDkim(env),
    allowPrivateFeeds: (env['ALLOW_PRIVATE_FEEDS'] ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
    imageCache: {
      folder: path.resolve(env['DATA_DIR'] ?? 'data', 'images'),
      megabytes:
        env['IMAGE_CACHE_MB'] === undefined
          ? 512
          : readInteger('IMAGE_CACHE_MB', env['IMAGE_CACHE_MB'], 1, 1_000_000),
    },
    subscribeLimits: readSubscribeLimits(env, wrong),
    retention: readRetention(env['RETENTION'], wrong),
    ...(metricsToken === undefined ? {} : { metricsToken }),
  };
}

/**
 * The environment of a child process: ours with `changes`, without the names that `dropped` matches. In
 * `changes`, undefined removes a variable.
 */
export function childEnvironment(changes: Environment, dropped?: RegExp): Record<string, string> {
  const variables = Object.entries({ ...process.env, ...changes });
  return Object.fromEntries(
    variables.filter(
      (variable): variable is [string, string] =>
        variable[1] !== undefined && dropped?.test(variable[0]) !== true,
    ),
  );
}
