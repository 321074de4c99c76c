// The relays of SMTP_URL, read by environment.ts. Pure.
import { isIP, isIPv4 } from 'node:net';
import { feedbackOptions, readFeedbackHook, type FeedbackHook } from './feedback-hooks.js';
import { maskUrl, readInteger, readUrl, wrong } from './values.js';

/**
 * - required: nothing is sent without TLS and a valid certificate.
 * - opportunistic: TLS where the relay offers it. Where no password is sent, any certificate will do
 *   (RFC 7435): TLS with a stranger is no worse than no TLS.
 * - off: no TLS.
 */
export type TlsPolicy = 'required' | 'opportunistic' | 'off';

export interface RelayConfig {
  /** host:port, as logs and metrics name it. */
  name: string;
  host: string;
  port: number;
  /** TLS from the first byte (smtps); otherwise by STARTTLS. */
  secure: boolean;
  tls: TlsPolicy;
  /** The name that the relay's certificate must have; undefined: `host`. */
  tlsName?: string;
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
  /** True: the envelope sender names the mail (VERP). False: it is the address in From. */
  verp: boolean;
  /** True: texts go out in chunks (RFC 3030 section 2) if the relay offers that. */
  chunking: boolean;
  /** True: we keep the providers' limits (src/mail/domain-groups.ts), because the relay does not. */
  domainLimits: boolean;
  /** True: a new sending domain starts with little mail and gets more each day (src/delivery/warm-up.ts). */
  warmUp: boolean;
  /** How its provider reports bounces and complaints by webhook; undefined: it does not. */
  feedback?: FeedbackHook;
}

const options = [
  'name',
  'weight',
  'connections',
  'messagesPerConnection',
  'rate',
  'dkim',
  'verp',
  'chunking',
  'domainLimits',
  'warmup',
  'tls',
  'tlsName',
  ...feedbackOptions,
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
export function isLoopback(host: string): boolean {
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
  const url = readUrl('SMTP_URL', text, ['smtp:', 'smtps:'], wanted, { held });
  if (!['', '/'].includes(url.pathname) || url.hash !== '') wrong('SMTP_URL', held, wanted);
  const option = readOptions(url);
  const secure = url.protocol === 'smtps:';
  const port = url.port === '' ? (secure ? 465 : 587) : Number(url.port);
  const host = url.hostname.replaceAll(/^\[|\]$/g, '');
  const credentials = readCredentials(url, held);
  const clientName = option.text('name');
  if (clientName !== undefined && !/^[\w.:[\]-]+$/.test(clientName))
    wrong(nameOf('name'), clientName, 'a host name, such as digest.example.org');
  const feedback = readFeedbackHook(option.text);
  return {
    name: `${url.hostname}:${port}`,
    host,
    port,
    secure,
    ...readTls(option, { secure, host, signsIn: credentials !== undefined }),
    ...credentials,
    ...(clientName === undefined ? {} : { clientName }),
    weight: option.number('weight', 1),
    connections: option.number('connections', 10),
    messagesPerConnection: option.number('messagesPerConnection', 1000),
    ...(option.text('rate') === undefined ? {} : { rate: option.number('rate', 1) }),
    dkim: option.isOn('dkim', true),
    verp: option.isOn('verp', true),
    chunking: option.isOn('chunking', true),
    domainLimits: option.isOn('domainLimits', true),
    warmUp: option.isOn('warmup', false),
    ...(feedback === undefined ? {} : { feedback }),
  };
}

const tlsPolicies = ['required', 'opportunistic', 'off'] as const;

/** By default TLS is required for a tlsName, and off this machine for a password and for smtps://. */
function readTls(
  option: ReturnType<typeof readOptions>,
  relay: { secure: boolean; host: string; signsIn: boolean },
): Pick<RelayConfig, 'tls' | 'tlsName'> {
  const { secure, host, signsIn } = relay;
  const tlsName = option.text('tlsName');
  if (tlsName !== undefined && (isIP(tlsName) !== 0 || !/^[\w-]+(\.[\w-]+)*$/.test(tlsName)))
    wrong(nameOf('tlsName'), tlsName, 'the host name in the relay’s certificate, such as mail.example.org');
  const text = option.text('tls');
  const chosen = tlsPolicies.find((policy) => policy === text);
  if (text !== undefined && chosen === undefined)
    wrong(nameOf('tls'), text, `one of ${tlsPolicies.join(', ')}`);
  if (chosen === 'off' && secure) wrong(nameOf('tls'), 'off', 'another value, because smtps:// is TLS');
  if (chosen === 'off' && tlsName !== undefined)
    wrong(nameOf('tls'), 'off', 'another value, because tlsName names a certificate');
  const required = tlsName !== undefined || (!isLoopback(host) && (signsIn || secure));
  return {
    tls: chosen ?? (required ? 'required' : 'opportunistic'),
    ...(tlsName === undefined ? {} : { tlsName }),
  };
}

/** SMTP_URL: one relay or several, separated by commas. */
export function readRelays(text: string): RelayConfig[] {
  const relays = text.split(',');
  // A comma in a password splits it. The error must not show one half of the password.
  const held = (part: string) => maskUrl(part.includes('@') && /^smtps?:/.test(part) ? part : text);
  return relays.map((part) => readRelay(part.trim(), held(part.trim())));
}
