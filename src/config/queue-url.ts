// QUEUE_URL and QUEUE_PREFIX, read by environment.ts and by the Redis client. Pure.
import { isHostName, maskUrl, readUrl, wrong } from './values.js';
import { parseUrl } from '../parse-url.js';

export interface QueueAddress {
  /** server: one Redis. cluster: nodes of a Redis Cluster. sentinel: Sentinels, which know the server to use. */
  kind: 'server' | 'cluster' | 'sentinel';
  nodes: { host: string; port: number }[];
  tls: boolean;
  username?: string;
  password?: string;
  /** The number of the database. */
  database: number;
  /** The version of IP: 4, 6, or 0 for both. */
  family?: number;
  sentinel?: {
    /** The name that the Sentinels give to the servers. */
    name: string;
    username?: string;
    password?: string;
  };
}

const wanted =
  'redis://host:port, redis+cluster://host1,host2 or redis+sentinel://host1,host2/name, with rediss for TLS; in a password write @ as %40, / as %2F, # as %23';

function decode(text: string, held: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return wrong('QUEUE_URL', held, 'a URL in whose user and password each % is written as %25');
  }
}

/** A host and its port. */
function readNode(text: string, defaultPort: number, held: string): { host: string; port: number } {
  const url = parseUrl(`redis://${text}`);
  const host = url?.hostname.replaceAll(/^\[|\]$/g, '') ?? '';
  const bare = url?.username === '' && url.password === '' && ['', '/'].includes(url.pathname);
  if (!url || !bare || !isHostName(host) || url.port === '0') return wrong('QUEUE_URL', held, wanted);
  return { host, port: Number(url.port || defaultPort) };
}

function readDatabaseNumber(text: string, held: string): number {
  if (!/^\d{0,5}$/.test(text))
    wrong('QUEUE_URL', held, `${wanted}; a database is a number, as in redis://host/1`);
  return Number(text);
}

function readOptions(query: string, kind: QueueAddress['kind'], held: string): Map<string, string> {
  const known = ['family', ...(kind === 'sentinel' ? ['sentinelUser', 'sentinelPassword'] : [])];
  const options = new Map<string, string>();
  for (const part of query === '' ? [] : query.split('&')) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(part) ?? [];
    if (!known.includes(name)) wrong('QUEUE_URL', held, `${wanted}; its options are ${known.join(', ')}`);
    options.set(name, decode(value, held));
  }
  if (!/^[046]$/.test(options.get('family') ?? '0'))
    wrong('QUEUE_URL', held, 'a URL whose option family is 4, 6, or 0 for both');
  return options;
}

/** /name, or /name/1 for the database 1. */
function readSentinelPath(path: string, held: string): { name: string; database: number } {
  // The characters that a Sentinel allows.
  const [, name, number = ''] =
    /^\/([\w.-]+)(?:\/([^/]*))?$/.exec(path) ??
    wrong('QUEUE_URL', held, 'redis+sentinel://host1,host2/name, with the name that the Sentinels know');
  return { name: name ?? '', database: readDatabaseNumber(number, held) };
}

/** Without the fields that are undefined or empty. */
function credentials(username: string | undefined, password: string | undefined) {
  return {
    ...(username === undefined || username === '' ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}

/** Throws ConfigError for a wrong URL. */
export function readQueueUrl(text: string): QueueAddress {
  const held = maskUrl(text);
  const [, scheme = '', several = 'server', login = '', hosts = '', path = '', query = ''] =
    /^(rediss?)(?:\+(cluster|sentinel))?:\/\/(?:([^/?#]*)@)?([^/?#@]*)(\/[^?#]*)?(?:\?([^#]*))?$/i.exec(
      text.trim(),
    ) ?? wrong('QUEUE_URL', held, wanted);
  const kind = several.toLowerCase() as QueueAddress['kind'];
  if (kind === 'server') readUrl('QUEUE_URL', text, ['redis:', 'rediss:'], wanted);
  const nodes = hosts.split(',').map((host) => readNode(host, kind === 'sentinel' ? 26_379 : 6379, held));
  if (kind === 'server' && nodes.length > 1)
    wrong('QUEUE_URL', held, 'one server, or redis+cluster://host1,host2 for a cluster');
  const options = readOptions(query, kind, held);
  const family = options.get('family');
  const [username, password] = login.split(/:(.*)/s).map((part) => decode(part, held));
  const common = {
    kind,
    nodes,
    tls: scheme.toLowerCase() === 'rediss',
    ...credentials(username, password),
    ...(family === undefined ? {} : { family: Number(family) }),
  };
  if (kind === 'sentinel') {
    const { name, database } = readSentinelPath(path, held);
    const forSentinels = credentials(options.get('sentinelUser'), options.get('sentinelPassword'));
    return { ...common, database, sentinel: { name, ...forSentinels } };
  }
  const database = readDatabaseNumber(path.slice(1), held);
  if (kind === 'cluster' && database !== 0)
    wrong('QUEUE_URL', held, 'without a database number, because a cluster has none');
  return { ...common, database };
}

/** Each key holds the prefix in braces, so it has none itself. */
export function readQueuePrefix(text: string): string {
  return /^[\w-]{1,40}$/.test(text)
    ? text
    : wrong('QUEUE_PREFIX', text, '1 to 40 letters, digits, hyphens and underscores');
}
