// The addresses in the environment: of this service, of its servers, of networks and of the first account.
import { accessSync, constants, statSync } from 'node:fs';
import { isIP, isIPv4 } from 'node:net';
import { isHostName, maskUrl, readUrl, wrong } from './values.js';

/** BASE_URL without a slash at its end. Links and the sender of mails are made from it. */
export function readBaseUrl(text: string): string {
  const wanted =
    'the public address without password, query and fragment, such as https://digest.example.org';
  const url = readUrl('BASE_URL', text, ['http:', 'https:'], wanted, { mayHavePortZero: true });
  if (url.username !== '' || url.password !== '' || /[?#]/.test(text))
    wrong('BASE_URL', maskUrl(text), wanted);
  return url.href.replace(/\/+$/, '');
}

/** The values that the driver knows. It takes any other for verify-full, without a word. */
const sslModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

function isReadableFile(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export function readDatabaseUrl(variable: string, text: string): string {
  const wanted =
    'postgres://user:password@host:port/database; in user and password write @ as %40, / as %2F, # as %23';
  const url = readUrl(variable, text, ['postgres:', 'postgresql:'], wanted);
  if (url.hash !== '' || url.pathname.slice(1).includes('/')) wrong(variable, maskUrl(text), wanted);
  for (const option of ['sslrootcert', 'sslcert', 'sslkey'] as const)
    for (const file of url.searchParams.getAll(option))
      if (!(option === 'sslrootcert' && file === 'system') && !isReadableFile(file))
        wrong(`${variable}'s option ${option}`, file, 'the path of a file that can be read');
  for (const mode of url.searchParams.getAll('sslmode'))
    if (!sslModes.includes(mode))
      wrong(`${variable}'s option sslmode`, mode, `one of ${sslModes.join(', ')}`);
  return text;
}

/** HOST: where the web process listens. */
export function readHost(text: string): string {
  if (isIP(text) === 0 && !isHostName(text))
    wrong('HOST', text, 'an address or a host name of this machine, such as 127.0.0.1');
  return text;
}

/** An address, or a range of addresses such as 10.0.0.0/8. */
function isNetwork(text: string): boolean {
  const [address = '', bits, ...others] = text.split('/');
  if (isIP(address) === 0 || others.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128));
}

/** In the form of express's "trust proxy" setting. */
export function readTrustProxy(text: string): boolean | number | string {
  const wanted = 'true, false, a number of hops up to 100, or addresses and CIDRs separated by commas';
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^\d+$/.test(text)) return Number(text) <= 100 ? Number(text) : wrong('TRUST_PROXY', text, wanted);
  const named = ['loopback', 'linklocal', 'uniquelocal'];
  const parts = text.split(',').map((part) => part.trim());
  if (!parts.every((part) => named.includes(part) || isNetwork(part))) wrong('TRUST_PROXY', text, wanted);
  return text;
}

/** ALLOW_PRIVATE_FEEDS: hosts, addresses and CIDRs. */
export function readPrivateFeeds(text: string): string[] {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  for (const part of parts)
    if (!isNetwork(part) && !isHostName(part))
      wrong('ALLOW_PRIVATE_FEEDS', part, 'a host name, an address or a CIDR such as 10.0.0.0/8');
  return parts;
}

export function readAdminEmail(text: string): string {
  const [local = '', domain = '', ...others] = text.split('@');
  if (!/^[^\s"(),:;<>[\\\]]{1,64}$/.test(local) || !isHostName(domain) || others.length > 0)
    wrong('ADMIN_EMAIL', text, 'an e-mail address, such as you@example.org');
  return text;
}
