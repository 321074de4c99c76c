// The environment, read once. The only reader of process.env. An error names the variable, its value and the
// values that are allowed. Every variable is optional: the start supplies what is unset
// (src/embedded/supply.ts).
import os from 'node:os';
import path from 'node:path';
import { statSync } from 'node:fs';
import {
  readAdminEmail,
  readBaseUrl,
  readDatabaseUrl,
  readHost,
  readPrivateFeeds,
  readTrustProxy,
} from './addresses.js';
import { readDkim, type DkimKey } from './dkim.js';
import { readFeedbackListen, type FeedbackListen } from './feedback-listen.js';
import { readFeedbackMailbox, type FeedbackMailbox } from './feedback-mailbox.js';
import { readOidc, type OidcConfig } from './oidc.js';
import { readQueuePrefix, readQueueUrl } from './queue-url.js';
import { readRelays, type RelayConfig } from './relays.js';
import { readRetention, type Retention } from './retention.js';
import { readSubscribeLimits, type SubscribeLimits } from './limits.js';
import { readTelemetry, type Telemetry } from './telemetry.js';
import { readDomainName, readInteger, wrong } from './values.js';

/** The package's folder, with its trailing slash: compiled code runs from dist/src. */
export const packageRoot = new URL('../../../', import.meta.url);

export interface Config {
  databaseUrl?: string;
  /** The database without the pooler in front of it. */
  directUrl?: string;
  queueUrl?: string;
  /** Begins the name of every key on Redis. */
  queuePrefix: string;
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
  /** Receives bounces; undefined: the domain of each mail's From. */
  bounceDomain?: string;
  /** Where mail that comes back is taken; undefined: nowhere. */
  feedbackListen?: FeedbackListen;
  /** The mailbox that mail comes back to; undefined: none is read. */
  feedbackMailbox?: FeedbackMailbox;
  /** Private hosts, addresses or CIDRs that feeds may be fetched from. */
  allowPrivateFeeds: string[];
  /** The resized images that we serve for mails. */
  imageCache: { folder: string; megabytes: number };
  subscribeLimits: SubscribeLimits;
  retention: Retention;
  /** Seals SECRET_KEY in a backup. */
  backupPassphrase?: string;
  /** The provider through which accounts may sign in. */
  oidc?: OidcConfig;
  /** The bearer token that /metrics requires. */
  metricsToken?: string;
  /** The Contact of security.txt: a mailto: or https: URL. */
  securityContact?: string;
  /** Where traces and metrics are exported to; undefined: nowhere. */
  telemetry?: Telemetry;
}

/** Mail that comes back is taken in, so mails may have a mailto address to unsubscribe. */
export const takesMailIn = ({
  feedbackListen,
  feedbackMailbox,
}: Pick<Config, 'feedbackListen' | 'feedbackMailbox'>): boolean =>
  feedbackListen !== undefined || feedbackMailbox !== undefined;

/** Bounces and complaints are taken in: as mail, or by the webhook of a relay's provider. */
export const takesFeedbackIn = (config: Config): boolean =>
  takesMailIn(config) || (config.relays ?? []).some(({ feedback }) => feedback !== undefined);

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Characters of SECRET_KEY. */
const shortestKey = 32;
/** Shorter ones are guessed. */
export const shortestPassphrase = 12;

type Environment = Readonly<Record<string, string | undefined>>;

