// The relays of SMTP_URL, read by environment.ts. Pure.
import { isIPv4 } from 'node:net';
import { maskUrl, readInteger, readUrl, wrong } from './values.js';

export interface RelayConfig {
  /** host:port, as logs and metrics name it. */
  name: string;
  host: string;
  port: number;
  /** TLS from the first byte (smtps); otherwise STARTTLS where the relay offers it. */
  secure: boolean;
  /** Sends nothing without TLS, because everyone on the way could read the password. */
  requireTls: boolean;
  user?: string;
  pass?: string;
  /** Our name in EHLO. */
  clientName?: string;
  /** The relay's share of the messages, relative to the weights of the other relays. */
  weight: number;
  /** Simultaneous connections, over all worker processes of this machine. */
  connections: number;
  messagesPerConnection: number;
  /** The most messages per second, over all machines; undefined: as fast as the relay accepts them. */
  rate?: number;
  /** True: we sign, because the relay does not. */
  dkim: boolean;
  /** True: we keep the providers' limits (src/mail/domain-groups.ts), because the relay does not. */
  domainLimits: boolean;
  /** True: a new sending domain starts with little mail and gets more each day (src/delivery/warm-up.ts). */
  warmUp: boolean;
}

const options = [
  'name',
  'weight',
  'connections',
  'messagesPerConnection',
  'rate',
  'dkim',
  'domainLimits',
  'warmup',
  'requireTls',
] as const;
type Option = (typeof options)[number];

const nameOf = (option: string): string => `SMTP_URL's option ${option}`;

/** Reads the URL's options. Each must be known, occur once and have a valid value. */
function readOptions(url: URL) {
  for (const [option, value] of url.searchParams) {
    if (!options.some((known) => known === option)) {
      const held = /pass|secret|token|key|auth/i.test(option) ? '***' : value;
      wrong(nameOf(option), held, `one of the known options${nearest(option)}: ${options.join(', ')}`);
    }
    const values = url.searchParams.getAll(option);
    if (values.length > 1) wrong(nameOf(option), values.join(' and '), 'a single value');
  }
  return {
    text: (option: Option) => url.searchParams.get(option) ?? undefined,
    number(option: Option, fallback: number): number {
      const text = url.searchParams.get(option);
      return text === null ? fallback : readInteger(nameOf(option), text, 1, 1_000_000);
    },
    isOn(option: Option, fallback: boolean): boolean {
      const text = url.searchParams.get(option);
      if (text !== null && text !== 'on' && text !== 'off') wrong(nameOf(option), text, 'on or off');
      return text === null ? fallback : text === 'on';
    },
  };
}

function nearest(option: string): string {
  const [closest] = options
    .map((known) => ({ known, edits: edits(known.toLowerCase(), option.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits);
  return closest && closest.edits <= 4 && closest.edits < closest.known.length / 2
    ? `, perhaps ${closest.known}`
    : '';
}

/** The Levenshtein distance: characters to add, to remove and to replace. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [line, letter] of from.split('').entries()) {
    const next = [line + 1];
    for (const [column, other] of to.split('').entries())
      next.push(
        Math.min(
          (row[column] ?? 0) + (letter === other ? 0 : 1),
          (row[column + 1] ?? 0) + 1,
          (next[column] ?? 0) + 1,
        ),
      );
    row = next;
  }
  return row[to.length] ?? 0;
}

/** True for this machine, where no third party can read the connection. */
function isLoopback(host: string): boolean {
  return /^(.+\.)?localhost$/i.test(host) || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** Undefined: the URL has no credentials. */
function readCredentials(url: URL, held: string): { user: string; pass: string } | undefined {
  if (url.username === '') return undefined;
  try {
    return { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  } catch {
    return wrong('SMTP_URL', held, 'a URL in whose user and password each % is written as %25');
  }
}

function readRelay(text: string, held: string): RelayConfig {
  const wanted =
    'smtp://user:pass@host:port or smtps://…, or several separated by commas; in user and pass write a comma as %2C, a slash as %2F, # as %23';
  const url = readUrl('SMTP_URL', text, ['smtp:', 'smtps:'], wanted, held);
  if (!['', '/'].includes(url.pathname) || url.hash !== '') wrong('SMTP_URL', held, wanted);
  const option = readOptions(url);
  const secure = url.protocol === 'smtps:';
  const port = url.port === '' ? (secure ? 465 : 587) : Number(url.port);
  const host = url.hostname.replaceAll(/^\[|\]$/g, '');
  const credentials = readCredentials(url, held);
  const clientName = option.text('name');
  if (clientName !== undefined && !/^[\w.:[\]-]+$/.test(clientName))
    wrong(nameOf('name'), clientName, 'a host name, such as digest.example.org');
  return {
    name: `${url.hostname}:${port}`,
    host,
    port,
    secure,
    requireTls: option.isOn('requireTls', credentials !== undefined && !isLoopback(host)),
    ...credentials,
    ...(clientName === undefined ? {} : { clientName }),
    weight: option.number('weight', 1),
    connections: option.number('connections', 10),
    messagesPerConnection: option.number('messagesPerConnection', 1000),
    ...(option.text('rate') === undefined ? {} : { rate: option.number('rate', 1) }),
    dkim: option.isOn('dkim', true),
    domainLimits: option.isOn('domainLimits', true),
    warmUp: option.isOn('warmup', false),
  };
}

/** SMTP_URL: one relay or several, separated by commas. */
export function readRelays(text: string): RelayConfig[] {
  const relays = text.split(',');
  // A comma in a password splits it. The error must not show one half of the password.
  const held = (part: string) => maskUrl(part.includes('@') && /^smtps?:/.test(part) ? part : text);
  return relays.map((part) => readRelay(part.trim(), held(part.trim())));
}
