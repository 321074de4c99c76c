// What the console needs for signing in.
import type { OidcConfig } from '../config/oidc.js';
import type { Database } from '../db.js';
import type { Log } from '../log.js';
import { signInLimits, type SignInLimits } from './limits.js';
import { openSignInProvider, type SignInProvider } from './sign-in-provider.js';

export function openSignIn({
  db,
  oidc,
  ...deps
}: {
  db: Database;
  oidc: OidcConfig | undefined;
  baseUrl: string;
  now: () => Date;
  log: Log;
}): { limits: SignInLimits; provider: SignInProvider | undefined } {
  return { limits: signInLimits(db), provider: oidc && openSignInProvider({ oidc, ...deps }) };
}
