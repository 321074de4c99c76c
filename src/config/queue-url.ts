// QUEUE_URL, read by environment.ts and by the Redis client. Pure.
import { isHostName, maskUrl, readUrl, wrong } from './values.js';
import { parseUrl } from '../parse-url.js';

export interface QueueAddress {
  /** More than one only for a cluster. */
  nodes: { host: string; port: number }[];
  isCluster: boolean;
  tls: boolean;
  username?: string;
  password?: string;
  /** The number of the database. */
  database: number;
}

const wanted =
  'redis://host:port, rediss://host:port, redis+cluster://host1,host2 or rediss+cluster://host1,host2; in a password write @ as %40, / as %2F, # as %23';

function decode(text: string, held: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return wrong('QUEUE_URL', held, 'a URL in whose user and password each % is written as %25');
  }
}

/** A host and its port, 6379 unless it is given. */
function readNode(text: string, held: string): { host: string; port: number } {
  const url = parseUrl(`redis://${text}`);
  const host = url?.hostname.replaceAll(/^\[|\]$/g, '') ?? '';
  const bare = url?.username === '' && url.password === '' && ['', '/'].includes(url.pathname);
  if (!url || !bare || !isHostName(host) || url.port === '0') return wrong('QUEUE_URL', held, wanted);
  return { host, port: Number(url.port || 6379) };
}

/** Throws ConfigError for a wrong URL. */
export function readQueueUrl(text: string): QueueAddress {
  const held = maskUrl(text);
  const [, scheme = '', credentials, hosts = '', path = ''] =
    /^(rediss?(?:\+cluster)?):\/\/(?:([^/?#]*)@)?([^/?#@]*)(\/[^?#]*)?(?:\?family=[046])?$/i.exec(
      text.trim(),
    ) ?? wrong('QUEUE_URL', held, wanted);
  const isCluster = scheme.endsWith('+cluster');
  if (!isCluster) readUrl('QUEUE_URL', text, ['redis:', 'rediss:'], wanted);
  const nodes = hosts.split(',').map((host) => readNode(host, held));
  if (!isCluster && nodes.length > 1)
    wrong('QUEUE_URL', held, 'one server, or redis+cluster://host1,host2 for a cluster');
  const [, number = '0'] =
    /^\/(\d{0,5})$/.exec(path || '/0') ??
    wrong('QUEUE_URL', held, `${wanted}; a database is a number, as in redis://host/1`);
  if (isCluster && Number(number) !== 0)
    wrong('QUEUE_URL', held, 'without a database number, because a cluster has none');
  const [username = '', password] = (credentials ?? '').split(/:(.*)/s).map((part) => decode(part, held));
  return {
    nodes,
    isCluster,
    tls: scheme.startsWith('rediss'),
    ...(username === '' ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    database: Number(number),
  };
}

/** QUEUE_PREFIX. Each key holds it in braces, so it has none itself. */
export function readQueuePrefix(text: string): string {
  return /^[\w-]{1,40}$/.test(text)
    ? text
    : wrong('QUEUE_PREFIX', text, '1 to 40 letters, digits, hyphens and underscores');
}
