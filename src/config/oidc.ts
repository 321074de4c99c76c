// OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET, for environment.ts: the provider through which accounts sign in.
// Pure.
import { isLoopback } from './relays.js';
import { maskUrl, readUrl, wrong } from './values.js';

export interface OidcConfig {
  /** As the provider writes it in its tokens. */
  issuer: string;
  clientId: string;
  clientSecret: string;
}

const issuerWanted = 'the https: address of an OpenID Connect provider, such as https://login.example.org';

function readIssuer(text: string): string {
  const url = readUrl('OIDC_ISSUER', text, ['https:', 'http:'], issuerWanted);
  const host = url.hostname.replaceAll(/^\[|\]$/g, '');
  // OpenID Connect Discovery 1.0 section 3. Without encryption only on this machine, for tests.
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '')
    wrong('OIDC_ISSUER', maskUrl(text), `${issuerWanted}, without password, ? and #`);
  if (url.protocol === 'http:' && !isLoopback(host)) wrong('OIDC_ISSUER', text, issuerWanted);
  return text;
}

/** RFC 6749 appendix A.1 and A.2: visible ASCII characters and spaces. Spaces at an end are mistakes. */
const isVisible = (text: string): boolean => /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text);

/** Undefined: accounts sign in here only. */
export function readOidc(env: Readonly<Record<string, string | undefined>>): OidcConfig | undefined {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret } = env;
  if (clientId !== undefined && !isVisible(clientId))
    wrong('OIDC_CLIENT_ID', clientId, 'the client’s name at the provider, in ASCII');
  if (clientSecret !== undefined && (!isVisible(clientSecret) || clientSecret.length < 8))
    wrong('OIDC_CLIENT_SECRET', '***', 'the client’s secret at the provider: 8 or more characters of ASCII');
  if (issuer === undefined) {
    if (clientId !== undefined || clientSecret !== undefined)
      wrong('OIDC_ISSUER', '', `${issuerWanted}, because another variable of OIDC is set`);
    return undefined;
  }
  const read = readIssuer(issuer);
  if (clientId === undefined) return wrong('OIDC_CLIENT_ID', '', 'set, because OIDC_ISSUER is');
  if (clientSecret === undefined) return wrong('OIDC_CLIENT_SECRET', '', 'set, because OIDC_ISSUER is');
  return { issuer: read, clientId, clientSecret };
}
