// The provider through which accounts sign in: OpenID Connect Core 1.0, authorization code flow.
//
// 1. `begin` makes the address at the provider. It carries a state, a nonce and the hash of a PKCE verifier (RFC 7636).
//    The browser keeps these three, sealed, until it comes back.
// 2. The person signs in there.
// 3. `finish` takes the address with which the browser comes back. It checks state and issuer (RFC 9207), changes the
//    code for an ID token, and checks that token's signature, audience, times and nonce.
//
// The provider is asked for its addresses at the first sign-in, not at the start: a provider that is down stops nothing
// here. A failed question is asked again by the next sign-in.
import {
  allowInsecureRequests,
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientError,
  ClientSecretBasic,
  ClientSecretPost,
  discovery,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  ResponseBodyError,
  type ClientAuth,
  type Configuration,
} from 'openid-client';
import type { OidcConfig } from '../config/oidc.js';
import { hour, second } from '../durations.js';
import type { Log } from '../log.js';

/** What the browser brings back for `finish`. */
export interface PendingSignIn {
  state: string;
  nonce: string;
  verifier: string;
  /** Milliseconds since 1970. */
  startedAt: number;
}

/** A person at the provider. */
export interface ProviderIdentity {
  issuer: string;
  /** Names the person at this issuer for ever. An address does not. */
  subject: string;
  email: string | undefined;
  /** The provider has checked that the address is the person's. */
  isVerified: boolean;
  /** When the person last proved who they are at the provider; undefined: the provider does not say. */
  authenticatedAt: Date | undefined;
}

/** `down`: it did not answer. `denied`: the person or the provider said no. `refused`: an answer is not valid. */
export type ProviderFailure = 'down' | 'denied' | 'refused';

export type FinishedSignIn = { ok: true; identity: ProviderIdentity } | { ok: false; code: ProviderFailure };

export interface SignInProvider {
  issuer: string;
  /** Its name for people. */
  host: string;
  /** `again`: the person has to prove there once more who they are. Undefined: the provider does not answer. */
  begin(options: { again: boolean }): Promise<{ url: string; pending: PendingSignIn } | undefined>;
  /** `query`: of the address with which the browser came back. */
  finish(pending: PendingSignIn, query: string): Promise<FinishedSignIn>;
}

interface ProviderDeps {
  oidc: OidcConfig;
  /** Of the console. Registered at the provider with `providerReturn` behind it. */
  baseUrl: string;
  now: () => Date;
  log: Log;
}

/** The path to which the provider sends the browser back. */
export const providerReturn = '/console/sign-in/provider/return';

/** Seconds that one answer of the provider may take. */
const patience = 8;

/** Core section 9: by HTTP Basic, unless the provider lists other ways only. */
const authenticate =
  (secret: string): ClientAuth =>
  (server, ...request) => {
    const ways = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const way = ways.includes('client_secret_basic') ? ClientSecretBasic : ClientSecretPost;
    way(secret)(server, ...request);
  };

function failureOf(error: unknown): ProviderFailure {
  // RFC 6749 section 4.1.2.1.
  if (error instanceof AuthorizationResponseError) return 'denied';
  // The code is used, expired, or of another client.
  if (error instanceof ResponseBodyError) return error.status >= 500 ? 'down' : 'refused';
  if (error instanceof ClientError) return error.code === 'OAUTH_TIMEOUT' ? 'down' : 'refused';
  return 'down';
}

/** The provider's addresses, asked for once an hour, and again after a failure. */
function openConfiguration({ oidc, now }: ProviderDeps): () => Promise<Configuration> {
  const server = new URL(oidc.issuer);
  let known: { configuration: Promise<Configuration>; at: number } | undefined;
  return () => {
    const at = now().getTime();
    if (known !== undefined && at - known.at < hour) return known.configuration;
    const configuration = discovery(server, oidc.clientId, undefined, authenticate(oidc.clientSecret), {
      timeout: patience,
      execute: server.protocol === 'http:' ? [allowInsecureRequests] : [],
    });
    const asked = { configuration, at };
    known = asked;
    configuration.catch(() => {
      if (known === asked) known = undefined;
    });
    return configuration;
  };
}

async function requestOf(
  configuration: Configuration,
  { redirectUri, startedAt, again }: { redirectUri: string; startedAt: number; again: boolean },
): Promise<{ url: string; pending: PendingSignIn }> {
  const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()];
  const url = buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    scope: 'openid email',
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    // Core section 3.1.2.1. max_age makes auth_time required in the ID token.
    ...(again ? { prompt: 'login', max_age: '0' } : {}),
  });
  return { url: url.href, pending: { state, nonce, verifier, startedAt } };
}

async function identityOf(
  configuration: Configuration,
  { state, nonce, verifier }: PendingSignIn,
  returned: URL,
): Promise<ProviderIdentity> {
  const tokens = await authorizationCodeGrant(configuration, returned, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  if (claims === undefined) throw new ClientError('the answer holds no ID token');
  // Core section 5.4: with a code, a provider may give the address only when it is asked for it.
  const about =
    claims['email'] === undefined
      ? await fetchUserInfo(configuration, tokens.access_token, claims.sub)
      : claims;
  const { email, email_verified: verified } = about;
  const { auth_time: time } = claims;
  return {
    issuer: claims.iss,
    subject: claims.sub,
    email: typeof email === 'string' ? email : undefined,
    isVerified: verified === true,
    authenticatedAt: typeof time === 'number' ? new Date(time * second) : undefined,
  };
}

export function openSignInProvider(deps: ProviderDeps): SignInProvider {
  const { oidc, baseUrl, now, log } = deps;
  const redirectUri = `${baseUrl}${providerReturn}`;
  const configure = openConfiguration(deps);
  const report = (error: unknown): ProviderFailure => {
    const { code, message } = error as { code?: string; message?: string };
    log.warn({ issuer: oidc.issuer, code, reason: message }, 'console: the provider of sign-ins failed');
    return failureOf(error);
  };
  return {
    issuer: oidc.issuer,
    host: new URL(oidc.issuer).host,
    async begin({ again }) {
      try {
        return await requestOf(await configure(), { redirectUri, startedAt: now().getTime(), again });
      } catch (error) {
        report(error);
        return undefined;
      }
    },
    async finish(pending, query) {
      try {
        const returned = new URL(`${redirectUri}${query}`);
        return { ok: true, identity: await identityOf(await configure(), pending, returned) };
      } catch (error) {
        return { ok: false, code: report(error) };
      }
    },
  };
}