/** Counts no blanks: a key of forty blanks protects nothing. */
function readSecret(variable: string, text: string, least: number): string {
  if (text.replaceAll(/\s/g, '').length < least)
    wrong(variable, '***', `at least ${least} characters long, not counting blanks`);
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

function readDirectUrl(text: string, databaseUrl: string | undefined): string {
  const url = readDatabaseUrl('DATABASE_DIRECT_URL', text);
  return databaseUrl === undefined
    ? wrong('DATABASE_URL', '', "the pooler's address, because DATABASE_DIRECT_URL is set")
    : url;
}

function readMetricsToken(text: string): string {
  return /^[\x21-\x7e]{16,}$/.test(text)
    ? text
    : wrong('METRICS_TOKEN', '***', 'at least 16 characters long, without spaces');
}

/** One line of security.txt, without white space (RFC 9116 section 2.5.3). */
function readSecurityContact(text: string): string {
  return /^(mailto:[^\s@]+@[^\s@]+|https:\/\/[^\s/]+\S*)$/.test(text)
    ? text
    : wrong('SECURITY_CONTACT', text, 'mailto: with an address, or the https: address of a page');
}

/** The folder need not exist yet, but nothing else may be in its place. */
function readDataDir(text: string): string {
  const wanted = 'a folder, or a path where one can be made';
  const folder = path.resolve(text);
  if (folder.split(path.sep).some((name) => Buffer.byteLength(name) > 255)) wrong('DATA_DIR', text, wanted);
  for (let at = folder; ; at = path.dirname(at)) {
    const found = isFolder(at);
    if (found === false) wrong('DATA_DIR', text, wanted);
    if (found || at === path.dirname(at)) return folder;
  }
}

/** Undefined: nothing is there, or we may not look. */
function isFolder(file: string): boolean | undefined {
  try {
    return statSync(file).isDirectory();
  } catch {
    return undefined;
  }
}

/** {name: read(text)}, or nothing if the variable is unset. */
function given<Name extends string, Value>(
  name: Name,
  text: string | undefined,
  read: (text: string) => Value,
): Partial<Record<Name, Value>> {
  return text === undefined ? {} : ({ [name]: read(text) } as Record<Name, Value>);
}

function readBounceDomain(text: string): string {
  const wanted = 'the domain that receives bounces, such as bounces.example.org, in A-labels (xn--…)';
  const domain = readDomainName('BOUNCE_DOMAIN', text, wanted);
  return /(^|\.)\d+$/.test(domain) ? wrong('BOUNCE_DOMAIN', text, wanted) : domain;
}

/** Reads the environment. Throws ConfigError for the first wrong value. An empty variable counts as unset. */
export function readConfig(environment: Environment = process.env): Config {
  const env = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const port = env['PORT'] === undefined ? 3000 : readInteger('PORT', env['PORT'], 0, 65_535);
  const baseUrl = readBaseUrl(env['BASE_URL'] ?? `http://localhost:${port}`);
  const logLevel = env['LOG_LEVEL'] ?? 'info';
  if (!(logLevels as readonly string[]).includes(logLevel))
    wrong('LOG_LEVEL', logLevel, `one of ${logLevels.join(', ')}`);
  const dataDir = readDataDir(env['DATA_DIR'] ?? 'data');
  const oidc = readOidc(env);
  const telemetry = readTelemetry(env);
  return {
    ...given('databaseUrl', env['DATABASE_URL'], (text) => readDatabaseUrl('DATABASE_URL', text)),
    ...given('directUrl', env['DATABASE_DIRECT_URL'], (text) => readDirectUrl(text, env['DATABASE_URL'])),
    ...given('queueUrl', env['QUEUE_URL'], (text) => (readQueueUrl(text), text)),
    queuePrefix: readQueuePrefix(env['QUEUE_PREFIX'] ?? 'daily-digest'),
    ...given('relays', env['SMTP_URL'], readRelays),
    baseUrl,
    host: readHost(env['HOST'] ?? '0.0.0.0'),
    port,
    dataDir,
    ...given('secretKey', env['SECRET_KEY'], (text) => readSecret('SECRET_KEY', text, shortestKey)),
    previousKeys: readPreviousKeys(env['SECRET_KEY_PREVIOUS']),
    workers:
      env['WORKERS'] === undefined
        ? os.availableParallelism()
        : readInteger('WORKERS', env['WORKERS'], 1, 256),
    trustProxy: env['TRUST_PROXY'] === undefined ? undefined : readTrustProxy(env['TRUST_PROXY']),
    logLevel: logLevel as LogLevel,
    ...given('adminEmail', env['ADMIN_EMAIL'], readAdminEmail),
    ...given('adminPassword', env['ADMIN_PASSWORD'], (text) => readSecret('ADMIN_PASSWORD', text, 10)),
    dkim: readDkim(env),
    ...given('bounceDomain', env['BOUNCE_DOMAIN'], readBounceDomain),
    ...given('feedbackListen', env['FEEDBACK_LISTEN'], readFeedbackListen),
    ...given('feedbackMailbox', env['FEEDBACK_MAILBOX'], readFeedbackMailbox),
    allowPrivateFeeds: readPrivateFeeds(env['ALLOW_PRIVATE_FEEDS'] ?? ''),
    imageCache: {
      folder: path.join(dataDir, 'images'),
      megabytes:
        env['IMAGE_CACHE_MB'] === undefined
          ? 512
          : readInteger('IMAGE_CACHE_MB', env['IMAGE_CACHE_MB'], 1, 1_000_000),
    },
    subscribeLimits: readSubscribeLimits(env, wrong),
    retention: readRetention(env['RETENTION'], wrong),
    ...given('backupPassphrase', env['BACKUP_PASSPHRASE'], (text) =>
      readSecret('BACKUP_PASSPHRASE', text, shortestPassphrase),
    ),
    ...(oidc === undefined ? {} : { oidc }),
    ...given('metricsToken', env['METRICS_TOKEN'], readMetricsToken),
    ...given('securityContact', env['SECURITY_CONTACT'], readSecurityContact),
    ...(telemetry === undefined ? {} : { telemetry }),
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
