import type { SignInLimiter } from '../accounts/sign-in.js';
import type { ApiDeps } from '../api/deps.js';

/** What the console needs: the same use cases as the API, and signing in. */
export interface ConsoleDeps extends ApiDeps {
  limits: { perCaller: SignInLimiter; perPair: SignInLimiter };
}
